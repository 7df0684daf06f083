"""What holds memory at one moment: names on the stack, globals, class attributes, and the project's classes.

Stdlib only, Python 3.9 and later. Runs untraced, with the collector off, and leaves nothing behind in the frames.
Each byte counts for the first name that reaches it, so sizes add up to what is reachable: locals from the innermost
frame outwards, closures, globals, class attributes, and arguments last, since their values are mostly a caller's;
functions after them all. Names below 1 KiB are left out, unless their value itself is bigger, or is that of a bigger
name.

`own` is what no other name reaches. It is 0 when the value itself has a reference that is neither the name's nor
from what belongs to it: somebody unseen, a caller's evaluation stack for one, keeps it alive.
"""

from __future__ import annotations

import gc
import sys
import threading
import types

import _lowtide_probe_classes as classes
import _lowtide_probe_facts as facts
import _lowtide_probe_graph as graph
import _lowtide_probe_holders as holders
import _lowtide_probe_names as names
import _lowtide_probe_owners as owners
import _lowtide_probe_pins as pins
import _lowtide_probe_source as source
import _lowtide_probe_suspended as suspended

LIMIT = 200
"""Holdings reported (runtime.measure.reports.ProbeReport)."""
LEAST = 1024
"""Bytes from which a name is reported."""
TYPES = 40
"""Types of what a name keeps alive, beyond which none is named."""

_ORDER = {kind: n for n, kind in enumerate(("local", "closure", "global", "class_attribute", "argument"))}
_NEVER_COUNTED = 1 << 28
"""Reference counts from here on are those of immortal objects, and of constants that 3.11 pins."""
_SINGLETONS = (None, True, False, Ellipsis, NotImplemented, (), "", b"", *range(-5, 257), *map(chr, range(256)))
"""CPython keeps these for ever: nobody's memory."""


def take(frame: types.FrameType, export: str, project_modules: list[types.ModuleType], line: int | None = None) -> dict:
    """The census.

    Args:
        frame: the frame that the probe was called from.
        export: absolute path of the export, without links.
        project_modules: loaded modules of the project.
        line: the line that counts as the frame's own: the statement that has just ended, while the frame itself is
            at the next one.

    Returns:
        A dict of the keys `holdings`, `classes`, `census_line` of ProbeReport.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _take(frame, export, project_modules, line, collecting)
    finally:
        if collecting:
            gc.enable()


def _take(
    frame: types.FrameType, export: str, modules: list[types.ModuleType], line: int | None, collecting: bool
) -> dict:
    places = source.Places(export)
    stacks = _stacks(frame)
    reach = graph.Graph(_boundary(stacks))
    roots = names.Roots()
    innermost = None
    for stack in stacks:
        for current in stack:
            place = places.of_code(current.f_code)
            if place is None:
                continue
            at = line if current is frame and line is not None else current.f_lineno
            if innermost is None:
                innermost = {**place, "line": at}
            if not _top(current):
                roots.add(names.of_frame(current, place, at))
    lines = {id(current.f_globals): current.f_lineno for stack in stacks for current in stack if _top(current)}
    for module in modules:
        roots.add(names.of_module(module, places, lines.get(id(module.__dict__), 0)))
    project = classes.of_project(modules)
    for cls in project:
        roots.add(names.of_class(cls, places))
    roots.sort(key=lambda root: (isinstance(root.value, types.FunctionType), _ORDER[root.kind]))
    division = owners.Owners(reach, [root.value for root in roots])
    for root in roots:
        division.add(root.value, root.frame)
    sizes = [max(size, division.owned(number)) for number, size in enumerate(division.sizes)]
    big = {id(root.value) for number, root in enumerate(roots) if sizes[number] >= LEAST}
    big.update(id(root.value) for root in roots if reach.size([root.value]) >= LEAST)
    holdings = [
        {
            **_holding(roots, division, number),
            "shallow": reach.size([root.value]),
            **(holders.cache(root.value, places) or {}),
        }
        for number, root in enumerate(roots)
        if sizes[number] >= LEAST or id(root.value) in big
    ]
    values = [root.value for root in roots]
    holdings += holders.captured(values, reach, places)
    holdings += holders.tracebacks(values, reach, places)
    holdings += pins.pins(roots, division.first, reach)
    holdings += suspended.suspended(values, sum(division.sizes), reach, places)
    values.clear()
    roots.clear()
    if collecting:
        holdings += holders.cycles(project, reach, places)
    holdings.sort(key=lambda holding: -max(holding["size"], holding["own"]))
    return {
        "holdings": holdings[:LIMIT],
        "classes": classes.census(project, reach, places),
        "census_line": innermost,
    }


def _top(frame: types.FrameType) -> bool:
    return frame.f_code.co_name == "<module>"


def _stacks(frame: types.FrameType) -> list[list[types.FrameType]]:
    """Frames of this thread, innermost first, then those of the others."""
    mine = threading.get_ident()
    starts = [frame, *(other for ident, other in sys._current_frames().items() if ident != mine)]
    stacks = []
    for start in starts:
        stack = []
        current: types.FrameType | None = start
        while current is not None:
            stack.append(current)
            current = current.f_back
        stacks.append(stack)
    return stacks


def _boundary(stacks: list[list[types.FrameType]]) -> set[int]:
    """Frames at work, and the namespaces of modules: what is in them is either a root or not the project's."""
    keys = {graph.key(frame) for stack in stacks for frame in stack}
    keys.update(graph.key(stack) for stack in stacks)
    current: types.FrameType | None = sys._getframe()
    while current is not None:
        keys.add(graph.key(current))
        current = current.f_back
    for module in list(sys.modules.values()):
        if isinstance(module, types.ModuleType):
            keys.add(graph.key(module.__dict__))
    keys.add(graph.key(sys.modules))
    keys.update(map(graph.key, _SINGLETONS))
    for stack in stacks:
        keys.update(graph.key(frame.f_globals) for frame in stack)
    return keys


def _holding(roots: names.Roots, division: owners.Owners, number: int) -> dict:
    root = roots[number]
    group = division.together(number)
    alone = frozenset((number,))
    if any(_unseen(roots, division, group, one) for one in group):
        group = frozenset()
    types_of = sorted(classes.type_name(kind) for kind in division.types(group)) if group else []
    return {
        "kind": root.kind,
        "name": root.name,
        "place": root.place,
        "line": root.line,
        "type": classes.type_name(type(root.value)),
        "size": division.sizes[number],
        "own": 0 if _unseen(roots, division, alone, number) else division.owned(number),
        "held_with": sorted(roots[one].name for one in group - alone),
        "group": division.held(group) if group else 0,
        "contents": types_of if len(types_of) <= TYPES else [],
        "length": facts.length(root.value),
        "refcount": root.refcount if root.refcount < _NEVER_COUNTED else None,
        "element": facts.element(root.value),
        "grouped": facts.grouped(root.value),
        "array": facts.array(root.value),
        "columns": facts.columns(root.value),
        "repeats": facts.repeats(root.value),
    }


def _unseen(roots: names.Roots, division: owners.Owners, group: frozenset[int], number: int) -> bool:
    """Whether the value has a reference that is neither from the names of `group` nor from what they keep alive."""
    root = roots[number]
    named = sum(roots[one].value is root.value for one in group)
    return root.refcount - named - division.references(group, number) > 0
