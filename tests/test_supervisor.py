"""Processes: what is started, how, and what becomes of it when something dies. Real broker, real workers."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from messaging.bus import Bus
from messaging.messages import Presence
from runtime.config import SessionConfig
from runtime.supervisor import MOST_DEATHS, TERMINAL, Deaths, Supervisor, worker_command
from runtime.worker_process import worker_environment
from tests import team as teams

AGENTS = {"router": "tests.fake_agents:Idle", "memory": "tests.fake_agents:Idle"}


@pytest.fixture
def config(tmp_path: Path) -> SessionConfig:
    (tmp_path / "repo").mkdir()
    return teams.settings(tmp_path, tmp_path / "repo", AGENTS)


async def presence_of(bus: Bus, agent: str, state: str, not_pid: int = 0) -> Presence:
    async with asyncio.timeout(20):
        async for envelope in bus.subscribe("presence"):
            body = envelope.body
            if isinstance(body, Presence) and (envelope.sender, body.state) == (agent, state) and body.pid != not_pid:
                return body
    raise AssertionError


def test_a_killed_worker_and_a_killed_broker_come_back(config: SessionConfig) -> None:
    async def run() -> None:
        async with Supervisor(config, teams.worker_command) as team:
            address = team.address(TERMINAL)
            async with Bus(TERMINAL, config.session, address, config.mailboxes) as bus:
                team.start_workers()
                first = await presence_of(bus, "memory", "idle")
                assert first.pid == team.pids["memory"]

                os.kill(first.pid, signal.SIGKILL)
                second = await presence_of(bus, "memory", "idle", not_pid=first.pid)
                assert second.pid == team.pids["memory"] != first.pid

                broker = team.broker_pid
                assert broker is not None
                os.kill(broker, signal.SIGKILL)
                while team.broker_pid == broker or not bus.connected:  # noqa: ASYNC110 - no event for both
                    await asyncio.sleep(0.05)
                assert team.address(TERMINAL) == address
                assert team.pids["memory"] == second.pid, "workers outlive the broker"
            pids = [*team.pids.values(), team.broker_pid]
        assert not [pid for pid in pids if pid is None or alive(pid)]

    asyncio.run(asyncio.wait_for(run(), 60))


def test_workers_run_outside_the_target_with_an_account_of_their_own_and_no_keys(
    config: SessionConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret-secret")
    monkeypatch.setenv("PYTHONPATH", "/nowhere")

    async def run() -> None:
        async with Supervisor(config, teams.worker_command) as team:
            async with Bus(TERMINAL, config.session, team.address(TERMINAL), config.mailboxes) as bus:
                team.start_workers()
                await presence_of(bus, "memory", "idle")
                pid = team.pids["memory"]
                assert os.getsid(pid) != os.getsid(0), "Ctrl-C does not reach it"
                if os.geteuid() == 0:  # root alone may look into a process that is not dumpable
                    folder, inherited = surroundings(pid)
                    assert folder == config.state.resolve()
                    assert "ANTHROPIC" not in inherited
                    assert "PYTHONPATH" not in inherited
            file = config.folder / "settings" / "memory.json"
            assert file.stat().st_mode & 0o777 == 0o600
            own = SessionConfig.read(file)
            assert own.address == team.address("memory")
            assert (team.address("router").password or "") not in file.read_text()

    asyncio.run(asyncio.wait_for(run(), 60))


def test_workers_end_when_the_supervisor_is_killed(tmp_path: Path, config: SessionConfig) -> None:
    script = (
        "import asyncio, sys, json\n"
        f"sys.path.insert(0, {str(teams.ROOT)!r})\n"
        "from tests.team import worker_command\n"
        "from runtime.config import SessionConfig\n"
        "from runtime.supervisor import Supervisor\n"
        f"config = SessionConfig.model_validate_json({config.model_copy(update={'broker': ''}).model_dump_json()!r})\n"
        "async def run():\n"
        "    async with Supervisor(config, worker_command) as team:\n"
        "        team.start_workers()\n"
        "        while len(team.pids) < 2:\n"
        "            await asyncio.sleep(0.05)\n"
        "        await asyncio.sleep(2)\n"
        "        print(json.dumps([*team.pids.values(), team.broker_pid]), flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(run())\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        pids = [int(word) for word in process.stdout.readline().strip("[]\n").split(",")]
    finally:
        process.kill()
        process.communicate()
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)

    assert len(pids) == 3
    assert not [pid for pid in pids if alive(pid)]


def surroundings(pid: int) -> tuple[Path, str]:
    """A process's working directory and environment."""
    return Path(f"/proc/{pid}/cwd").resolve(), Path(f"/proc/{pid}/environ").read_text()


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits to be collected by init does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_worker_without_settings_says_what_is_missing(tmp_path: Path) -> None:
    environment = worker_environment(os.environ) | {"LOWTIDE_SESSION": str(tmp_path / "none.json")}
    ran = subprocess.run(worker_command("memory"), env=environment, cwd=tmp_path, capture_output=True, text=True)

    assert ran.returncode == 2
    assert "start workers by `lowtide optimize`" in ran.stderr


def test_five_deaths_within_a_minute_end_the_session_and_slower_ones_do_not() -> None:
    fast, slow = Deaths(), Deaths()

    delays = [fast.next_delay(float(second)) for second in range(MOST_DEATHS)]

    assert delays == [0.1, 0.2, 0.4, 0.8, None]
    assert None not in [slow.next_delay(16.0 * number) for number in range(20)]
