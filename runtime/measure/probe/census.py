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
import itertools
import sys
import threading
import types
from collections import Counter

import _lowtide_probe_classes as classes
import _lowtide_probe_graph as graph
import _lowtide_probe_holders as holders
import _lowtide_probe_instrument as instrument
import _lowtide_probe_owners as owners
import _lowtide_probe_source as source

LIMIT = 200
"""Holdings reported (runtime.measure.models.ProbeReport)."""
LEAST = 1024
"""Bytes from which a name is reported."""
TYPES = 40
"""Types of what a name keeps alive, beyond which none is named."""
COLUMNS = 200
"""Columns of a pandas frame beyond which none is named."""
LOOKED_AT = 1000
"""Elements of a container looked at to name the commonest type."""

_getrefcount = sys.getrefcount
_CO_OPTIMIZED = 1
_CONTAINERS = (list, tuple, set, frozenset, dict)
_ORDER = {kind: n for n, kind in enumerate(("local", "closure", "global", "class_attribute", "argument"))}
_NEVER_COUNTED = 1 << 28
"""Reference counts from here on are those of immortal objects, and of constants that 3.11 pins."""
_SINGLETONS = (None, True, False, Ellipsis, NotImplemented, (), "", b"", *range(-5, 257), *map(chr, range(256)))
"""CPython keeps these for ever: nobody's memory."""
_NOT_HELD = (types.ModuleType, type, types.BuiltinFunctionType)


class Root:
    """A name that holds a value."""

    def __init__(
        self, kind: str, name: str, place: dict, line: int, value: object, refcount: int, frame: int | None = None
    ) -> None:
        self.kind = kind
        self.name = name
        self.place = place
        self.line = line
        self.value = value
        self.refcount = refcount
        self.frame = frame
        """The frame that a local is of."""


class Roots(list):
    """Roots found so far. What is added had its references counted while the earlier ones held their values."""

    def __init__(self) -> None:
        super().__init__()
        self._held: Counter[int] = Counter()

    def add(self, roots: list[Root]) -> None:
        """Appends the names of one namespace."""
        for root in roots:
            root.refcount -= self._held[id(root.value)]
        self._held.update(id(root.value) for root in roots)
        self.extend(roots)


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
    roots = Roots()
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
                roots.add(_of_frame(current, place, at))
    lines = {id(current.f_globals): current.f_lineno for stack in stacks for current in stack if _top(current)}
    for module in modules:
        roots.add(_of_module(module, places, lines.get(id(module.__dict__), 0)))
    project = classes.of_project(modules)
    for cls in project:
        roots.add(_of_class(cls, places))
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
    holdings += holders.tracebacks([root.value for root in roots], reach, places)
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
    ids.update(map(id, _SINGLETONS))
    for stack in stacks:
        ids.update(id(frame.f_globals) for frame in stack)
    return ids


def _of_frame(frame: types.FrameType, place: dict, line: int) -> list[Root]:
    code = frame.f_code
    arguments = code.co_argcount + code.co_kwonlyargcount
    arguments += bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)  # CO_VARARGS, CO_VARKEYWORDS
    argument_names = frozenset(code.co_varnames[:arguments])
    roots = []
    for name, value, refcount in _local_values(frame):
        if name == instrument.ACTIVATION or name.startswith(".") or issubclass(type(value), _NOT_HELD):
            continue
        kind = "argument" if name in argument_names else "closure" if name in code.co_freevars else "local"
        roots.append(Root(kind, name, place, line, value, refcount, id(frame) if kind == "local" else None))
    return roots


def _local_values(frame: types.FrameType) -> list[tuple[str, object, int]]:
    """Names, values and reference counts of a frame's locals; the frame is left as it was.

    Before 3.13 `f_locals` of a function is a dict cached on the frame, which would keep every local alive: it is
    cleared, unless the target holds it too, having called locals().
    """
    namespace = frame.f_locals
    values = dict(namespace)
    cached = type(namespace) is dict and frame.f_code.co_flags & _CO_OPTIMIZED
    if cached and _getrefcount(namespace) <= _SOLE_NAMESPACE:
        namespace.clear()
    del namespace
    return _counted(values)


def _counted(values: dict) -> list[tuple[str, object, int]]:
    """Names, values and reference counts, less the references of `values` and of looking: 1 is a sole owner."""
    counts = {name: _getrefcount(values[name]) - _OWN_REFERENCES for name in values}
    times = Counter(map(id, values.values()))
    return [(name, values[name], count + 1 - times[id(values[name])]) for name, count in counts.items()]


