"""How the digest looks into values that are neither leaves nor plain containers.

`expand(value, layout)` gives (header, children, unordered) or raises where the value can only be named. The methods
of builtin types are called through the type, so a subclass that overrides them runs none of its code here.
"""

from __future__ import annotations

import collections
import copyreg
import io
import sys
import types
from collections.abc import Iterable, Iterator

_VIEWS = (type({}.keys()), type({}.values()), type({}.items()))
_RUNNING = (
    types.GeneratorType,
    types.CoroutineType,
    types.AsyncGeneratorType,
    types.FrameType,
    types.TracebackType,
    types.CodeType,
    types.CellType,
)
_CHUNK = 1 << 24


class OpaqueValue(Exception):
    """The value cannot be looked into without changing it."""


def expand(value: object, layout: object) -> tuple:
    """(header, children, unordered) of `value`.

    Args:
        value: anything but None, numbers, text, bytes and exact list, tuple, dict, set, frozenset.
        layout: what digest.py knows of its class: `name`, `header`, `attributed`, `attributes(value)`.

    Raises:
        OpaqueValue: it can only be named.
        Exception: foreign code (a reduce, a buffer) failed: it can only be named too.
    """
    for kind, look in _BUILTIN:
        if isinstance(value, kind):
            return look(value, layout)
    if isinstance(value, (*_RUNNING, io.IOBase)):
        raise OpaqueValue
    found = _of_library(value, layout)
    if found is not None:
        return found
    if layout.attributed:
        attributes = layout.attributes(value)
        return b"A" + layout.header + b"%d:" % len(attributes), attributes, False
    if hasattr(type(value), "__next__"):
        raise OpaqueValue
    view = _view(value)
    if view is not None:
        return b"V" + layout.header, view, False
    if type(value) is object:
        return b"A" + layout.header, (), False
    return _reduced(value, layout)


def _with_attributes(
    value: object, layout: object, header: bytes, children: Iterable, count: int, unordered: bool = False
) -> tuple:
    """Content first, then attributes; of an unordered container the two are apart, since it is sorted."""
    attributes = layout.attributes(value)
    header = b"B" + header + layout.header + b"%d,%d:" % (count, len(attributes))
    if not attributes:
        return header, children, unordered
    if unordered:
        return header, [frozenset(value), *attributes], False
    return header, _chain(children, attributes), False


def _chain(*parts: object) -> Iterator:
    for part in parts:
        yield from part


def flat(mapping: dict) -> Iterator:
    """Keys and values of a dict in insertion order, one after the other."""
    for key, value in dict.items(mapping):
        yield key
        yield value


def _list(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"L", list.__iter__(value), list.__len__(value))


def _tuple(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"U", tuple.__iter__(value), tuple.__len__(value))


def _dict(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"D", flat(value), dict.__len__(value))


def _set(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"S", set.__iter__(value), set.__len__(value), unordered=True)


def _frozenset(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"Z", frozenset.__iter__(value), frozenset.__len__(value), unordered=True)


def _deque(value: object, layout: object) -> tuple:
    children = _chain((value.maxlen,), collections.deque.__iter__(value))
    return _with_attributes(value, layout, b"Q", children, collections.deque.__len__(value))


def _int(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"i", (int.__pos__(value),), 1)


def _float(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"f", (float.__pos__(value),), 1)


def _complex(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"c", (complex.__pos__(value),), 1)


def _str(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"s", (str.__str__(value),), 1)


def _bytes(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"b", (bytes.__getitem__(value, slice(None)),), 1)


def _bytearray(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"y", (bytes(memoryview(value)),), 1)


def _range(value: object, layout: object) -> tuple:
    return b"R", (value.start, value.stop, value.step), False


def _method(value: object, layout: object) -> tuple:
    return b"M", (value.__func__, value.__self__), False


def _exception(value: object, layout: object) -> tuple:
    return _with_attributes(value, layout, b"X", (BaseException.args.__get__(value),), 1)


