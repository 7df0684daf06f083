"""`kill -9` of each worker in turn, and of the broker, in the middle of a run: nothing lost, nothing doubled."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runtime.experiment.folding import fold
from runtime.experiment.journal import read_journal
from tests.checkout import fingerprint
from tests.small_target import FILES
from tests.team import git, repository

LOWTIDE = [sys.executable, "-P", "-c", "from runtime.cli import main; main()"]
LIMIT_S = 300.0
VICTIMS = ["runner", "memory", "researcher", "router", "broker"]


def children(pid: int) -> dict[str, int]:
    """Name -> pid of the processes that `pid` has started: workers by their name, nats-server as `broker`."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            if "runtime.worker" in words:
                found[words[words.index("runtime.worker") + 1]] = int(child)
            elif "nats-server" in words[0]:
                found["broker"] = int(child)
    return found


def log_of(repo: Path) -> list[dict[str, object]]:
    path = repo / ".codeflash/router.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def wait_for_log(repo: Path, text: str, process: subprocess.Popen[str]) -> None:
    """Waits until the router's log holds `text`."""
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        if any(text in str(line["text"]) for line in log_of(repo)):
            return
        assert process.poll() is None, f"the session ended before {text!r}"
        time.sleep(0.02)
    raise AssertionError(f"{text!r} never came")


def start(repo: Path, state: Path) -> subprocess.Popen[str]:
    command = [*LOWTIDE, "optimize", str(repo), "--target", "app.job:main", "--python", sys.executable]
    environment = os.environ | {"LOWTIDE_STATE": str(state)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment)


def check_whole(repo: Path, said: str) -> None:
    """Nothing lost, no effect doubled."""
    events, problems = read_journal(repo / ".codeflash/journal.jsonl")
    state = fold(events)
    assert not problems
    assert not state.unfinished
    assert len(state.keeps) >= 2, said
    commits = git(repo, "log", "--format=%(trailers:key=Lowtide-Experiment,valueonly)", "main..codeflash/optimize")
    trailers = [line for line in commits.splitlines() if line]
    assert sorted(trailers) == sorted(keep.started.id for keep in state.keeps)
    numbers = [experiment.number for experiment in state.experiments]
    assert numbers == list(range(1, len(numbers) + 1))
    rows = (repo / ".codeflash/results.tsv").read_text().splitlines()
    assert len(rows) == 2 + len(numbers)
    log = log_of(repo)
    assert [line["number"] for line in log] == list(range(1, len(log) + 1))
    assert len({line["cause"] for line in log}) == len(log)
    verdicts = [line for line in log if str(line["text"]).endswith("KEEP")]
    assert len(verdicts) == len(state.keeps)


def test_every_worker_and_the_broker_are_killed_in_the_middle_of_a_run(tmp_path):
    repo = repository(tmp_path / "repo", FILES)
    before = fingerprint(repo)
    process = start(repo, tmp_path / "state")
    wait_for_log(repo, "[baseline]", process)
    for victim in VICTIMS:
        os.kill(children(process.pid)[victim], signal.SIGKILL)
        time.sleep(1.0)
    said, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, said
    check_whole(repo, said)
    assert fingerprint(repo) == before


@pytest.mark.parametrize("moment", ["tests: ", "[experiment 1] Implementing", "[re-profile]"])
def test_the_whole_session_is_killed_and_the_next_start_goes_on(tmp_path, moment):
    repo = repository(tmp_path / "repo", FILES)
    process = start(repo, tmp_path / "state")
    wait_for_log(repo, moment, process)
    process.kill()
    process.communicate()
    again = start(repo, tmp_path / "state")
    said, _ = again.communicate(timeout=LIMIT_S)
    assert again.returncode == 0, said
    check_whole(repo, said)


def test_ctrl_c_ends_with_130_and_the_next_start_goes_on(tmp_path):
    repo = repository(tmp_path / "repo", FILES)
    process = start(repo, tmp_path / "state")
    wait_for_log(repo, "[experiment 1]", process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert not (repo / ".codeflash/worktree").exists()
    again = start(repo, tmp_path / "state")
    said, _ = again.communicate(timeout=LIMIT_S)
    assert again.returncode == 0, said
    check_whole(repo, said)


def test_a_second_session_on_the_same_repository_is_refused(tmp_path):
    repo = repository(tmp_path / "repo", FILES)
    process = start(repo, tmp_path / "state")
    wait_for_log(repo, "[discovery]", process)
    second = start(repo, tmp_path / "state")
    said, _ = second.communicate(timeout=60)
    assert second.returncode == 2
    assert "already running" in said
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
