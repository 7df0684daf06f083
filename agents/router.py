"""The router: the shared task list, the roster, the session's log, and messages between domains."""

import asyncio
import time
from typing import Literal

from pydantic import ValidationError

from agents.log_file import LogFile
from agents.tasks import BoardFile, TaskBoard
from messaging.bus import Bus
from messaging.contents import Complete, Content, CrossDomain, ExperimentResult, Finding, Note, Stuck
from messaging.messages import (
    Envelope,
    Presence,
    Roster,
    SendMessage,
    Task,
    TaskClaim,
    TaskClaimed,
    TaskCreate,
    TaskList,
    TaskUpdate,
    derived_id,
)
from messaging.text import headline, message, parse, render
from runtime.agent import Agent
from runtime.config import SessionConfig
from runtime.dispatch import handles
from runtime.workspace import write_atomically

OPTIMIZER = "memory"
"""The domain whose experiments a session runs; its Complete ends the session."""

SETUP, BASELINE, LOOP, READ_AHEAD = "Setup", "Baseline profiling", "Experiment loop", "Read ahead"
"""Subjects of a session's tasks; the second and third are the specification's."""

TASKS = (
    (SETUP, "setup", ()),
    (BASELINE, OPTIMIZER, (SETUP,)),
    (LOOP, OPTIMIZER, (BASELINE,)),
    (READ_AHEAD, "researcher", (BASELINE,)),
)
"""A session's tasks: subject, owner, subjects they wait for."""

Level = Literal["debug", "info", "warning", "error"]


