"""B11: the first few of a sorted list are found without sorting them all."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.kinds import Kind
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.modules import Module, text
from agents.memory.analysis.ownership import owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, methods, resolve
from agents.memory.playbook.examples import b11 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import library, source, spliced

_MOST = 1000
"""Elements up to which a heap of them is small."""
_COMPARING = frozenset({"__lt__", "__gt__", "__le__", "__ge__", "__eq__"})
_TOTAL = frozenset({"int", "bool", "str"})
"""Kinds any two values of which can be compared, in one order."""


@dataclass(frozen=True)
class _Head:
    """`sorted(iterable, key=key, reverse=...)[:count]`."""

    node: ast.Subscript
    call: ast.Call
    iterable: ast.expr
    key: ast.expr | None
    largest: bool
    count: int


class SortedHead:
    """`sorted(xs)[:10]` -> `heapq.nsmallest(10, xs)`: ten elements are kept, not all of them twice."""

    id: ClassVar[str] = "B11"
    name: ClassVar[str] = "first few of a sorted list"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "head": f"A slice from the start, of 1 to {_MOST} elements, is all that is taken of the builtin sorted().",
        "order": "Comparing elements (or their keys) has no effect and is a total order.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such slice that covers a line of the focus."""
        place = focused(project, focus)
        if place is None or any(name in methods(project) for name in _COMPARING):
            return
        module, scope = place
        heads = [
            head
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Subscript) and touches(node, focus.lines)
            if (head := _head(project, module, node)) is not None
        ]
        analyst = Analyst(project, module, scope)
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(head.node)}" for head in heads)
        for head, key in zip(heads, keys, strict=True):
            name = "heapq.nlargest" if head.largest else "heapq.nsmallest"
            named = library(project, module, head.node, name)
            total = _total(analyst, head)
            if named is None or total is None:
                continue
            statement = module.statement(head.node)
            compared = analyst.consuming(head.call)
            region = Region(compared, f"sorted() at line {head.call.lineno}", (), catches(analyst, statement))
            made = analyst.step(head.iterable)
            if isinstance(head.iterable, ast.ListComp):
                made |= analyst.elements(head.iterable)
            what = f"iterating over `{text(head.iterable)}`"
            verdict = judge(made, what, region, lambda at, until=statement: owned(analyst, at, until))  # type: ignore[misc]
            by_key = f", key={source(module, head.key)}" if head.key is not None else ""
            new = f"{named[0]}({head.count}, {source(module, head.iterable)}{by_key})"
            edit = None if verdict.veto else spliced(module, [(head.node, new)], named[1])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                head.node,
                key,
                title=f"find the first {head.count} in {focus.function} without a sorted list of all",
                mechanism=f"{name}() keeps {head.count} elements; sorted() kept all of them",
                shown={
                    "head": f"line {head.node.lineno}: `{text(head.node)}`",
                    "order": total or "no class in the tree defines a comparison",
                    **evidence(verdict),
                },
                assumes=[*([] if total else ["the elements have a total order: no NaN, no sets"]), *verdict.assumes],
                edits=[edit],
                files=made.files,
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _head(project: Project, module: Module, node: ast.Subscript) -> _Head | None:
    match node:
        case ast.Subscript(
            ctx=ast.Load(),
            value=ast.Call(args=[iterable], keywords=keywords) as call,
            slice=ast.Slice(lower=None | ast.Constant(value=0), upper=ast.Constant(value=int(count)), step=None),
        ) if not isinstance(iterable, ast.Starred) and 1 <= count <= _MOST and not isinstance(count, bool):
            pass
        case _:
            return None
    if resolve(project, module, call.func) != Builtin("sorted"):
        return None
    given = {keyword.arg: keyword.value for keyword in keywords}
    reverse = given.pop("reverse", ast.Constant(False))
    by = given.pop("key", None)
    if given or not isinstance(reverse, ast.Constant) or not isinstance(reverse.value, bool):
        return None
    return _Head(node, call, iterable, by, reverse.value, count)


def _total(analyst: Analyst, head: _Head) -> str | None:
    """Evidence of a total order; "" when it has to be assumed, None when the key does more than compute a value."""
    if head.key is None:
        kind = analyst.kinds.element(head.iterable)
        return _of_kind(kind, "elements")
    if isinstance(head.key, ast.Lambda):
        effects = analyst.of(head.key.body)
        if effects.writes or effects.leaves or effects.binds or effects.stops:
            return None
        return _of_kind(analyst.kinds.of(head.key.body), "keys")
    called = analyst.consuming(head.call)
    if called.writes or called.leaves or called.binds or called.stops:
        return None
    meaning = resolve(analyst.project, analyst.module, head.key)
    return "the keys are integers" if meaning in (Builtin("len"), Builtin("ord")) else ""


def _of_kind(kind: Kind | None, what: str) -> str:
    return f"the {what} are of one builtin type with a total order" if kind is not None and kind.name in _TOTAL else ""
