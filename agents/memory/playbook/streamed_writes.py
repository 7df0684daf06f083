"""What the rules share that write a result part by part instead of whole: the statements, the proof, the candidates."""

import ast
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.handles import Handle, handle
from agents.memory.analysis.modules import Module, text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Focus, Shown, Strategy
from agents.memory.playbook.source_edits import source, span, spliced

PROOF = {
    "target": "What is written to is a file of the library, and the number of bytes written is not asked for.",
    "same output": "The parts one after the other are exactly the whole.",
    "exceptions alike": "Nothing that catches an exception would see that a part was written.",
}
"""The preconditions of the rules that write in parts: name -> what it means."""


@dataclass(frozen=True)
class Written:
    """A statement that makes a result whole and writes it.

    Args:
        statement: the statement.
        whole: the expression that makes the result.
        lines: the statements that take its place, further lines indented below the first.
        target: evidence for the precondition "target".
        same: evidence for "same output".
        assumes: what is not shown.
        imports: modules the lines need.
    """

    statement: ast.stmt
    whole: ast.expr
    lines: tuple[str, ...]
    target: str
    same: str
    assumes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


class WritingRule(ABC):
    """A rule that finds statements which write a whole. Subclasses say which, in `written`."""

    id: ClassVar[str]
    preconditions: ClassVar[dict[str, str]] = PROOF
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"

    @abstractmethod
    def written(self, analyst: Analyst, statement: ast.stmt) -> Written | None:
        """What the statement writes, with what takes its place; None when it is no such statement."""

    def borne_out(self, focus: Focus, analyst: Analyst, one: Written) -> bool:
        """Whether what the profiled run saw goes with it."""
        return True

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such statement that a line of the focus names."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        found = [
            one
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Expr) and module.frame(node) is scope and touches(node, focus.lines)
            if (one := self.written(analyst, node)) is not None and self.borne_out(focus, analyst, one)
        ]
        if found and introspected(scope):
            return
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(one.whole)}" for one in found)
        for one, key in zip(found, keys, strict=True):
            if catches(analyst, one.statement):
                continue
            new = laid_out(module, one.statement, one.lines)
            edit = spliced(module, [(one.statement, new)], one.imports) if new else None
            if edit is None:
                continue
            made = text(one.whole)
            shown = {
                "target": one.target,
                "same output": one.same,
                "exceptions alike": "no handler stands around the statement",
            }
            yield Candidate(
                key=key,
                rule=self.id,
                title=f"write `{made}` in {focus.function} part by part",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"`{made}` is not made whole: its parts are written as they come",
                level="P" if one.assumes else "A",
                file=focus.file,
                line=one.statement.lineno,
                function=focus.function,
                frees=focus.size,
                shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
                users=[f"{focus.file}:{one.statement.lineno} {focus.function}"],
                assumes=list(one.assumes),
                edits=[edit],
                read={focus.file: project.sources[focus.file].blob},
            )


def write_call(analyst: Analyst, statement: ast.stmt) -> tuple[Handle, ast.expr] | None:
    """The file and the argument of a statement `f.write(x)` on a file of the library."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=target, attr="write"), args=[argument], keywords=[])):
            file = handle(analyst, target) if isinstance(target, ast.Name) else None
            return (file, argument) if file is not None else None
    return None


def told(file: Handle) -> str:
    """Evidence of what is written to."""
    kind = {True: "bytes", False: "text", None: "text or bytes"}[file.binary]
    return f"`{text(file.expr)}` is a file opened for {kind}; what its write() returns is dropped"


def rest_of(analyst: Analyst, argument: ast.expr) -> tuple[ast.expr, str]:
    """The first part of `x + "\\n"`, and the source of the constant that follows it; else the argument and ""."""
    match argument:
        case ast.BinOp(left=left, op=ast.Add(), right=ast.Constant(value=str() | bytes()) as right):
            return left, source(analyst.module, right)
    return argument, ""


def arguments(analyst: Analyst, call: ast.Call, *, after: int) -> str:
    """The arguments of the call from the one with index `after` on, each with a comma before it."""
    given = [source(analyst.module, arg) for arg in call.args[after:]]
    given += [f"{k.arg}={source(analyst.module, k.value)}" for k in call.keywords if k.arg]
    return "".join(f", {one}" for one in given)


def laid_out(module: Module, statement: ast.stmt, lines: tuple[str, ...]) -> str:
    """The lines as they stand in place of the statement; "" where several do not fit, on a line with others."""
    start, end = span(module, statement)
    data = module.source.data
    before = data[max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) + 1 : start]
    if len(lines) == 1:
        return lines[0]
    if before.strip() or re.match(rb"[ \t]*(;|#)", data[end:]):
        return ""
    newline = "\r\n" if b"\r\n" in data else "\n"
    return f"{newline}{before.decode()}".join(lines)
