"""The state of a session, as its journal says it (see folding)."""

from dataclasses import dataclass

from runtime.experiment.events import (
    BaselineMeasured,
    Blocked,
    Figures,
    FinalMeasured,
    GuardMeasured,
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
from runtime.measure.reports import Leaks


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
