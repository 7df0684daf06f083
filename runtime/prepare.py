"""What is checked before anything starts, and the settings that come of it."""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from messaging.address import Address
from messaging.errors import BadValue
from runtime.config import Environment, SessionConfig, session_id, state_folder, unfinished_session
from runtime.errors import BadInput, SessionRunning
from runtime.experiment.journal import is_running, read_journal
from runtime.git import Entry
from runtime.measure.command import parse_command
from runtime.measure.entry_points import commands
from runtime.measure.models import TargetSpec
from runtime.measure.target import parse_target
from runtime.registry import agents, check_ours
from runtime.repository import Repository
from runtime.sandbox import Sandbox
from runtime.storage import check_room
from runtime.workspace import Workspace


@dataclass(frozen=True)
class Options:
    """What the user gave, as they gave it.

    Args:
        repository: root of the git repository.
        targets: each a test, a script with arguments, or a function; none for a survey.
        command: in their place, the words of a command that starts Python.
        python: the target's interpreter: a path, or a name on PATH.
        broker: URL of a broker; None for the embedded one.
        protect: globs of paths no patch may touch.
        only_proven: only rules proven statically.
        max_experiments: stop after so many.
        leak_check: repeat the target so often, to see what it leaves behind; None: not at all.
    """

    repository: Path
    targets: Sequence[str] = ()
    command: Sequence[str] = ()
    python: str | None = None
    broker: str | None = None
    protect: Sequence[str] = ()
    only_proven: bool = False
    max_experiments: int | None = None
    leak_check: int | None = None


def prepare(options: Options, environment: Environment) -> list[SessionConfig]:
    """Checks the options and makes the settings of the sessions to come, one for each target, each guarding the others.

    Nothing is started, and the repository is only read. Where the last session stopped at one of the targets, that one
    comes first, and those before it are not measured anew.

    Raises:
        BadInput: something cannot be used; one sentence that says what to do.
        SessionRunning: a session runs on this repository.
    """
    check_ours()
    broker = _broker(options.broker)
    python = None if options.python is None else _interpreter(options.python)
    repository = Repository.open(options.repository)
    tracked = repository.checkout.tracked(repository.checkout.head)
    targets, named = _targets(options, repository, tracked)
    python = python or (None if named is None else _interpreter(str(repository.root / named)))
    workspace = Workspace(repository.root)
    if (pid := is_running(workspace.lock)) is not None:
        who = f" (process {pid})" if pid else ""
        raise SessionRunning(
            f"A session is already running on {repository.root}{who}: wait until it ends, or stop it with Ctrl-C."
        )
    events, _ = read_journal(workspace.journal)
    unfinished = unfinished_session(events)
    wanted: list[TargetSpec | None] = [*targets]
    if not targets:  # a survey's choice stands while its session is unfinished
        wanted = [unfinished.target if unfinished else None]
    elif unfinished is not None and unfinished.target in targets:
        wanted = wanted[targets.index(unfinished.target) :]
    shared = SessionConfig(
        session=session_id(events, wanted[0]),
        repository=repository.root,
        target=wanted[0],
        python=python,
        broker=broker,
        state=_state(repository.root, environment),
        agents=agents(),
        protect=list(options.protect),
        only_proven=options.only_proven,
        max_experiments=options.max_experiments,
        leak_check=options.leak_check or 0,
        sandbox=Sandbox.detect().level,
    )
    return [
        shared.model_copy(
            update={
                "session": shared.session if number == 0 else session_id((), target),
                "target": target,
                "guards": [other for other in targets if other != target],
            }
        )
        for number, target in enumerate(wanted)
    ]


def _targets(
    options: Options, repository: Repository, tracked: Mapping[str, Entry]
) -> tuple[list[TargetSpec], str | None]:
    """The targets, each once, and the interpreter that the command names by its path."""
    if options.targets and options.command:
        raise BadInput("Give either --target or a command after `--`, not both.")
    if options.command:

        def read(path: str) -> str:
            return repository.checkout.git.text("cat-file", "blob", tracked[path].blob)

        target, named = parse_command(options.command, tracked.__contains__, commands(tracked, read))
        return [target], named
    found = [parse_target(text, tracked.__contains__) for text in options.targets]
    return [target for at, target in enumerate(found) if target not in found[:at]], None


def _state(repository: Path, environment: Environment) -> Path:
    folder = state_folder(repository, environment)
    check_room(folder)
    return folder


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
