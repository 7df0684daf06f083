"""The base of every worker, its settings, its log, and where its code comes from."""

import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog

from messaging.bus import Bus
from messaging.contents import CrossDomain, FileModified, Finding, Note
from messaging.messages import (
    Control,
    Envelope,
    Presence,
    Roster,
    SendMessage,
    Task,
    TaskClaim,
    TaskClaimed,
    derived_id,
)
from messaging.text import message
from runtime import log
from runtime.agent import LEASE_S, Agent
from runtime.config import Environment, SessionConfig, session_id, state_folder
from runtime.dispatch import duty, handles
from runtime.errors import BadInput
from runtime.experiment.events import SessionEnded, SessionStarted
from runtime.measure.models import TargetSpec
from runtime.registry import agents, check_ours, load_agent, load_domain
from tests.team import TARGET, buses, cancelled, next_body, settings

ROSTER = {"router": "", "memory": "", "worker": ""}


class Worker(Agent):
    """Takes two contents; one of them always fails."""

    def __init__(self, bus: Bus, config: SessionConfig) -> None:
        super().__init__(bus, config)
        self.got: list[str] = []
        self.controls: list[str] = []

    @handles(FileModified)
    async def modified(self, content: FileModified, envelope: Envelope) -> None:
        self.got.append(content.path)
        await self.say("memory", Note(text=f"saw {content.path}"), cause=envelope.id)

    @handles(CrossDomain)
    async def broken(self, content: CrossDomain, envelope: Envelope) -> None:
        raise RuntimeError("always")

    @duty("Dig")
    async def dig(self) -> None:
        self.got.append("dug")
        await self.complete("Dig")

    async def on_pause(self) -> None:
        self.controls.append("pause")

    async def on_resume(self) -> None:
        self.controls.append("resume")

    async def on_hint(self, text: str) -> None:
        self.controls.append(text)

    async def on_stop(self, reason: str) -> None:
        self.controls.append(f"stop: {reason}")


@pytest.fixture
def config(tmp_path: Path) -> SessionConfig:
    (tmp_path / "repo").mkdir()
    return settings(tmp_path, tmp_path / "repo", ROSTER)


@asynccontextmanager
async def working(config: SessionConfig) -> AsyncIterator[tuple[Worker, Bus, Bus, Bus]]:
    async with buses(config, "router", "memory", "worker", "terminal") as (router, memory, own, terminal):
        await router.publish("roster", Roster(agents=list(config.agents)))
        worker = Worker(own, config)
        task = asyncio.create_task(worker.run())
        try:
            yield worker, router, memory, terminal
        finally:
            await cancelled(task)


def test_a_content_finds_its_handler_also_when_only_its_text_came(config: SessionConfig) -> None:
    async def run() -> list[str]:
        async with working(config) as (worker, _, memory, _):
            await memory.send("worker", message(FileModified(path="a.py")))
            sent = await memory.send("worker", SendMessage(summary="File modified", message="[modified b.py]"))
            assert await memory.wait(sent, timeout=10) == "processed"
            body, envelope = await next_body(memory, SendMessage)
            assert body.message == "[note] saw a.py"  # type: ignore[attr-defined]
            assert envelope.cause is not None
            return worker.got

    assert asyncio.run(run()) == ["a.py", "b.py"]


def test_a_grant_that_crossed_the_tasks_completion_starts_nothing(config: SessionConfig) -> None:
    async def run() -> list[str]:
        async with working(config) as (worker, router, _, _):
            for lease in (LEASE_S - 1, LEASE_S - 1, 3 * LEASE_S):
                task = Task(id="t1", subject="Dig", status="in_progress", lease_until=time.time() + lease)
                sent = await router.send("worker", TaskClaimed(task=task, won=True))
                assert await router.wait(sent, timeout=10) == "processed"
                await asyncio.wait([worker._running["dig"]])
            return worker.got

    assert asyncio.run(run()) == ["dug", "dug"]


def test_what_no_handler_takes_is_a_visible_dead_letter_and_releases_the_queue(config: SessionConfig) -> None:
    async def run() -> str:
        async with working(config) as (_, router, memory, _):
            lost = await memory.send("worker", TaskClaim(task="x"))
            good = await memory.send("worker", message(FileModified(path="a.py")))
            assert await memory.wait(lost, timeout=10) == "dead"
            assert await memory.wait(good, timeout=10) == "processed"
            body, _ = await next_body(router, SendMessage)
            return body.message  # type: ignore[attr-defined, no-any-return]

    assert asyncio.run(run()) == "[warning] dead letter from memory to worker: worker takes no task_claim"


def test_a_handler_that_always_fails_ends_as_a_visible_dead_letter(config: SessionConfig) -> None:
    async def run() -> str:
        async with working(config) as (_, router, memory, _):
            lost = await memory.send("worker", message(CrossDomain(domain="cpu", signal="x")))
            assert await memory.wait(lost, timeout=20) == "dead"
            body, _ = await next_body(router, SendMessage)
            return body.message  # type: ignore[attr-defined, no-any-return]

    assert asyncio.run(run()).endswith("rejected 5 times: RuntimeError: always")


def test_a_message_to_nobody_is_said_in_the_log(config: SessionConfig) -> None:
    async def run() -> str:
        async with working(config) as (worker, router, _, _):
            await worker.say("nobody", Note(text="x"))
            body, _ = await next_body(router, SendMessage)
            return body.message  # type: ignore[attr-defined, no-any-return]

    assert "dead letter to nobody" in asyncio.run(run())


