"""Which root keeps which bytes alive: one walk over all roots. Stdlib only, Python 3.9 and later."""

from __future__ import annotations

import sys

import _lowtide_probe_graph as graph

_getrefcount = sys.getrefcount


class Owners:
    """Divides what is reachable from several roots among them.

    Each object belongs to the first root that reaches it (`sizes`), and is owned by a root that alone reaches it
    (`owned`). An object is expanded twice at most: for its first root, and when a second one reaches it.

    Args:
        reach: the graph.
    """

    def __init__(self, reach: graph.Graph) -> None:
        self._graph = reach
        self._root_of: dict[int, int] = {}
        self._shared: set[int] = set()
        self.sizes: list[int] = []
        self.owned: list[int] = []
        self.inner: list[int] = []
        """References to the root's value from what belongs to it: cycles."""

    def add(self, value: object) -> None:
        """The next root."""
        root = len(self.sizes)
        self.sizes.append(0)
        self.owned.append(0)
        self.inner.append(0)
        mine: set[int] = set()
        top = id(value)
        todo: list[object] = [value]
        while todo:
            again: list[object] = []
            new: list[object] = []
            batch = todo[-graph.BATCH :]
            del todo[-graph.BATCH :]
            by_id = graph.by_identity(batch)
            ids = by_id.keys() - mine - self._shared - self._graph.boundary
            known = ids & self._root_of.keys()
            again += map(by_id.__getitem__, known)
            new += map(by_id.__getitem__, ids - known)
            if new:
                keys = [id(obj) for obj in new]
                mine.update(keys)
                self._root_of.update(dict.fromkeys(keys, root))
                size, referents = self._graph.expand(new)
                self.sizes[root] += size
                self.owned[root] += size
                self.inner[root] += list(map(id, referents)).count(top)
                todo += referents
            if again:
                todo += self._share(again)

    def _share(self, objects: list[object]) -> list[object]:
        """Another root reaches `objects`: nobody's own from now on. What they refer to."""
        by_root: dict[int, list[object]] = {}
        for root, obj in zip(map(self._root_of.__getitem__, map(id, objects)), objects):
            by_root.setdefault(root, []).append(obj)
        referents: list[object] = []
        for root, group in by_root.items():
            self._shared.update(map(id, group))
            size, found = self._graph.expand(group)
            self.owned[root] -= size
            referents += found
        return referents
