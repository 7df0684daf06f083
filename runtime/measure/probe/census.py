"""What holds memory at one moment: names on the stack, globals, class attributes, and the project's classes.

Stdlib only, Python 3.9 and later. Runs untraced, with the collector off, and leaves nothing behind in the frames.
Names are taken from the innermost frame outwards, locals before arguments before closures, then globals, then class
attributes; each byte counts for the first name that reaches it. So sizes add up to what is reachable.

`own` is what no other name reaches. It is 0 when the value itself has a reference that is neither the name's nor
from what belongs to it: somebody unseen, a caller's evaluation stack for one, keeps it alive.
"""

from __future__ import annotations

import functools
import gc
import itertools
import os
import sys
import threading
import types
from collections import Counter

import _lowtide_probe_classes as classes
import _lowtide_probe_graph as graph
import _lowtide_probe_instrument as instrument
import _lowtide_probe_owners as owners
import _lowtide_probe_source as source

LIMIT = 200
"""Holdings reported (runtime.measure.models.ProbeReport)."""
LOOKED_AT = 1000
"""Elements of a container looked at to name the commonest type."""

_getrefcount = sys.getrefcount
_CONTAINERS = (list, tuple, set, frozenset, dict)
_NOT_HELD = (types.ModuleType, type, types.BuiltinFunctionType)


class Root:
    """A name that holds a value."""

    def __init__(self, kind: str, name: str, place: dict, line: int, value: object, refcount: int) -> None:
        self.kind = kind
        self.name = name
        self.place = place
        self.line = line
        self.value = value
        self.refcount = refcount


def take(
    frame: types.FrameType, export: str, project_modules: list[types.ModuleType], line: int | None = None
) -> dict:
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
        return _take(frame, export, project_modules, line)
    finally:
        if collecting:
            gc.enable()


def _take(frame: types.FrameType, export: str, modules: list[types.ModuleType], line: int | None) -> dict:
    places = source.Places(export)
    stacks = _stacks(frame)
    reach = graph.Graph(_boundary(stacks))
    roots: list[Root] = []
    innermost = None
    for stack in stacks:
        for current in stack:
            place = places.of_code(current.f_code)
            if place is None:
                continue
            at = line if current is frame and line is not None else current.f_lineno
            if innermost is None:
                innermost = {**place, "line": at}
            if current.f_locals is not current.f_globals:
                roots += _of_frame(current, place, at)
    for module in modules:
        roots += _of_module(module, places, stacks)
    project = classes.of_project(modules)
    for cls in project:
        roots += _of_class(cls, places)
    division = owners.Owners(reach)
    for root in roots:
        division.add(root.value)
    holdings = []
    for number, root in enumerate(roots):
        if division.sizes[number] or division.owned[number]:
            holdings.append(_holding(root, division, number))
    holdings.sort(key=lambda holding: -max(holding["size"], holding["own"]))
    roots.clear()
    return {
        "holdings": holdings[:LIMIT],
        "classes": classes.census(project, reach, places),
        "census_line": innermost,
    }


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
    ids = {id(frame) for stack in stacks for frame in stack}
    ids.update(id(stack) for stack in stacks)
    current: types.FrameType | None = sys._getframe()
    while current is not None:
        ids.add(id(current))
        current = current.f_back
    for module in list(sys.modules.values()):
        if isinstance(module, types.ModuleType):
            ids.add(id(module.__dict__))
    ids.add(id(sys.modules))
    for stack in stacks:
        ids.update(id(frame.f_globals) for frame in stack)
    return ids


def _of_frame(frame: types.FrameType, place: dict, line: int) -> list[Root]:
    code = frame.f_code
    arguments = code.co_argcount + code.co_kwonlyargcount
    arguments += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)  # CO_VARARGS, CO_VARKEYWORDS
    argument_names = frozenset(code.co_varnames[:arguments])
    order = {"local": 0, "argument": 1, "closure": 2}
    roots = []
    for name, value, refcount in _local_values(frame):
        if name == instrument.ACTIVATION or isinstance(value, _NOT_HELD):
            continue
        if name in code.co_freevars:
            kind = "closure"
        else:
            kind = "argument" if name in argument_names else "local"
        roots.append(Root(kind, name, place, line, value, refcount))
    return sorted(roots, key=lambda root: order[root.kind])


def _local_values(frame: types.FrameType) -> list[tuple[str, object, int]]:
    """Names, values and reference counts of a frame's locals; the frame is left as it was.

    Before 3.13 `f_locals` is a dict cached on the frame, which would keep every local alive: it is cleared, unless
    the target holds it, having called locals().
    """
    namespace = frame.f_locals
    if type(namespace) is not dict or not frame.f_code.co_flags & 0x02:  # CO_NEWLOCALS: a class body's own dict
        values = dict(namespace)
    else:
        values = dict(namespace)
        if _getrefcount(namespace) <= _SOLE_NAMESPACE:
            namespace.clear()
    del namespace
    return _counted(values)


def _counted(values: dict) -> list[tuple[str, object, int]]:
    """Reference counts, less those of `values` and of looking: 1 is a sole owner."""
    counts = [_getrefcount(values[name]) for name in values]
    return [(name, values[name], count - _OWN_REFERENCES) for name, count in zip(values, counts)]
