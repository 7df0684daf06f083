"""What was alive near the peak, by the line that allocated it. Stdlib only, Python 3.9 and later.

A snapshot's traces are kept raw and aggregated when tracing has stopped: `statistics` under tracemalloc takes
fifteen times as long. Taking one is invisible to tracemalloc, aggregating is not.
"""

from __future__ import annotations

import gc
import os
import tracemalloc

LIMIT = 200
"""Sites reported (runtime.measure.reports.ProbeReport)."""
LEAST = 0.4
"""Share of the expected peak from which snapshots are taken."""
STEP = 1.2
"""A further snapshot is taken when this much more is alive than at the last one: from LEAST to the peak five, since one
of 2.4 million blocks takes a second."""
NEAR = 0.97
"""Share of the expected peak that counts as the peak ..."""
NEAR_STEP = 1.01
"""... and the step from there on."""

_get_traced = tracemalloc.get_traced_memory
_take_snapshot = tracemalloc.take_snapshot


class Snapshots:
    """The snapshot nearest to the peak, and the one at the target's start that is taken off it.

    `due` is the number of traced bytes (absolute) from which the next snapshot is to be taken.
    """

    def __init__(self, hint: int | None) -> None:
        self._hint = hint
        self._own = os.path.dirname(os.path.abspath(__file__)) + os.sep
        self._before: tuple | list = ()
        self._nearest: tuple | list = ()
        self._start = 0
        self.due = 0.0

    def begin(self) -> None:
        """Takes the snapshot of what there is already."""
        self._before = _traces()
        self._start = _get_traced()[0]
        self.due = self._start + LEAST * (self._hint or 0) + 1

    def take(self, current: int) -> None:
        """Replaces the snapshot; `current` traced bytes are alive now."""
        self._nearest = ()
        self._nearest = _traces()
        above = current - self._start
        if self._hint and above >= NEAR * self._hint:
            self.due = self._start + above * NEAR_STEP
        elif self._hint:
            self.due = self._start + min(above * STEP, max(NEAR * self._hint, above + 1))
        else:
            self.due = self._start + above * STEP

    def sites(self, export: str) -> list[dict]:
        """Site dicts, biggest first; what was alive at the start, and the probe's own, is left out."""
        sizes: dict[tuple[str, int], list[int]] = {}
        for traces, sign in ((self._nearest, 1), (self._before, -1)):
            for trace in traces:
                place = trace[2][0]
                entry = sizes.get(place)
                if entry is None:
                    entry = sizes[place] = [0, 0]
                entry[0] += sign * trace[1]
                entry[1] += sign
        root = export + os.sep
        found = []
        for (file, line), (size, count) in sizes.items():
            if size <= 0 or file.startswith(self._own) or file == tracemalloc.__file__:
                continue
            project = file.startswith(root)
            found.append(
                {
                    "file": file[len(root) :] if project else file,
                    "project": project,
                    "line": line,
                    "size": size,
                    "count": max(count, 1),
                }
            )
        found.sort(key=lambda site: (-site["size"], site["file"], site["line"]))
        return found[:LIMIT]


def _traces() -> list:
    """Raw traces of all live blocks: (domain, size, ((file, line),), frames).

    No collection meanwhile: a tuple or two per block would bring many about, of all the target has.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _take_snapshot().traces._traces
    finally:
        if collecting:
            gc.enable()
