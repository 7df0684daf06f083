"""The command line: `lowtide optimize REPO --target T`.

Exit codes: 0 completed, 2 bad input or a target that cannot be measured, 130 stopped by the user, 1 anything else.
Modules that take time to import are imported where they are used, so that `--help` and bad options answer at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from runtime.prepare import Options

app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True)


@app.callback()
def about() -> None:
    """Lowers the peak memory of a Python program, and proves it."""


@app.command()
def optimize(
    repository: Annotated[Path, typer.Argument(metavar="REPO", help="Root of the git repository.")],
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="-- COMMAND", help="python -m package, pytest, or a command of the project."),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            help="tests/test_x.py::test_y, 'script.py ARG ...' or package.module:function; may be repeated. "
            "Without one, the heaviest test or benchmark is taken."
        ),
    ] = None,
    python: Annotated[str | None, typer.Option(help="The target's interpreter, CPython 3.9 or later.")] = None,
    broker: Annotated[
        str | None, typer.Option(help="mqtt://user:password@host:port, in place of the embedded broker.")
    ] = None,
    protect: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Paths that no change may touch; may be repeated.")
    ] = None,
    only_proven: Annotated[bool, typer.Option("--only-proven", help="Only changes proven by static analysis.")] = False,
    max_experiments: Annotated[int | None, typer.Option(min=1, help="Stop after so many experiments.")] = None,
    leak_check: Annotated[
        int | None, typer.Option(metavar="N", min=5, help="Repeat the target N times, and say what grows each time.")
    ] = None,
) -> None:
    """Lowers the peak memory of a target: measures, tries one change at a time, keeps what is proven."""
    from runtime.prepare import Options

    options = Options(
        repository, target or [], command or [], python, broker, protect or [], only_proven, max_experiments, leak_check
    )
    raise typer.Exit(_optimize(options))


def _optimize(options: "Options") -> int:
    import asyncio

    from rich.console import Console

    from runtime import log
    from runtime.config import Environment
    from runtime.experiment.lock import acquire, release
    from runtime.prepare import prepare
    from runtime.repository import Repository
    from runtime.session import Session
    from runtime.terminal import LogTail, Terminal, plain

    configs = prepare(options, Environment())
    config = configs[0]
    # From here to the end, also before the optimizer has the journal.
    lock = acquire(config.state / "session.lock")
    try:
        Repository.open(config.repository).claim()
        log.configure(config.logs / "supervisor.log")
        console = Console(highlight=False, markup=False, emoji=False)
        limited = " (no bubblewrap: target code sees your files and the network)"
        hint = "" if config.sandbox == "isolated" else limited
        code = 0
        for number, one in enumerate(configs, start=1):
            terminal = Terminal(console, LogTail.at_end(one.workspace.router_log))
            terminal.show(f"session {one.session}, sandbox {one.sandbox}{hint}")
            if len(configs) > 1 and one.target is not None:
                terminal.show(f"target {number} of {len(configs)}: {plain(one.target.text)}")
            outcome = asyncio.run(Session(one, terminal).run())
            if outcome.outcome == "failed":
                _complain(plain(outcome.summary or "the session failed"))
            elif outcome.summary:
                terminal.show(outcome.summary)
            code = code or outcome.exit_code
            if outcome.outcome == "stopped":
                break
    finally:
        release(lock)
    return code


def main() -> None:
    """The entry point: our errors are one sentence on standard error, and an exit code."""
    from messaging.errors import MessagingError
    from runtime.errors import LowtideError, TargetFailed

    try:
        app()
    except LowtideError as error:
        output = error.output if isinstance(error, TargetFailed) else ""
        _complain(f"{error}\n\n{output}" if output else str(error))
        sys.exit(error.exit_code)
    except MessagingError as error:
        _complain(str(error))
        sys.exit(1)
    except OSError as error:
        from runtime.storage import refusal

        refused = refusal(error)
        if refused is None:
            raise
        _complain(str(refused))
        sys.exit(refused.exit_code)


def _complain(text: str) -> None:
    sys.stderr.write(f"lowtide: {text}\n")