def test_control_runs_at_once_and_presence_shows_it(config: SessionConfig) -> None:
    async def run() -> None:
        async with working(config) as (worker, _, _, terminal):
            async with worker.busy("a long run"):
                for body in (Control(action="pause"), Control(action="hint", text="try b")):
                    sent = await terminal.send("worker", body)
                    await terminal.wait(sent, timeout=2)
                assert not worker.unpaused.is_set()
                assert shown(terminal) == ("blocked", "paused")
                for body in (Control(action="resume"), Control(action="stop", text="enough")):
                    sent = await terminal.send("worker", body)
                    await terminal.wait(sent, timeout=2)
                assert worker.unpaused.is_set()
                assert worker.stopping.is_set()
            assert worker.controls == ["pause", "try b", "resume", "stop: enough"]

    def shown(terminal: Bus) -> tuple[str, str]:
        body = terminal.presences["worker"].body
        assert isinstance(body, Presence)
        return body.state, body.doing

    asyncio.run(run())


def test_a_control_from_before_this_start_is_void(config: SessionConfig) -> None:
    later = config.model_copy(update={"started": datetime.now(UTC) + timedelta(seconds=30)})

    async def run() -> list[str]:
        async with working(later) as (worker, _, _, terminal):
            sent = await terminal.send("worker", Control(action="stop"))
            assert await terminal.wait(sent, timeout=10) == "dead"
            return worker.controls

    assert asyncio.run(run()) == []


def test_ids_of_messages_that_follow_from_one_are_the_same_each_time() -> None:
    assert derived_id("a" * 26, "x") == derived_id("a" * 26, "x")
    assert len({derived_id(cause, what) for cause in ("a" * 26, "b" * 26) for what in ("x", "y")}) == 4
    assert len(derived_id("a" * 26, "x")) == 26


def test_settings_read_back_and_wrong_ones_are_named(config: SessionConfig, tmp_path: Path) -> None:
    own = config.model_copy(update={"broker": "mqtt://me:secret@127.0.0.1:1"})
    path = own.write("memory")

    assert SessionConfig.read(path) == own
    assert path.stat().st_mode & 0o777 == 0o600
    assert "secret" not in repr(own)
    path.write_text("{}")
    with pytest.raises(BadInput, match="wrong at session"):
        SessionConfig.read(path)


def test_an_unfinished_session_keeps_its_id_for_the_same_target_only() -> None:
    started = SessionStarted(session="s-1", version="0", target=TARGET, base="c", branch="b")
    ended = SessionEnded(session="s-1", outcome="plateau", reason="", exit_code=0)
    other = TargetSpec(kind="function", text="app:other", module="app", function="other")

    assert session_id([started], TARGET) == "s-1"
    assert session_id([started], other) != "s-1"
    assert session_id([started, ended], TARGET) != "s-1"
    assert session_id([], TARGET) != session_id([], TARGET)


def test_each_repository_has_its_own_state_folder(tmp_path: Path) -> None:
    environment = Environment(state=tmp_path / "state")
    one, two = (state_folder(tmp_path / name, environment) for name in ("one", "two"))

    assert one != two
    assert one == state_folder(tmp_path / "one", environment)
    assert one.stat().st_mode & 0o777 == 0o700


def test_logs_are_json_lines_with_secrets_masked_and_nothing_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    for handler in before:
        root.removeHandler(handler)
    try:
        log.configure(tmp_path / "x.log")
        structlog.stdlib.get_logger("ours").warning("to mqtt://me:pw1@h", deep={"k": ["mqtt://me:pw2@h"]})
        logging.getLogger("theirs").error("lost %s", "mqtt://me:pw3@h")
        try:
            raise ValueError("sk-ant-0123456789")
        except ValueError:
            structlog.stdlib.get_logger("ours").exception("failed")
    finally:
        for handler in root.handlers[:]:
            root.removeHandler(handler)
            handler.close()
        for handler in before:
            root.addHandler(handler)
        root.setLevel(level)
        structlog.reset_defaults()
    text = (tmp_path / "x.log").read_text()
    lines = [json.loads(line) for line in text.splitlines()]

    assert [line["event"] for line in lines] == ["to mqtt://me:***@h", "lost mqtt://me:***@h", "failed"]
    assert [line["level"] for line in lines] == ["warning", "error", "error"]
    assert not [secret for secret in ("pw1", "pw2", "pw3", "0123456789") if secret in text]
    assert capfd.readouterr() == ("", "")


def test_our_packages_are_our_own_and_one_that_shadows_them_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_ours()
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "__init__.py").touch()
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.delitem(sys.modules, "prompts", raising=False)

    with pytest.raises(BadInput, match=f"The package 'prompts' comes from {tmp_path}"):
        check_ours()


def test_agents_and_domains_are_found_by_entry_point() -> None:
    assert agents()["router"] == "agents.router:Router"
    assert load_agent("router", agents()["router"]).__name__ == "Router"
    with pytest.raises(BadInput, match="cannot be loaded"):
        load_agent("router", "agents.router:Nothing")
    with pytest.raises(BadInput, match="No domain 'quantum' is installed"):
        load_domain("quantum")


def test_the_contents_a_worker_takes_are_inherited() -> None:
    class Narrow(Worker):
        @handles(Finding)
        async def found(self, content: Finding, envelope: Envelope) -> None:
            """Nothing."""

    assert {FileModified, CrossDomain, Finding} <= set(Narrow._handlers)
    assert Finding not in Worker._handlers
