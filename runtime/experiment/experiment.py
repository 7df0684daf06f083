"""One experiment as its events tell it. Pure data."""

from dataclasses import dataclass

from messaging.contents import Allocation
from runtime.experiment.events import (
    CandidateMeasured,
    Committed,
    ExperimentEnded,
    ExperimentStarted,
    Figures,
    TestsMeasured,
    judged_peaks,
)
from runtime.experiment.verdict import confirm_floor


@dataclass(frozen=True)
class Experiment:
    """One experiment: its events, and what follows from them. All but `started` come later, or never."""

    started: ExperimentStarted
    measured: CandidateMeasured | None = None
    tests: TestsMeasured | None = None
    ended: ExperimentEnded | None = None
    committed: Committed | None = None
    reverted: Committed | None = None

    @property
    def number(self) -> int:
        """Counts from 1 over the whole journal."""
        return self.started.number

    @property
    def target(self) -> Allocation:
        """What it was to reduce."""
        return self.started.target

    @property
    def before(self) -> Figures | None:
        """What it was compared with."""
        return self.measured.before if self.measured else None

    @property
    def after(self) -> Figures | None:
        """The candidate's figures; None: never measured."""
        return self.measured.after if self.measured else None

    @property
    def saved(self) -> int | None:
        """The peak that is judged before - after, in bytes."""
        if self.measured is None:
            return None
        was, now = judged_peaks(self.measured.before, self.measured.after)
        return was - now

    @property
    def kept(self) -> bool:
        """Ended as a keep, and no commit took it back."""
        return self.ended is not None and self.ended.status == "keep" and self.reverted is None

    @property
    def failed(self) -> bool:
        """Ended, and is no keep: discarded, crashed or taken back."""
        return self.ended is not None and not self.kept

    @property
    def fruitless(self) -> bool:
        """Discarded for its figures alone: same result, no test broken, and less saved than counts."""
        measured = self.measured
        if not self.failed or measured is None or measured.digest_equal is False or (self.tests and self.tests.broken):
            return False
        was, now = judged_peaks(measured.before, measured.after)
        return self.reverted is None and was - now < confirm_floor(was)

    @property
    def commit(self) -> str:
        """The keep's commit, "" when there is none."""
        return self.committed.commit if self.committed else ""

    @property
    def reason(self) -> str:
        """Why it was kept or not; says so when a keep was taken back."""
        reason = self.ended.reason if self.ended else ""
        return f"{reason}; reverted by {self.reverted.commit[:10]}" if self.reverted else reason

    @property
    def elapsed_s(self) -> float | None:
        """Wall seconds from its start to its verdict."""
        return (self.ended.at - self.started.at).total_seconds() if self.ended else None
