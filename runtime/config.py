"""What a session is made of: its settings, and where its files lie outside the target.

The supervisor writes one settings file per worker, readable by the user alone, because it holds that worker's
own account at the broker. A worker finds it by LOWTIDE_SESSION.
"""

import hashlib
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from messaging.address import Address
from messaging.topics import NAME
from runtime.errors import BadInput
from runtime.experiment.events import AnyEvent, SessionEnded, SessionStarted
from runtime.measure.models import TargetSpec
from runtime.workspace import Workspace

AgentName = Annotated[str, Field(pattern=f"^{NAME.pattern}$")]


class Environment(BaseSettings):
    """What the environment says to Lowtide itself."""

    model_config = SettingsConfigDict(env_prefix="LOWTIDE_", frozen=True)

    state: Path | None = None
    """LOWTIDE_STATE: where mailboxes, the broker's store, logs and exports lie; a local disk."""
    session: Path | None = None
    """LOWTIDE_SESSION: a worker's settings file."""
    supervisor: int | None = None
    """LOWTIDE_SUPERVISOR: pid of the process that started this worker, and whose death ends it."""


class SessionConfig(BaseModel):
    """The settings of one session, as one worker sees them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session: AgentName
    """Session id. A session taken up again keeps it, so that its mailboxes continue."""
    repository: Path
    """Root of the user's checkout, absolute."""
    target: TargetSpec | None
    """None: the setup agent's survey chooses it."""
    guards: list[TargetSpec] = []
    """The user's other targets: no keep may raise their peak."""
    python: str | None = None
    """The interpreter the user asked for: absolute, never resolved."""
    broker: str = Field(repr=False)
    """URL of the broker with this worker's own account."""
    state: Path
    """This repository's state folder."""
    agents: dict[AgentName, str]
    """Who takes part: name -> `module:Class`."""
    protect: list[str] = []
    """Globs of paths no patch may touch."""
    only_proven: bool = False
    """Only rules that are proven statically (level A)."""
    max_experiments: int | None = Field(default=None, ge=1)
    leak_check: int = Field(default=0, ge=0)
    """How often the target is repeated in one process to see what it leaves behind; 0: not at all."""
    sandbox: Literal["isolated", "limited"]
    """The level this machine can give, found before the session began."""
    started: datetime = Field(default_factory=lambda: datetime.now(UTC))
    """When this start of the session was asked for. Controls and ends that were said before are void: mailboxes
    outlive a start, and a stop that came too late must not stop the next one."""

    @property
    def address(self) -> Address:
        """Where the broker listens, and this worker's account."""
        return Address.parse(self.broker)

    @property
    def workspace(self) -> Workspace:
        """The files of `.codeflash/`."""
        return Workspace(self.repository)

    @property
    def folder(self) -> Path:
        """The session's own state: settings, mailboxes, the broker's store, exports, the outcome."""
        return self.state / self.session

    @property
    def mailboxes(self) -> Path:
        """Where each agent's mailbox file lies."""
        return self.folder / "mailboxes"

    @property
    def outcome(self) -> Path:
        """The session's end (a `messaging.contents.Complete` as JSON), written by the router."""
        return self.folder / "outcome.json"

    @property
    def survey(self) -> Path:
        """What the survey chose (`runtime.experiment.survey.SurveyFile` as JSON), written by the setup agent."""
        return self.folder / "survey.json"

    @property
    def exchange(self) -> Path:
        """Exports and profiles: what optimizer, runner and researcher share besides messages."""
        return self.folder / "exchange"

    @property
    def logs(self) -> Path:
        """One JSON lines log per worker; kept when the session's own state is removed."""
        return self.state / "logs"

    def write(self, name: str) -> Path:
        """Writes these settings for the worker `name`, readable by the user alone; returns the file."""
        folder = self.folder / "settings"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{name}.json"
        temporary = folder / f".{name}.{secrets.token_hex(4)}"
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(self.model_dump_json(indent=1))
        temporary.replace(path)
        return path

    @classmethod
    def read(cls, path: Path) -> "SessionConfig":
        """Reads a settings file.

        Raises:
            BadInput: there is none, or it is none of ours.
        """
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise BadInput(
                f"The session's settings {path} cannot be read ({error.strerror}): start workers by `lowtide optimize`."
            ) from error
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "file"
            raise BadInput(f"The session's settings {path} are wrong at {place}: {first['msg']}.") from None


def state_folder(repository: Path, environment: Environment) -> Path:
    """The state folder of one repository, made if needed: below LOWTIDE_STATE, else in XDG's state folder.

    Raises:
        BadInput: it cannot be made, or lies inside the repository.
    """
    base = environment.state or Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state") / "lowtide"
    base = Path(os.path.realpath(base))
    if base.is_relative_to(repository):
        raise BadInput(f"The state folder {base} lies inside the repository: set LOWTIDE_STATE to a folder outside it.")
    folder = base / hashlib.sha256(os.fsencode(repository)).hexdigest()[:16]
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(
            f"The state folder {folder} cannot be made ({error.strerror}): "
            "set LOWTIDE_STATE to a folder you can write to."
        ) from error
    return folder


def unfinished_session(events: Sequence[AnyEvent]) -> SessionStarted | None:
    """The journal's last session, when it did not end, or was stopped."""
    unfinished: SessionStarted | None = None
    for event in events:
        if isinstance(event, SessionStarted):
            unfinished = event
        elif isinstance(event, SessionEnded) and event.outcome != "stopped":
            unfinished = None
    return unfinished if unfinished is not None and NAME.fullmatch(unfinished.session) else None


def session_id(events: Sequence[AnyEvent], target: TargetSpec | None) -> str:
    """The id of the journal's unfinished session when it measures the same target; else a new one."""
    unfinished = unfinished_session(events)
    if unfinished is not None and unfinished.target == target:
        return unfinished.session
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
