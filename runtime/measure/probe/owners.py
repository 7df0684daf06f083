"""Which root keeps which bytes alive: one walk over all roots. Stdlib only, Python 3.9 and later."""

from __future__ import annotations

from bisect import bisect
from collections import Counter
from itertools import compress
from operator import is_

import _lowtide_probe_graph as graph

TOGETHER = 4
"""Locals of one frame that may hold an object together; what more of them reach counts as held by many."""
_NOBODYS = -1


class Owners:
    """Divides what is reachable from several roots among them.

    Each object belongs to the first root that reaches it (`sizes`), and is owned by a root that alone reaches it. It
    is expanded for its first root, and again when another one reaches it: then those roots hold it together, where
    they are of one frame; else nobody alone does, and it is looked at no more.

    Objects are numbered as they are reached: what `_marks` says for an object tells its first root, whose numbers
    start at its place in `_starts`. _NOBODYS is in the boundary; what nobody alone holds is numbered from -2 downwards.

    Args:
        reach: the graph.
        values: the roots' values, in the order they will be added in.
    """

    def __init__(self, reach: graph.Graph, values: list[object]) -> None:
        self._graph = reach
        self._marks: dict[int, int] = dict.fromkeys(reach.boundary, _NOBODYS)
        self._next = 0
        self._starts: list[int] = []
        self._alone: list[frozenset[int]] = []
        self._frames: list[object] = []
        self._together: dict[int, frozenset[int]] = {}
        """Object -> the roots of one frame that reach it, where they are several."""
        self._tops = [graph.key(value) for value in values]
        self._top_ids = frozenset(self._tops)
        self._references: Counter[tuple[int, int]] = Counter()
        """(root, key of a root's value) -> references to it from what the root reached first."""
        self._bytes: Counter[frozenset[int]] = Counter()
        self._types: dict[frozenset[int], set[type]] = {}
        self.sizes: list[int] = []

    def add(self, value: object, frame: object) -> None:
        """The next root.

        Args:
            value: what it holds.
            frame: the same for the locals of one frame; None for a root that lets go with no other.
        """
        root = len(self.sizes)
        alone = frozenset((root,))
        self._frames.append(frame)
        self._starts.append(self._next)
        self._alone.append(alone)
        self.sizes.append(0)
        todo = self._reach(root, [value])
        while todo:
            batch = todo[-graph.BATCH :]
            del todo[-graph.BATCH :]
            size, referents = self._graph.expand(batch)
            self.sizes[root] += size
            self._count(alone, size, batch)
            todo += self._reach(root, referents, counted=True)

    def first(self, key: int) -> int | None:
        """The first root that reaches the object of this key (graph.key); None when none does."""
        mark = self._marks.get(key, _NOBODYS)
        return None if mark == _NOBODYS else self._root(mark if mark > _NOBODYS else _turned(mark))

    def owned(self, root: int) -> int:
        """Bytes that only this root keeps alive."""
        return self._bytes[frozenset((root,))]

    def together(self, root: int) -> frozenset[int]:
        """The roots of one frame that all reach the value of `root`, itself among them; empty when others do too."""
        top = self._tops[root]
        mark = self._marks.get(top, _NOBODYS)
        return self._holders(top, mark) if mark > _NOBODYS else frozenset()

    def held(self, roots: frozenset[int]) -> int:
        """Bytes that are kept alive by `roots` and by nobody else."""
        return sum(size for holders, size in self._bytes.items() if holders <= roots)

    def types(self, roots: frozenset[int]) -> set[type]:
        """Types of what `held` counts, and perhaps of more."""
        kinds = {kind for holders, found in self._types.items() if holders <= roots for kind in found}
        return {kind for kind in kinds if not issubclass(kind, graph.STOPS)}

    def references(self, roots: frozenset[int], root: int) -> int:
        """References to the value of `root` from what `roots` keep alive."""
        return sum(self._references[other, self._tops[root]] for other in roots)

    def _count(self, holders: frozenset[int], size: int, objects: list[object]) -> None:
        self._bytes[holders] += size
        self._types.setdefault(holders, set()).update(map(type, objects))

    def _root(self, mark: int) -> int:
        return bisect(self._starts, mark) - 1

    def _holders(self, key: int, mark: int) -> frozenset[int]:
        return self._together.get(key) or self._alone[self._root(mark)]

    def _reach(self, root: int, objects: list[object], counted: bool = False) -> list[object]:
        """Those of `objects` that no root has reached, each once; the others are shared, and what they refer to.

        Args:
            root: reaches them.
            objects: any, with repetitions.
            counted: they are references from what the root was the first to reach.
        """
        start = self._starts[root]
        new: list[object] = []
        todo = [objects]
        while todo:
            objects = todo.pop()
            for at in range(0, len(objects), graph.BATCH):
                batch = objects[at : at + graph.BATCH]
                numbers = list(range(self._next, self._next + len(batch)))
                self._next += len(batch)
                keys = list(map(graph.key, batch))
                marks = list(map(self._marks.setdefault, keys, numbers))
                new += compress(batch, map(is_, marks, numbers))
                if start:
                    known = {key: (obj, mark) for key, obj, mark in zip(keys, batch, marks) if _NOBODYS < mark < start}
                    if known:
                        todo.append(self._share(root, known))
                if counted:
                    for top in filter(self._top_ids.__contains__, keys):
                        self._references[root, top] += 1
            counted = False
        return new

    def _share(self, root: int, known: dict[int, tuple[object, int]]) -> list[object]:
        """`root` reaches objects (key -> object, mark) that others reached first. What those refer to that it has not
        been seen to reach before."""
        groups: dict[frozenset[int], tuple[list[int], list[object]]] = {}
        for key, (obj, mark) in known.items():
            holders = self._holders(key, mark)
            if root not in holders:
                keys, objects = groups.setdefault(holders, ([], []))
                keys.append(key)
                objects.append(obj)
        referents: list[object] = []
        for holders, (keys, objects) in groups.items():
            size, found = self._graph.expand(objects)
            self._bytes[holders] -= size
            frame = self._frames[root]
            same = frame is not None and all(self._frames[other] == frame for other in holders)
            if same and len(holders) < TOGETHER:
                now = holders | {root}
                self._together.update(dict.fromkeys(keys, now))
                self._count(now, size, objects)
            else:
                self._marks.update((key, _turned(known[key][1])) for key in keys)
            referents += found
        return referents


def _turned(mark: int) -> int:
    """The number of what nobody alone holds, and back."""
    return -2 - mark
