"""The journal survives kills and corruption, and has one writer."""

import errno
import fcntl
import json
import os
import subprocess
import sys

import pytest

from runtime.errors import LowtideError, SessionRunning
from runtime.experiment.events import Counted, Learned, SetAside
from runtime.experiment.journal import Journal, is_running, read_journal
from runtime.experiment.lock import Holder

WRITER = """
import sys
from pathlib import Path
from runtime.experiment.events import Learned
from runtime.experiment.journal import Journal

folder = Path(sys.argv[1])
with Journal.open(folder / "journal.jsonl", folder / "journal.lock") as journal:
    number = len(journal.events)
    while True:
        journal.append(Learned(text=f"{number} " + "x" * 5000))
        number += 1
        print(number, flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".codeflash" / "journal.jsonl"


def opened(path):
    return Journal.open(path, path.with_suffix(".lock"))


def texts(events):
    return [event.text for event in events if isinstance(event, Learned)]


def written(path, *names):
    with opened(path) as journal:
        for name in names:
            journal.append(Learned(text=name))


def test_events_come_back_equal_and_in_order(path):
    event = Learned(text="tab\tnewline\n line separator \u2028 and ünïcode", for_next=True)
    with opened(path) as journal:
        journal.append(event)
        journal.append(Counted(wall_s=0.1, runner_s=0.2, traced_runs=3, findings_used=0))
        assert journal.events[0] == event
    with opened(path) as journal:
        assert journal.events == tuple(read_journal(path)[0])
        assert journal.events[0] == event
    assert len(path.read_bytes().splitlines()) == 2


def test_a_journal_that_does_not_exist_reads_as_empty(path):
    assert read_journal(path) == ([], [])
    assert not path.parent.exists()


@pytest.mark.parametrize("round_number", range(3))
def test_kill_9_of_a_real_writer_loses_no_event_it_had_finished(tmp_path, round_number):
    finished = 0
    for _ in range(2):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            try:
                for _ in range(5 + 7 * round_number):
                    finished = int(writer.stdout.readline())
                assert is_running(tmp_path / "journal.lock") == writer.pid
            finally:
                writer.kill()
    assert is_running(tmp_path / "journal.lock") is None
    with opened(tmp_path / "journal.jsonl") as journal:
        numbers = [int(text.split()[0]) for text in texts(journal.events)]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) >= finished


@pytest.mark.parametrize("cut", [1, 20, 40])
def test_a_torn_last_line_is_set_aside_once_and_not_lost(path, cut):
    written(path, "one", "two")
    whole = path.read_bytes()
    first, second = whole.splitlines(keepends=True)
    path.write_bytes(first + second[:cut])
    events, problems = read_journal(path)
    assert texts(events) == ["one"]
    assert [problem.line for problem in problems] == [2]
    assert "torn" in problems[0].why
    with opened(path) as journal:
        assert texts(journal.events) == ["one"]
        assert [event.line for event in journal.events if isinstance(event, SetAside)] == [2]
        journal.append(Learned(text="three"))
    assert path.with_suffix(".rejected").read_bytes() == second[:cut] + b"\n"
    with opened(path) as journal:
        assert texts(journal.events) == ["one", "three"]
        assert sum(isinstance(event, SetAside) for event in journal.events) == 1
    assert path.read_bytes().startswith(first)


def test_a_last_event_that_only_lacks_its_line_end_is_kept(path):
    written(path, "one", "two")
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    with opened(path) as journal:
        journal.append(Learned(text="three"))
    events, problems = read_journal(path)
    assert (texts(events), problems) == (["one", "two", "three"], [])
    assert not path.with_suffix(".rejected").exists()


@pytest.mark.parametrize(
    "junk",
    [b"", b"\0\0\0\0", b"not json", b'{"type":"learned"}', b'{"type":"of a later version"}', b"\xff\xfe", b"[]"],
)
def test_a_corrupt_line_in_the_middle_is_set_aside_once(path, junk):
    written(path, "one", "two", "three")
    first, _, third = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + junk + b"\n" + third)
    with opened(path) as journal:
        assert texts(journal.events) == ["one", "three"]
        assert [event.line for event in journal.events if isinstance(event, SetAside)] == [2]
    assert path.with_suffix(".rejected").read_bytes() == junk + b"\n"
    after = path.read_bytes()
    assert after.startswith(first + third)
    with opened(path):
        pass
    assert path.read_bytes() == after
    assert path.with_suffix(".rejected").read_bytes() == junk + b"\n"


def test_a_crash_between_moving_a_line_and_mending_the_journal_does_not_double_it(path):
    written(path, "one")
    path.with_suffix(".rejected").write_bytes(b"older\njunk\n")
    path.write_bytes(path.read_bytes() + b"junk\n")
    with opened(path) as journal:
        assert sum(isinstance(event, SetAside) for event in journal.events) == 1
    assert path.with_suffix(".rejected").read_bytes() == b"older\njunk\n"


def test_a_second_session_is_refused_and_told_which_process_runs(path):
    with opened(path):
        with pytest.raises(SessionRunning, match=rf"process {os.getpid()} on .*wait until it ends"):
            opened(path)
        assert is_running(path.with_suffix(".lock")) == os.getpid()
    assert is_running(path.with_suffix(".lock")) is None
    with opened(path):
        pass


def test_asking_whether_a_session_runs_makes_no_file(path):
    assert is_running(path.with_suffix(".lock")) is None
    assert not path.parent.exists()


def test_a_started_program_does_not_inherit_the_lock(path):
    journal = opened(path)
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
    try:
        journal.close()
        with opened(path):
            pass
    finally:
        child.communicate(b"\n")


@pytest.mark.parametrize(
    ("host", "boot", "refused"),
    [
        ("elsewhere", "another-kernel", True),
        ("elsewhere", None, False),  # another container on this machine: the flock is the truth
        (None, "another-kernel", False),  # this machine, before it was restarted
    ],
)
def test_what_a_killed_session_left_counts_only_when_it_was_another_hosts(path, host, boot, refused):
    with opened(path):
        here = Holder.model_validate(json.loads(path.with_suffix(".lock").read_bytes()))
    left = Holder(host=host or here.host, pid=4711, boot=boot or here.boot)
    path.with_suffix(".lock").write_text(left.model_dump_json())
    if refused:
        with pytest.raises(SessionRunning, match=r"elsewhere, process 4711.*remove .*journal\.lock"):
            opened(path)
        path.with_suffix(".lock").unlink()
    with opened(path):
        pass


def test_a_session_that_ended_leaves_the_repository_to_any_host(path):
    written(path, "one")
    assert path.with_suffix(".lock").read_bytes() == b""


def test_a_glance_at_the_lock_does_not_turn_a_starting_session_away(path):
    path.parent.mkdir()
    glance = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT)
    fcntl.flock(glance, fcntl.LOCK_SH)
    holder = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(0.1)"], pass_fds=[glance], close_fds=True)
    os.close(glance)
    with opened(path):
        pass
    holder.wait()


def test_an_event_that_would_not_read_back_is_refused(path):
    with opened(path) as journal:
        with pytest.raises(LowtideError, match="would not read back"):
            journal.append(Counted(wall_s=float("nan"), runner_s=0, traced_runs=0, findings_used=0))
        journal.append(Learned(text="fine"))
    assert texts(read_journal(path)[0]) == ["fine"]


FULL = """
import resource, signal, sys
from pathlib import Path
from runtime.experiment.events import Learned
from runtime.experiment.journal import Journal

folder = Path(sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Journal.open(folder / "journal.jsonl", folder / "journal.lock") as journal:
    journal.append(Learned(text="one"))
    size = (folder / "journal.jsonl").stat().st_size
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20, resource.RLIM_INFINITY))
    try:
        journal.append(Learned(text="does not fit"))
    except OSError as error:
        print(error.errno)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    journal.append(Learned(text="two"))
"""


def test_a_write_that_ends_half_way_leaves_nothing_of_itself(tmp_path):
    run = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True, check=True)
    assert int(run.stdout) == errno.EFBIG
    events, problems = read_journal(tmp_path / "journal.jsonl")
    assert (texts(events), problems) == (["one", "two"], [])