class Router(Agent):
    """Owns `.codeflash/tasks.json` and `.codeflash/router.log`; nobody else writes them."""

    def __init__(self, bus: Bus, config: SessionConfig) -> None:
        super().__init__(bus, config)
        self._workspace = config.workspace
        saved = self._read_board()
        self._board = TaskBoard(saved or BoardFile(session=config.session))
        self._log = LogFile(self._workspace.router_log, fresh=saved is None)
        self._leases = asyncio.Event()
        """Set when the earliest lease may have changed."""
        self._states: dict[str, str] = {}
        # Before the first message is read: workers claim their tasks as soon as they are up.
        for subject, owner, after in TASKS:
            self._board.create(derived_id(config.session, subject), subject, owner=owner, depends_on=list(after))
        if self._board.find(SETUP).status == "completed" and not self._workspace.setup.exists():
            self._board.reopen(SETUP)
        bus.on_connect = self._greet

    async def run(self) -> None:
        """Works until cancelled, and closes the log."""
        try:
            await super().run()
        finally:
            self._log.close()

    async def on_start(self) -> None:
        """Says what the tasks are, and starts the lease timer."""
        await self._greet()
        await self._changed()
        self.tasks.create_task(self._watch_leases(), name="leases")
        self.tasks.create_task(self._watch_presence(), name="presence")

    # The log.

    @handles(SendMessage)
    async def relay(self, body: SendMessage, envelope: Envelope) -> None:
        """Puts what an agent says into the log; passes signals between domains on; ends a session that is complete."""
        content = body.content if body.content is not None else parse(body.message)
        if isinstance(content, Complete):
            text = render(content.model_copy(update={"summary": ""}))
            await self._say(envelope.sender, text, envelope.id, _level(content))
            if envelope.sent_at >= self.config.started:
                await self._end(content, envelope.id)
            return
        text = body.message if content is None else _line(content)
        await self._say(envelope.sender, text, envelope.id, _level(content))
        if isinstance(content, CrossDomain):
            await self._pass_on(content, envelope)

    async def _say(self, agent: str, text: str, cause: str, level: Level = "info") -> None:
        line = self._log.append(agent, text, cause, level)
        if line is not None:
            await self.bus.publish("log", line)

    async def log(self, content: Content, *, cause: str | None = None, what: str = "") -> None:
        """The router's own entries need no message to itself."""
        chosen = derived_id(cause or self.config.session, f"log {content.type} {what}")
        await self._say(self.name, _line(content), chosen, _level(content))

    # The end.

    async def _end(self, complete: Complete, cause: str) -> None:
        """The outcome is a file first: the CLI finds it there even when nobody heard the stream."""
        if not self.config.outcome.exists():
            write_atomically(self.config.outcome, complete.model_dump_json(indent=1))
        await self.bus.publish("session", message(complete))
        self.logger.info("session complete", outcome=complete.outcome, cause=cause)

    async def on_stop(self, reason: str) -> None:
        """Ends the session at once when no experiment is under way; else the optimizer does, at a safe point."""
        if not self._board.in_progress(OPTIMIZER):
            text = reason or "stopped by the user before the first experiment"
            stopped = Complete(
                outcome="stopped", experiments=0, keeps=0, before=0, after=0, exit_code=130, summary=text
            )
            await self._end(stopped, self.config.session)

    # Between domains.

    async def _pass_on(self, content: CrossDomain, envelope: Envelope) -> None:
        """To the domain's agent; a domain that is not installed is no error: its signals wait for it (I2)."""
        if content.domain in self.config.agents:
            await self.say(content.domain, content, cause=envelope.id)
            return
        subject = f"Signal for {content.domain}: {content.signal}"
        task_id = derived_id(envelope.id, "signal")
        self._board.create(task_id, subject, owner=content.domain, status="blocked")
        await self._changed()

    # Tasks.

    @handles(TaskCreate)
    async def create(self, body: TaskCreate, envelope: Envelope) -> None:
        """A new task; its id follows from the message's, so that a second handling makes no second task."""
        task_id = derived_id(envelope.id, "task")
        self._board.create(
            task_id,
            body.subject,
            description=body.description,
            owner=body.owner,
            depends_on=body.depends_on,
        )
        await self._changed()

    @handles(TaskClaim)
    async def claim(self, body: TaskClaim, envelope: Envelope) -> None:
        """Of two claims one wins; the other is told."""
        before = self._board.tasks
        task, won = self._board.claim(body.task, envelope.sender, time.time(), body.lease_seconds)
        if self._board.tasks != before:
            await self._changed()
        answer = TaskClaimed(task=task, won=won)
        chosen = derived_id(envelope.id, "claimed")
        await self.bus.send(envelope.sender, answer, cause=envelope.id, id=chosen)

    @handles(TaskUpdate)
    async def change(self, body: TaskUpdate, envelope: Envelope) -> None:
        """A change of a task by its owner."""
        self._board.update(body.task, envelope.sender, body.status, body.note)
        await self._changed()

    async def _changed(self) -> None:
        """Saves the list, then tells owners what has become ready, then publishes: no effect before its record."""
        write_atomically(self._workspace.tasks, self._board.file.model_dump_json(indent=1))
        for task in self._board.ready():
            await self._tell(task)
        await self.bus.publish("tasks", TaskList(tasks=self._board.tasks))
        self._leases.set()

    async def _tell(self, task: Task) -> None:
        if task.owner is not None and task.owner in self.config.agents:
            chosen = derived_id(f"{task.id}", f"ready {self._board.round_of(task)}")
            await self.bus.send(task.owner, TaskList(tasks=[task]), id=chosen)

    async def _watch_leases(self) -> None:
        while True:
            self._leases.clear()
            expiry = self._board.next_expiry()
            try:
                async with asyncio.timeout(None if expiry is None else max(0.0, expiry - time.time())):
                    await self._leases.wait()
            except TimeoutError:
                for task in self._board.expire(time.time()):
                    text = f"the lease of {task.subject!r} ran out: the task is put back"
                    await self.log(Note(level="warning", text=text), cause=task.id, what=self._round(task))
                await self._changed()

    def _round(self, task: Task) -> str:
        return f"round {self._board.round_of(task)}"

    def _read_board(self) -> BoardFile | None:
        """The saved list of this very session; another session's is replaced."""
        try:
            saved = BoardFile.model_validate_json(self._workspace.tasks.read_bytes())
        except FileNotFoundError:
            return None
        except ValidationError:
            # It is a view of what the agents told us: they claim again at their next start.
            self.logger.exception("tasks.json is not ours: made anew")
            return None
        return saved if saved.session == self.config.session else None

    # Who is there.

    async def _greet(self) -> None:
        """What must be known at each connection: nothing relies on the broker having kept it (I1)."""
        await self.bus.publish("roster", Roster(agents=list(self.config.agents)))
        await self.bus.publish("tasks", TaskList(tasks=self._board.tasks))
        if self.config.outcome.exists():
            outcome = Complete.model_validate_json(self.config.outcome.read_bytes())
            await self.bus.publish("session", message(outcome))

    async def _watch_presence(self) -> None:
        """Says who has died; the bus itself calls `_greet` for everybody who appears."""
        async for envelope in self.bus.subscribe("presence"):
            body = envelope.body
            if not isinstance(body, Presence) or envelope.sender == self.name:
                continue
            before = self._states.get(envelope.sender)
            self._states[envelope.sender] = body.state
            if body.state != "dead" or before == "dead" or self.config.outcome.exists():
                continue  # once the session has its end, the others leave before us
            if envelope.sender in self.config.agents:
                text = f"{envelope.sender} has died ({body.doing}): what it has not finished waits for it"
                await self.log(Note(level="warning", text=text), cause=envelope.id)


def _line(content: Content) -> str:
    match content:
        case ExperimentResult():
            return headline(content)
        case Finding():
            fits = "; ".join(f"{c.rule} {c.title}" for c in content.candidates) or content.note or "no rule fits"
            return f"{render(content).splitlines()[0]}: {fits}"
    return render(content)


def _level(content: Content | None) -> Level:
    match content:
        case Note(level="warning") | Stuck() | ExperimentResult(result="CRASH"):
            return "warning"
        case Note(level="error") | Complete(outcome="failed"):
            return "error"
    return "info"