def _of_module(module: types.ModuleType, places: source.Places, line: int) -> list[Root]:
    place = source.module_place(str(places.relative(module.__dict__["__file__"])))
    return [
        Root("global", name, place, line, value, refcount)
        for name, value, refcount in _counted(dict(module.__dict__))
        if not _dunder(name) and _can_hold(value, module.__dict__)
    ]


def _of_class(cls: type, places: source.Places) -> list[Root]:
    place = places.of_class(cls)
    if place is None:
        return []
    module = sys.modules[type.__getattribute__(cls, "__module__")].__dict__
    name = place["function"]
    return [
        Root("class_attribute", f"{name}.{attribute}", source.module_place(place["file"]), 0, value, refcount)
        for attribute, value, refcount in _counted(dict(cls.__dict__))
        if not _dunder(attribute) and _can_hold(value, module)
    ]


def _can_hold(value: object, namespace: dict) -> bool:
    """Not a module or class; of functions those of the module itself: they may hold caches and closures."""
    if isinstance(value, types.FunctionType):
        return value.__globals__ is namespace
    return not issubclass(type(value), _NOT_HELD)


def _dunder(name: object) -> bool:
    return isinstance(name, str) and name.startswith("__") and name.endswith("__")


def _holding(roots: Roots, division: owners.Owners, number: int) -> dict:
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
        "length": _length(root.value),
        "refcount": root.refcount if root.refcount < _NEVER_COUNTED else None,
        "element": _element(root.value),
        "array": _array(root.value),
        "columns": _columns(root.value),
    }


def _unseen(roots: Roots, division: owners.Owners, group: frozenset[int], number: int) -> bool:
    """Whether the value has a reference that is neither from the names of `group` nor from what they keep alive."""
    root = roots[number]
    names = sum(roots[one].value is root.value for one in group)
    return root.refcount - names - division.references(group, number) > 0


def _length(value: object) -> int | None:
    """`len`, where that runs none of the target's code."""
    for base in type(value).__mro__:
        if "__len__" in base.__dict__:
            method = base.__dict__["__len__"]
            if not isinstance(method, types.WrapperDescriptorType):
                return None
            try:
                return method(value)
            except TypeError:
                return None  # an array without dimensions
    return None


def _element(value: object) -> str:
    """The commonest type of the first elements (of a dict, of its values); an array's dtype."""
    kind = type(value)
    numpy = sys.modules.get("numpy")
    ndarray = getattr(numpy, "ndarray", None)
    if ndarray is not None and issubclass(kind, ndarray):
        return str(ndarray.dtype.__get__(value))
    base = next((container for container in _CONTAINERS if issubclass(kind, container)), None)
    if base is None:
        return ""
    elements = dict.values(value) if base is dict else base.__iter__(value)
    kinds = Counter(map(type, itertools.islice(elements, LOOKED_AT)))
    return classes.type_name(kinds.most_common(1)[0][0]) if kinds else ""


def _array(value: object) -> dict | None:
    """ArrayFacts of a plain numpy array."""
    ndarray = getattr(sys.modules.get("numpy"), "ndarray", None)
    if ndarray is None or type(value) is not ndarray:
        return None
    flags = value.flags
    return {
        "shape": list(value.shape),
        "contiguous": bool(flags.c_contiguous and flags.aligned),
        "owner": value.base is None and bool(flags.owndata),
    }


def _columns(value: object) -> dict[str, str]:
    """Column -> dtype of a plain pandas frame; empty where two columns, or one that is no text, would not be told."""
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    if frame is None or type(value) is not frame:
        return {}
    names = list(value.columns)
    if len(names) > COLUMNS or not all(type(name) is str for name in names):
        return {}
    found = dict(zip(names, map(str, value.dtypes)))
    return found if len(found) == len(names) else {}


def _calibrate_namespace() -> int:
    """References to a frame's own namespace as seen while it is being read."""
    frame = sys._getframe()
    namespace = frame.f_locals
    return _getrefcount(namespace)


def _calibrate_references() -> int:
    """What reading adds to the count of a value that one local holds."""
    fresh: list[object] = []
    counts = {name: count for name, _, count in _local_values(sys._getframe())}
    del fresh
    return counts["fresh"] - 1


_OWN_REFERENCES = 0
_SOLE_NAMESPACE = _calibrate_namespace()
_OWN_REFERENCES = _calibrate_references()
