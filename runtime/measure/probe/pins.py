"""Buffers that only views of a small part of them keep alive, by the name that leads to the views.

Stdlib only, Python 3.9 and later.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable

import _lowtide_probe_classes as classes
import _lowtide_probe_graph as graph
import _lowtide_probe_names as names

LEAST = 64 * 1024
"""Bytes from which a name is reported."""
SHOWN = 0.5
"""A buffer is pinned when its views show at most this share of it."""
LOOKED_AT = 100_000
"""Views looked at."""


class _Buffer:
    """A buffer and the keys of its views. `exports`: ids of what refers to it for them."""

    def __init__(self, base: object) -> None:
        self.base = base
        self.exports: set[int] = set()
        self.views: list[int] = []
        self.shown = 0

    def add(self, view: memoryview) -> None:
        """One more view of it."""
        self.exports.update(map(id, gc.get_referents(view)))
        self.views.append(graph.key(view))
        self.shown += view.nbytes

    def references(self) -> int:
        """References that are not for its views."""
        return sys.getrefcount(self.base) - len(self.exports) - _OWN_REFERENCES


def pins(roots: list[names.Root], first: Callable[[int], int | None], reach: graph.Graph) -> list[dict]:
    """Holdings of kind `pin`: all pinned buffers whose views one name leads to.

    Args:
        roots: the names found so far.
        first: key of an object -> which of them leads to it; None when none does.
        reach: the graph.
    """
    found: dict[int, tuple[list[_Buffer], list[int]]] = {}
    for buffer in _buffers():
        size = reach.size([buffer.base])
        root = first(buffer.views[0])
        if root is None or buffer.references() > 0 or buffer.shown > SHOWN * size:
            continue
        buffers, sizes = found.setdefault(root, ([], []))
        buffers.append(buffer)
        sizes.append(size - buffer.shown)
    return [
        {
            "kind": "pin",
            "name": roots[root].name,
            "place": roots[root].place,
            "line": roots[root].line,
            "type": classes.type_name(type(roots[root].value)),
            "size": sum(sizes),
            "own": sum(sizes),
            "contents": sorted({classes.type_name(type(buffer.base)) for buffer in buffers}),
            "length": sum(len(buffer.views) for buffer in buffers),
        }
        for root, (buffers, sizes) in found.items()
        if sum(sizes) >= LEAST
    ]


def _buffers() -> list[_Buffer]:
    found: dict[int, _Buffer] = {}
    for view in [obj for obj in gc.get_objects() if type(obj) is memoryview][:LOOKED_AT]:
        try:
            base = view.obj
        except ValueError:  # released
            continue
        if base is not None:
            found.setdefault(id(base), _Buffer(base)).add(view)
    return list(found.values())


def _calibrate() -> int:
    """References to a buffer from what is looked at here."""
    buffer = _Buffer(bytearray(8))
    view = memoryview(buffer.base)[:4]  # type: ignore[arg-type]
    buffer.add(view)
    return buffer.references()


_OWN_REFERENCES = 0
_OWN_REFERENCES = _calibrate()
