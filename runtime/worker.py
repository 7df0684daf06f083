"""One worker process: `python -P -m runtime.worker NAME`, its settings file named by LOWTIDE_SESSION.

Exit codes: 0 ended by SIGTERM; 1 an error, in the log; 2 the settings or the agent cannot be used.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import structlog

from messaging.bus import Bus
from runtime import log
from runtime.agent import RUNNER
from runtime.config import Environment, SessionConfig
from runtime.errors import BadInput
from runtime.registry import check_ours, load_agent
from runtime.storage import refusal
from runtime.worker_process import end_with_parent, hide_memory


def main(arguments: list[str] | None = None) -> int:
    """Runs the worker named by the one argument until SIGTERM; returns the exit code."""
    names = sys.argv[1:] if arguments is None else arguments
    environment = Environment()
    try:
        if len(names) != 1 or environment.session is None:
            raise BadInput("Usage: python -P -m runtime.worker NAME, with LOWTIDE_SESSION naming a settings file.")
        return _work(names[0], environment.session, environment.supervisor)
    except BadInput as error:
        sys.stderr.write(f"lowtide worker: {error}\n")
        return error.exit_code


def _work(name: str, settings: Path, supervisor: int | None) -> int:
    if supervisor is not None and not end_with_parent(supervisor):
        return 1
    if name != RUNNER:
        hide_memory()
    check_ours()
    config = SessionConfig.read(settings)
    os.chdir(config.state)
    log.configure(config.logs / f"{name}.log")
    logger = structlog.stdlib.get_logger("worker").bind(agent=name, session=config.session)
    if name not in config.agents:
        raise BadInput(f"No agent {name!r} takes part in this session (there are {', '.join(config.agents)}).")
    try:
        asyncio.run(_run(name, config))
    except asyncio.CancelledError:
        logger.info("ended")
        return 0
    except BaseException as error:
        logger.exception("worker died")
        cause = error
        while isinstance(cause, BaseExceptionGroup):
            # A failure of long work comes in a group: its first member is what a reader needs.
            cause = cause.exceptions[0]
        refused = cause if isinstance(cause, BadInput) else refusal(cause)
        if refused is not None:
            raise refused from error
        sys.stderr.write(f"lowtide worker {name}: {type(cause).__name__}: {cause}\n")
        return 1
    return 0


async def _run(name: str, config: SessionConfig) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    agent = load_agent(name, config.agents[name])
    async with Bus(name, config.session, config.address, config.mailboxes) as bus:
        await agent(bus, config).run()


if __name__ == "__main__":
    sys.exit(main())
