"""Reads attributes over all instances of a class: no descriptor of the target runs, no dict is made for an instance
but where its attributes are mentioned nowhere in its class. Stdlib only, Python 3.9 and later."""

from __future__ import annotations

import gc
import types
from collections.abc import Iterator

import _lowtide_probe_graph as graph

SAMPLED = 200
"""Instances that are asked for the names of their attributes."""
MADE = 20
"""Instances for which a dict may be made, where their class does not mention what they hold."""

_MISSING = object()


def values_of(cls: type, objects: list[object]) -> dict[str, list[object]]:
    """Values of each slot and instance attribute, over those of `objects` that have it."""
    found: dict[str, list[object]] = {}
    for name, member in _slots(cls):
        held = [value for value in (_from_slot(member, obj) for obj in objects) if value is not _MISSING]
        found.setdefault(name, []).extend(held)
    if type.__getattribute__(cls, "__dictoffset__"):
        for name in _names(cls, objects):
            held = [value for value in _from_instances(cls, name, objects) if value is not _MISSING]
            found.setdefault(name, []).extend(held)
    return {name: held for name, held in found.items() if held}


def _slots(cls: type) -> list[tuple[str, types.MemberDescriptorType]]:
    """Slots of Python classes; members of C types are not attributes of the project."""
    return [
        (name, member)
        for base in cls.__mro__
        if "__slots__" in base.__dict__
        for name, member in base.__dict__.items()
        if isinstance(member, types.MemberDescriptorType)
    ]


def _from_slot(member: types.MemberDescriptorType, obj: object) -> object:
    try:
        return member.__get__(obj)
    except AttributeError:
        return _MISSING


def _from_instances(cls: type, name: str, objects: list[object]) -> Iterator[object]:
    default = class_value(cls, name)
    if default is not _MISSING and _is_descriptor(default):
        for obj in objects:
            own = graph.instance_dict(obj)
            yield _MISSING if own is None else own.get(name, _MISSING)
        return
    for obj in objects:
        value = _read(obj, name)
        yield _MISSING if value is default else value


def class_value(cls: type, name: str) -> object:
    """What the class itself says for `name`, undisturbed by descriptors."""
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return _MISSING


def _is_descriptor(value: object) -> bool:
    return any("__get__" in base.__dict__ for base in type(value).__mro__)


def _read(obj: object, name: str) -> object:
    try:
        return object.__getattribute__(obj, name)
    except AttributeError:
        return _MISSING


def _names(cls: type, objects: list[object]) -> list[str]:
    """Names of instance attributes, of a sample of the instances."""
    mentioned = [name for name in _mentioned(cls) if not _is_descriptor(class_value(cls, name))]
    slots = _slots(cls)
    found: dict[str, None] = {}
    made = 0
    for obj in objects[:: len(objects) // SAMPLED + 1]:
        own = graph.instance_dict(obj)
        if own is None:
            referents = gc.get_referents(obj)
            ids = set(map(id, referents))
            named = [name for name in mentioned if id(_read(obj, name)) in ids]
            filled = sum(1 for _, member in slots if _from_slot(member, obj) is not _MISSING)
            if len(named) < len(referents) - 1 - filled and made < MADE:
                made += 1
                own = object.__getattribute__(obj, "__dict__")
            else:
                found.update(dict.fromkeys(named))
        if own is not None:
            found.update(dict.fromkeys(name for name in own if type(name) is str))
    return list(found)


def _mentioned(cls: type) -> list[str]:
    """Names that the code of the class and its bases uses."""
    names: dict[str, None] = {}
    for base in cls.__mro__:
        todo = [value.__code__ for value in base.__dict__.values() if isinstance(value, types.FunctionType)]
        while todo:
            code = todo.pop()
            names.update(dict.fromkeys(code.co_names))
            todo += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return list(names)
