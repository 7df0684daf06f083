"""What the rules of pandas frames share: the names that hold one, the columns that are read, and the candidate."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.array_uses import loads
from agents.memory.analysis.arrays import Arrays
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.playbook.array_rules import arrays_of
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import spliced

FRAME = "pandas.DataFrame"
"""The type's name since pandas 3; before, it named the module it is defined in."""


@dataclass(frozen=True)
class FrameChange:
    """What is written anew: `shown` is the evidence for each precondition, in order."""

    node: ast.expr
    edits: Sequence[tuple[ast.AST, str]]
    title: str
    mechanism: str
    shown: Sequence[str]
    assumes: Sequence[str]


class FrameRule(ABC):
    """A rule that writes an expression anew which makes a frame. Subclasses say which, in `changes`."""

    id: ClassVar[str]
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    name: ClassVar[str]
    preconditions: ClassVar[Mapping[str, str]]
    VALID: ClassVar[list[Example]]
    INVALID: ClassVar[list[Example]]

    @abstractmethod
    def changes(self, names: Arrays, focus: Focus) -> Iterator[FrameChange]:
        """Every change that is possible in the function."""

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each change on a line of the focus, or of the local it holds."""
        names = arrays_of(project, focus)
        if names is None:
            return
        module = names.analyst.module
        found = [change for change in self.changes(names, focus) if _near(focus, change, module.statement(change.node))]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{ast.unparse(c.node)[:60]}" for c in found)
        for change, key in zip(found, keys, strict=True):
            edit = spliced(module, change.edits)
            if edit is not None:
                yield lazy_candidate(
                    self,
                    project,
                    focus,
                    module,
                    change.node,
                    key,
                    title=f"{change.title} in {focus.function}",
                    mechanism=change.mechanism,
                    shown=dict(zip(self.preconditions, change.shown, strict=True)),
                    assumes=change.assumes,
                    edits=[edit],
                )


def _near(focus: Focus, change: FrameChange, statement: ast.stmt) -> bool:
    bound = [t.id for t in getattr(statement, "targets", []) if isinstance(t, ast.Name)]
    return touches(change.node, focus.lines) or (focus.holding is not None and focus.holding.name in bound)


def columns_of(focus: Focus, name: str) -> dict[str, str]:
    """Column -> dtype of the plain frame that the census saw the name hold; empty when it saw none."""
    seen = focus.seen(name)
    return dict(seen.columns) if seen is not None and seen.type == FRAME else {}


def columns_read(names: Arrays, name: str) -> list[str] | None:
    """The columns by which alone the function reads the frame its name holds; None when it does more with it."""
    module, function = names.analyst.module, names.function
    found: list[str] = []
    if len(module.bindings(function).get(name, [])) != 1:
        return None
    for use in loads(names, name):
        if module.frame(use) is not function:
            return None
        match module.parents[use]:
            case ast.Subscript(ctx=ast.Load(), slice=ast.Constant(value=str() as column)) as part if part.value is use:
                found.append(column)
            case ast.Subscript(ctx=ast.Load(), slice=ast.List(elts=elts)) as part if part.value is use:
                named = [e.value for e in elts if isinstance(e, ast.Constant) and isinstance(e.value, str)]
                if not elts or len(named) < len(elts):
                    return None
                found += named
            case ast.Call(func=func, args=[only], keywords=[]) if only is use:
                if resolve(names.analyst.project, module, func) != Builtin("len"):
                    return None
            case _:
                return None
    return list(dict.fromkeys(found)) or None


def assigned(names: Arrays) -> Iterator[tuple[str, ast.Call]]:
    """`name = call` statements of the function."""
    module = names.analyst.module
    for node in module.code_of(names.function):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call() as call):
                if module.frame(node) is names.function:
                    yield name, call
