"""What the target's process does that is not memory: files it reads or misses, children, threads, bytes it leaves.

Files and children come from audit events. A hook cannot be taken away again, so `Watch.stop` only makes it deaf.
"""

from __future__ import annotations

import _thread
import os
import resource
import stat
import sys
import threading
from collections.abc import Callable, Iterable

_FILES_LIMIT = 20_000
_READS = (os.O_RDONLY, os.O_RDWR)
_getcwd = os.getcwd
_normpath = os.path.normpath
_join = os.path.join
_lstat = os.lstat
_stat = os.stat
_scandir = os.scandir
_os_open, _read, _close = os.open, os.read, os.close
_getpid = os.getpid
_start_new_thread = _thread.start_new_thread
_fsdecode = os.fsdecode
_getframe = sys._getframe
_getrusage = resource.getrusage
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Watch:
    """Listens from `start` to `stop`.

    Args:
        export: absolute folder of the tree under test.
        replaced: called with a sentence when the process is about to be replaced by another program.
    """

    def __init__(self, export: str, replaced: Callable[[str], None]) -> None:
        self.export = export.rstrip("/") + "/"
        self.opened = set()
        self.missing = set()
        self.children = 0
        self.threads = 0
        self._replaced = replaced
        self._pid = _getpid()
        self._handlers = {}

    def start(self) -> None:
        """Adds the hook."""
        self._handlers = {
            "open": self._open,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "subprocess.Popen": self._child,
            "os.system": self._child,
            "os.fork": self._child,
            "os.forkpty": self._child,
            "os.posix_spawn": self._spawn,
            "os.exec": self._exec,
            "_thread.start_new_thread": self._thread,
            "_thread.start_joinable_thread": self._thread,
        }
        get = self._handlers.get

        def hook(event: str, arguments: tuple) -> None:
            handler = get(event)
            if handler is not None:
                handler(arguments)

        sys.addaudithook(hook)
        if sys.version_info < (3, 12):  # no audit event tells of threads
            _thread.start_new_thread = threading._start_new_thread = self._start_new_thread

    def stop(self) -> None:
        """Nothing counts from here on."""
        self._handlers.clear()

    def _path(self, path: object) -> str | None:
        """The path below the export, or None."""
        try:
            path = _fsdecode(path)
            if not path.startswith("/"):
                path = _join(_getcwd(), path)
        except (TypeError, ValueError, OSError):  # a descriptor; a working directory that is gone
            return None
        if not path.startswith(self.export) and ".." not in path and "//" not in path and "/./" not in path:
            return None
        path = _normpath(path)
        if not path.startswith(self.export) or "/__pycache__/" in path:
            return None
        return path

    def note(self, path: object) -> None:
        """Notes a path below the export as opened, or as missing when nothing is there."""
        path = self._path(path)
        if path is None or len(self.opened) + len(self.missing) >= _FILES_LIMIT:
            return
        try:
            found = _stat(path)
        except (OSError, ValueError):
            self.missing.add(path[len(self.export) :])
            return
        if stat.S_ISREG(found.st_mode):
            self.opened.add(path[len(self.export) :])

    def _open(self, arguments: tuple) -> None:
        flags = arguments[2] if len(arguments) > 2 else 0
        if not isinstance(flags, int) or flags & os.O_ACCMODE in _READS:
            self.note(arguments[0])

    def _list(self, arguments: tuple) -> None:
        self.note("." if arguments[0] is None else arguments[0])

    def _child(self, arguments: tuple) -> None:
        self.children += _getpid() == self._pid

    def _spawn(self, arguments: tuple) -> None:
        if _getframe(2).f_globals.get("__name__") != "subprocess":  # Popen was counted
            self._child(arguments)

    def _exec(self, arguments: tuple) -> None:
        if _getpid() == self._pid:
            self._replaced("The target replaces its own process by another program (os.exec): measure that one.")

    def _thread(self, arguments: tuple) -> None:
        self.threads += _getpid() == self._pid

    def _start_new_thread(self, *arguments: object) -> int:
        if self._handlers:
            self._thread(arguments)
        return _start_new_thread(*arguments)


def children_rss() -> int:
    """Largest resident set among the children that were waited for, in bytes."""
    return _getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * _RSS_UNIT


def vm_hwm() -> int | None:
    """Highest resident set of this process in bytes; None where the system does not say."""
    try:
        descriptor = _os_open("/proc/self/status", os.O_RDONLY)
    except OSError:
        return None
    try:
        text = _read(descriptor, 1 << 14)
    finally:
        _close(descriptor)
    line = text.partition(b"\nVmHWM:")[2].partition(b"\n")[0].split()
    return int(line[0]) * 1024 if line else None


def sizes(folders: Iterable[str], without: str) -> dict[str, int]:
    """path -> bytes of the regular files below the folders, bytecode caches and the folder `without` left out."""
    found = {}
    stack = [folder for folder in dict.fromkeys(folders) if folder]
    while stack:
        folder = stack.pop()
        try:
            entries = _scandir(folder)
        except OSError:
            continue
        with entries:
            for entry in entries:
                try:
                    status = _lstat(entry.path)
                except OSError:
                    continue
                if stat.S_ISDIR(status.st_mode):
                    if entry.name != "__pycache__" and entry.path != without:
                        stack.append(entry.path)
                elif stat.S_ISREG(status.st_mode):
                    found[entry.path] = status.st_size
    return found


def grown(before: dict[str, int], after: dict[str, int]) -> int:
    """Bytes that files of `after` have beyond what they had in `before`."""
    return sum(max(0, size - before.get(path, 0)) for path, size in after.items())
