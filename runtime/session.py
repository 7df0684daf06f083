"""One session as its user sees it: the team runs, the log is shown, Ctrl-C stops it, its outcome ends it."""

import asyncio
import signal
from contextlib import suppress

from pydantic import ValidationError

from messaging.bus import Bus
from messaging.contents import Complete
from messaging.errors import BrokerRefuses, BrokerUnreachable
from messaging.messages import Control
from runtime.config import SessionConfig
from runtime.errors import BadInput, LowtideError, Stopped
from runtime.measure.export import remove_tree
from runtime.supervisor import TERMINAL, Command, Supervisor, worker_command
from runtime.terminal import Terminal

CONNECT_TIMEOUT_S = 5.0
"""How long a broker may take to answer before the session is not begun."""
STOP_GRACE_S = 20.0
"""How long a stopped team has to come to a consistent end by itself."""


class Session:
    """Runs one session to its end.

    Args:
        config: its settings.
        terminal: shows the log.
        command: the command line of a worker.
    """

    def __init__(self, config: SessionConfig, terminal: Terminal, command: Command = worker_command) -> None:
        self._config = config
        self._terminal = terminal
        self._command = command
        self._ended = asyncio.Event()
        self._interrupts = 0
        self._interrupted = asyncio.Event()
        self._killed = asyncio.Event()

    async def run(self) -> Complete:
        """Returns the session's outcome, as the router has written it.

        Raises:
            BadInput: the broker that was named cannot be reached; a worker cannot work with its settings.
            Stopped: the team was stopped, and did not come to an end by itself in time; or was killed.
            LowtideError: a worker died again and again.
        """
        self._config.outcome.unlink(missing_ok=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._interrupt)
        try:
            async with Supervisor(self._config, self._command) as team:
                outcome = await self._watch(team)
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)
        self._terminal.show_new()
        if outcome.outcome != "stopped":  # a stopped session goes on with its mailboxes and profiles
            remove_tree(self._config.folder)
        return outcome

    def _interrupt(self) -> None:
        self._interrupts += 1
        self._interrupted.set()
        if self._interrupts > 1:
            self._killed.set()

    async def _watch(self, team: Supervisor) -> Complete:
        try:
            async with self._bus(team) as bus:
                bus.on_connect = self._look
                listeners = [
                    asyncio.create_task(self._listen(bus, "log")),
                    asyncio.create_task(self._listen(bus, "session")),
                    asyncio.create_task(self._stop_when_interrupted(bus)),
                ]
                try:
                    team.start_workers()
                    return await self._until_ended(team)
                finally:
                    for task in listeners:
                        task.cancel()
                    await asyncio.gather(*listeners, return_exceptions=True)
        except BrokerUnreachable as error:
            if not self._config.broker:
                raise
            todo = "correct" if isinstance(error, BrokerRefuses) else "start it, or correct"
            raise BadInput(f"{_sentence(str(error))}: {todo} --broker.") from error

    def _bus(self, team: Supervisor) -> Bus:
        config = self._config
        return Bus(
            TERMINAL,
            config.session,
            team.address(TERMINAL),
            config.mailboxes,
            connect_timeout=CONNECT_TIMEOUT_S,
        )

    async def _until_ended(self, team: Supervisor) -> Complete:
        failed = asyncio.create_task(team.failed())
        ended = asyncio.create_task(self._ended.wait())
        killed = asyncio.create_task(self._killed.wait())
        late = asyncio.create_task(self._too_late())
        waiting: set[asyncio.Task[object]] = {failed, ended, killed, late}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            outcome = self._outcome()
            if outcome is not None:
                return outcome
            if killed.done():
                team.kill()
                raise Stopped("stopped at once; the next start goes on from the journal.")
            if failed.done():
                await failed
            raise Stopped(f"the team did not end within {STOP_GRACE_S:.0f} s of the stop and was ended.")
        finally:
            for task in waiting:
                task.cancel()
            with suppress(asyncio.CancelledError, LowtideError):
                await failed

    async def _too_late(self) -> None:
        await self._interrupted.wait()
        await asyncio.sleep(STOP_GRACE_S)

    async def _stop_when_interrupted(self, bus: Bus) -> None:
        await self._interrupted.wait()
        self._terminal.show("stopping at the next safe point (Ctrl-C again: at once)")
        for name in self._config.agents:
            await bus.send(name, Control(action="stop", text="stopped by the user"))

    async def _listen(self, bus: Bus, stream: str) -> None:
        async for _ in bus.subscribe(stream):
            await self._look()

    async def _look(self) -> None:
        """Shows what is new in the log, and notices the end: streams can be lost, the files cannot."""
        self._terminal.show_new()
        if self._outcome() is not None:
            self._ended.set()

    def _outcome(self) -> Complete | None:
        try:
            return Complete.model_validate_json(self._config.outcome.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError as error:
            raise LowtideError(f"The outcome {self._config.outcome} cannot be read: {error}.") from error


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
