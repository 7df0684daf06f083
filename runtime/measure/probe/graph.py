"""Walks the objects reachable from roots, with their sizes, in bulk. Stdlib only, Python 3.9 and later.

What the garbage collector does not tell is added: the str keys of dicts (dict_traverse skips them), the base and the
objects of numpy arrays, the attribute values that lie beside an instance without a dict (3.11 and later).
`obj.__dict__` is never touched: that would make a dict per instance. Classes, modules, code and whatever is in the
boundary are not entered and count for nothing.
"""

from __future__ import annotations

import gc
import io
import sys
import types
from collections.abc import Callable, Iterator, Set
from itertools import compress, repeat
from operator import is_

BATCH = 4000
"""Objects expanded at once: bounds the temporary lists."""
SAMPLED = 64
"""Instances of a class looked at to tell how many of them have a dict of their own."""

STOPS = (type, types.ModuleType, types.CodeType)
_LEAVES = (str, int, float, bytes, bool, complex, type(None), bytearray, range)
_NOT_THE_TARGETS = (
    "_lowtide_probe",
    "_pytest.",
    "pluggy.",
    "unittest.case",
    "unittest.result",
    "unittest.runner",
    "unittest.suite",
)
"""Modules of what runs the target; a fixture or a test case leads into them."""
_MANAGED = 1 << 4
"""Py_TPFLAGS_MANAGED_DICT, 3.11 and later."""
_EMBEDDED = sys.version_info >= (3, 13)
"""The values lie within the object's own block, and stay there when it gets a dict."""
_GC_HEAD = 16
key = object.__hash__
"""Tells objects apart as `id` does. Sets of these are twice as fast: objects that lie side by side get numbers that do,
while addresses are multiples of 16. A census looks at millions of objects, so no line of bytecode is run per object.
"""
_getsizeof = sys.getsizeof
_get_referents = gc.get_referents

_STOP, _LEAF, _PLAIN, _DICT, _ARRAY = range(5)


def tracked(wanted: Callable[[type], bool]) -> list:
    """What the collector knows of the types that are wanted."""
    objects = gc.get_objects()
    kinds = frozenset(filter(wanted, set(map(type, objects))))
    return [obj for obj in objects if type(obj) in kinds] if kinds else []


class Graph:
    """What all walks of one census share: the boundary, and how each type is treated.

    Args:
        boundary: keys of objects that no walk enters or counts.
    """

    def __init__(self, boundary: Set[int]) -> None:
        self.boundary = boundary
        self._kinds: dict[type, _Kind] = {}
        numpy = sys.modules.get("numpy")
        self._ndarray = getattr(numpy, "ndarray", None)

    def fresh(self, objects: list[object], seen: set[int], beside: Set[int] = frozenset()) -> list[object]:
        """`objects` without those seen, those `beside` them and those of the boundary, each once; they are seen now."""
        found: list[object] = []
        for start in range(0, len(objects), BATCH):
            batch = objects[start : start + BATCH]
            by_key = dict(zip(map(key, batch), batch))
            new = set(by_key) - seen - beside - self.boundary
            seen |= new
            found += map(by_key.__getitem__, new)
        return found

    def walk(
        self, objects: list[object], seen: set[int], most: int | None = None, beside: Set[int] = frozenset()
    ) -> int:
        """Bytes of what is reachable from `objects` and not in `seen`, which grows by it.

        Args:
            objects: where to start.
            seen: keys of what counts for nothing.
            most: stop when about so many more objects have been looked at.
            beside: further keys of what counts for nothing.
        """
        total = 0
        todo = self.fresh(objects, seen, beside)
        enough = sys.maxsize if most is None else len(seen) + most
        while todo and len(seen) < enough:
            batch = todo[-BATCH:]
            del todo[-BATCH:]
            size, referents = self.expand(batch)
            total += size
            todo += self.fresh(referents, seen, beside)
        return total

    def expand(self, objects: list[object]) -> tuple[int, list[object]]:
        """Bytes of `objects` themselves, and what they refer to (with repetitions)."""
        total = 0
        referents: list[object] = []
        for kind, group in self._by_kind(objects):
            total += kind.size(group)
            if kind.treatment == _LEAF:
                continue
            referents += _get_referents(*group)
            if kind.treatment == _DICT:
                for obj in group:
                    referents += dict.keys(obj)
            elif kind.treatment == _ARRAY:
                for obj in group:
                    referents += _of_array(self._ndarray, obj)
        return total, referents

    def size(self, objects: list[object]) -> int:
        """Bytes of `objects` themselves."""
        return sum(kind.size(group) for kind, group in self._by_kind(objects))

    def _by_kind(self, objects: list[object]) -> Iterator[tuple[_Kind, list]]:
        """The objects that count for something, by what they are."""
        types_of = list(map(type, objects))
        for cls in set(types_of):
            kind = self._kinds.get(cls) or self._kind(cls)
            if kind.treatment != _STOP:
                yield kind, list(compress(objects, map(is_, types_of, repeat(cls))))

    def _kind(self, cls: type) -> _Kind:
        kind = self._kinds[cls] = _Kind(cls, self._treatment(cls))
        return kind

    def _treatment(self, cls: type) -> int:
        module = type.__getattribute__(cls, "__module__")
        if issubclass(cls, STOPS) or (isinstance(module, str) and module.startswith(_NOT_THE_TARGETS)):
            return _STOP
        if cls in _LEAVES:
            return _LEAF
        if issubclass(cls, dict):
            return _DICT
        if self._ndarray is not None and issubclass(cls, self._ndarray):
            return _ARRAY
        return _PLAIN


