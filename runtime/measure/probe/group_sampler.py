"""A program: the summed proportional set size (PSS) of a process and its descendants, every 20 ms, while it has any.

    python -I -S group_sampler.py PID FILE

FILE gets the highest sum seen, in bytes, as text of constant width. A process of its own, so that no lock of the
target's interpreter keeps it from looking. Ends with PID.
"""

from __future__ import annotations

import os
import sys
import time

STEP_S = 0.02


def descendants(pid: int) -> list[int]:
    """Processes below `pid`, by the children of every thread."""
    found, stack = [], [pid]
    while stack:
        current = stack.pop()
        try:
            threads = os.listdir("/proc/%d/task" % current)
        except OSError:  # it has ended
            continue
        for thread in threads:
            try:
                with open("/proc/%d/task/%s/children" % (current, thread), "rb") as file:
                    children = list(map(int, file.read().split()))
            except OSError:
                continue
            found += children
            stack += children
    return found


def pss(pid: int) -> int:
    """Proportional set size in bytes: what is shared counts once in all; 0 when the process has ended."""
    try:
        with open("/proc/%d/smaps_rollup" % pid, "rb") as file:
            text = file.read()
    except OSError:
        return 0
    words = text.partition(b"\nPss:")[2].split(None, 1)
    return int(words[0]) * 1024 if words else 0


def main() -> None:
    """Samples until the process has ended."""
    pid, path = int(sys.argv[1]), sys.argv[2]
    peak = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    while os.path.exists("/proc/%d" % pid):
        below = descendants(pid)
        if below:
            total = sum(map(pss, [pid, *below]))
            if total > peak:
                peak = total
                os.pwrite(descriptor, b"%020d" % peak, 0)
        time.sleep(STEP_S)


if __name__ == "__main__":
    main()
