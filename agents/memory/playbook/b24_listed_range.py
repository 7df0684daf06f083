"""B24: a list of consecutive integers that is only read is the range itself."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.modules import Module, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.reads import described, every_read, kept_in, only_elements
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.single_read import visible_outside
from agents.memory.playbook.examples import b24 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced


class ListedRange:
    """`r = list(range(n))` -> `r = range(n)`, where `r` is only iterated over, indexed, counted or searched."""

    id: ClassVar[str] = "B24"
    name: ClassVar[str] = "list of a range"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "range": "The value is list() or tuple() of range(), or a comprehension that gives each of its integers.",
        "own name": "It is the one value of a name that neither frame inspection nor another file reaches.",
        "read only": "Each read iterates over it, indexes it by one number, counts, tests or searches it.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such list that a line of the focus, or its holding, names."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        held = focus.holding.name if focus.holding is not None else None
        found = [
            (node, ranged, statement, name)
            for node in nodes_in(module, scope)
            if isinstance(node, ast.expr) and (ranged := _ranged(project, module, node)) is not None
            if (kept := kept_in(module, node)) is not None and kept[0] is scope
            for _, statement, name in [kept]
            if touches(statement, focus.lines) or name == held
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{name}" for *_, name in found)
        for (node, ranged, statement, name), key in zip(found, keys, strict=True):
            reads = every_read(module, scope, name)
            if not reads or not all(only_elements(project, module, read) for read in reads):
                continue
            if isinstance(scope, ast.Module) and visible_outside(project, module, name):
                continue
            edit = spliced(module, [(node, source(module, ranged))])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                statement,
                key,
                title=f"keep `{name}` in {focus.function} as a range",
                mechanism=f"`{name}` is a range, which computes its integers when they are asked for",
                shown={
                    "range": f"line {node.lineno}: `{text(node)}`",
                    "own name": f"`{name}` is bound at line {statement.lineno} alone",
                    "read only": f"`{name}` is " + ", ".join(described(project, module, reads)),
                },
                assumes=[],
                edits=[edit],
                frees=focus.holding.own if focus.holding is not None and focus.holding.name == name else 0,
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _ranged(project: Project, module: Module, node: ast.expr) -> ast.expr | None:
    """The range whose integers the expression lists."""
    match node:
        case ast.Call(func=func, args=[inner], keywords=[]):
            return (
                inner if resolve(project, module, func) == Builtin("list") and _range(project, module, inner) else None
            )
        case ast.ListComp(
            elt=ast.Name(id=element),
            generators=[ast.comprehension(target=ast.Name(id=name), iter=inner, ifs=[], is_async=0)],
        ):
            return inner if element == name and _range(project, module, inner) else None
    return None


def _range(project: Project, module: Module, node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and resolve(project, module, node.func) == Builtin("range")
