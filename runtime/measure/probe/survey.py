"""The traced peak of each test of a whole suite, briefly: one process, under a time limit (purpose survey).

Rough on purpose: what a test leaves behind, and what is imported in it, depends on the tests before it. The heaviest
are measured again as targets of their own.
"""

from __future__ import annotations

import hashlib
import os
import time
import tracemalloc
from collections.abc import Callable

MOST = 50
"""Tests that are reported, the heaviest first."""
SAVE_EVERY_S = 2.0
"""How often what is known is written: a test that never ends costs only itself."""
EACH_TURN = 3
"""Tests of one file in a row: a file's own fixtures are made anew at each turn."""

_clock = time.perf_counter
_traced = tracemalloc.get_traced_memory
_reset = tracemalloc.reset_peak


class Survey:
    """Measures tests one after the other.

    Args:
        limit_s: no test is begun after so many seconds.
        save: writes the fields of a report.
    """

    def __init__(self, limit_s: float, save: Callable[[dict], None]) -> None:
        self._limit = limit_s
        self._save = save
        self._rows = []
        self._measured = 0
        self._collected = None
        self._base = 0
        self._began = self._started = _clock()
        self._saved = self._began - SAVE_EVERY_S  # the first test is written at once

    @staticmethod
    def spread(items: list, file_of: Callable[[object], str]) -> list:
        """The tests in an order that sees every file early, should the time not suffice for all.

        A few of each file in turn, files by the digest of their names: what lies near in the tree is alike. Within a
        file the order stays.
        """
        files = {}
        for item in items:
            files.setdefault(file_of(item), []).append(item)
        turns = [
            (at // EACH_TURN, hashlib.sha256(os.fsencode(file)).digest(), tests[at : at + EACH_TURN])
            for file, tests in files.items()
            for at in range(0, len(tests), EACH_TURN)
        ]
        return [item for _, _, tests in sorted(turns, key=lambda turn: turn[:2]) for item in tests]

    def collected(self, count: int) -> None:
        """So many tests were found."""
        self._collected = count

    def begin(self) -> None:
        """The next test starts now."""
        if not tracemalloc.is_tracing():  # the first, or the one before stopped it
            tracemalloc.start(1)
        _reset()
        self._base = _traced()[0]
        self._started = _clock()

    def end(self, node: str, passed: bool) -> bool:
        """That test has ended; True when the time is up. Only tests that pass can be targets."""
        now = _clock()
        self._measured += 1
        if passed:
            peak = max(0, _traced()[1] - self._base)
            self._rows.append({"node": node, "peak": peak, "wall_s": now - self._started})
            self._rows.sort(key=lambda row: (-row["peak"], row["node"]))
            del self._rows[MOST:]
        if now - self._saved >= SAVE_EVERY_S:
            self._saved = now
            self._save({"ok": True, **self.fields()})
        return now - self._began > self._limit

    def fields(self) -> dict:
        """`survey` of ProbeReport."""
        return {"survey": {"collected": self._collected, "measured": self._measured, "rows": self._rows}}
