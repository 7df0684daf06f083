"""The envelope and the bodies of every message between agents."""

import hashlib
import os
import secrets
import time
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from messaging.contents import Content
from messaging.errors import NotUnderstood

TaskStatus = Literal["pending", "in_progress", "completed", "blocked"]


def new_id() -> str:
    """A new message id: 26 hexadecimal digits, time-ordered (48 bits of milliseconds, then 56 random bits)."""
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(7)}"


def derived_id(cause: str, what: str) -> str:
    """The id of a message that follows from another: the same each time, so that a handler run twice says it once."""
    digest = hashlib.sha256(f"{cause}\0{what}".encode()).hexdigest()
    return f"{cause[:12]}{digest[:14]}"


class Body(BaseModel):
    """Base of all bodies: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SendMessage(Body):
    """One agent speaks to another. `content` decides; `message` is its canonical text."""

    kind: Literal["send_message"] = "send_message"
    summary: str
    message: str
    content: Content | None = None


class Task(Body):
    """One entry of the shared task list. Times are seconds since the epoch."""

    id: str
    subject: str
    description: str = ""
    status: TaskStatus = "pending"
    owner: str | None = None
    """Who works on it now, or for whom a pending task is meant."""
    depends_on: list[str] = []
    """Ids of tasks that must be completed first."""
    lease_until: float | None = None
    note: str = ""


class TaskCreate(Body):
    """Asks the router for a new task."""

    kind: Literal["task_create"] = "task_create"
    subject: str
    description: str = ""
    owner: str | None = None
    depends_on: list[str] = []


class TaskClaim(Body):
    """Asks the router for a task, or renews the lease of one's own."""

    kind: Literal["task_claim"] = "task_claim"
    task: str
    """Id or subject."""
    lease_seconds: float = 60.0


class TaskClaimed(Body):
    """The router's answer to a claim: of two claims one wins, the other is told."""

    kind: Literal["task_claimed"] = "task_claimed"
    task: Task
    won: bool


class TaskUpdate(Body):
    """Asks the router to change a task: `TaskUpdate("Baseline profiling" -> completed)`."""

    kind: Literal["task_update"] = "task_update"
    task: str
    """Id or subject."""
    status: TaskStatus
    note: str = ""


class TaskList(Body):
    """The whole task list, published by the router after each change."""

    kind: Literal["task_list"] = "task_list"
    tasks: list[Task]


class Control(Body):
    """The user's word to the team. `text` is the hint, or the reason of a stop."""

    kind: Literal["control"] = "control"
    action: Literal["pause", "resume", "stop", "hint"]
    text: str = ""


class Measure(Body):
    """Asks the runner for one run of target code. `job` is a `runtime.measure.models.Job` as JSON."""

    kind: Literal["measure"] = "measure"
    job: dict[str, JsonValue]


class Measured(Body):
    """The runner's answer. `outcome` is a `runtime.measure.reports.Outcome` as JSON."""

    kind: Literal["measured"] = "measured"
    request: str
    outcome: dict[str, JsonValue]


class Presence(Body):
    """What an agent is doing, published by itself, and `dead` by its last will. `since` is seconds since the epoch."""

    kind: Literal["presence"] = "presence"
    state: Literal["idle", "busy", "blocked", "dead"]
    doing: str = ""
    since: float = 0.0
    pid: int = Field(default_factory=os.getpid)
    connection: str = ""
    """Changes at each connect: what was sent to this agent before it may be lost."""


class Roster(Body):
    """Who takes part in this session, published by the router. A recipient not in it is a dead letter."""

    kind: Literal["roster"] = "roster"
    agents: list[str]


class Receipt(Body):
    """`received`: the message is in the recipient's durable inbox. `processed`: its handler has finished.

    `dead`: no handler took it; `reason` says why.
    """

    kind: Literal["receipt"] = "receipt"
    message: str
    state: Literal["received", "processed", "dead"]
    reason: str = ""


class Inquiry(Body):
    """Asks a recipient for the receipts of messages it has: they may have been lost on the way. Not itself kept."""

    kind: Literal["inquiry"] = "inquiry"
    messages: list[str]
    control: bool = False
    """Whether the envelope's floor counts Control, or all other bodies."""


class LogLine(Body):
    """One entry of the router's log, as streamed. `number` counts from 1 without gaps within a session."""

    kind: Literal["log_line"] = "log_line"
    number: int
    at: datetime
    agent: str
    level: Literal["debug", "info", "warning", "error"] = "info"
    text: str
    cause: str
    """Id of the message that led to the entry; a handler that runs twice writes one entry."""


AnyBody = Annotated[
    SendMessage
    | TaskCreate
    | TaskClaim
    | TaskClaimed
    | TaskUpdate
    | TaskList
    | Control
    | Measure
    | Measured
    | Presence
    | Roster
    | Receipt
    | Inquiry
    | LogLine,
    Field(discriminator="kind"),
]


class Envelope(BaseModel):
    """One message on the wire (UTF-8 JSON)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(default_factory=new_id, min_length=1, max_length=64)
    cause: str | None = None
    """Id of the message that led to this one."""
    sender: str
    to: str
    session: str
    seq: int = 0
    """Counts from 1 per sender and recipient (Control counts apart); 0 on streams, where order is not kept."""
    floor: int = 0
    """The lowest seq the sender still holds: what is below and has not come will not come, so nobody waits for it."""
    sent_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    body: AnyBody

    def encode(self) -> bytes:
        """The wire form."""
        return self.model_dump_json().encode()

    @classmethod
    def decode(cls, payload: bytes) -> "Envelope":
        """Reads the wire form.

        Raises:
            NotUnderstood: the payload is no envelope of ours.
        """
        try:
            return _ENVELOPE.validate_json(payload)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise NotUnderstood(f"not a message of ours: {place or 'payload'}: {first['msg']}") from None


_ENVELOPE: TypeAdapter[Envelope] = TypeAdapter(Envelope)
