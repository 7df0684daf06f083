"""The command line: what is refused, with which sentence and exit code, before anything starts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.experiment.lock import acquire, release
from tests.team import git, repository

LOWTIDE = Path(sys.executable).with_name("lowtide")
HEAVY = ("git", "libcst", "pydantic_settings", "structlog", "aiomqtt", "messaging.bus", "runtime.config", "anthropic")
APP = {"app.py": "def main():\n    return 1\n"}


def lowtide(*words: str, state: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "LOWTIDE_STATE": str(state)}
    return subprocess.run([LOWTIDE, *words], env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", APP)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["optimize", "{tmp}/nothing", "--target", "app:main"], "nothing"),
        (["optimize", "{tmp}", "--target", "app:main"], "git"),
        (["optimize", "{repo}", "--target", "app.main"], "is not understood"),
        (["optimize", "{repo}", "--target", "tests/test_none.py::test_x"], "is no tracked file"),
        (["optimize", "{repo}", "--target", ""], "There is no target"),
        (["optimize", "{repo}", "--target", "app:main", "--python", "{tmp}/no/python"], "does not exist"),
        (["optimize", "{repo}", "--target", "app:main", "--python", "{repo}/app.py"], "cannot be executed"),
        (["optimize", "{repo}", "--target", "app:main", "--broker", "http://x"], "write mqtt://"),
        (["optimize", "{repo}", "--target", "app:main", "--broker", "mqtt://127.0.0.1:9"], "correct --broker"),
        (["optimize", "{repo}", "--target", "app:main", "--max-experiments", "0"], "max-experiments"),
        (["optimize", "{repo}", "--", "make", "all"], "make is no Python command"),
        (["optimize", "{repo}", "--", "python", "-c", "pass"], "put the code into a script"),
        (["optimize", "{repo}", "--target", "app:main", "--", "python", "app.py"], "not both"),
        (["optimise"], "optimise"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(words: list[str], sentence: str, repo: Path, tmp_path: Path) -> None:
    filled = [word.format(tmp=tmp_path, repo=repo) for word in words]

    ran = lowtide(*filled, state=tmp_path / "state")

    assert ran.returncode == 2
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr
    assert ran.stderr.startswith(("lowtide: ", "Usage: "))
    assert git(repo, "status", "--porcelain", "--ignored") == ""


def test_a_second_session_on_one_repository_is_refused(repo: Path, tmp_path: Path) -> None:
    (repo / ".codeflash").mkdir()
    lock = acquire(repo / ".codeflash" / "journal.lock")
    try:
        ran = lowtide("optimize", str(repo), "--target", "app:main", state=tmp_path / "state")
    finally:
        release(lock)

    assert ran.returncode == 2
    assert f"process {os.getpid()}" in ran.stderr


def test_a_state_folder_inside_the_repository_is_refused(repo: Path) -> None:
    ran = lowtide("optimize", str(repo), "--target", "app:main", state=repo / "state")

    assert ran.returncode == 2
    assert "set LOWTIDE_STATE" in ran.stderr
    assert not (repo / "state").exists()


@pytest.mark.parametrize("words", [[], ["--help"], ["optimize", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys, runtime.cli\n"
        f"sys.argv = ['lowtide', *{words!r}]\n"
        "try:\n    runtime.cli.main()\n"
        "except SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert ran.stderr.strip().splitlines()[-1] == "[]"
    assert "Usage" in ran.stdout + ran.stderr
