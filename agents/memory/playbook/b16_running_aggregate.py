"""B16: lists by key that are only summed, counted or searched for an extreme become that figure, kept up to date."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.flow import flow_of
from agents.memory.analysis.kinds import SCALARS
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.reads import kept_in
from agents.memory.analysis.region import catches
from agents.memory.playbook.examples import b16 as examples
from agents.memory.playbook.grouped_lists import Feed, Groups, groups
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import library, source, spliced

_EXACT = frozenset({"int", "bool"})
_COMPARED = frozenset({"int", "number", "bool", "str"})


@dataclass(frozen=True)
class _Written:
    """What the feeds become: the changes, the modules they need, evidence that the figures are the same."""

    changes: list[tuple[ast.AST, str]]
    imports: tuple[str, ...]
    exact: str


class RunningAggregate:
    """`g.setdefault(k, []).append(v)` and `sum(vs) for k, vs in g.items()` -> `g[k] += v` and `vs for k, vs in ...`."""

    id: ClassVar[str] = "B16"
    name: ClassVar[str] = "lists by key that are only reduced"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "groups": "A local dict that begins empty, whose only changes append one value to the list of one key.",
        "only reduced": "Each list is read only by one and the same of sum(), len(), min() and max().",
        "exact": "The figure is the same when it is kept up to date: ints are added, scalars of one kind are compared.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such dict that a line of the focus, or its holding, names."""
        place = focused(project, focus)
        if place is None or not isinstance(place[1], FUNCTIONS):
            return
        module, scope = place[0], place[1]
        analyst = Analyst(project, module, scope)
        held = focus.holding.name if focus.holding is not None else None
        found = [
            one
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Dict | ast.Call) and (kept := kept_in(module, node)) is not None
            if kept[0] is scope and (one := groups(analyst, kept[1], kept[2])) is not None
            if kept[2] == held or any(touches(n, focus.lines) for n in one.statements)
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{one.name}" for one in found)
        for one, key in zip(found, keys, strict=True):
            written = _written(analyst, scope, one)
            edit = None
            if written is not None:
                changes = [*written.changes, *((call, source(module, call.args[0])) for call in one.reduced)]
                edit = spliced(module, changes, written.imports)
                if edit is None:
                    continue
            reducer = f"{one.reducer}()"
            candidate = lazy_candidate(
                self,
                project,
                focus,
                module,
                one.begin,
                key,
                title=f"keep {reducer} of each group of `{one.name}` in {focus.function} instead of its list",
                mechanism=f"`{one.name}` holds one figure for each key; no value of a group is kept",
                shown={
                    "groups": f"line {one.begin.lineno}: `{text(one.begin)}`, and {len(one.feeds)} append()",
                    "only reduced": f"{len(one.reduced)} reads of its lists, each by {reducer}",
                    "exact": written.exact if written is not None else _OPEN,
                },
                assumes=_hashed(analyst, one),
                edits=[edit] if edit is not None else [],
            )
            yield candidate if edit is not None else candidate.model_copy(update={"level": "S"})

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


_OPEN = "to be made sure of: the values are ints (from 3.12 on sum() of floats is compensated, adding them is not)"


def _hashed(analyst: Analyst, found: Groups) -> list[str]:
    """What is assumed so that a key may be hashed and compared more often than before."""
    for feed in found.feeds:
        kind = analyst.kinds.of(feed.key)
        parts = kind.items if kind is not None and kind.items else (kind,)
        if not all(part is not None and part.name in SCALARS for part in parts):
            return [f"hashing and comparing the keys of `{found.name}` gives the same each time and does nothing else"]
    return []


def _written(analyst: Analyst, scope: FunctionNode, found: Groups) -> _Written | None:
    """The feeds rewritten; None when nothing shows that the figure stays the same."""
    if found.reducer in {"sum", "len"}:
        return _added(analyst, scope, found)
    module = analyst.module
    kinds = {kind.name if (kind := analyst.kinds.of(feed.value)) is not None else "" for feed in found.feeds}
    once = not any(catches(analyst, feed.statement) for feed in found.feeds)
    asked = any(isinstance(call.args[0], ast.Subscript) for call in found.reduced)  # Of an empty list: ValueError.
    if len(kinds) != 1 or not kinds <= _COMPARED or not once or asked:
        return None
    if not all(_repeatable(feed.key) and not _reads(feed.value, found.name) for feed in found.feeds):
        return None
    changes = [(feed.statement, _compared(module, found, feed)) for feed in found.feeds]
    begin: list[tuple[ast.AST, str]] = [] if isinstance(found.begin.value, ast.Dict) else [(found.begin.value, "{}")]
    return _Written([*begin, *changes], (), f"the values are {' '.join(kinds)} and compared in the same order")


def _compared(module: Module, found: Groups, feed: Feed) -> str:
    name, key, value = found.name, source(module, feed.key), source(module, feed.value)
    return f"{name}[{key}] = {found.reducer}({name}[{key}], {value}) if {key} in {name} else {value}"


def _added(analyst: Analyst, scope: FunctionNode, found: Groups) -> _Written | None:
    module = analyst.module
    if found.reducer == "sum":
        kinds = {kind.name if (kind := analyst.kinds.of(feed.value)) is not None else "" for feed in found.feeds}
        exact = "the values are ints"
        if not kinds <= _EXACT:
            return None
    else:
        exact = "one is added for each value"
        if not all(_dropped(module, scope, feed.value, feed.statement) for feed in found.feeds):
            return None
    named = library(analyst.project, module, found.begin, "collections.defaultdict")
    if named is None or module.star_import or module.owner(found.begin, "int") is not None:
        return None
    changes: list[tuple[ast.AST, str]] = [(found.begin.value, f"{named[0]}(int)")]
    for feed in found.feeds:
        more = source(module, feed.value) if found.reducer == "sum" else "1"
        changes.append((feed.statement, f"{found.name}[{source(module, feed.key)}] += {more}"))
    return _Written(changes, named[1], exact)


def _repeatable(key: ast.expr) -> bool:
    if isinstance(key, ast.Tuple):
        return all(_repeatable(part) for part in key.elts)
    return isinstance(key, ast.Name | ast.Constant)


def _reads(expr: ast.expr, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(expr))


def _dropped(module: Module, scope: FunctionNode, value: ast.expr, statement: ast.stmt) -> bool:
    """Whether a value may go without being computed: that it is cannot be seen, nor can it fail."""
    match value:
        case ast.Constant():
            return True
        case ast.Tuple(elts=parts):
            return all(_dropped(module, scope, part, statement) for part in parts)
        case ast.Name(id=name):
            return module.owner(value, name) is scope and name in flow_of(module, scope).assigned_before(statement)
    return False
