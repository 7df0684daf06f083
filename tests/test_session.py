"""A whole team of real processes over a real broker: router and setup are ours, the others are small stand-ins."""

import asyncio
import io
import json
import os
import signal
from pathlib import Path

import pytest
from rich.console import Console

from messaging.contents import Complete
from messaging.messages import LogLine
from runtime.config import SessionConfig
from runtime.errors import BadInput, LowtideError, Stopped
from runtime.session import Session
from runtime.setup_facts import parse_setup
from runtime.terminal import LogTail, Terminal
from tests.team import repository, settings, worker_command

APP = {"app.py": "def main():\n    return 1\n", "test_app.py": "def test_it():\n    assert True\n"}


def team(tmp_path: Path, optimizer: str) -> SessionConfig:
    agents = {
        "router": "agents.router:Router",
        "setup": "agents.setup:Setup",
        "memory": f"tests.fake_agents:{optimizer}",
        "researcher": "tests.fake_agents:Idle",
        "runner": "tests.fake_agents:Inspector",
    }
    return settings(tmp_path, repository(tmp_path / "repo", APP), agents)


def run(config: SessionConfig, *, interrupt_at: str = "", times: int = 1) -> tuple[Complete, str]:
    """Runs a session; sends ourselves SIGINT when a text shows up on the terminal."""
    shown = io.StringIO()
    console = Console(file=shown, width=40)
    terminal = Terminal(console, LogTail.at_end(config.workspace.router_log))
    real = terminal.show
    left = [times]

    def show(text: str, style: str = "") -> None:
        real(text, style)
        seen = (interrupt_at and interrupt_at in text) or (left[0] < times and "stopping" in text)
        if seen and left[0]:
            left[0] -= 1
            os.kill(os.getpid(), signal.SIGINT)

    terminal.show = show  # type: ignore[method-assign]
    outcome = asyncio.run(Session(config, terminal, worker_command).run())
    return outcome, shown.getvalue()


def test_a_session_runs_from_setup_to_its_outcome_and_the_terminal_shows_every_line_once(tmp_path: Path) -> None:
    config = team(tmp_path, "Optimizer")

    outcome, shown = run(config)

    assert (outcome.outcome, outcome.exit_code) == ("plateau", 0)
    assert shown.count("[experiment 1] 131.4 MiB -> 22.0 MiB (-109.4 MiB). KEEP") == 1
    assert shown.count("parse_readings") == 1
    log = [LogLine.model_validate_json(x) for x in config.workspace.router_log.read_text().splitlines()]
    assert [line.number for line in log] == list(range(1, len(log) + 1))
    assert [line.agent for line in log] == ["setup", *["memory"] * 4]
    board = json.loads(config.workspace.tasks.read_text())
    states = {task["subject"]: (task["status"], task["owner"]) for task in board["tasks"]}
    assert states["Setup"] == ("completed", "setup")
    assert states["Baseline profiling"] == ("completed", "memory")
    assert states["Experiment loop"] == ("completed", "memory")
    assert states["Signal for cpu: parse is quadratic"] == ("blocked", "cpu")
    assert parse_setup(config.workspace.setup.read_text()).test_runner == "pytest"
    assert not config.folder.exists(), "transport is no session state"


def test_a_worker_killed_in_its_work_is_restarted_and_the_session_completes(tmp_path: Path) -> None:
    outcome, shown = run(team(tmp_path, "Crashing"))

    assert outcome.outcome == "plateau"
    assert shown.count("KEEP") == 1
    assert shown.count("memory has died") == 1


def test_a_target_that_fails_ends_the_session_with_exit_code_2_and_its_output(tmp_path: Path) -> None:
    outcome, _ = run(team(tmp_path, "Failing"))

    assert (outcome.outcome, outcome.exit_code) == ("failed", 2)
    assert outcome.summary.startswith("The target app:main fails.")
    assert "ZeroDivisionError" in outcome.summary


def test_ctrl_c_lets_the_optimizer_come_to_a_clean_end(tmp_path: Path) -> None:
    outcome, shown = run(team(tmp_path, "Waiting"), interrupt_at="KEEP")

    assert (outcome.outcome, outcome.exit_code) == ("stopped", 130)
    assert outcome.summary == "clean end"
    assert "stopping at the next safe point" in shown


def test_a_second_ctrl_c_kills_a_team_that_hangs_at_once(tmp_path: Path) -> None:
    with pytest.raises(Stopped) as stopped:
        run(team(tmp_path, "Deaf"), interrupt_at="KEEP", times=2)

    assert stopped.value.exit_code == 130


def test_a_worker_that_dies_again_and_again_ends_the_session_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(LowtideError, match="The worker memory died 5 times within 60 s") as error:
        run(team(tmp_path, "Dying"))

    assert "RuntimeError: no luck" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_worker_that_cannot_use_its_settings_is_not_restarted(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="The domain lacks its playbook"):
        run(team(tmp_path, "Unusable"))


def test_a_named_broker_that_does_not_answer_is_bad_input(tmp_path: Path) -> None:
    config = team(tmp_path, "Optimizer").model_copy(update={"broker": "mqtt://127.0.0.1:9"})

    with pytest.raises(BadInput, match="correct --broker"):
        run(config)
