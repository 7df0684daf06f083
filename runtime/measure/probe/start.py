"""Which globals were there when the target started, and hold what they held then: memory that imports took."""

from __future__ import annotations

import os
import types
from collections.abc import Iterable
from itertools import islice

_CONTAINERS = (list, dict, set, frozenset, tuple, bytearray, bytes, str)
_LOOKED_AT = 1000
"""Elements whose own lengths count: what grows inside a container is not what was there at the start."""


class Start:
    """The globals of the project's modules as they were; no reference is kept.

    Args:
        modules: the project's loaded modules.
    """

    def __init__(self, modules: Iterable[types.ModuleType]) -> None:
        self._marks = {(id(module), name): mark for module, name, mark in _globals(modules)}

    def unchanged(self, modules: Iterable[types.ModuleType], export: str) -> set[tuple[str, str]]:
        """(file relative to the export, name) of the globals that are the same objects, as long as they were."""
        return {
            (os.path.relpath(os.path.realpath(module.__dict__["__file__"]), export), name)
            for module, name, mark in _globals(modules)
            if self._marks.get((id(module), name)) == mark
        }


def _globals(modules: Iterable[types.ModuleType]) -> list[tuple[types.ModuleType, str, tuple]]:
    found = []
    for module in modules:
        for name, value in list(module.__dict__.items()):
            mark = _mark(value)
            if mark is not None:
                found.append((module, name, mark))
    return found


def _mark(value: object) -> tuple | None:
    """Identity, length and the lengths inside; None for what may grow unseen."""
    kind = type(value)
    if kind not in _CONTAINERS:
        return None
    if kind is dict:
        inside = islice(list(value.values()), _LOOKED_AT)
    elif kind in (str, bytes, bytearray):
        inside = iter(())
    else:
        inside = islice(list(value), _LOOKED_AT)
    return id(value), len(value), sum(len(one) for one in inside if type(one) in _CONTAINERS)
