"""One session on one repository: an flock, and who holds it (design, I9)."""

import fcntl
import json
import os
import socket
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from runtime.errors import SessionRunning

_PATIENCE_S = 0.5
"""`is_running` holds a shared lock for an instant: a session that starts just then tries again."""


class Holder(BaseModel):
    """Who holds the lock. `boot` names the running kernel: containers on one machine share it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    pid: int
    boot: str


def _this_process() -> Holder:
    boot = Path("/proc/sys/kernel/random/boot_id")
    return Holder(host=socket.gethostname(), pid=os.getpid(), boot=boot.read_text().strip() if boot.exists() else "")


def acquire(path: Path) -> int:
    """Takes the lock and writes who holds it; returns the descriptor to `release`.

    An flock is only surely seen by processes of one kernel. So what another host's session left in the file
    counts as running, until a person removes it.

    Raises:
        SessionRunning: another session holds the lock, or another host's session left it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _lock(descriptor, path)
        left = _read(path)
        here = _this_process()
        if left and left.boot != here.boot and left.host != here.host:
            raise SessionRunning(
                f"A session on another host ({left.host}, process {left.pid}) has this repository, or was "
                f"killed there. When it no longer runs, remove {path} and start again."
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, here.model_dump_json().encode() + b"\n", 0)
        os.fsync(descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _lock(descriptor: int, path: Path) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                break
            time.sleep(0.02)
        else:
            return
    holder = _read(path)
    who = f"process {holder.pid} on {holder.host}" if holder else "a process that has not said which"
    raise SessionRunning(
        f"A session is already running on this repository ({who}): wait until it ends, or stop it with "
        "Ctrl-C in its terminal."
    )


def release(descriptor: int) -> None:
    """Empties the file, so that the next session of any host may have it, and lets go."""
    os.ftruncate(descriptor, 0)
    os.close(descriptor)


def is_running(path: Path) -> int | None:
    """The process id of the session that holds the lock; None when nobody does.

    0: somebody holds it who has not yet written its id. The file is neither made nor changed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _read(path)
        return holder.pid if holder else 0
    finally:
        os.close(descriptor)
    return None


def _read(path: Path) -> Holder | None:
    """What the lock file says; None when it says nothing that can be read."""
    try:
        return Holder.model_validate(json.loads(path.read_bytes()))
    except (ValidationError, ValueError):
        return None
