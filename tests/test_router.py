"""The router on a real broker: the log, the task list, the roster, and what passes between domains."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from agents.log_file import LogFile
from agents.router import Router
from messaging.bus import Bus
from messaging.contents import Complete, CrossDomain, FileModified, Note, Progress
from messaging.messages import (
    Control,
    LogLine,
    SendMessage,
    TaskClaim,
    TaskClaimed,
    TaskCreate,
    TaskList,
    TaskUpdate,
)
from messaging.text import message
from runtime.config import SessionConfig
from tests.fake_agents import result
from tests.team import buses, cancelled, next_body, settings

AGENTS = {"router": "", "setup": "", "memory": "", "researcher": ""}


@asynccontextmanager
async def running(config: SessionConfig, bus: Bus) -> AsyncIterator[Router]:
    """A router at work; leaving kills it in the middle of whatever it does."""
    router = Router(bus, config)
    task = asyncio.create_task(router.run())
    try:
        yield router
    finally:
        await cancelled(task)


@pytest.fixture
def config(tmp_path: Path) -> SessionConfig:
    repo = tmp_path / "repo"
    (repo / ".codeflash").mkdir(parents=True)
    return settings(tmp_path, repo, AGENTS)


def log_of(config: SessionConfig) -> list[LogLine]:
    text = config.workspace.router_log.read_text()
    return [LogLine.model_validate_json(line) for line in text.splitlines()]


def subjects(config: SessionConfig) -> dict[str, str]:
    return {task["subject"]: task["status"] for task in json.loads(config.workspace.tasks.read_text())["tasks"]}


async def until(true: Callable[[], bool], seconds: float = 5.0) -> None:
    """Waits for something another task does to a file."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - nothing wakes us for a file
            await asyncio.sleep(0.01)


def test_every_content_becomes_one_log_line_in_the_form_of_the_specification(config: SessionConfig) -> None:
    async def run() -> None:
        async with buses(config, "router", "memory", "terminal") as (own, memory, terminal):
            stream = terminal.subscribe("log")
            async with running(config, own):
                await memory.send("router", message(result(1)))
                await memory.send("router", SendMessage(summary="free", message="no form at all"))
                await memory.send("router", message(Note(level="warning", text="careful")))
                streamed = []
                async with asyncio.timeout(10):
                    async for envelope in stream:
                        streamed.append(envelope.body)
                        if len(streamed) == 3:
                            break
            assert streamed == log_of(config)

    asyncio.run(run())

    log = log_of(config)
    assert [line.number for line in log] == [1, 2, 3]
    assert [line.text for line in log] == [
        "[experiment 1] 131.4 MiB -> 22.0 MiB (-109.4 MiB). KEEP",
        "no form at all",
        "[warning] careful",
    ]
    assert [line.level for line in log] == ["info", "info", "warning"]
    assert {line.agent for line in log} == {"memory"}


