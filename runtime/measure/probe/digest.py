"""Canonical digest of an observable result (design, I17).

What counts: types by their qualified name, the order of lists, tuples and dicts, the bits of floats, all instance
attributes sorted by name. Sets are sorted by the digests of their elements. Objects are never asked for their
`repr`, `id` or hash.

Aliasing: a container has one digest, made of its content; met again it contributes the same digest. So sharing an
object and holding equal copies of it cannot be told apart. A reference to a container that is still being walked (a
true cycle) is written as its distance upwards. Within a cycle, an object that is met again after it was walked has
the digest of its first visit; there, and only there, the digest depends on the order of the walk.

What cannot be looked into without changing it (iterators, generators, files, sockets, locks) is written as its type
name and listed as opaque. Functions, classes and modules are their qualified names.
"""

from __future__ import annotations

import hashlib
import struct
import sys
import types
from collections.abc import Iterable

import _lowtide_probe_kinds as kinds

_SIZE = 16
_FLUSH = 1 << 16
_PACK = struct.Struct("<d").pack
_getrefcount = sys.getrefcount
_blake2b = hashlib.blake2b
_NAMED = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.WrapperDescriptorType,
    types.MethodWrapperType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
)


def _text(value: str) -> bytes:
    data = str.encode(value, "utf-8", "surrogatepass")
    return b"s%d:%b" % (len(data), data)


def _int(value: int) -> bytes:
    return b"i%x;" % value


def _float(value: float) -> bytes:
    return b"f" + _PACK(value)


def _complex(value: complex) -> bytes:
    return b"c" + _PACK(value.real) + _PACK(value.imag)


def _bytes(value: bytes) -> bytes:
    return b"b%d:%b" % (len(value), value)


_LEAVES = {
    int: _int,
    str: _text,
    float: _float,
    bool: lambda value: b"T" if value else b"F",
    type(None): lambda value: b"N",
    bytes: _bytes,
    complex: _complex,
    type(Ellipsis): lambda value: b"E",
    type(NotImplemented): lambda value: b"I",
}


def type_name(cls: type) -> str:
    """Module-qualified name of a class, whatever its metaclass does."""
    module = type.__getattribute__(cls, "__module__")
    name = type.__getattribute__(cls, "__qualname__")
    return f"{module}.{name}" if isinstance(module, str) else str(name)


class _Layout:
    """How the attributes of instances of one class are reached without running foreign code."""

    def __init__(self, cls: type) -> None:
        self.name = type_name(cls)
        self.header = b"<%b>" % _text(self.name)
        self.dict_of = None
        self.slots = []
        for base in cls.__mro__:
            for name, member in base.__dict__.items():
                if name == "__dict__" and type(member) in (types.GetSetDescriptorType, types.MemberDescriptorType):
                    self.dict_of = self.dict_of or member.__get__
                elif type(member) is types.MemberDescriptorType and not name.startswith("__"):
                    self.slots.append((name, member.__get__))
        self.slots.sort(key=lambda pair: pair[0])
        self.attributed = self.dict_of is not None or bool(self.slots)

    def attributes(self, value: object) -> list:
        """[name, value, name, value, ...] by name; unset slots are left out."""
        found = []
        for name, get in self.slots:
            try:
                found.append((name, get(value)))
            except AttributeError:
                continue
        if self.dict_of is not None:
            found.extend((self.dict_of(value) or {}).items())
        try:
            found.sort(key=lambda pair: pair[0])
        except TypeError:
            found.sort(key=lambda pair: str(pair[0]))
        return [part for pair in found for part in pair]


class _Frame:
    """A container being walked."""

    __slots__ = ("buffer", "children", "elements", "hasher", "key", "shared", "value")

    def __init__(
        self, value: object, key: int, header: bytes, children: Iterable, unordered: bool, shared: bool
    ) -> None:
        self.value = value  # keeps the id taken
        self.key = key
        self.buffer = bytearray(header)
        self.children = iter(children)
        self.elements = [] if unordered else None
        self.hasher = None
        self.shared = shared

    def add(self, token: bytes) -> None:
        if self.elements is not None:
            self.elements.append(token)
            return
        self.buffer += token
        if len(self.buffer) > _FLUSH:
            self.hasher = self.hasher or _blake2b(digest_size=_SIZE)
            self.hasher.update(self.buffer)
            self.buffer.clear()

    def close(self) -> bytes:
        if self.elements is not None:
            self.buffer += b"".join(sorted(self.elements))
        hasher = self.hasher or _blake2b(digest_size=_SIZE)
        hasher.update(self.buffer)
        return b"C" + hasher.digest()


