"""The state is a fold that never raises, and says what the journal says."""

from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.experiment.events import Counted, ExperimentStarted, Learned, Reviewed, SessionEnded
from runtime.experiment.folding import apply, fold
from runtime.experiment.handoff import render_handoff, render_learnings
from runtime.experiment.ledger import render_results
from runtime.experiment.state import State
from runtime.experiment.summary import render_summary
from tests.journals import TARGET, at, baseline, experiment, figures, opening, reverted, started, story

EVENTS = [*story(), started("s2"), baseline(90), *experiment(6), reverted(3), started("s2"), *experiment(6)]


@given(st.lists(st.sampled_from(EVENTS), max_size=40))
def test_folding_any_events_in_any_order_never_raises_and_incremental_equals_whole(events):
    state = fold(events)
    assert reduce(apply, events, State()) == state
    for view in (render_results, render_handoff, render_learnings, render_summary):
        assert view(state) == view(fold(events))


@given(st.integers(0, len(EVENTS)))
def test_folding_any_prefix_equals_folding_it_in_two_parts(end):
    whole = fold(EVENTS)
    assert reduce(apply, EVENTS[end:], fold(EVENTS[:end])) == whole


def test_the_whole_story_is_told():
    state = fold(story())
    assert (state.session, state.unfinished, state.open) == ("s1", False, None)
    assert [one.number for one in state.keeps] == [1, 3]
    assert [one.number for one in state.discards] == [2, 4, 5]
    assert state.current == figures(13.6)
    assert state.baseline is not None
    assert state.baseline.figures.traced_peak == round(131.4 * 2**20)
    assert [one.saved for one in state.keeps] == [round(131.4 * 2**20) - 22 * 2**20, 22 * 2**20 - 14260634]
    assert state.keeps[0].commit == f"{1:040x}"
    assert state.keeps[0].elapsed_s == 4.0
    assert state.findings_used == ("m1",)
    assert state.next_number == 6
    assert state.problems == ()
    assert state.costs.traced_runs == 14


def test_a_session_without_an_end_is_unfinished_and_its_open_experiment_is_found():
    events = [*opening(), *experiment(1), *experiment(2)[:2]]
    state = fold(events)
    assert state.unfinished
    assert state.open is not None
    assert state.open.number == 2
    assert [one.number for one in state.ended_experiments] == [1]
    resumed = fold([*events, started(seconds=100), *experiment(2, "discard")])
    assert (resumed.resumptions, resumed.open) == (1, None)
    assert [one.ended.status for one in resumed.ended_experiments] == ["keep", "discard"]


def test_an_interrupted_experiment_that_was_left_behind_is_not_under_way():
    state = fold([*opening(), *experiment(1)[:2], *experiment(2)])
    assert state.open is None
    assert state.next_number == 3
    assert [one.number for one in state.ended_experiments] == [2]


def test_a_commit_before_its_verdict_belongs_to_the_open_experiment():
    events = experiment(1)
    assert fold([*opening(), *events[:-1]]).open.commit == f"{1:040x}"


def test_attempted_keys_are_those_with_a_verdict():
    state = fold(
        [*opening(), *experiment(1, key="k1"), *experiment(2, "discard", key="k2"), experiment(3, key="k3")[0]]
    )
    assert state.attempted == {"k1", "k2"}


@pytest.mark.parametrize(
    ("again", "remembered"),
    [
        (started("s2"), True),
        (started("s2", base="c" * 40), False),
        (started("s2", target=TARGET.model_copy(update={"text": "app.job:other"})), False),
    ],
)
def test_a_new_session_remembers_attempts_on_the_same_target_and_base_only(again, remembered):
    state = fold([*story(), again])
    assert (len(state.attempted) == 5) is remembered
    assert state.experiments == ()
    assert state.next_number == 6
    assert [one.session for one in state.sessions] == ["s1", "s2"]
    assert (state.current, state.final, state.plateaus, state.costs.traced_runs) == (None, None, (), 0)


