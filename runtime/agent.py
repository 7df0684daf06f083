"""The base of every worker: hands messages to handlers, keeps presence, obeys control, holds tasks.

A handler is a method marked with `@handles(Type, ...)`, where a type is a body (`Measure`, `TaskList`) or a content
of a SendMessage (`Finding`, `Targets`). A duty is a method marked with `@duty(subject, ...)`: the work of those
tasks of the shared list. Handlers of different senders may interleave at their awaits; messages of one sender are
handled one after the other, in order.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import structlog
from pydantic import BaseModel

from messaging.bus import Bus, Delivery
from messaging.contents import Complete, Content, Note
from messaging.incoming import MAX_ATTEMPTS
from messaging.messages import (
    Control,
    Envelope,
    Measure,
    Measured,
    Task,
    TaskClaim,
    TaskClaimed,
    TaskList,
    TaskStatus,
    TaskUpdate,
    derived_id,
    new_id,
)
from messaging.text import message
from runtime.config import SessionConfig
from runtime.dispatch import Duty, Handler, called, handler_of, handles, marked
from runtime.errors import BadInput, LowtideError, Stopped, TargetFailed
from runtime.measure.models import Job
from runtime.measure.reports import Outcome

ROUTER = "router"
RUNNER = "runner"
LEASE_S = 60.0
"""How long a task stays claimed without renewal; it is renewed after a third of that."""


class Agent:
    """One worker. Subclasses add handlers, duties and hooks.

    Args:
        bus: its connection, entered already; the bus's agent name is the worker's.
        config: the session's settings.
    """

    _handlers: dict[type[BaseModel], Handler]
    _duties: dict[str, Duty]

    def __init_subclass__(cls) -> None:
        cls._handlers, cls._duties = marked(cls)

    def __init__(self, bus: Bus, config: SessionConfig) -> None:
        self.name = bus.agent
        self.bus = bus
        self.config = config
        self.logger = structlog.stdlib.get_logger(self.name)
        self.tasks: asyncio.TaskGroup
        """Long work runs here, not in handlers. An error in it ends the worker, and the supervisor restarts it."""
        self.stopping = asyncio.Event()
        self.unpaused = asyncio.Event()
        self.unpaused.set()
        self._doing: list[str] = []
        self._held: set[str] = set()
        """Subjects of the tasks the router has granted, and whose duty is running."""
        self._done_at: dict[str, float] = {}
        """When this process has said of a task that it is done: a grant made before that starts nothing."""
        self._running: dict[str, asyncio.Task[None]] = {}
        self._answers: dict[str, asyncio.Future[Outcome]] = {}

    async def run(self) -> None:
        """Works until cancelled. Raises what its long work raises."""
        async with asyncio.TaskGroup() as self.tasks:
            self.tasks.create_task(self._read_inbox(), name="inbox")
            self.tasks.create_task(self._read_controls(), name="controls")
            await self._show()
            await self.on_start()
            for subject in self._duties:
                await self._claim(subject)

    # What subclasses may override.

    async def on_start(self) -> None:
        """Runs once, when messages already come in."""

    async def on_pause(self) -> None:
        """Runs at once when the user pauses; `unpaused` is clear, and long work waits for it at its next step."""

    async def on_resume(self) -> None:
        """Runs at once when the user resumes."""

    async def on_stop(self, reason: str) -> None:
        """Runs at once when the user stops the session; `stopping` is set by then."""

    async def on_hint(self, text: str) -> None:
        """Runs at once when the user gives a hint. Data, never a permission (I6)."""

    # What subclasses use.

    async def say(self, to: str, content: Content, *, cause: str | None = None, what: str = "") -> str:
        """Sends a content; with a `cause` it is sent once however often its handler runs. Returns the message's id.

        Several messages of one type to one recipient from one cause need a `what` each.
        """
        key = f"{to} {content.type} {what}"
        chosen = derived_id(cause, key) if cause else None
        sent = await self.bus.send(to, message(content), cause=cause, id=chosen)
        if to not in self.config.agents:
            # The bus makes it a dead letter once the roster is known; here it is made visible (I2).
            await self.log(Note(level="warning", text=f"dead letter to {to}: no such agent takes part"), cause=sent)
        return sent

    async def log(self, content: Content, *, cause: str | None = None, what: str = "") -> None:
        """Says something to the router, which puts it into the session's log."""
        await self.say(ROUTER, content, cause=cause, what=what)

    @asynccontextmanager
    async def busy(self, doing: str) -> AsyncIterator[None]:
        """Presence says busy with `doing` inside, and what it said before afterwards."""
        self._doing.append(doing)
        await self._show()
        try:
            yield
        finally:
            self._doing.remove(doing)
            await self._show()

    async def measure(self, job: Job, *, cause: str | None = None) -> Outcome:
        """Has the runner run one job, and waits for its answer; it comes also over restarts of the runner.

        Raises:
            LowtideError: the request is a dead letter: the runner died of it again and again.
        """
        request = new_id()
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._answers[request] = answer
        try:
            body = Measure(job=job.model_dump(mode="json"))
            await self.bus.send(RUNNER, body, cause=cause, id=request)
            if await self.bus.wait(request) == "dead":
                raise LowtideError(f"The runner did not take the {job.purpose} run: see its log in {self.config.logs}.")
            return await answer
        finally:
            del self._answers[request]

    async def update(self, subject: str, status: TaskStatus, note: str = "") -> None:
        """Tells the router how a task of ours stands."""
        if status != "in_progress":
            self._held.discard(subject)
        await self.bus.send(ROUTER, TaskUpdate(task=subject, status=status, note=note))

    async def complete(self, subject: str, note: str = "") -> None:
        """Tells the router that a task of ours is done."""
        self._done_at[subject] = time.time()
        await self.update(subject, "completed", note)

    async def fail(self, error: LowtideError) -> None:
        """Ends the session with what a user can do about it: the CLI shows the text and takes the exit code."""
        output = error.output if isinstance(error, TargetFailed) and error.output else ""
        summary = f"{error}\n\n{output}" if output else str(error)
        outcome: Literal["stopped", "failed"] = "stopped" if isinstance(error, Stopped) else "failed"
        code = error.exit_code
        await self.log(
            Complete(outcome=outcome, experiments=0, keeps=0, before=0, after=0, exit_code=code, summary=summary)
        )

    # The machinery.

    @handles(Measured)
    async def _measured(self, body: Measured, envelope: Envelope) -> None:
        answer = self._answers.get(body.request)
        if answer is not None and not answer.done() and envelope.sender == RUNNER:
            answer.set_result(Outcome.model_validate(body.outcome))

    @handles(TaskList)
    async def _offered(self, body: TaskList, envelope: Envelope) -> None:
        """The router says which tasks of ours are ready."""
        if envelope.sender == ROUTER:
            for task in body.tasks:
                if task.subject in self._duties:
                    await self._claim(task.subject)

    @handles(TaskClaimed)
    async def _claimed(self, body: TaskClaimed, envelope: Envelope) -> None:
        method = self._duties.get(body.task.subject)
        if not body.won or method is None or envelope.sender != ROUTER or self._is_stale(body.task):
            return
        self._held.add(body.task.subject)
        name = method.__name__
        running = self._running.get(name)
        if running is None or running.done():
            self._running[name] = self.tasks.create_task(self._do(method, body.task), name=name)

    def _is_stale(self, task: Task) -> bool:
        """A claim that crossed the task's own completion: its lease began before."""
        done_at = self._done_at.get(task.subject)
        return done_at is not None and task.lease_until is not None and task.lease_until <= done_at + LEASE_S

    async def _claim(self, subject: str) -> None:
        await self.bus.send(ROUTER, TaskClaim(task=subject, lease_seconds=LEASE_S))

    async def _do(self, method: Duty, task: Task) -> None:
        subjects = {subject for subject, found in self._duties.items() if found is method}
        renewal = asyncio.create_task(self._renew(subjects))
        try:
            async with self.busy(task.subject):
                await method(self)
        except LowtideError as error:
            self.logger.exception("a duty ended the session", duty=task.subject)
            await self.fail(error)
        finally:
            renewal.cancel()
            self._held -= subjects

    async def _renew(self, subjects: set[str]) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 3)
            for subject in sorted(self._held & subjects):
                await self._claim(subject)

    async def _show(self) -> None:
        if not self.unpaused.is_set():
            await self.bus.presence("blocked", "paused")
        elif self._doing:
            await self.bus.presence("busy", self._doing[-1])
        else:
            await self.bus.presence("idle")

    async def _read_inbox(self) -> None:
        async for delivery in self.bus.inbox():
            self.tasks.create_task(self._handle(delivery), name=f"from {delivery.envelope.sender}")

    async def _handle(self, delivery: Delivery) -> None:
        envelope = delivery.envelope
        found = handler_of(self._handlers, envelope.body)
        if found is None:
            await self._bury(delivery, f"{self.name} takes no {called(envelope.body)}")
            return
        handler, subject = found
        try:
            await handler(self, subject, envelope)
        except BadInput as error:
            await self._bury(delivery, str(error))
        except Exception as error:
            self.logger.exception("a handler failed", message=envelope.id, sender=envelope.sender)
            reason = f"{type(error).__name__}: {error}"
            if delivery.attempts < MAX_ATTEMPTS:
                await delivery.reject(reason)
            else:
                await self._bury(delivery, f"rejected {delivery.attempts} times: {reason}")
        else:
            await delivery.processed()

    async def _bury(self, delivery: Delivery, reason: str) -> None:
        """A dead letter is never silent (I2)."""
        envelope = delivery.envelope
        self.logger.warning("dead letter", message=envelope.id, sender=envelope.sender, reason=reason)
        await delivery.dead(reason)
        text = f"dead letter from {envelope.sender} to {self.name}: {reason}"
        await self.log(Note(level="warning", text=text), cause=envelope.id)

    async def _read_controls(self) -> None:
        async for delivery in self.bus.controls():
            body, sender = delivery.envelope.body, delivery.envelope.sender
            if not isinstance(body, Control) or sender in self.config.agents:
                await delivery.dead(f"{sender} has no say: only the user controls the team")
                continue
            if delivery.envelope.sent_at < self.config.started:
                await delivery.dead("said before this start of the session")
                continue
            self.logger.info("control", action=body.action, sender=sender)
            await self._control(body)
            await delivery.processed()

    async def _control(self, body: Control) -> None:
        match body.action:
            case "pause":
                self.unpaused.clear()
                await self.on_pause()
            case "resume":
                self.unpaused.set()
                await self.on_resume()
            case "stop":
                self.stopping.set()
                self.unpaused.set()
                await self.on_stop(body.text)
            case "hint":
                await self.on_hint(body.text)
        await self._show()
