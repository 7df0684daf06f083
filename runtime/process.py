"""Runs one child to its end, or ends it: no standard input, the end of its output, limited time."""

import asyncio
import os
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

GRACE_S = 5.0
"""How long the launcher has to end everything before it is killed itself."""


@dataclass(frozen=True)
class Ended:
    """How a child ended.

    Args:
        how: by itself, because its time was up, or because it was told to.
        status: the exit code; -N when signal N ended it.
        output: the end of what it wrote to standard output and standard error.
        wall_s: seconds it took.
    """

    how: Literal["itself", "timeout", "stopped"]
    status: int
    output: str
    wall_s: float

    @property
    def signal_name(self) -> str:
        """The signal that ended it; empty when none did. bubblewrap says 128 + N for one inside."""
        number = -self.status if self.status < 0 else self.status - 128
        if number <= 0 or number not in signal.valid_signals():
            return ""
        return signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"


async def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    timeout_s: float,
    stop: asyncio.Event | None = None,
    keep: int = 8000,
) -> Ended:
    """Runs a command of `Sandbox.command` in a session of its own and waits for its end.

    When its time is up, `stop` is set, or the caller is cancelled, the launcher ends every process of it.

    Args:
        command: the command line.
        env: the child's whole environment.
        cwd: the working directory.
        timeout_s: seconds it may take.
        stop: ends the child at once when set.
        keep: how many bytes of its output are kept, from the end.
    """
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=dict(env),
        cwd=cwd,
        start_new_session=True,
    )
    assert process.stdout is not None
    tail = bytearray()
    reading = asyncio.create_task(_read(process.stdout, tail, keep))
    ending = asyncio.create_task(process.wait())
    stopping = asyncio.create_task((stop or asyncio.Event()).wait())
    how: Literal["itself", "timeout", "stopped"] = "itself"
    try:
        done, _ = await asyncio.wait({ending, stopping}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        if ending not in done:
            how = "stopped" if stopping in done else "timeout"
    finally:
        stopping.cancel()
        await _end(process)
        await asyncio.wait({reading}, timeout=GRACE_S)  # a process that got away may hold the pipe open
        reading.cancel()
    return Ended(how, await ending, tail.decode("utf-8", "replace"), time.monotonic() - began)


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ends the launcher and with it everything; returns when it is gone."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), GRACE_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _read(stream: asyncio.StreamReader, tail: bytearray, keep: int) -> None:
    while chunk := await stream.read(65536):
        tail += chunk
        del tail[:-keep]
