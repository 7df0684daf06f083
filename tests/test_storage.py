"""A disk that is full or read-only: one clear sentence, exit code 2, nothing lost."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys

import pytest

from runtime.errors import StorageRefused
from runtime.experiment.folding import fold
from runtime.experiment.journal import read_journal
from runtime.storage import git_refusal, refusal, writing
from tests.checkout import fingerprint
from tests.small_target import FILES
from tests.team import repository

MIB = 2**20


def optimize(tmp_path, repo, *mounts):
    """`lowtide optimize` with some folders replaced by small or read-only ones; exit code and standard error."""
    bwrap = shutil.which("bwrap")
    assert bwrap, "bubblewrap is not installed: apt-get install bubblewrap"
    lowtide = [sys.executable, "-P", "-c", "from runtime.cli import main; main()"]
    program = [*lowtide, "optimize", str(repo), "--target", "app.job:main", "--python", sys.executable]
    done = subprocess.run(
        [bwrap, "--dev-bind", "/", "/", *map(str, mounts), *program],
        capture_output=True,
        text=True,
        env=os.environ | {"LOWTIDE_STATE": str(tmp_path / "state")},
        timeout=120,
    )
    return done.returncode, done.stderr


@pytest.fixture
def repo(tmp_path):
    made = repository(tmp_path / "repo", FILES)
    (made / ".codeflash").mkdir()
    (tmp_path / "state").mkdir()
    return made


def test_a_read_only_repository(tmp_path, repo):
    before = fingerprint(repo)
    code, said = optimize(tmp_path, repo, "--ro-bind", repo, repo)
    assert code == 2
    assert said.startswith(f"lowtide: {repo}/.git/info/exclude cannot be written, the file system is read-only")
    assert fingerprint(repo) == before


def test_no_room_for_the_worktree_and_the_journal(tmp_path, repo):
    before = fingerprint(repo)
    code, said = optimize(tmp_path, repo, "--size", 20480, "--tmpfs", repo / ".codeflash")
    assert code == 2, said
    assert "start again: nothing is lost" in said
    assert fingerprint(repo) == before


def test_no_room_for_an_export(tmp_path, repo):
    (repo / "data.bin").write_bytes(os.urandom(80 * MIB))
    subprocess.run(["git", "add", "data.bin"], cwd=repo, check=True)
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.invalid", "commit", "-qm", "data"],
        cwd=repo,
        check=True,
    )
    before = fingerprint(repo)
    code, said = optimize(tmp_path, repo, "--size", 70 * MIB, "--tmpfs", tmp_path / "state")
    assert code == 2, said
    assert "start again: nothing is lost" in said
    assert fingerprint(repo) == before
    events, problems = read_journal(repo / ".codeflash/journal.jsonl")
    assert not problems
    assert fold(events).keeps == ()


FILL = """
cp -a "$1/." "$2/"
(
  for wait in $(seq 10000); do grep -qs candidate_measured "$2/.codeflash/journal.jsonl" && break; sleep 0.02; done
  dd if=/dev/zero of="$2/.codeflash/fill" bs=4096 2>/dev/null
) &
shift; repo=$1; shift
"$@" >/dev/null; echo "first $?"
wait; rm "$repo/.codeflash/fill"
"$@" >/dev/null; echo "second $?"
git -C "$repo" fsck --no-dangling && git -C "$repo" log --format=%s main..codeflash/optimize
cp "$repo/.codeflash/journal.jsonl" "$STATE/journal.jsonl"
"""
"""Fills the disk of the repository in the middle of an experiment, frees it again, and starts again."""


def test_a_disk_that_fills_up_between_measurement_and_commit(tmp_path, repo):
    bwrap, small = shutil.which("bwrap"), tmp_path / "small"
    assert bwrap
    small.mkdir()
    lowtide = [sys.executable, "-P", "-c", "from runtime.cli import main; main()"]
    program = [*lowtide, "optimize", str(small), "--target", "app.job:main", "--python", sys.executable]
    small_disk = ["--dev-bind", "/", "/", "--size", str(4 * MIB), "--tmpfs", str(small)]
    done = subprocess.run(
        [bwrap, *small_disk, "sh", "-c", FILL, "sh", str(repo), str(small), *program],
        capture_output=True,
        text=True,
        env=os.environ | {"LOWTIDE_STATE": str(tmp_path / "state"), "STATE": str(tmp_path)},
        timeout=600,
    )
    said = done.stdout.splitlines()
    assert said[:2] == ["first 2", "second 0"], done.stdout + done.stderr
    assert "start again: nothing is lost" in done.stderr
    commits = said[2:]
    events, problems = read_journal(tmp_path / "journal.jsonl")
    assert not problems
    assert len(commits) == len(fold(events).keeps) >= 2
    assert len(set(commits)) == len(commits)


def test_hardly_any_room_for_the_state(tmp_path, repo):
    code, said = optimize(tmp_path, repo, "--size", MIB, "--tmpfs", tmp_path / "state")
    assert code == 2
    assert "Only 1 MiB are free for the state folder" in said


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (errno.ENOSPC, "the disk is full: free some space"),
        (errno.EROFS, "the file system is read-only: make it writable"),
        (errno.EACCES, "permission is denied"),
    ],
)
def test_an_error_of_the_file_system_names_the_file_and_what_to_do(tmp_path, code, why):
    path = tmp_path / "journal.jsonl"
    with pytest.raises(OSError) as raised, writing(path):
        raise OSError(code, os.strerror(code))
    refused = refusal(raised.value)
    assert isinstance(refused, StorageRefused)
    assert refused.exit_code == 2
    assert str(refused).startswith(f"{path} cannot be written, {why}")


def test_a_mailbox_on_a_full_disk():
    with sqlite3.connect(":memory:") as box:
        box.execute("PRAGMA page_size = 4096")
        box.execute("PRAGMA max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as raised:
            box.execute("CREATE TABLE t AS SELECT zeroblob(100000) AS x")
    box.close()
    assert "the disk is full" in str(refusal(raised.value))


def test_what_is_no_refusal_of_the_file_system_stays_what_it_is(tmp_path):
    assert refusal(ValueError("no")) is None
    assert refusal(ConnectionResetError(errno.ECONNRESET, "reset")) is None
    assert git_refusal(tmp_path, "fatal: bad revision") is None


@pytest.mark.parametrize("said", ["error: unable to write file app/job.py", "fatal: write: No space left on device"])
def test_what_git_says_of_a_full_disk(tmp_path, said):
    assert "free some space" in str(git_refusal(tmp_path, said))