def _view_of_dict(value: object, layout: object) -> tuple:
    return b"K" + layout.header, list(value), False


def _proxy(value: object, layout: object) -> tuple:
    return b"P", (dict(value),), False


def _bytes_io(value: object, layout: object) -> tuple:
    children = (None,) if value.closed else (value.getvalue(), value.tell())
    return _with_attributes(value, layout, b"J", children, len(children))


_BUILTIN = (
    (list, _list),
    (tuple, _tuple),
    (dict, _dict),
    (set, _set),
    (frozenset, _frozenset),
    (int, _int),
    (str, _str),
    (float, _float),
    (complex, _complex),
    (bytes, _bytes),
    (bytearray, _bytearray),
    (collections.deque, _deque),
    (range, _range),
    (types.MethodType, _method),
    (BaseException, _exception),
    (_VIEWS, _view_of_dict),
    (types.MappingProxyType, _proxy),
    ((io.BytesIO, io.StringIO), _bytes_io),
)


def _of_library(value: object, layout: object) -> tuple | None:
    """numpy, pandas and pathlib, without importing any of them."""
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        if isinstance(value, numpy.ndarray):
            return _ndarray(value, layout, numpy)
        if isinstance(value, numpy.generic):
            return b"G" + layout.header, (str(value.dtype), value.tobytes()), False
        if isinstance(value, numpy.dtype):
            return b"G" + layout.header, (repr(value),), False
    if layout.name.startswith("pandas.") and hasattr(type(value), "to_numpy"):
        return b"W" + layout.header, _pandas(value), False
    pathlib = sys.modules.get("pathlib")
    if pathlib is not None and isinstance(value, pathlib.PurePath):
        return b"F" + layout.header, (str(value),), False  # its attributes are caches, one is a hash
    return None


def _ndarray(value: object, layout: object, numpy: types.ModuleType) -> tuple:
    plain = numpy.asarray(value)
    head = (repr(plain.dtype), plain.shape)
    content = plain.ravel().tolist() if plain.dtype.hasobject else _chunks(plain, numpy)
    children = _chain(head, content, layout.attributes(value))
    return b"G" + layout.header, children, False


def _chunks(plain: object, numpy: types.ModuleType) -> Iterator[bytes]:
    """The bytes of an array in C order, a part at a time: a whole copy may not fit."""
    flat_view = plain.reshape(-1)
    step = max(1, _CHUNK // max(1, plain.itemsize))
    for start in range(0, flat_view.size, step):
        yield numpy.ascontiguousarray(flat_view[start : start + step]).tobytes()


def _pandas(value: object) -> Iterator:
    if hasattr(value, "columns"):
        yield value.columns
        yield value.index
        for place in range(len(value.columns)):
            column = value.iloc[:, place]
            yield str(column.dtype)
            yield column.to_numpy()
    else:
        yield str(getattr(value, "dtype", ""))
        yield getattr(value, "names", None) or getattr(value, "name", None)
        if hasattr(value, "iloc"):
            yield value.index
        yield value.to_numpy()
    yield getattr(value, "attrs", None)


def _view(value: object) -> tuple | None:
    """Format, shape and bytes of an object with a buffer, else None."""
    try:
        view = memoryview(value)
    except (TypeError, ValueError, BufferError):
        return None
    with view:
        return (view.format, view.shape, view.tobytes())


def _reduced(value: object, layout: object) -> tuple:
    """What pickle would store of an object without attributes (dates, decimals, patterns, partials)."""
    reduce = copyreg.dispatch_table.get(type(value))
    state = reduce(value) if reduce is not None else value.__reduce_ex__(4)
    if isinstance(state, str):
        return b"P" + layout.header, (state,), False
    parts = [list(part) if hasattr(type(part), "__next__") else part for part in state if part is not type(value)]
    return b"P" + layout.header + b"%d:" % len(parts), parts, False
