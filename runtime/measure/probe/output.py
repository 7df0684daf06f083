"""The target's standard output, caught at the level of file descriptors.

Everything that is written to descriptor 1, by children too, goes into a file beside the report; standard input is
empty. The limit on the file's size is the sandbox's.
"""

from __future__ import annotations

import hashlib
import os
import sys

_EXPORT = b"<export>"
_CHUNK = 1 << 20
_os_open, _close, _read, _dup, _dup2 = os.open, os.close, os.read, os.dup, os.dup2
_fstat, _pread = os.fstat, os.pread
_blake2b = hashlib.blake2b


class Output:
    """Catches standard output from `start` to `stop`.

    Args:
        path: the file to catch it in; it is made.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._saved = None

    def start(self) -> None:
        """Turns descriptors 0 and 1 round."""
        empty = _os_open(os.devnull, os.O_RDONLY)
        _dup2(empty, 0)
        _close(empty)
        self._saved = _dup(1)
        file = _os_open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        _dup2(file, 1)
        _close(file)

    def stop(self, flush: bool = True) -> None:
        """Flushes what Python still holds (unless told not to) and gives descriptor 1 back. Safe to call twice."""
        for stream in (sys.stdout, sys.__stdout__, sys.stderr, sys.__stderr__) if flush else ():
            try:
                stream.flush()
            except Exception:  # noqa: BLE001, S112  None, closed, or the target's own: nothing more to be had
                continue
        if self._saved is None:
            return
        try:
            _dup2(self._saved, 1)
            _close(self._saved)
        except OSError:  # the target closed every descriptor
            pass
        self._saved = None

    def tail(self, characters: int) -> str:
        """The end of what was written."""
        file = _os_open(self.path, os.O_RDONLY)
        try:
            size = _fstat(file).st_size
            data = _pread(file, 4 * characters, max(0, size - 4 * characters))
        finally:
            _close(file)
        return data.decode("utf-8", "replace")[-characters:]

    def digest(self, code: int, export: str) -> str:
        """Hex digest of all that was written and of the exit code. Where the export lies is no part of it."""
        here = os.fsencode(export)
        hasher = _blake2b(b"exit %d\n" % code, digest_size=16)
        file = _os_open(self.path, os.O_RDONLY)
        try:
            rest = b""
            while True:
                data = _read(file, _CHUNK)
                *parts, rest = (rest + data).split(here)
                for part in parts:
                    hasher.update(part + _EXPORT)
                if not data:
                    hasher.update(rest)
                    return hasher.hexdigest()
                # The path may begin in this chunk and end in the next.
                keep = len(rest) - len(here) + 1
                if keep > 0:
                    hasher.update(rest[:keep])
                    rest = rest[keep:]
        finally:
            _close(file)
