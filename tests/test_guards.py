"""Several targets: each session guards the others' peaks, and the rows of all targets are in the summary."""

from pathlib import Path

import pytest

from messaging.contents import Note
from runtime.experiment.events import GuardMeasured
from runtime.experiment.guards import changed
from runtime.experiment.summary import render_summary
from runtime.experiment.target_rows import peaks
from runtime.measure.models import MIB, TargetSpec
from tests.bench_world import World, program
from tests.test_loop import session

OTHER = TargetSpec(kind="function", text="program:other", module="program", function="other")
ABSENT = TargetSpec(kind="function", text="program:absent", module="program", function="absent")


def test_a_keep_that_raises_another_targets_peak_is_discarded(tmp_path: Path) -> None:
    world = World(tmp_path, edits=[program(60, other=120), program(50, other=90)], guarded=[OTHER]).make(100)

    state = session(world)

    assert [one.started.title for one in state.keeps] == ["lower work to PEAK = 50"]
    (discarded,) = state.discards
    assert discarded.ended is not None
    assert discarded.ended.reason == "it raises the peak of another target, program:other: 100.0 -> 120.0 MiB"
    assert [(one.experiment, one.traced_peak) for one in state.guards] == [(0, 100 * MIB), (2, 90 * MIB)]
    assert peaks(state) == {"program:main": (100 * MIB, 50 * MIB), "program:other": (100 * MIB, 90 * MIB)}
    summary = render_summary(state)
    assert "| `program:main` | 100.0 | 50.0 | -50.0 % |" in summary
    assert "| `program:other` | 100.0 | 90.0 | -10.0 % |" in summary


def test_a_guard_that_fails_at_the_baseline_guards_nothing_and_is_said(tmp_path: Path) -> None:
    world = World(tmp_path, edits=[program(60)]).make(100)
    world.guarded = [ABSENT]

    state = session(world)

    assert len(state.keeps) == 1
    assert [(one.traced_peak, bool(one.failure)) for one in state.guards] == [(None, True)]
    assert any("program:absent cannot be guarded" in note.text for note in world.texts(Note))


def test_a_resumed_session_takes_its_guards_from_the_journal(tmp_path: Path) -> None:
    world = World(tmp_path, edits=[program(60, other=95)], guarded=[OTHER]).make(100)
    session(world)
    before = len(world.jobs)

    state = session(world)

    assert not [job for job in world.jobs[before:] if job.target == OTHER]
    assert [one.experiment for one in state.guards] == [0, 1]


def test_rows_run_over_all_sessions_on_one_base(tmp_path: Path) -> None:
    world = World(tmp_path, edits=[program(60, other=90)], guarded=[OTHER]).make(100)
    session(world)
    world.edits = [program(40, other=80)]

    state = session(world, "s2")

    assert peaks(state) == {"program:main": (100 * MIB, 40 * MIB), "program:other": (100 * MIB, 80 * MIB)}


def test_a_keep_that_changes_another_targets_result_is_discarded(tmp_path: Path) -> None:
    other = program(60, other=100) + "OTHER_RESULT = 'x'\n"
    world = World(tmp_path, edits=[other], guarded=[OTHER]).make(100)

    state = session(world)

    (discarded,) = state.discards
    assert discarded.ended is not None
    assert discarded.ended.reason == "the observable result of another target, program:other, changed"


@pytest.mark.parametrize(
    ("before", "after", "refused"),
    [(100, 100, False), (100, 99, False), (100, 100.2, False), (100, 101.5, True), (2000, 2001.5, True)],
)
def test_growth_within_the_noise_of_traced_figures_is_none(before: float, after: float, refused: bool) -> None:
    def measured(peak: float) -> GuardMeasured:
        return GuardMeasured(experiment=0, target=OTHER, tree="t", traced_peak=int(peak * MIB))

    assert bool(changed(measured(before), measured(after))) == refused