def test_a_handler_that_runs_twice_writes_one_entry(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    first = LogFile(path, fresh=True)
    assert first.append("memory", "one", "id1") is not None
    assert first.append("memory", "one", "id1") is None
    first.close()

    again = LogFile(path, fresh=False)
    assert again.append("memory", "one", "id1") is None
    line = again.append("memory", "two", "id2")
    again.close()

    assert line is not None
    assert line.number == 2


def test_an_entry_torn_by_a_kill_is_cut_off_and_written_again_whole(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    log = LogFile(path, fresh=True)
    log.append("memory", "one", "id1")
    log.append("memory", "two", "id2")
    log.close()
    whole = path.read_bytes()

    path.write_bytes(whole[:-20])
    log = LogFile(path, fresh=False)
    line = log.append("memory", "two", "id2")
    log.close()

    assert line is not None
    assert line.number == 2
    assert [json.loads(text)["text"] for text in path.read_text().splitlines()] == ["one", "two"]


def test_a_new_session_keeps_the_old_log_and_counts_from_1(tmp_path: Path) -> None:
    path = tmp_path / "router.log"
    for _ in range(2):
        log = LogFile(path, fresh=True)
        log.append("memory", "x", f"id{path.stat().st_size}")
        log.close()

    assert [json.loads(text)["number"] for text in path.read_text().splitlines()] == [1, 1]


def test_owners_are_told_when_their_task_is_ready_and_a_lost_claim_is_answered(config: SessionConfig) -> None:
    async def run() -> None:
        async with buses(config, "router", "setup", "memory") as (own, setup, memory):
            async with running(config, own):
                offered, _ = await next_body(setup, TaskList)
                assert [task.subject for task in offered.tasks] == ["Setup"]  # type: ignore[attr-defined]

                early = await memory.send("router", TaskClaim(task="Setup"))
                answer, envelope = await next_body(memory, TaskClaimed)
                assert (answer.won, envelope.cause) == (False, early)  # type: ignore[attr-defined]

                await setup.send("router", TaskClaim(task="Setup"))
                answer, _ = await next_body(setup, TaskClaimed)
                assert answer.won  # type: ignore[attr-defined]
                config.workspace.setup.write_text("- Interpreter: `/x`\n")
                await setup.send("router", TaskUpdate(task="Setup", status="completed", note="done"))
                offered, _ = await next_body(memory, TaskList)
                assert [task.subject for task in offered.tasks] == ["Baseline profiling"]  # type: ignore[attr-defined]

            async with running(config, own):
                await setup.send("router", TaskClaim(task="Setup"))
                answer, _ = await next_body(setup, TaskClaimed)
                assert not answer.won  # type: ignore[attr-defined]
                assert answer.task.status == "completed"  # type: ignore[attr-defined]

    asyncio.run(run())
    assert subjects(config)["Setup"] == "completed"


def test_a_lease_that_runs_out_puts_the_task_back_and_tells_its_owner_again(config: SessionConfig) -> None:
    async def run() -> None:
        async with buses(config, "router", "setup") as (own, setup), running(config, own):
            await next_body(setup, TaskList)
            await setup.send("router", TaskClaim(task="Setup", lease_seconds=0.2))
            await next_body(setup, TaskClaimed)
            offered, _ = await next_body(setup, TaskList)
            assert offered.tasks[0].status == "pending"  # type: ignore[attr-defined]

    asyncio.run(run())
    assert [line.text for line in log_of(config)] == ["[warning] the lease of 'Setup' ran out: the task is put back"]


def test_a_lost_setup_file_puts_setup_back(config: SessionConfig) -> None:
    async def run() -> None:
        async with buses(config, "router", "setup") as (own, setup):
            async with running(config, own):
                await next_body(setup, TaskList)
                await setup.send("router", TaskUpdate(task="Setup", status="completed"))
                await until(lambda: subjects(config)["Setup"] == "completed")
            async with running(config, own):
                await next_body(setup, TaskList)

    asyncio.run(run())
    assert subjects(config)["Setup"] == "pending"


def test_a_change_of_anothers_task_is_a_visible_dead_letter(config: SessionConfig) -> None:
    async def run() -> None:
        async with buses(config, "router", "memory") as (own, memory), running(config, own):
            wrong = await memory.send("router", TaskUpdate(task="Setup", status="completed"))
            assert await memory.wait(wrong, timeout=10) == "dead"
            await until(lambda: bool(log_of(config)))

    asyncio.run(run())
    assert "dead letter from memory to router: The task 'Setup' belongs to setup" in log_of(config)[0].text


def test_a_signal_goes_to_the_domain_that_takes_part_and_waits_for_one_that_does_not(config: SessionConfig) -> None:
    wide = config.model_copy(update={"agents": {**AGENTS, "io": ""}})

    async def run() -> None:
        async with buses(wide, "router", "memory", "io") as (own, memory, io), running(wide, own):
            await memory.send("router", message(CrossDomain(domain="cpu", signal="quadratic parse")))
            signal = CrossDomain(domain="io", signal="reads twice")
            await memory.send("router", message(signal))
            got, envelope = await next_body(io, SendMessage)
            assert got.content == signal  # type: ignore[attr-defined]
            assert envelope.sender == "router"

    asyncio.run(run())
    assert subjects(wide)["Signal for cpu: quadratic parse"] == "blocked"


def test_a_created_task_is_created_once_and_published(config: SessionConfig) -> None:
    async def run() -> None:
        async with buses(config, "router", "memory", "terminal") as (own, memory, terminal):
            stream = terminal.subscribe("tasks")
            async with running(config, own):
                body = TaskCreate(subject="Look at imports", depends_on=["Setup"])
                await memory.send("router", body, id="same")
                await memory.send("router", body, id="same")
                async with asyncio.timeout(10):
                    async for envelope in stream:
                        assert isinstance(envelope.body, TaskList)
                        if "Look at imports" in [task.subject for task in envelope.body.tasks]:
                            break

    asyncio.run(run())
    assert list(subjects(config)).count("Look at imports") == 1


def test_complete_is_a_file_before_it_is_a_stream_and_the_first_one_counts(config: SessionConfig) -> None:
    done = Complete(outcome="plateau", experiments=3, keeps=1, before=9, after=5, summary="| the | table |")
    late = done.model_copy(update={"outcome": "failed"})

    async def run() -> None:
        async with buses(config, "router", "memory", "terminal") as (own, memory, terminal):
            stream = terminal.subscribe("session")
            async with running(config, own):
                await memory.send("router", message(done))
                async with asyncio.timeout(10):
                    envelope = await anext(stream)
                assert isinstance(envelope.body, SendMessage)
                assert envelope.body.content == done
                second = await memory.send("router", message(late))
                await memory.wait(second, timeout=10)

    asyncio.run(run())
    assert Complete.model_validate_json(config.outcome.read_bytes()) == done
    assert "table" not in log_of(config)[0].text, "the summary is shown once, at the end"


def test_an_end_that_was_said_before_this_start_does_not_end_it(config: SessionConfig) -> None:
    later = config.model_copy(update={"started": datetime.now(UTC) + timedelta(seconds=30)})
    done = Complete(outcome="stopped", experiments=0, keeps=0, before=0, after=0)

    async def run() -> None:
        async with buses(later, "router", "memory") as (own, memory), running(later, own):
            sent = await memory.send("router", message(done))
            assert await memory.wait(sent, timeout=10) == "processed"

    asyncio.run(run())
    assert not later.outcome.exists()


def test_stop_ends_the_session_at_once_when_no_experiment_is_under_way(config: SessionConfig) -> None:
    async def run() -> None:
        async with buses(config, "router", "terminal") as (own, terminal), running(config, own):
            await terminal.send("router", Control(action="stop", text="enough"))
            await until(config.outcome.exists)

    asyncio.run(run())
    outcome = Complete.model_validate_json(config.outcome.read_bytes())
    assert (outcome.outcome, outcome.exit_code, outcome.summary) == ("stopped", 130, "enough")


def test_an_agent_cannot_stop_the_team(config: SessionConfig) -> None:
    async def run() -> None:
        async with buses(config, "router", "researcher") as (own, researcher), running(config, own):
            sent = await researcher.send("router", Control(action="stop"))
            assert await researcher.wait(sent, timeout=10) == "dead"

    asyncio.run(run())
    assert not config.outcome.exists()


def test_log_lines_survive_a_router_killed_before_it_said_processed(config: SessionConfig) -> None:
    """The entry is in the file, the message still in the inbox: the next router writes nothing twice."""
    progress = Progress(experiments=3, keeps=1, discards=2, best="x", baseline=9, current=5, next="y")

    async def run() -> None:
        async with buses(config, "router", "memory") as (own, memory):
            await memory.send("router", message(FileModified(path="a.py")))
            sent = await memory.send("router", message(progress))
            before = LogFile(config.workspace.router_log, fresh=True)
            before.append("memory", "[progress] as it was written", sent)
            before.close()
            config.workspace.tasks.write_text('{"session": "s1"}')
            async with running(config, own):
                assert await memory.wait(sent, timeout=10) == "processed"

    asyncio.run(run())
    texts = [line.text for line in log_of(config)]
    assert texts == ["[progress] as it was written", "[modified a.py]"]
    assert [line.number for line in log_of(config)] == [1, 2]
