"""A01: a local that nothing reads any more is alive while a later statement allocates. Delete it before."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

import libcst as cst

from agents.memory.analysis.concrete import concrete, edited, insert_before
from agents.memory.analysis.lifetime import (
    Local,
    Place,
    lineno,
    local,
    place_before_peak,
    plainly_bound,
    quiet_end,
    statement_at,
    uncaptured,
    unobserved,
)
from agents.memory.analysis.modules import find_function, module_of, own_nodes, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.uses import last_name
from agents.memory.playbook.examples import a01 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from runtime.measure.holdings import Holding


class EarlyDel:
    """Inserts `del name` after the last use that comes before the peak; `del a, b` where both hold the object."""

    id: ClassVar[str] = "A01"
    name: ClassVar[str] = "early del of a dead local"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "plain local": "The name is a plain local: no argument, global, nonlocal, import, definition or"
        " exception name (at a script's top level: its own global).",
        "sole owner": "Nothing but the local, or the locals that go together, was seen to hold the object.",
        "not captured": "No lambda, def, class or generator expression can read the local later.",
        "not observed": "Nothing reads the frame: no locals(), eval, exec or compiling decorator; no frame access in"
        " the project; a script's top level is not imported, by name or by a loader.",
        "dead": "No path from the del reads or deletes the name before it is bound again.",
        "assigned": "The name is surely bound where it is deleted.",
        "quiet end": "Nothing notices when the object goes: it is text or a number, or data in a project that mentions"
        " no finalizer, weak reference, temporary file or raw address.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: the earliest place after the last use ahead of the peak, of all names that hold the object."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or module is None or focus.file not in project.editable:
            return
        function = find_function(module, focus.function, focus.lines | {focus.peak_line, holding.line})
        if function is None or not _held_here(holding, focus):
            return
        names = [local(module, function, name) for name in (holding.name, *holding.held_with)]
        locals_ = [name for name in names if name is not None]
        if len(locals_) < len(names):
            return
        for peak in _peaks(locals_, focus, holding):
            places = [place for name in locals_ if (place := place_before_peak(name, peak)) is not None]
            place = max(places, key=lambda place: place.before.lineno, default=None)
            shown = place and _shown(project, focus, holding, locals_, place)
            if place is None or len(places) < len(locals_) or not shown:
                continue
            tree = concrete(module)
            edit = tree and edited(module, tree, insert_before(tree, place.before, _deletion(locals_)))
            if not edit:
                continue
            consumer = _consumer(peak)
            written = ", ".join(f"`{name.name}`" for name in locals_)
            mentions = [use for name in locals_ for use in name.mentions]
            yield Candidate(
                key=f"{self.id}:{focus.file}:{focus.function}:{','.join(name.name for name in locals_)}",
                rule=self.id,
                title=f"del {written} in {focus.function} before {consumer}",
                category=_category(holding.type),
                strategy=self.strategy,
                mechanism=f"frees {written} ({holding.type}) before {consumer} allocates",
                level=self.level,
                file=focus.file,
                line=place.before.lineno,
                function=focus.function,
                frees=(holding.group if holding.held_with else holding.own) or focus.size,
                shown=shown,
                users=sorted({f"{focus.file}:{lineno(use.node)} {focus.function}" for use in mentions}),
                edits=[edit],
                read={focus.file: module.source.blob},
            )
            return

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _held_here(holding: Holding, focus: Focus) -> bool:
    if holding.place is not None and holding.place.function != focus.function:
        return False
    return holding.kind in (("global",) if focus.function == "<module>" else ("local", "suspended"))


def _deletion(names: list[Local]) -> cst.Del:
    written = [cst.Name(name.name) for name in names]
    if len(written) == 1:
        return cst.Del(written[0])
    return cst.Del(cst.Tuple([cst.Element(name) for name in written], lpar=[], rpar=[]))


def _peaks(names: list[Local], focus: Focus, holding: Holding) -> Iterator[ast.stmt]:
    """The statement at the peak; where the peak's line is unknown, those of the focus that use none of the names."""
    first = names[0]
    line = focus.peak_line or holding.line
    if line:
        statement = statement_at(first.module, first.function, line)
        if statement is not None:
            yield statement
        return
    mentioning = {node for name in names for node in name.mentioning()}
    for line in sorted(focus.lines):
        statement = statement_at(first.module, first.function, line)
        if statement is not None and statement not in mentioning:
            yield statement


def _shown(project: Project, focus: Focus, holding: Holding, names: list[Local], place: Place) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown of one of the names."""
    each = [_of_name(project, name, place) for name in names]
    evidence = {check: _all(found[check] for found in each) for check in each[0]}
    evidence["sole owner"] = _sole_owner(focus, holding)
    evidence["quiet end"] = quiet_end(project, holding.type, holding.element, holding.contents)
    shown = [Shown(check=check, evidence=found) for check in EarlyDel.preconditions if (found := evidence[check])]
    return shown if len(shown) == len(EarlyDel.preconditions) else []


def _all(evidence: Iterable[str | None]) -> str | None:
    found = list(evidence)
    return "; ".join(dict.fromkeys(text for text in found if text)) if all(found) else None


def _of_name(project: Project, name: Local, place: Place) -> dict[str, str | None]:
    flow, written = name.flow, name.name
    dead = (
        flow.reachable(place.before)
        and written not in flow.live_before(place.before)
        and not flow.returns_unbound(place.before, written)
    )
    assigned = written in flow.assigned_before(place.before)
    return {
        "plain local": plainly_bound(name),
        "not captured": uncaptured(name),
        "not observed": unobserved(project, name),
        "dead": f"last mention before the peak at line {place.last.lineno}; no path reads `{written}` after it"
        if dead
        else None,
        "assigned": f"every path to line {place.before.lineno} binds `{written}`" if assigned else None,
    }


def _sole_owner(focus: Focus, holding: Holding) -> str | None:
    if holding.held_with:
        others = ", ".join(f"`{name}`" for name in holding.held_with)
        return f"the census found no other owner than `{holding.name}` and {others}"
    refcount = holding.refcount or focus.refcounts.get(holding.name)
    if refcount is not None and refcount > 1:
        return None
    return f"reference count {refcount}" if refcount else f"no other owner in the census of `{holding.name}`"


def _consumer(peak: ast.stmt) -> str:
    """What allocates at the peak: the first call's name, else the statement's first line."""
    header = [node for node in own_nodes(ast.Module([peak], [])) if isinstance(node, ast.Call)]
    named = [last_name(call) for call in header if last_name(call)]
    return f"`{named[0]}`" if named else f"`{text(peak).splitlines()[0]}`"


def _category(type_name: str) -> str:
    return "image-buffers" if type_name.startswith(("numpy.", "PIL.")) else "data-structures"
