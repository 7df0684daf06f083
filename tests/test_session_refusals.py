"""Targets that cannot be optimized, and a journal that was damaged, as the user meets them: whole sessions."""

import os
import subprocess
import sys

import pytest

from runtime.experiment.folding import fold
from runtime.experiment.journal import read_journal
from tests.small_target import FILES
from tests.team import repository

LOWTIDE = [sys.executable, "-P", "-c", "from runtime.cli import main; main()"]


def optimize(repo, state, target):
    """Runs `lowtide optimize`; exit code, standard output, standard error."""
    command = [*LOWTIDE, "optimize", str(repo), "--target", target, "--python", sys.executable]
    environment = os.environ | {"LOWTIDE_STATE": str(state)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("def main():\n    print('half way')\n    raise ValueError('no such day')\n", "ValueError: no such day"),
        ("def main():\n    return 1\n", "under 5 MiB: nothing was tried; name a target that needs more memory"),
    ],
)
def test_a_target_that_cannot_be_optimized_is_said_with_exit_code_2(tmp_path, text, sentence):
    repo = repository(tmp_path / "repo", {"job.py": text})
    code, said, complaint = optimize(repo, tmp_path / "state", "job:main")
    assert code == 2, said
    assert sentence in complaint
    assert complaint.startswith("lowtide: ")
    assert ("half way" in complaint) == ("half way" in text)  # what a failing target printed is shown
    assert not (repo / ".codeflash/worktree").exists()


def test_a_corrupt_journal_line_is_set_aside_and_the_run_goes_on(tmp_path):
    repo = repository(tmp_path / "repo", FILES)
    journal = repo / ".codeflash/journal.jsonl"
    journal.parent.mkdir()
    journal.write_text('{"type": "learned", "text": "kept"}\nthis is no event\n')
    code, said, _ = optimize(repo, tmp_path / "state", "app.job:main")
    assert code == 0, said
    assert "set aside" in said
    events, problems = read_journal(journal)
    assert not problems
    assert len(fold(events).keeps) >= 2
    assert (repo / ".codeflash/journal.rejected").read_text().strip().endswith("this is no event")
