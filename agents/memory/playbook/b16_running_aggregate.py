"""B16: lists by key that are only summed, counted or searched for an extreme become that figure, kept up to date."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.flow import flow_of
from agents.memory.analysis.kinds import SCALARS
from agents.memory.analysis.lifetime import quiet_end
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.reads import kept_in
from agents.memory.analysis.region import catches
from agents.memory.playbook.examples import b16 as examples
from agents.memory.playbook.grouped_lists import Groups, groups
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import library, source, spliced

_EXACT = frozenset({"int", "bool"})
_COMPARED = frozenset({"int", "number", "bool", "str"})


@dataclass(frozen=True)
class _Written:
    """What the feeds become: the changes, the modules they need, why the figures are the same, what that assumes."""

    changes: list[tuple[ast.AST, str]]
    imports: tuple[str, ...]
    exact: str
    assumes: list[str]


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
        "exact": "The figure is the same when it is kept up to date: ints are added, scalars of one kind are compared,"
        " and a value that is only counted may go at once.",
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
            written = _written(analyst, scope, focus, one)
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
                assumes=[*_hashed(analyst, one), *(written.assumes if written is not None else [])],
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


def _written(analyst: Analyst, scope: FunctionNode, focus: Focus, found: Groups) -> _Written | None:
    """The feeds rewritten; None when nothing shows that the figure stays the same."""
    if found.reducer == "len":
        return _counted(analyst, scope, focus, found)
    shown = _of_one_kind(analyst, focus, found, _EXACT if found.reducer == "sum" else _COMPARED)
    if shown is None:
        return None
    return _added(analyst, found, *shown) if found.reducer == "sum" else _compared(analyst, scope, found, *shown)


def _of_one_kind(
    analyst: Analyst, focus: Focus, found: Groups, allowed: frozenset[str]
) -> tuple[str, list[str]] | None:
    """Evidence that the values are of one of the kinds, or ints as the census saw them, and what that assumes."""
    kinds = {kind.name if (kind := analyst.kinds.of(feed.value)) is not None else "" for feed in found.feeds}
    if kinds <= allowed and (len(kinds) == 1 or allowed == _EXACT):
        return f"the values are of the kind {' or '.join(sorted(kinds))}", []
    seen = focus.seen(found.name)
    if seen is None or seen.grouped != ["int"] or not kinds <= {"", "int"}:
        return None
    return "the census saw nothing but ints in the lists", [f"all values of `{found.name}` are ints, as those seen"]


def _compared(analyst: Analyst, scope: FunctionNode, found: Groups, exact: str, assumes: list[str]) -> _Written | None:
    module, name = analyst.module, found.name
    asked = any(isinstance(call.args[0], ast.Subscript) for call in found.reduced)  # Of an empty list: ValueError.
    if asked or any(catches(analyst, feed.statement) for feed in found.feeds):
        return None
    changes: list[tuple[ast.AST, str]] = []
    if not isinstance(found.begin.value, ast.Dict):
        changes.append((found.begin.value, "{}"))
    for feed in found.feeds:
        value = _operand(module, feed.value)
        key, asked_for = _index(module, feed.key), _operand(module, feed.key)
        binds = any(isinstance(node, ast.NamedExpr) for node in ast.walk(feed.value))
        if binds or not _repeatable(module, scope, feed.key):
            key, asked_for = f"{name}_key", f"({name}_key := {asked_for})"
            if key.encode() in module.source.data:
                return None
        if _reads(feed.value, name):
            return None
        new = f"{found.reducer}({name}[{key}], {value}) if {asked_for} in {name} else {value}"
        changes.append((feed.statement, f"{name}[{key}] = {new}"))
    return _Written(changes, (), f"{exact}, and compared in the same order", assumes)


def _added(analyst: Analyst, found: Groups, exact: str, assumes: list[str]) -> _Written | None:
    return _counters(analyst, found, [_operand(analyst.module, feed.value) for feed in found.feeds], exact, assumes)


def _counted(analyst: Analyst, scope: FunctionNode, focus: Focus, found: Groups) -> _Written | None:
    module, exact, assumes = analyst.module, "one is added for each value", []
    kinds = [analyst.kinds.of(feed.value) for feed in found.feeds]
    if not all(kind is not None and kind.name in SCALARS for kind in kinds):
        seen = focus.seen(found.name)
        quiet = quiet_end(analyst.project, "dict", "list", seen.contents if seen is not None else ())
        if quiet is None:
            return None
        exact = f"{exact}; {quiet}"
        assumes = [f"nothing notices that a value of `{found.name}` goes at once"]
    # What may fail, or be seen to be computed, still is: after the key is looked up, as before.
    added = [
        "1" if _dropped(module, scope, feed.value, feed.statement) else f"len(({_operand(module, feed.value)},))"
        for feed in found.feeds
    ]
    return _counters(analyst, found, added, exact, assumes)


def _counters(analyst: Analyst, found: Groups, added: list[str], exact: str, assumes: list[str]) -> _Written | None:
    """`g = defaultdict(int)` and `g[key] += ...`."""
    module = analyst.module
    named = library(analyst.project, module, found.begin, "collections.defaultdict")
    if named is None or module.star_import or module.owner(found.begin, "int") is not None:
        return None
    changes: list[tuple[ast.AST, str]] = [(found.begin.value, f"{named[0]}(int)")]
    for feed, more in zip(found.feeds, added, strict=True):
        changes.append((feed.statement, f"{found.name}[{_index(module, feed.key)}] += {more}"))
    return _Written(changes, named[1], exact, assumes)


def _operand(module: Module, value: ast.expr) -> str:
    """The argument as it stands outside the brackets of its call."""
    written = source(module, value)
    if isinstance(value, ast.Tuple):
        return ast.unparse(value)
    open_ended = isinstance(value, ast.NamedExpr | ast.Yield | ast.YieldFrom | ast.Lambda | ast.IfExp)
    return f"({written})" if open_ended or "\n" in written or "\r" in written else written


def _index(module: Module, key: ast.expr) -> str:
    """The key as it stands inside the brackets of a subscript."""
    return source(module, key) if isinstance(key, ast.Tuple) else _operand(module, key)


def _repeatable(module: Module, scope: FunctionNode, key: ast.expr) -> bool:
    """Whether the key may be read again, also after the value was computed: it is the same."""
    match key:
        case ast.Constant():
            return True
        case ast.Tuple(elts=parts):
            return all(_repeatable(module, scope, part) for part in parts)
        case ast.Name(id=name):
            bound = [n for n in ast.walk(scope) if isinstance(n, ast.Nonlocal) and name in n.names]
            return module.owner(key, name) is scope and not bound
    return False


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