def test_current_figures_follow_keeps_and_go_back_when_one_is_reverted():
    events = [*opening(), *experiment(1, after=90), *experiment(2, before=90, after=70)]
    assert fold(events).current == figures(70)
    assert fold([*events, *experiment(3, "discard", 70, 60)]).current == figures(70)
    taken_back = fold([*events, reverted(2)])
    assert taken_back.current == figures(90)
    assert [one.number for one in taken_back.keeps] == [1]
    assert taken_back.discards[0].reason == f"keep it; reverted by {'f' * 10}"
    assert fold([*events, reverted(2), reverted(1)]).current == taken_back.baseline.figures


def test_a_micro_only_keep_does_not_become_the_targets_figures():
    state = fold([*opening(), *experiment(1, before=30, after=3, micro=True)])
    assert len(state.keeps) == 1
    assert state.current == state.baseline.figures


def test_a_new_baseline_of_the_branch_gives_the_current_figures_and_one_of_the_base_does_not():
    events = [*opening(), *experiment(1, after=90)]
    assert fold([*events, baseline(80, tree="t1", reason="new interpreter")]).current == figures(80)
    assert fold([*events, baseline(80, tree="t0", reason="new interpreter")]).current == figures(90)


def test_a_baseline_measured_again_after_an_interruption_is_one_baseline():
    state = fold([*opening(), started(seconds=9), *opening()[3:]])
    assert len(state.baselines) == 1
    assert fold([*opening(), baseline(90, reason="new flags")]).baselines[0][1].reason == ""


def test_a_later_run_of_the_suite_does_not_become_the_baselines():
    late = opening()[4].model_copy(update={"passed": [], "passed_count": 0})
    state = fold([*opening(), *experiment(1), late])
    assert state.tests == opening()[4]
    assert state.problems
    assert fold([*opening(), *experiment(1), baseline(90, reason="new flags"), late]).tests == late


def test_a_check_that_was_made_again_counts_with_its_last_finding():
    failed = Reviewed(check="claims", passed=False, finding="line 3")
    state = fold([*opening(), failed, Reviewed(check="ownership", passed=True, finding=""), failed])
    assert [one.check for one in state.reviews] == ["ownership", "claims"]
    mended = Reviewed(check="claims", passed=True, finding="")
    assert all(one.passed for one in fold([*opening(), failed, mended]).reviews)


def test_costs_add_up_over_resumptions():
    life = Counted(wall_s=2.0, runner_s=1.5, traced_runs=3, findings_used=1)
    costs = fold([*opening(), life, started(seconds=60), life]).costs
    assert (costs.wall_s, costs.runner_s, costs.traced_runs, costs.findings_used) == (4.0, 3.0, 6, 2)


def test_a_resumed_session_is_unfinished_again():
    end = SessionEnded(session="s1", outcome="stopped", reason="by the user", exit_code=130)
    assert not fold([*opening(), end]).unfinished
    assert fold([*opening(), end, started(seconds=60)]).unfinished


def test_events_that_lost_their_start_are_stated_and_count_for_nothing():
    state = fold([*opening(), *experiment(1)[1:]])
    assert state.experiments == ()
    assert state.current == state.baseline.figures
    assert len(state.problems) == 4
    assert all("experiment 1" in problem for problem in state.problems)


def test_a_second_verdict_does_not_overturn_the_first():
    first = experiment(1)
    state = fold([*opening(), *first, experiment(1, "discard")[-1], first[0]])
    assert [one.number for one in state.keeps] == [1]
    assert [problem.split(" on ")[0].split(" of ")[0] for problem in state.problems] == [
        "a second verdict",
        "a second start",
    ]


def test_the_same_discovery_journalled_twice_counts_once():
    assert len(fold([Learned(text="same"), Learned(at=at(9), text="same")]).learned) == 1


def test_an_interrupted_experiment_starts_afresh_without_the_old_figures():
    again = experiment(1)[0]
    assert isinstance(again, ExperimentStarted)
    state = fold([*opening(), *experiment(1)[:2], again])
    assert state.open is not None
    assert state.open.measured is None
