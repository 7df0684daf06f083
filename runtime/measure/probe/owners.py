"""Which root keeps which bytes alive: one walk over all roots. Stdlib only, Python 3.9 and later."""

from __future__ import annotations

from collections import Counter

import _lowtide_probe_graph as graph

TOGETHER = 4
"""Locals of one frame that may hold an object together; what more of them reach counts as held by many."""


class Owners:
    """Divides what is reachable from several roots among them.

    Each object belongs to the first root that reaches it (`sizes`), and is owned by a root that alone reaches it. It
    is expanded for its first root, and again when another one reaches it: then those roots hold it together, where
    they are of one frame; else nobody alone does, and it is looked at no more.

    Args:
        reach: the graph.
        values: the roots' values, in the order they will be added in.
    """

    def __init__(self, reach: graph.Graph, values: list[object]) -> None:
        self._graph = reach
        self._root_of: dict[int, int] = {}
        self._shared: set[int] = set()
        self._frames: list[object] = []
        self._together: dict[int, frozenset[int]] = {}
        """Object -> the roots of one frame that reach it, where they are several."""
        self._tops = [id(value) for value in values]
        self._top_ids = frozenset(self._tops)
        self._references: Counter[tuple[int, int]] = Counter()
        """(root, id of a root's value) -> references to it from what the root reached first."""
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
        self._frames.append(frame)
        alone = frozenset((root,))
        self.sizes.append(0)
        mine: set[int] = set()
        todo: list[object] = [value]
        while todo:
            batch = todo[-graph.BATCH :]
            del todo[-graph.BATCH :]
            by_id = graph.by_identity(batch)
            ids = by_id.keys() - mine - self._shared - self._graph.boundary
            known = ids & self._root_of.keys()
            new = list(map(by_id.__getitem__, ids - known))
            if new:
                keys = [id(obj) for obj in new]
                mine.update(keys)
                self._root_of.update(dict.fromkeys(keys, root))
                size, referents = self._graph.expand(new)
                self.sizes[root] += size
                self._count(alone, size, new)
                found = list(map(id, referents))
                for top in self._top_ids.intersection(found):
                    self._references[root, top] += found.count(top)
                todo += referents
            if known:
                mine |= known
                todo += self._share(root, list(map(by_id.__getitem__, known)))

    def owned(self, root: int) -> int:
        """Bytes that only this root keeps alive."""
        return self._bytes[frozenset((root,))]

    def together(self, root: int) -> frozenset[int]:
        """The roots of one frame that all reach the value of `root`, itself among them; empty when others do too."""
        top = self._tops[root]
        if top in self._shared or top not in self._root_of:
            return frozenset()
        return self._together.get(top, frozenset((self._root_of[top],)))

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

    def _share(self, root: int, objects: list[object]) -> list[object]:
        """Another root reaches `objects`. What they refer to."""
        groups: dict[frozenset[int], list[object]] = {}
        for obj in objects:
            key = id(obj)
            holders = self._together.get(key) or frozenset((self._root_of[key],))
            groups.setdefault(holders, []).append(obj)
        referents: list[object] = []
        for holders, group in groups.items():
            size, found = self._graph.expand(group)
            self._bytes[holders] -= size
            keys = list(map(id, group))
            frame = self._frames[root]
            same = frame is not None and all(self._frames[other] == frame for other in holders)
            if same and len(holders) < TOGETHER:
                now = holders | {root}
                self._together.update(dict.fromkeys(keys, now))
                self._count(now, size, group)
            else:
                self._shared.update(keys)
                for key in keys:
                    self._together.pop(key, None)
            referents += found
        return referents
