"""The peak of a process with its children, summed: a sampler process that is none of its children."""

from __future__ import annotations

import os
import signal
import sys

_SAMPLER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "group_sampler.py")
_fork, _waitpid, _exit, _execv, _kill = os.fork, os.waitpid, os._exit, os.execv, os.kill
_getpid, _pipe, _read, _write, _close = os.getpid, os.pipe, os.read, os.write, os.close
_open = open


class Group:
    """Sampling from `start` to `stop`. Start it before the target's children are watched.

    Args:
        path: a file of its own, below a folder that exists.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._sampler = 0

    def start(self) -> None:
        """Forks twice: a target that waits for any child must not meet this one."""
        if not os.path.exists("/proc/self/smaps_rollup"):
            return
        owner = _getpid()
        reading, writing = _pipe()
        first = _fork()
        if first == 0:
            second = _fork()
            if second:
                _write(writing, b"%d" % second)
                _exit(0)
            _execv(sys.executable, [sys.executable, "-I", "-S", _SAMPLER, str(owner), self._path])
        _close(writing)
        self._sampler = int(_read(reading, 32) or 0)
        _close(reading)
        _waitpid(first, 0)

    def stop(self) -> int | None:
        """The highest sum in bytes; None when no child was seen, or this system does not say."""
        if not self._sampler:
            return None
        try:
            _kill(self._sampler, signal.SIGKILL)
        except ProcessLookupError:
            return None
        try:
            with _open(self._path, "rb") as file:
                text = file.read(20)
        except OSError:
            return None
        return int(text) if text else None
