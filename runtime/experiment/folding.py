"""A session's state is a fold over its journal (design, I7). Pure.

`fold(events)` equals `apply` over them one by one; neither ever raises, whatever part of a journal is given.
An event that does not fit what came before it (the journal lost a line) counts for nothing, and is stated in
`State.problems`.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from runtime.experiment.events import (
    AnyEvent,
    BaselineMeasured,
    Blocked,
    CandidateMeasured,
    Carried,
    Committed,
    Counted,
    ExperimentEnded,
    ExperimentStarted,
    FinalMeasured,
    GuardMeasured,
    LeaksMeasured,
    Learned,
    Milestone,
    PlateauReached,
    Profiled,
    Proposed,
    Reviewed,
    SessionEnded,
    SessionStarted,
    SetAside,
    SetupRead,
    Surveyed,
    TestsMeasured,
)
from runtime.experiment.experiment import Experiment
from runtime.experiment.state import Costs, State

Item = TypeVar("Item")


def fold(events: Iterable[AnyEvent]) -> State:
    """The state after `events`."""
    state = State()
    for event in events:
        state = apply(state, event)
    return state


def apply(state: State, event: AnyEvent) -> State:
    """The state after one more event."""
    match event:
        case SessionStarted():
            return _begin(state, event)
        case BaselineMeasured():
            return _baseline(state, event)
        case SetupRead():
            return replace(state, setup=event)
        case Surveyed():
            return replace(state, survey=event)
        case GuardMeasured():
            return replace(state, guards=(*state.guards, event))
        case LeaksMeasured():
            return replace(state, leaks=event.leaks)
        case Carried():
            return replace(state, carried=tuple(sorted({**dict(state.carried), **event.files}.items())))
        case Profiled():
            return replace(state, profiles=(*state.profiles, event))
        case Learned():
            return replace(state, learned=_once(state.learned, event, lambda one: one.text))
        case Blocked():
            return replace(state, blocked=_once(state.blocked, event, lambda one: (one.approach, one.reason)))
        case Proposed():
            return replace(state, proposed=_once(state.proposed, event, lambda one: one.title))
        case Milestone():
            done = (*state.milestones, event)
            return replace(state, milestones=done, keeps_at_milestone=len(state.keeps))
        case PlateauReached():
            return replace(state, plateaus=(*state.plateaus, event))
        case Reviewed():
            others = tuple(one for one in state.reviews if one.check != event.check)
            return replace(state, reviews=(*others, event))
        case FinalMeasured():
            return replace(state, final=event)
        case Counted():
            return replace(state, costs=_sum(state.costs, event))
        case SetAside():
            return replace(state, set_aside=(*state.set_aside, event))
        case SessionEnded():
            return replace(state, ended=event)
        case _:
            return _experiment(state, event)


def _once(known: tuple[Item, ...], item: Item, key: Callable[[Item], object]) -> tuple[Item, ...]:
    """An effect that is journalled twice, since its handler ran twice, counts once."""
    return known if any(key(one) == key(item) for one in known) else (*known, item)


def _begin(state: State, event: SessionStarted) -> State:
    if state.started is None:
        return replace(state, started=event)
    if state.started.session == event.session:
        return replace(state, started=event, resumptions=state.resumptions + 1, ended=None)
    return State(previous=(*state.previous, replace(state, previous=())), started=event)


def _sum(costs: Costs, event: Counted) -> Costs:
    return Costs(
        wall_s=costs.wall_s + event.wall_s,
        runner_s=costs.runner_s + event.runner_s,
        traced_runs=costs.traced_runs + event.traced_runs,
        findings_used=costs.findings_used + event.findings_used,
    )


def _standing(state: State) -> Experiment | None:
    """The last keep that stands and whose figures are the target's own."""
    return next((one for one in reversed(state.keeps) if one.measured and not one.started.micro), None)


def _baseline(state: State, event: BaselineMeasured) -> State:
    """A later baseline gives the current figures too when it was taken of the branch as it is."""
    last, count = _standing(state), len(state.experiments)
    earlier = state.baselines
    if earlier and earlier[-1][0] == count and not event.reason:
        # The session was interrupted before its first experiment, and measured the same baseline again.
        earlier = earlier[:-1]
    state = replace(state, baselines=(*earlier, (count, event)))
    return replace(state, current=event.figures) if last is None or event.tree == last.started.tree else state


def _baseline_tests(state: State, event: TestsMeasured) -> State:
    """A baseline's tests come before the experiments that follow it; a later run is not the baseline's."""
    belongs = not state.experiments or (state.baselines and state.baselines[-1][0] == len(state.experiments))
    if belongs or state.tests is None:
        return replace(state, tests=event)
    return replace(state, problems=(*state.problems, "tests of the baseline, measured after it; the first count"))


def _recount(state: State) -> State:
    last = _standing(state)
    if last is not None:
        return replace(state, current=last.after)
    return replace(state, current=state.baseline.figures if state.baseline else None)


def _experiment(
    state: State,
    event: ExperimentStarted | CandidateMeasured | TestsMeasured | ExperimentEnded | Committed,
) -> State:
    if isinstance(event, TestsMeasured) and event.experiment == 0:
        return _baseline_tests(state, event)
    number = event.experiment if isinstance(event, TestsMeasured) else event.number
    place = next((at for at, one in enumerate(state.experiments) if one.number == number), None)
    if isinstance(event, ExperimentStarted):
        return _start(state, event, place)
    if place is None:
        what = f"{event.type} of experiment {number}, whose start is not in the journal"
        return replace(state, problems=(*state.problems, what))
    one = state.experiments[place]
    match event:
        case CandidateMeasured():
            one = replace(one, measured=event)
        case TestsMeasured():
            one = replace(one, tests=event)
        case ExperimentEnded() if one.ended is not None:
            what = f"a second verdict on experiment {number} ({event.status}: {event.reason}); the first counts"
            return replace(state, problems=(*state.problems, what))
        case ExperimentEnded():
            one = replace(one, ended=event)
        case Committed(reverts=True):
            one = replace(one, reverted=event)
        case Committed():
            one = replace(one, committed=event)
    experiments = (*state.experiments[:place], one, *state.experiments[place + 1 :])
    state = replace(state, experiments=experiments)
    return _recount(state) if isinstance(event, ExperimentEnded) or one.reverted is event else state


def _start(state: State, event: ExperimentStarted, place: int | None) -> State:
    if place is None:
        return replace(state, experiments=(*state.experiments, Experiment(event)))
    if state.experiments[place].ended is not None:
        what = f"a second start of experiment {event.number}, which has its verdict; the first counts"
        return replace(state, problems=(*state.problems, what))
    # A resumed session takes an interrupted experiment up from its start.
    experiments = (*state.experiments[:place], Experiment(event), *state.experiments[place + 1 :])
    return replace(state, experiments=experiments)
