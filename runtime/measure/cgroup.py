"""A control group (version 2) of its own for each run: its `memory.peak` is what all its processes held at once.

Nothing is made outside a folder that was handed to us: our own group where it gives memory to groups below it, or the
one above where systemd marked it as delegated. The figure has the page cache of files the run wrote, and the kernel's
memory, in it.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

DELEGATED = ("user.delegate", "trusted.delegate")
"""Extended attributes by which systemd marks a folder that is its user's to manage."""
_MOUNTS = Path("/proc/self/mountinfo")
_OWN = Path("/proc/self/cgroup")
_TRIED_S = 5.0


class Cgroup:
    """Groups for runs, one at a time, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self.current: Path | None = None

    @classmethod
    def detect(cls, own: Path = _OWN, mounts: Path = _MOUNTS) -> "Cgroup | None":
        """The best this machine can give, once a process has been put into a group of it; None: none can be had.

        Args:
            own: says which groups this process is in.
            mounts: says where they are mounted.
        """
        for folder in _handed_over(own, mounts):
            found = cls(folder)
            if found._works():
                return found
        return None

    def begin(self) -> Path | None:
        """A fresh group, whose `cgroup.procs` the run's first process writes itself to; None when it cannot be made."""
        self._count += 1
        group = self._folder / f"lowtide-{os.getpid()}-{self._count}"
        try:
            group.mkdir()
        except OSError:
            return None
        self.current = group
        return group

    def end(self) -> int | None:
        """The peak in bytes of the group that was begun, which goes; None when nothing was counted."""
        group, self.current = self.current, None
        if group is None:
            return None
        try:
            peak = int(_text(group / "memory.peak") or 0)
        finally:
            with suppress(OSError):  # a process that got away keeps it
                group.rmdir()
        return peak or None

    def _works(self) -> bool:
        group = self.begin()
        if group is None:
            return False
        words = ["sh", "-c", 'echo $$ > "$0"', str(group / "cgroup.procs")]
        try:
            tried = subprocess.run(
                words, stdin=subprocess.DEVNULL, capture_output=True, timeout=_TRIED_S, check=False
            ).returncode
        except (OSError, subprocess.TimeoutExpired):
            tried = 1
        return self.end() is not None and not tried


def _handed_over(own: Path, mounts: Path) -> Iterator[Path]:
    """Our own group, then the one above, where they are ours to put groups into."""
    group, mount = _own_group(own), _mounted(mounts)
    if group is None or mount is None:
        return
    for folder, asked in ((mount / group, True), ((mount / group).parent, False)):
        memory = "memory" in _text(folder / "cgroup.subtree_control").split()
        writable = os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK)
        if memory and writable and (asked or _is_delegated(folder)):
            yield folder


def _own_group(own: Path) -> str | None:
    lines = (line.split(":", 2) for line in _text(own).splitlines())
    return next((parts[2].lstrip("/") for parts in lines if parts[:2] == ["0", ""]), None)


def _mounted(mounts: Path) -> Path | None:
    """Where the hierarchy of version 2 is mounted whole."""
    for line in _text(mounts).splitlines():
        before, _, after = line.partition(" - ")
        words = before.split()
        if after.split()[:1] == ["cgroup2"] and words[3] == "/":
            return Path(words[4])
    return None


def _is_delegated(folder: Path) -> bool:
    with suppress(OSError):
        return any(name in os.listxattr(folder) for name in DELEGATED)
    return False


def _text(path: Path) -> str:
    """A file's text; "" where it is not there, or not for us."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
