"""Starts one command under limits and leaves nothing of it behind. Run as a script, standard library only:

    python -I -S launch.py '{"parent": PID, "limits": {"AS": BYTES, ...}, "group": PATH}' WORD ...

It lies between the runner and a sandbox (or, without one, the target). On Linux it is the subreaper of all
that the command starts, so that also processes that left the group are ended: when the command ends, when the
launcher gets SIGTERM, and (by the parent-death signal) when the runner dies. It ends as the command ended,
signals included. PATH is the control group that the command is put into; "" for none.
"""

import ctypes
import json
import os
import resource
import signal
import sys
import time
from contextlib import suppress
from types import FrameType

PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36
LINUX = sys.platform == "linux"


def prctl(option: int, value: int) -> None:
    """prctl(2). Raises OSError when the kernel refuses."""
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl({option}, {value})")


def descendants() -> list[int]:
    """Every process below this one, nearest first; a parent's children may appear while it is read."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 (pathlib takes 10 ms to import)
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:  # noqa: PTH123
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended meanwhile
            children.setdefault(parent, []).append(int(name))
    found = children.get(os.getpid(), [])
    for pid in found:
        found.extend(children.get(pid, []))
    return found


def end_all(group: int) -> None:
    """Kills the command's group and every descendant, until none is left."""
    while True:
        with suppress(ProcessLookupError, PermissionError):  # an empty group; macOS: EPERM for one of zombies
            os.killpg(group, signal.SIGKILL)
        for pid in descendants() if LINUX else []:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.002)


def end_as(status: int) -> None:
    """Ends this process with an exit code, or (-N) by signal N, without a core file."""
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if status != -signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


def join(group: str) -> None:
    """Puts this process into a control group; one that refuses counts nothing, which is seen afterwards."""
    if group:
        with suppress(OSError), open(f"{group}/cgroup.procs", "wb") as file:  # noqa: PTH123
            file.write(b"0")


def main() -> None:
    """Runs the command and ends as it ended."""
    order = json.loads(sys.argv[1])
    command = sys.argv[2:]
    group = 0

    def stop(number: int, frame: FrameType | None) -> None:
        if group:
            end_all(group)
        os._exit(128 + signal.SIGTERM)

    if LINUX:
        prctl(PR_SET_CHILD_SUBREAPER, 1)
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    signal.signal(signal.SIGTERM, stop)
    if os.getppid() != order["parent"]:
        sys.exit("the process that started this launcher is gone")
    group = os.fork()
    if not group:
        try:
            os.setpgid(0, 0)
            if LINUX:
                prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            join(order["group"])
            for name, value in order["limits"].items():
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            os.execvp(command[0], command)
        except (OSError, ValueError) as error:
            os.write(2, f"{command[0]} cannot be started: {error}\n".encode())
        os._exit(127)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    pid = raw = 0
    while pid != group:
        pid, raw = os.wait()
    end_all(group)
    end_as(os.waitstatus_to_exitcode(raw))


if __name__ == "__main__":
    main()
