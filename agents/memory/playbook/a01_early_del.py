"""A01: a local that nothing reads any more is alive while a later statement allocates. Delete it before."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

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
from agents.memory.playbook.rule import Candidate, Example, Focus, Shown
from runtime.measure.models import Holding


class EarlyDel:
    """Inserts `del name` after the last use that comes before the peak."""

    id: ClassVar[str] = "A01"
    name: ClassVar[str] = "early del of a dead local"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Literal["allocations", "format", "reordering", "quantization"]] = "reordering"
    level: ClassVar[Literal["A", "P", "S"]] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "plain local": "The name is a plain local: no argument, global, nonlocal, import, definition or"
        " exception name (at a script's top level: its own global).",
        "sole owner": "Nothing but the local was seen to hold the object.",
        "not captured": "No lambda, def, class or generator expression can read the local later.",
        "not observed": "Nothing reads the frame: no locals(), eval, exec or compiling decorator; no frame access in"
        " the project; a script's top level is not imported, by name or by a loader.",
        "dead": "No path from the del reads or deletes the name before it is bound again.",
        "assigned": "The name is surely bound where it is deleted.",
        "quiet end": "Nothing notices when the object goes: it is text or a number, or data in a project that mentions"
        " no finalizer, weak reference, temporary file or raw address.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: the earliest place after the last use ahead of the peak."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or module is None or focus.file not in project.editable:
            return
        function = find_function(module, focus.function, focus.lines | {focus.peak_line, holding.line})
        if function is None or not _held_here(holding, focus):
            return
        name = local(module, function, holding.name)
        if name is None:
            return
        for peak in _peaks(name, focus, holding):
            place = place_before_peak(name, peak)
            shown = place and _shown(project, focus, holding, name, place)
            if place is None or not shown:
                continue
            tree = concrete(project, module)
            deletion = cst.Del(cst.Name(holding.name))
            edit = tree and edited(module, tree, insert_before(tree, place.before, deletion))
            if not edit:
                continue
            consumer = _consumer(peak)
            yield Candidate(
                key=f"{self.id}:{focus.file}:{focus.function}:{holding.name}",
                rule=self.id,
                title=f"del `{holding.name}` in {focus.function} before {consumer}",
                category=_category(holding.type),
                strategy=self.strategy,
                mechanism=f"frees `{holding.name}` ({holding.type}) before {consumer} allocates",
                level=self.level,
                file=focus.file,
                line=place.before.lineno,
                function=focus.function,
                frees=holding.own or focus.size,
                shown=shown,
                users=sorted({f"{focus.file}:{lineno(use.node)} {focus.function}" for use in name.mentions}),
                edits=[edit],
                read={focus.file: module.source.blob},
            )
            return

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _held_here(holding: Holding, focus: Focus) -> bool:
    if holding.place is not None and holding.place.function != focus.function:
        return False
    return holding.kind == ("global" if focus.function == "<module>" else "local")


def _peaks(name: Local, focus: Focus, holding: Holding) -> Iterator[ast.stmt]:
    """The statement at the peak; where the peak's line is unknown, those of the focus that do not use the name."""
    line = focus.peak_line or holding.line
    if line:
        statement = statement_at(name.module, name.function, line)
        if statement is not None:
            yield statement
        return
    mentioning = name.mentioning()
    for line in sorted(focus.lines):
        statement = statement_at(name.module, name.function, line)
        if statement is not None and statement not in mentioning:
            yield statement


def _shown(project: Project, focus: Focus, holding: Holding, name: Local, place: Place) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    refcount = holding.refcount or focus.refcounts.get(holding.name)
    where = f"line {place.last.lineno}"
    flow = name.flow
    dead = (
        flow.reachable(place.before)
        and holding.name not in flow.live_before(place.before)
        and not flow.returns_unbound(place.before, holding.name)
    )
    evidence = {
        "plain local": plainly_bound(name),
        "sole owner": None
        if refcount is not None and refcount > 1
        else f"reference count {refcount}"
        if refcount
        else f"no other owner in the census of `{holding.name}`",
        "not captured": uncaptured(name),
        "not observed": unobserved(project, name),
        "dead": f"last mention before the peak at {where}; no path reads `{holding.name}` after it" if dead else None,
        "assigned": f"every path to line {place.before.lineno} binds `{holding.name}`"
        if holding.name in flow.assigned_before(place.before)
        else None,
        "quiet end": quiet_end(project, holding.type, holding.element),
    }
    shown = [Shown(check=check, evidence=found) for check, found in evidence.items() if found]
    return shown if len(shown) == len(evidence) else []


def _consumer(peak: ast.stmt) -> str:
    """What allocates at the peak: the first call's name, else the statement's first line."""
    header = [node for node in own_nodes(ast.Module([peak], [])) if isinstance(node, ast.Call)]
    named = [last_name(call) for call in header if last_name(call)]
    return f"`{named[0]}`" if named else f"`{text(peak).splitlines()[0]}`"


def _category(type_name: str) -> str:
    return "image-buffers" if type_name.startswith(("numpy.", "PIL.")) else "data-structures"
