"""The mailbox: what is kept, counted, marked and recognised, also by the next process."""

import subprocess
import sys
from pathlib import Path

import pytest

from messaging.errors import MailboxError, MessagingError
from messaging.mailbox import Incoming, Mailbox, Mark, Outgoing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.mailbox"


def test_each_recipient_and_lane_counts_for_itself(path: Path) -> None:
    box = Mailbox(path)
    kept = box.put_out(
        [Outgoing(f"i{n}", peer, lane, b"x") for n, (peer, lane) in enumerate([("b", 0), ("b", 0), ("c", 0), ("b", 1)])]
    )
    box.close()

    assert [(m.peer, m.lane, m.seq) for m in kept] == [("b", 0, 1), ("b", 0, 2), ("c", 0, 1), ("b", 1, 1)]


def test_counting_goes_on_after_a_restart(path: Path) -> None:
    box = Mailbox(path)
    box.put_out([Outgoing("one", "b", 0, b"x")])
    box.mark_out([Mark("b", "one", "processed")])
    box.close()
    box = Mailbox(path)

    assert box.last_sent("b", 0) == 1
    assert [m.seq for m in box.put_out([Outgoing("two", "b", 0, b"x")])] == [2]
    box.close()


def test_the_same_id_is_one_message_even_when_it_is_processed_already(path: Path) -> None:
    box = Mailbox(path)
    assert len(box.put_out([Outgoing("one", "b", 0, b"x"), Outgoing("one", "b", 0, b"y")])) == 1
    box.mark_out([Mark("b", "one", "processed")])

    assert box.put_out([Outgoing("one", "b", 0, b"x")]) == []
    assert box.open_out() == []
    assert box.state_out("one") == "processed"
    box.close()


def test_a_state_never_goes_back_and_only_the_recipient_sets_it(path: Path) -> None:
    box = Mailbox(path)
    box.put_out([Outgoing("one", "b", 0, b"x")])

    assert box.mark_out([Mark("mallory", "one", "processed")]) == []
    assert [m.state for m in box.mark_out([Mark("b", "one", "processed"), Mark("b", "one", "received")])] == [
        "processed"
    ]
    assert box.mark_out([Mark("b", "one", "dead", "late")]) == []
    assert box.state_out("one") == "processed"
    box.close()


def test_a_received_message_has_left_the_outbox_but_is_remembered(path: Path) -> None:
    box = Mailbox(path)
    box.put_out([Outgoing("one", "b", 0, b"x")])
    assert box.payloads(["one"]) == {"one": b"x"}
    box.mark_out([Mark("b", "one", "received")])

    assert box.payloads(["one"]) == {}
    assert [m.state for m in box.open_out()] == ["received"]
    box.close()


def test_an_unknown_id_has_no_state(path: Path) -> None:
    box = Mailbox(path)
    with pytest.raises(MessagingError, match="no message 'nobody'"):
        box.state_out("nobody")
    box.close()


def test_what_came_is_found_again_in_order_and_what_waits_for_a_gap_comes_last(path: Path) -> None:
    box = Mailbox(path)
    box.put_in([Incoming("three", "b", 0, 3, b"3")], [], {("b", 0): 1})
    box.put_in(
        [Incoming("one", "b", 0, 1, b"1"), Incoming("two", "b", 0, 2, b"2"), Incoming("five", "b", 0, 5, b"5")],
        [("b", "one"), ("b", "two"), ("b", "three")],
        {("b", 0): 4},
    )
    box.close()
    box = Mailbox(path)

    assert [(m.id, m.held) for m in box.open_in()] == [("one", 0), ("two", 0), ("three", 0), ("five", 1)]
    assert box.awaited() == {("b", 0): 4}
    box.close()


def test_attempts_are_counted_before_the_handler_runs(path: Path) -> None:
    box = Mailbox(path)
    box.put_in([Incoming("one", "b", 0, 1, b"1")], [("b", "one")], {("b", 0): 2})
    box.hand_out("b", "one")
    box.close()
    box = Mailbox(path)

    assert [m.attempts for m in box.open_in()] == [1]
    box.take_back("b", "one", counted=False)
    assert [m.attempts for m in box.open_in()] == [0]
    box.close()


def test_a_finished_message_is_gone_but_its_copies_are_recognised(path: Path) -> None:
    box = Mailbox(path)
    box.put_in([Incoming("one", "b", 0, 1, b"1")], [("b", "one")], {("b", 0): 2})
    box.finish("b", "one", "processed")

    assert box.open_in() == []
    assert box.state_in("b", "one") == ("processed", "")
    assert box.state_in("c", "one") is None
    box.close()


def test_dead_letters_of_both_directions_keep_payload_and_reason(path: Path) -> None:
    box = Mailbox(path)
    box.put_out([Outgoing("out", "nobody", 0, b"o")])
    box.mark_out([Mark("nobody", "out", "dead", "unknown")])
    box.put_in([Incoming("in", "b", 0, 1, b"i")], [("b", "in")], {("b", 0): 2})
    box.finish("b", "in", "dead", "no handler")

    letters = [
        (letter.id, letter.direction, letter.peer, letter.reason, letter.payload) for letter in box.dead_letters()
    ]
    assert letters == [("out", "out", "nobody", "unknown", b"o"), ("in", "in", "b", "no handler", b"i")]
    box.close()


def test_a_second_process_of_the_same_agent_is_refused(path: Path) -> None:
    box = Mailbox(path)
    program = f"from pathlib import Path; from messaging.mailbox import Mailbox; Mailbox(Path({str(path)!r}))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    box.close()

    assert "MailboxError" in ran.stderr
    assert "in use: end the other process" in ran.stderr


def test_what_was_put_survives_a_kill(path: Path) -> None:
    program = (
        "import os, signal; from pathlib import Path; from messaging.mailbox import Mailbox, Outgoing\n"
        f"box = Mailbox(Path({str(path)!r}))\n"
        "box.put_out([Outgoing('one', 'b', 0, b'x')])\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=False)
    box = Mailbox(path)

    assert ran.returncode == -9
    assert [m.id for m in box.open_out()] == ["one"]
    box.close()


def test_a_folder_that_cannot_be_made_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MailboxError, match="cannot open the mailbox"):
        Mailbox(tmp_path / "file" / "a.mailbox")


def test_a_failed_commit_keeps_nothing_and_the_mailbox_goes_on(path: Path) -> None:
    box = Mailbox(path)
    box.put_in([Incoming("one", "b", 0, 1, b"1")], [("b", "one")], {("b", 0): 2})
    with pytest.raises(MailboxError, match="cannot write"):
        box.put_in([Incoming("two", "b", 0, 2, b"2"), Incoming("one", "b", 0, 1, b"1")], [], {("b", 0): 9})

    assert [m.id for m in box.open_in()] == ["one"]
    assert box.awaited() == {("b", 0): 2}
    box.close()


def test_the_file_is_one_that_only_its_owner_can_read(path: Path) -> None:
    Mailbox(path).close()

    assert path.stat().st_mode & 0o077 == 0
