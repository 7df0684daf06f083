"""What is checked before anything starts, and the settings that come of it."""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from messaging.address import Address
from messaging.errors import BadValue
from runtime.config import Environment, SessionConfig, session_id, state_folder
from runtime.errors import BadInput, SessionRunning
from runtime.experiment.journal import is_running, read_journal
from runtime.measure.target import parse_target
from runtime.registry import agents, check_ours
from runtime.repository import Repository
from runtime.sandbox import Sandbox
from runtime.workspace import Workspace


@dataclass(frozen=True)
class Options:
    """What the user gave, as they gave it.

    Args:
        repository: root of the git repository.
        target: test, script with arguments, or function.
        python: the target's interpreter: a path, or a name on PATH.
        broker: URL of a broker; None for the embedded one.
        protect: globs of paths no patch may touch.
        only_proven: only rules proven statically.
        max_experiments: stop after so many.
    """

    repository: Path
    target: str
    python: str | None = None
    broker: str | None = None
    protect: Sequence[str] = ()
    only_proven: bool = False
    max_experiments: int | None = None


def prepare(options: Options, environment: Environment) -> SessionConfig:
    """Checks the options and makes the session's settings; nothing is started, and the repository is only read.

    Raises:
        BadInput: something cannot be used; one sentence that says what to do.
        SessionRunning: a session runs on this repository.
    """
    check_ours()
    broker = _broker(options.broker)
    python = None if options.python is None else _interpreter(options.python)
    repository = Repository.open(options.repository)
    tracked = repository.checkout.tracked(repository.checkout.head)
    target = parse_target(options.target, tracked.__contains__)
    workspace = Workspace(repository.root)
    if (pid := is_running(workspace.lock)) is not None:
        who = f" (process {pid})" if pid else ""
        raise SessionRunning(
            f"A session is already running on {repository.root}{who}: wait until it ends, or stop it with Ctrl-C."
        )
    events, _ = read_journal(workspace.journal)
    return SessionConfig(
        session=session_id(events, target),
        repository=repository.root,
        target=target,
        python=python,
        broker=broker,
        state=state_folder(repository.root, environment),
        agents=agents(),
        protect=list(options.protect),
        only_proven=options.only_proven,
        max_experiments=options.max_experiments,
        sandbox=Sandbox.detect().level,
    )


def _broker(url: str | None) -> str:
    if url is None:
        return ""
    try:
        Address.parse(url)
    except BadValue as error:
        text = str(error)
        raise BadInput(f"{text[:1].upper()}{text[1:]} (--broker).") from None
    return url


def _interpreter(given: str) -> str:
    """Absolute, and never resolved: a virtual environment's python is a link."""
    found = shutil.which(given)
    if found is None:
        there = Path(given).exists()
        what = "cannot be executed" if there and not Path(given).is_dir() else "does not exist"
        raise BadInput(f"The interpreter {given} {what}: give the path of a CPython 3.9 or later with --python.")
    return os.path.abspath(found)  # noqa: PTH100 - Path.absolute leaves `..` in, Path.resolve follows links
