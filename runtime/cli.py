"""The command line: `lowtide optimize REPO --target T`.

Exit codes: 0 completed, 2 bad input or a target that cannot be measured, 130 stopped by the user, 1 anything else.
Modules that take time to import are imported where they are used, so that `--help` and bad options answer at once.
"""

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from messaging.errors import MessagingError
from runtime.errors import BadInput, LowtideError, TargetFailed

if TYPE_CHECKING:
    from runtime.config import SessionConfig
    from runtime.measure.models import TargetSpec
    from runtime.repository import Repository

app = typer.Typer(
    add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False, no_args_is_help=True
)


@app.callback()
def about() -> None:
    """Lowers the peak memory of a Python program, and proves it."""


@app.command()
def optimize(
    repository: Annotated[Path, typer.Argument(metavar="REPO", help="Root of the git repository.")],
    target: Annotated[
        str,
        typer.Option(help="What to measure: tests/test_x.py::test_y, 'script.py ARG ...' or package.module:function."),
    ],
    python: Annotated[str | None, typer.Option(help="The target's interpreter, CPython 3.9 or later.")] = None,
    broker: Annotated[
        str | None, typer.Option(help="mqtt://user:password@host:port, in place of the embedded broker.")
    ] = None,
    protect: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Paths that no change may touch; may be repeated.")
    ] = None,
    only_proven: Annotated[bool, typer.Option("--only-proven", help="Only changes proven by static analysis.")] = False,
    max_experiments: Annotated[int | None, typer.Option(min=1, help="Stop after so many experiments.")] = None,
) -> None:
    """Lowers the peak memory of a target: measures, tries one change at a time, keeps what is proven."""
    import asyncio

    from rich.console import Console

    from runtime.session import Session
    from runtime.terminal import LogTail, Terminal

    lock, config = _prepare(repository, target, python, broker, protect or [], only_proven, max_experiments)
    try:
        console = Console(highlight=False, markup=False, emoji=False)
        terminal = Terminal(console, LogTail.at_end(config.workspace.router_log))
        hint = "" if config.sandbox == "isolated" else " (no bubblewrap: target code sees your files and the network)"
        terminal.show(f"session {config.session}, sandbox {config.sandbox}{hint}")
        outcome = asyncio.run(_run(Session, config, terminal))
    finally:
        lock.release()
