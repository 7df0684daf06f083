"""The state of a session: a fold over its journal (design, I7). Pure.

`fold(events)` equals `apply` over them one by one; neither ever raises, whatever part of a journal is given.
An event that does not fit what came before it (the journal lost a line) counts for nothing, and is stated in
`State.problems`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
    Figures,
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
from runtime.measure.models import Leaks

__all__ = ["Costs", "Experiment", "State", "apply", "fold"]

Item = TypeVar("Item")


@dataclass(frozen=True)
class Costs:
    """What all lives of the session took, in sum."""

    wall_s: float = 0.0
    runner_s: float = 0.0
    traced_runs: int = 0
    findings_used: int = 0


@dataclass(frozen=True)
class State:
    """One session: everything its journal says.

    Args:
        previous: earlier sessions of the same journal, oldest first; their own `previous` is empty.
        resumptions: how often it was taken up again.
        baselines: each baseline, with the number of experiments started before it.
        guards: the user's other targets, each time they were measured.
        survey: how the target was chosen, when the user named none.
        current: figures of the branch as it is now: the last keep's that stands, or the baseline's.
        keeps_at_milestone: standing keeps when the last milestone was set.
        reviews: each check once, its last finding.
        problems: events that fit nothing before them.
    """

    previous: tuple["State", ...] = ()
    started: SessionStarted | None = None
    resumptions: int = 0
    setup: SetupRead | None = None
    carried: tuple[tuple[str, str], ...] = ()
    baselines: tuple[tuple[int, BaselineMeasured], ...] = ()
    guards: tuple[GuardMeasured, ...] = ()
    leaks: Leaks | None = None
    """The leak check; None: not asked for, or not made yet."""
    survey: Surveyed | None = None
    tests: TestsMeasured | None = None
    current: Figures | None = None
    experiments: tuple[Experiment, ...] = ()
    profiles: tuple[Profiled, ...] = ()
    learned: tuple[Learned, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    proposed: tuple[Proposed, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    keeps_at_milestone: int = 0
    plateaus: tuple[PlateauReached, ...] = ()
    reviews: tuple[Reviewed, ...] = ()
    final: FinalMeasured | None = None
    costs: Costs = Costs()
    set_aside: tuple[SetAside, ...] = ()
    ended: SessionEnded | None = None
    problems: tuple[str, ...] = ()

    @property
    def sessions(self) -> tuple["State", ...]:
        """All sessions of the journal, oldest first, this one last."""
        return (*self.previous, self)

    @property
    def session(self) -> str:
        """The session's id, "" before the first event."""
        return self.started.session if self.started else ""

    @property
    def unfinished(self) -> bool:
        """The session began and did not end: the next start resumes it."""
        return self.started is not None and self.ended is None

    @property
    def baseline(self) -> BaselineMeasured | None:
        """The baseline that counts: the last one."""
        return self.baselines[-1][1] if self.baselines else None

    @property
    def plateau(self) -> PlateauReached | None:
        """The last plateau reached."""
        return self.plateaus[-1] if self.plateaus else None

    @property
    def open(self) -> Experiment | None:
        """The last experiment, when it has no verdict: it is under way, or a crash interrupted it."""
        last = self.experiments[-1] if self.experiments else None
        return last if last is not None and last.ended is None else None

    @property
    def ended_experiments(self) -> tuple[Experiment, ...]:
        """Those with a verdict, in order."""
        return tuple(one for one in self.experiments if one.ended)

    @property
    def keeps(self) -> tuple[Experiment, ...]:
        """Keeps that stand, in order."""
        return tuple(one for one in self.experiments if one.kept)

    @property
    def discards(self) -> tuple[Experiment, ...]:
        """Experiments that were not kept, crashes and reverted keeps included, in order."""
        return tuple(one for one in self.experiments if one.failed)

    @property
    def attempted(self) -> frozenset[str]:
        """Keys with a verdict, also from earlier sessions with the same target and base."""
        return frozenset(
            one.started.key
            for session in self.sessions
            if _same_work(session.started, self.started)
            for one in session.ended_experiments
        )

    @property
    def fruitless(self) -> frozenset[str]:
        """Keys of what was discarded for its figures alone: harmless, so that another fix may make it pay."""
        return frozenset(one.started.key for one in self.experiments if one.fruitless)

    @property
    def findings_used(self) -> tuple[str, ...]:
        """Ids of the researcher's messages that experiments were taken from."""
        return tuple(dict.fromkeys(one.started.finding for one in self.experiments if one.started.finding))

    @property
    def next_number(self) -> int:
        """The next experiment's number: one above all of the journal."""
        return 1 + max((one.number for state in self.sessions for one in state.experiments), default=0)


def _same_work(one: SessionStarted | None, other: SessionStarted | None) -> bool:
    return one is other or (
        one is not None and other is not None and (one.target, one.base) == (other.target, other.base)
    )


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
