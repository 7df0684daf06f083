"""A repository, a session's settings, and workers that can load agents from the tests."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from messaging.broker import Broker
from messaging.bus import Bus
from messaging.messages import Envelope
from runtime.config import SessionConfig
from runtime.measure.models import TargetSpec

ROOT = Path(__file__).resolve().parent.parent
TARGET = TargetSpec(kind="function", text="app:main", module="app", function="main")


def git(folder: Path, *words: str) -> str:
    """Runs git in `folder` as an unconfigured user."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "init.defaultBranch=main"]
    ran = subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True, text=True)
    return ran.stdout.strip()


def repository(folder: Path, files: Mapping[str, str]) -> Path:
    """A git repository with one commit of `files`."""
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def worker_command(name: str) -> list[str]:
    """Starts a worker that finds `tests.fake_agents` too."""
    start = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from runtime.worker import main; sys.exit(main([{name!r}]))"
    )
    return [sys.executable, "-P", "-c", start]


def settings(tmp_path: Path, repo: Path, agents: Mapping[str, str], **changes: object) -> SessionConfig:
    """Settings of a session on `repo`, with its state below `tmp_path`."""
    state = tmp_path / "state"
    state.mkdir(exist_ok=True)
    values: dict[str, object] = {
        "session": "s1",
        "repository": repo,
        "target": TARGET,
        "broker": "",
        "state": state,
        "agents": dict(agents),
        "sandbox": "limited",
    }
    return SessionConfig.model_validate(values | changes)


async def cancelled(task: asyncio.Task[None]) -> None:
    """Cancels until it has ended: Python 3.11's wait_for can swallow a cancellation that comes with its result."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=1.0)


@asynccontextmanager
async def buses(config: SessionConfig, *names: str) -> AsyncIterator[list[Bus]]:
    """A real broker, and one connected bus per name; the mailboxes lie where the session has them."""
    broker = Broker(config.folder / "broker", config.session, list(names))
    await broker.start()
    made: list[Bus] = []
    try:
        for name in names:
            bus = Bus(name, config.session, broker.address(name), config.mailboxes)
            await bus.__aenter__()
            made.append(bus)
        yield made
    finally:
        for bus in reversed(made):
            await bus.__aexit__(None, None, None)
        await broker.stop()


async def next_body(bus: Bus, kind: type, seconds: float = 10.0) -> tuple[object, Envelope]:
    """The next inbox body of `kind`; everything before it counts as processed."""
    async with asyncio.timeout(seconds):
        async for delivery in bus.inbox():
            await delivery.processed()
            if isinstance(delivery.envelope.body, kind):
                return delivery.envelope.body, delivery.envelope
    raise AssertionError("the inbox ended")