class _Kind:
    """One type: how it is walked and sized."""

    def __init__(self, cls: type, treatment: int) -> None:
        self.treatment = treatment
        self._sizeof = _getsizeof
        for base in cls.__mro__:
            if "__sizeof__" in base.__dict__:
                if isinstance(base.__dict__["__sizeof__"], types.FunctionType):
                    self._sizeof = _plain_sizeof  # written in Python: pandas counts what the walk counts again
                break
        self._text = cls is io.StringIO
        self._beside = bool(type.__getattribute__(cls, "__flags__") & _MANAGED) and sys.version_info >= (3, 11)

    def size(self, group: list) -> int:
        total = sum(map(self._sizeof, group))
        if self._text:
            total += sum(map(_buffered, group))
        if self._beside:
            sample = group[:: len(group) // SAMPLED + 1]
            total += sum(map(_beside, sample)) * len(group) // len(sample)
        return total


def _plain_sizeof(obj: object) -> int:
    return object.__sizeof__(obj) + (_GC_HEAD if gc.is_tracked(obj) else 0)


def _buffered(text: io.StringIO) -> int:
    """Bytes of the buffer that getsizeof leaves out, at most: four a character, once it has been read from."""
    if text.closed:
        return 0
    at = text.tell()
    end = text.seek(0, io.SEEK_END)
    text.seek(at)
    return 4 * end


def _beside(obj: object) -> int:
    """Bytes of the attribute values that getsizeof leaves out: room for one more than there are, and their order.

    CPython's new_values (3.11, 3.12) and _PyInlineValuesSize (3.13); shared keys have settled after 30 instances.
    """
    if instance_dict(obj) is not None and not _EMBEDDED:
        return 0
    count = len(_get_referents(obj)) - 1
    if count == 0 and not _EMBEDDED:
        return 0
    room = count + 1
    if _EMBEDDED:
        return 8 + 8 * room + (room + 7) // 8 * 8
    return 8 * room + (room + 2 + 7) // 8 * 8


def instance_dicts(objects: list[object]) -> list[dict]:
    """The dicts of those instances that have one already."""
    found: list[dict] = []
    for start in range(0, len(objects), BATCH):
        batch = objects[start : start + BATCH]
        if dict in set(map(type, _get_referents(*batch))):
            found += [own for own in map(instance_dict, batch) if own is not None]
    return found


def instance_dict(obj: object) -> dict | None:
    """The dict of an instance that has one already; none is made.

    Of the dicts that it refers to, the one that holds an attribute by its name.
    """
    cls = type(obj)
    for candidate in _get_referents(obj):
        if type(candidate) is not dict:
            continue
        for name, value in candidate.items():
            if type(name) is not str:
                break
            if any(name in base.__dict__ for base in cls.__mro__):
                continue  # reading it could run a descriptor
            if _read(obj, name) is value:
                return candidate
            break
        else:
            if candidate:
                return candidate  # every name is one of the class: cached properties, overridden defaults
    return None


def _read(obj: object, name: str) -> object:
    try:
        return object.__getattribute__(obj, name)
    except AttributeError:
        return None


def _of_array(ndarray: type, array: object) -> list[object]:
    """What a numpy array refers to: the array it is a view of, its objects."""
    base = ndarray.base.__get__(array)
    found = [] if base is None else [base]
    if ndarray.dtype.__get__(array).hasobject:
        found += ndarray.tolist(ndarray.ravel(array)) if base is None else []
    return found
