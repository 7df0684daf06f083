"""Repeats the target in one process and says what each repetition leaves behind, by the line that allocated it."""

from __future__ import annotations

import gc
import os
import tracemalloc
from collections.abc import Callable

_FOLDER = os.path.dirname(os.path.abspath(__file__))
WARM = 2
"""Repetitions that may fill caches and finish imports; growth counts from there on."""
MOST = 20
"""Lines that are reported, the fastest growing first."""

_collect = gc.collect
_traced = tracemalloc.get_traced_memory


class Repeats:
    """Watches repetitions of the target.

    Args:
        repeats: how many there will be, more than WARM.
        export: absolute folder of the project's code.
    """

    def __init__(self, repeats: int, export: str) -> None:
        self.repeats = repeats
        self._export = export.rstrip("/") + "/"
        self._base = 0
        self._own = 0
        self._alive = []
        self._warm = {}
        self._last = {}

    def begin(self) -> None:
        """The first repetition starts now."""
        tracemalloc.start(1)
        _collect()
        self._base = _traced()[0]

    def done(self) -> None:
        """One repetition has ended, and its result has been let go."""
        _collect()
        self._alive.append(_traced()[0] - self._base - self._own)
        if len(self._alive) in (WARM, self.repeats):
            before = _traced()[0]
            found = _sites()
            if len(self._alive) == WARM:
                self._warm = found
            else:
                self._last = found
            # What we keep ourselves is no growth of the target's.
            self._own += _traced()[0] - before

    def run(self, once: Callable[[], object]) -> object:
        """Calls `once` again and again; returns what the last call, or the first that failed, came to."""
        self.begin()
        ended = None
        for _ in range(self.repeats):
            ended = once()
            if ended.failure:
                break
            ended.value = None
            self.done()
        return ended

    def fields(self) -> dict:
        """The field `leaks` of ProbeReport; nothing where the target did not come to the end."""
        tracemalloc.stop()
        if len(self._alive) < self.repeats:
            return {}
        times = self.repeats - WARM
        rows = []
        for (file, line), (size, count) in self._last.items():
            was, were = self._warm.get((file, line), (0, 0))
            if size - was >= times and not file.startswith(_FOLDER):
                project = file.startswith(self._export)
                rows.append(
                    {
                        "file": file[len(self._export) :] if project else file,
                        "project": project,
                        "line": line,
                        "size": (size - was) // times,
                        "count": max(0, count - were) // times,
                    }
                )
        rows.sort(key=lambda row: -row["size"])
        return {"leaks": {"warm": WARM, "alive": self._alive, "growth": rows[:MOST]}}


def _sites() -> dict:
    """(file, line) -> (bytes, blocks) alive now."""
    return {
        (one.traceback[0].filename, one.traceback[0].lineno): (one.size, one.count)
        for one in tracemalloc.take_snapshot().statistics("lineno")
    }
