"""The shared task list, as a pure thing."""

import pytest

from agents.tasks import BoardFile, TaskBoard
from runtime.errors import BadInput


def board() -> TaskBoard:
    made = TaskBoard(BoardFile(session="s"))
    made.create("1", "Setup", owner="setup")
    made.create("2", "Baseline profiling", owner="memory", depends_on=["Setup"])
    made.create("3", "Anybody's")
    return made


def test_of_two_claims_one_wins_and_the_other_is_told_who_has_it() -> None:
    tasks = board()

    first, won = tasks.claim("3", "memory", now=0, lease_s=60)
    second, lost = tasks.claim("3", "researcher", now=1, lease_s=60)

    assert (won, lost) == (True, False)
    assert first.owner == second.owner == "memory"
    assert first.status == "in_progress"


def test_a_task_meant_for_one_agent_is_not_given_to_another() -> None:
    assert board().claim("Setup", "memory", now=0, lease_s=60)[1] is False


def test_a_task_is_ready_only_when_what_it_depends_on_is_completed() -> None:
    tasks = board()
    assert [task.subject for task in tasks.ready()] == ["Setup", "Anybody's"]
    assert tasks.claim("Baseline profiling", "memory", now=0, lease_s=60)[1] is False

    tasks.claim("Setup", "setup", now=0, lease_s=60)
    tasks.update("Setup", "setup", "completed", "done")

    assert tasks.claim("Baseline profiling", "memory", now=1, lease_s=60)[1] is True
    assert tasks.find("Setup").note == "done"
    assert tasks.find("Setup").lease_until is None


def test_a_lease_that_runs_out_puts_the_task_back_for_whom_it_was_meant() -> None:
    tasks = board()
    tasks.claim("Setup", "setup", now=0, lease_s=60)
    tasks.claim("3", "memory", now=0, lease_s=90)
    assert tasks.next_expiry() == 60

    assert tasks.expire(now=59.9) == []
    back = tasks.expire(now=60)

    assert [(task.subject, task.status, task.owner) for task in back] == [("Setup", "pending", "setup")]
    assert tasks.round_of(tasks.find("Setup")) == 1
    assert [task.owner for task in tasks.expire(now=90)] == [None]
    assert tasks.next_expiry() is None


def test_a_claim_by_the_holder_renews_its_lease_even_when_it_has_just_run_out() -> None:
    tasks = board()
    tasks.claim("Setup", "setup", now=0, lease_s=60)

    task, won = tasks.claim("Setup", "setup", now=61, lease_s=60)

    assert won
    assert task.lease_until == 121
    assert tasks.round_of(task) == 0


def test_another_agent_gets_an_open_task_once_its_lease_has_run_out() -> None:
    tasks = board()
    tasks.claim("3", "memory", now=0, lease_s=60)

    assert tasks.claim("3", "researcher", now=60, lease_s=60)[1] is True


def test_only_the_owner_may_change_a_task() -> None:
    with pytest.raises(BadInput, match="belongs to setup, not to memory"):
        board().update("Setup", "memory", "completed")


def test_a_task_is_created_once_for_one_id_and_never_on_an_unknown_one() -> None:
    tasks = board()
    tasks.create("1", "Setup again")

    assert [task.id for task in tasks.tasks] == ["1", "2", "3"]
    with pytest.raises(BadInput, match="no task 'nothing'"):
        tasks.create("9", "x", depends_on=["nothing"])


def test_the_board_reads_back_as_it_was_saved() -> None:
    tasks = board()
    tasks.claim("3", "memory", now=0, lease_s=60)
    again = TaskBoard(BoardFile.model_validate_json(tasks.file.model_dump_json()))

    assert again.tasks == tasks.tasks
    assert again.expire(now=60)[0].owner is None
