"""Names that hold values: of frames, modules and classes, with the references each value has. Stdlib only, 3.9.

The frames are left as they were: nothing of what is read here stays in them.
"""

from __future__ import annotations

import sys
import types
from collections import Counter

import _lowtide_probe_instrument as instrument
import _lowtide_probe_source as source

_getrefcount = sys.getrefcount
_CO_OPTIMIZED = 1
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


def of_frame(frame: types.FrameType, place: dict, line: int) -> list[Root]:
    """The locals, arguments and free variables of a frame of the project, which is at `line`."""
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


def of_module(module: types.ModuleType, places: source.Places, line: int) -> list[Root]:
    """The globals of a module of the project that may hold memory."""
    place = source.module_place(str(places.relative(module.__dict__["__file__"])))
    return [
        Root("global", name, place, line, value, refcount)
        for name, value, refcount in _counted(dict(module.__dict__))
        if not _dunder(name) and _can_hold(value, module.__dict__)
    ]


def of_class(cls: type, places: source.Places) -> list[Root]:
    """The class attributes of a class of the project that may hold memory."""
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
