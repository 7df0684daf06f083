"""What the leak check says: the target repeated in one process, and what grows with each repetition. Pure."""

from itertools import pairwise
from statistics import median

from runtime.measure.reports import Growth, Leaks

LEAST_GROWTH = 1024
"""Bytes a repetition below which growth is bookkeeping: of the interpreter, of asyncio, of the test runner."""
STEADY = 0.8
"""Share of the repetitions that have to grow: a leak grows each time, a cache until it is full."""
SHOWN = 5


def growth(leaks: Leaks) -> int:
    """Bytes a repetition leaves behind once caches are warm; 0 when it does not grow steadily."""
    counted = leaks.alive[leaks.warm - 1 :]
    steps = [after - before for before, after in pairwise(counted)]
    steady = steps and sum(step > 0 for step in steps) >= STEADY * len(steps)
    each = int(median(steps)) if steady else 0
    return each if each >= LEAST_GROWTH else 0


def said(leaks: Leaks) -> list[str]:
    """What the check found, a line for the whole and one for each line that grows."""
    times, each = len(leaks.alive), growth(leaks)
    if not each:
        return [f"leak check: {times} repetitions, no steady growth"]
    lines = [f"leak check: {times} repetitions, {_size(each)} more alive after each"]
    grown = [one for one in leaks.growth if one.size >= LEAST_GROWTH // 4]
    return lines + [f"leak check: {_line(one)}" for one in grown[:SHOWN]]


def _line(one: Growth) -> str:
    return f"{one.file}:{one.line} leaves {_size(one.size)} in {one.count:,} blocks each time"


def _size(size: int) -> str:
    return f"{size / 2**20:.1f} MiB" if size >= 2**20 // 10 else f"{size / 1024:.1f} KiB"
