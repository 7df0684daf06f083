"""What target code may see and use: the level this machine can give, and the command lines for it (I24).

`isolated` is bubblewrap: network, process and file namespaces of its own, in which only system folders, the
interpreter and what is named are visible. `limited` is limits and an end to every process, with the files and
the network of the user. Both go through runtime/launch.py.
"""

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runtime.errors import BadInput
from runtime.interpreter import interpreter_files
from runtime.measure.models import MIB

Level = Literal["isolated", "limited"]

SAID = "LOWTIDE_SANDBOX"
LAUNCHER = Path(__file__).with_name("launch.py")
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix/store")
SETTINGS = (
    "alternatives",
    "ca-certificates",
    "group",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "ssl/certs",
    "timezone",
)
"""What is visible of /etc: the loader, names of users and hosts, time zone, certificates. No keys."""

INSIDE_TEMPORARY = Path("/tmp/own")
"""Home and temporary folder of an isolated child, in a file system of its own in memory. Not /tmp itself: exports
may lie below that, and what the target writes is counted in both places apart.
"""


@dataclass(frozen=True)
class Limits:
    """What one process, or for `processes` and `scratch` the whole command, may take.

    Args:
        memory: bytes of address space of each process.
        processes: tasks beside those the user already has. The kernel does not hold root to it.
        file_size: bytes of the largest file.
        scratch: bytes of the temporary folder (isolated only).
    """

    memory: int
    processes: int = 512
    file_size: int = 4096 * MIB
    scratch: int = 4096 * MIB

    @classmethod
    def of_machine(cls) -> "Limits":
        """Memory: 80 % of what this machine, or this container, has."""
        return cls(memory=_memory() * 8 // 10)


@dataclass(frozen=True)
class Sandbox:
    """Builds command lines that confine what they run.

    Args:
        level: `isolated` or `limited`.
        limits: limits of each command.
        bwrap: the bubblewrap program; empty at `limited`, and where the runner's own container isolates.
    """

    level: Level
    limits: Limits
    bwrap: str = ""

    @classmethod
    def detect(cls, limits: Limits | None = None) -> "Sandbox":
        """The best this machine can give: `isolated` when bubblewrap is there and a real run succeeds.

        The environment may say that the runner has a container to itself (`LOWTIDE_SANDBOX=container`, as compose
        does): that is `isolated` too, without bubblewrap.

        Raises:
            BadInput: LOWTIDE_SANDBOX has another value.
        """
        said = os.environ.get(SAID, "")
        if said not in ("", "container"):
            raise BadInput(f"{SAID} is {said!r}: set it to `container`, or unset it.")
        if said:
            return cls("isolated", limits or Limits.of_machine())
        bwrap = _working_bwrap()
        return cls("isolated" if bwrap else "limited", limits or Limits.of_machine(), bwrap)

    def temporary(self, scratch: Path) -> Path:
        """Where a child sees its home and temporary folder, when `scratch` is set aside for it outside."""
        return INSIDE_TEMPORARY if self.bwrap else scratch

    def command(
        self,
        argv: Sequence[str],
        *,
        python: Path,
        cwd: Path,
        readonly: Iterable[Path] = (),
        writable: Iterable[Path] = (),
        around: tuple[Path, ...] = (),
        group: Path | None = None,
    ) -> list[str]:
        """The command line that runs `argv` confined, for `runtime.process.run`, which sets the environment.

        Args:
            argv: the command as it is seen inside.
            python: the target's interpreter; its prefix and base prefix are visible.
            cwd: the working directory; one of `readonly` or `writable`.
            readonly: further files and folders that are visible.
            writable: folders that may be written.
            around: folders that must stay hidden even if an interpreter's prefix holds them (the checkout).
            group: the control group it is put into.

        Raises:
            BadInput: there is no interpreter at `python`.
        """
        if not python.is_file():
            raise BadInput(f"There is no Python interpreter at {python}: name one that exists.")
        order = json.dumps({"parent": os.getpid(), "limits": self._limits(), "group": str(group or "")})
        launcher = [sys.executable, "-I", "-S", str(LAUNCHER), order]
        if not self.bwrap:
            return [*launcher, *argv]
        interpreter = interpreter_files(python, (Path.home(), *around))
        visible: list[str] = []
        for folder in sorted(interpreter.folders):
            visible += _shown(folder, "--ro-bind")
        for link, lead in interpreter.links.items():
            visible += ["--symlink", lead, str(link)]
        for path in readonly:
            visible += _shown(path, "--ro-bind")
        for path in writable:
            visible += _shown(path, "--bind")
        return [
            *launcher,
            *_namespace(self.bwrap, self.limits.scratch),
            *visible,
            *("--remount-ro", "/", "--chdir", str(cwd), "--"),
            *argv,
        ]

    def _limits(self) -> dict[str, int]:
        limits = {"CORE": 0, "FSIZE": self.limits.file_size}
        if sys.platform == "linux":  # macOS refuses the first, and counts no threads for the second
            limits |= {"AS": self.limits.memory, "NPROC": _tasks_of_user() + self.limits.processes}
        return limits


def _namespace(bwrap: str, scratch: int) -> list[str]:
    """bubblewrap with a root that holds system folders only, and a temporary folder in memory."""
    words = [bwrap, "--unshare-all", "--unshare-user", "--die-with-parent", "--hostname", "lowtide"]
    words += ["--cap-drop", "ALL"]
    for folder in map(Path, SYSTEM):
        words += _shown(folder, "--ro-bind")
    for name in SETTINGS:
        words += _shown(Path("/etc", name), "--ro-bind")
    words += ["--proc", "/proc", "--dev", "/dev"]
    for memory in ("/dev/shm", "/tmp"):
        words += ["--size", str(scratch), "--tmpfs", memory]
    return [*words, "--dir", str(INSIDE_TEMPORARY)]


def _shown(path: Path, how: str) -> list[str]:
    if path.is_symlink():
        return ["--symlink", str(path.readlink()), str(path)]
    return [how, str(path), str(path)] if path.exists() else []


@functools.cache
def _working_bwrap() -> str:
    """The bubblewrap program, once it has run `true` with all that is asked of it; else empty."""
    bwrap = shutil.which("bwrap")
    if not bwrap or sys.platform != "linux":
        return ""
    words = [*_namespace(bwrap, MIB), "--remount-ro", "/", "--", "/usr/bin/env", "true"]
    try:
        tried = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return "" if tried.returncode else bwrap


def _memory() -> int:
    """Bytes of memory of this machine, or of its control group when that has less."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        group = Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return memory
    return memory if group == "max" else min(memory, int(group))


def _tasks_of_user() -> int:
    """Threads of all processes of this user: the kernel's limit counts them."""
    count = 0
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            try:
                if process.stat().st_uid == os.getuid():
                    count += sum(1 for _ in (process / "task").iterdir())
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
    return count
