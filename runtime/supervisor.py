"""Starts the broker and the workers, restarts the dead, stops all at the end. It only waits; nothing polls."""

import asyncio
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from messaging.address import Address
from messaging.broker import Broker
from messaging.errors import BrokerUnreachable
from runtime.config import SessionConfig
from runtime.errors import BadInput, LowtideError
from runtime.log import masked
from runtime.worker_process import worker_environment

ROUTER = "router"
TERMINAL = "terminal"
"""The account of the user's terminal, which is no worker and not in the roster."""

MOST_DEATHS, WITHIN_S = 5, 60.0
"""A worker that dies so often in so many seconds ends the session."""
FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 5.0
GRACE_S = 10.0
"""Seconds between SIGTERM and SIGKILL."""
BAD_INPUT = BadInput.exit_code
"""Exit code of a worker that no restart will mend."""

Command = Callable[[str], list[str]]


def worker_command(name: str) -> list[str]:
    """How a worker is started: `-P`, so that no working directory comes before our packages."""
    return [sys.executable, "-P", "-m", "runtime.worker", name]


class Deaths:
    """Counts one process's deaths and decides on its restart. Pure: time is passed in, in seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=MOST_DEATHS)

    def next_delay(self, now: float) -> float | None:
        """Notes a death; seconds until the restart, or None when it has died too often."""
        self._times.append(now)
        recent = [time for time in self._times if now - time <= WITHIN_S]
        if len(recent) >= MOST_DEATHS:
            return None
        return min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** (len(recent) - 1))


class Supervisor:
    """Keeps one session's processes. Use it as an asynchronous context manager; then `start_workers`.

    Args:
        config: the session's settings; an empty `broker` starts the embedded one.
        command: the command line of a worker.

    Raises:
        BrokerUnreachable: on entering: the embedded broker does not start.
    """

    def __init__(self, config: SessionConfig, command: Command = worker_command) -> None:
        self._config = config
        self._command = command
        self._logger = structlog.stdlib.get_logger("supervisor")
        self._workers: dict[str, asyncio.subprocess.Process] = {}
        self._broker = None
        if not config.broker:
            self._broker = Broker(config.folder / "broker", config.session, [*config.agents, TERMINAL])
        self._keepers: list[asyncio.Task[None]] = []
        self._stopping = False

    async def __aenter__(self) -> Self:
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._config.mailboxes.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._config.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._broker is not None:
            await self._broker.start()
            self._keepers.append(asyncio.create_task(self._keep_broker(self._broker), name="broker"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        # Nobody may have waited for it: that is no reason to complain at exit.
        if self._failure.done() and not self._failure.cancelled():
            self._failure.exception()

    def address(self, name: str) -> Address:
        """The broker's address with the account of a worker or of the terminal."""
        return self._broker.address(name) if self._broker is not None else self._config.address

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of the workers that run now, by name."""
        return {name: process.pid for name, process in self._workers.items() if process.returncode is None}

    @property
    def broker_pid(self) -> int | None:
        """Process id of the embedded broker."""
        return None if self._broker is None else self._broker.pid

    def start_workers(self) -> None:
        """Starts a worker for each agent of the session."""
        for name in self._config.agents:
            self._keepers.append(asyncio.create_task(self._keep(name), name=f"keeper of {name}"))

    async def failed(self) -> None:
        """Waits until the session cannot go on.

        Raises:
            BadInput: a worker cannot work with its settings.
            LowtideError: a worker, or the broker, died again and again.
        """
        await asyncio.shield(self._failure)

    async def stop(self, grace: float = GRACE_S) -> None:
        """Ends all workers by SIGTERM, those still there after `grace` seconds by SIGKILL, then the broker.

        The router is the last worker, so that it hears what the others said at their end.
        """
        self._stopping = True
        await self._end([name for name in self._workers if name != ROUTER], grace)
        await self._end([ROUTER] if ROUTER in self._workers else [], grace)
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        # A keeper may have been starting a worker just then.
        self._signal(self._workers, signal.SIGKILL)
        await asyncio.gather(*(process.wait() for process in self._workers.values()))
        if self._broker is not None:
            with suppress(BrokerUnreachable):
                await self._broker.stop()

    def kill(self) -> None:
        """Kills every worker and the broker at once; files survive it (I9)."""
        self._stopping = True
        self._signal(self._workers, signal.SIGKILL)
        if self._broker is not None:
            with suppress(ProcessLookupError, BrokerUnreachable):
                os.kill(self._broker.pid, signal.SIGKILL)

    async def _end(self, names: Sequence[str], grace: float) -> None:
        self._signal(names, signal.SIGTERM)
        running = [asyncio.ensure_future(self._workers[name].wait()) for name in names]
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=grace)
        if late:
            self._logger.warning("killed after the grace period", workers=list(self.pids))
            self._signal(names, signal.SIGKILL)
            await asyncio.wait(late)

    def _signal(self, names: Iterable[str], number: signal.Signals) -> None:
        for name in names:
            if self._workers[name].returncode is None:
                with suppress(ProcessLookupError):
                    self._workers[name].send_signal(number)

    async def _keep(self, name: str) -> None:
        deaths = Deaths()
        words = self._config.logs / f"{name}.err"
        while not self._stopping:
            process = await self._start(name, words)
            code = await process.wait()
            if self._stopping:
                return
            self._logger.warning("worker ended", agent=name, code=code)
            if code == BAD_INPUT:
                self._give_up(BadInput(_last_line(words).removeprefix("lowtide worker: ")))
                return
            delay = deaths.next_delay(time.monotonic())
            if delay is None:
                said = _last_line(words).removeprefix(f"lowtide worker {name}: ") or _ended(code)
                self._give_up(
                    LowtideError(
                        f"The worker {name} died {MOST_DEATHS} times within {WITHIN_S:.0f} s ({said}): "
                        f"see {self._config.logs / name}.log."
                    )
                )
                return
            await asyncio.sleep(delay)

    async def _start(self, name: str, words: Path) -> asyncio.subprocess.Process:
        own = self._config.model_copy(update={"broker": self.address(name).url})
        environment = worker_environment(os.environ)
        environment["LOWTIDE_SESSION"] = str(own.write(name))
        environment["LOWTIDE_SUPERVISOR"] = str(os.getpid())
        with words.open("wb") as stderr:
            process = await asyncio.create_subprocess_exec(
                *self._command(name),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                cwd=self._config.state,
                env=environment,
                # Ctrl-C is for us: we tell the workers to stop, in order.
                start_new_session=True,
            )
        self._workers[name] = process
        return process

    async def _keep_broker(self, broker: Broker) -> None:
        deaths = Deaths()
        while True:
            code = await broker.wait()
            if self._stopping:
                return
            self._logger.warning("broker ended", code=code)
            delay = deaths.next_delay(time.monotonic())
            if delay is None:
                self._give_up(LowtideError(f"The broker died {MOST_DEATHS} times within {WITHIN_S:.0f} s."))
                return
            await asyncio.sleep(delay)
            try:
                await broker.start()
            except BrokerUnreachable as error:
                self._give_up(LowtideError(f"The broker died and does not start again: {error}."))
                return

    def _give_up(self, error: LowtideError) -> None:
        if not self._failure.done():
            self._failure.set_exception(error)


def _ended(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _last_line(path: Path) -> str:
    lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return masked(lines[-1]) if lines else ""