class Digester:
    """Digests values; collects the names of the types that could only be named in `opaque`."""

    def __init__(self) -> None:
        self.opaque = set()
        self._layouts = {}

    def digest(self, value: object) -> str:
        """Hex digest of one value."""
        return _blake2b(self._walk(value), digest_size=_SIZE).hexdigest()

    def _walk(self, root: object) -> bytes:
        token = self._leaf(root)
        if token is not None:
            return token
        memo, keep, depths = {}, [], {}
        stack = [self._enter(root, True)]
        depths[id(root)] = 0
        while True:
            frame = stack[-1]
            try:
                child = next(frame.children)
            except StopIteration:
                token = frame.close()
                stack.pop()
                depths.pop(frame.key, None)
                if frame.shared:
                    memo[frame.key] = token
                    keep.append(frame.value)
                if not stack:
                    return token
                stack[-1].add(token)
                continue
            except RuntimeError:  # changed by another thread while it was walked
                self.opaque.add(self._layout(type(frame.value)).name)
                frame.children = iter(())
                continue
            make = _LEAVES.get(type(child))
            if make is not None:
                frame.add(make(child))
                continue
            token = self._leaf(child)
            if token is not None:
                frame.add(token)
                continue
            key = id(child)
            if key in depths:
                frame.add(b"^%d;" % (len(stack) - depths[key]))
            elif key in memo:
                frame.add(memo[key])
            else:
                # 3: the owner, this variable, the argument. A sole owner's child is not met again.
                depths[key] = len(stack)
                stack.append(self._enter(child, _getrefcount(child) > 3))

    def _layout(self, cls: type) -> _Layout:
        layout = self._layouts.get(cls)
        if layout is None:
            layout = self._layouts[cls] = _Layout(cls)
        return layout

    def _leaf(self, value: object) -> bytes | None:
        """The token of a value without children, else None."""
        cls = type(value)
        make = _LEAVES.get(cls)
        if make is not None:
            return make(value)
        if isinstance(value, type):
            return b"t" + _text(type_name(value))
        if isinstance(value, _NAMED):
            return b"n" + _text(_name_of(value))
        if isinstance(value, types.ModuleType):
            return b"m" + _text(str(types.ModuleType.__getattribute__(value, "__dict__").get("__name__")))
        return None

    def _enter(self, value: object, shared: bool) -> _Frame:
        layout = self._layout(type(value))
        try:
            header, children, unordered = self._expand(value, layout)
        except Exception:  # noqa: BLE001  foreign code (a reduce, a buffer): the object is named only
            self.opaque.add(layout.name)
            header, children, unordered = b"O" + layout.header, (), False
        return _Frame(value, id(value), header, children, unordered, shared)

    def _expand(self, value: object, layout: _Layout) -> tuple:
        """(header, children, unordered) of a value with children. Raises where it can only be named."""
        cls = type(value)
        if cls is list:
            return b"L%d:" % len(value), value, False
        if cls is tuple:
            return b"U%d:" % len(value), value, False
        if cls is dict:
            return b"D%d:" % len(value), kinds.flat(value), False
        if cls is set or cls is frozenset:
            return (b"S%d:" if cls is set else b"Z%d:") % len(value), value, True
        return kinds.expand(value, layout)


def _name_of(value: object) -> str:
    name = getattr(value, "__qualname__", None) or value.__name__
    owner = getattr(value, "__self__", None)
    if isinstance(owner, types.ModuleType):
        owner = owner.__name__
    elif owner is not None:
        owner = type_name(owner if isinstance(owner, type) else type(owner))
    return f"{getattr(value, '__module__', None) or owner}.{name}"
