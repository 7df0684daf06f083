"""The typed events of the journal. The state of a session is a fold over them (design, I7).

Intent is written before an effect, its outcome after. Sizes are bytes, times are seconds, unless a name says
otherwise. Nothing here is ever typed by a proposer: figures come from measurements, verdicts from policy.
"""

from datetime import UTC, datetime
from statistics import median
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from messaging.contents import Allocation, Shown, StageRow
from runtime.experiment.survey import SurveyFile
from runtime.measure.children import GroupMeans
from runtime.measure.models import TargetSpec
from runtime.measure.reports import Leaks


class Event(BaseModel):
    """Base of all events."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class Figures(BaseModel):
    """What was measured of one tree. None: not measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    traced_peak: int
    traced_retained: int | None = None
    traced_import: int | None = None
    vm_hwm: int | None = None
    wall_s: float | None = None
    total_allocs: int | None = None
    children_rss: int = 0
    group_peaks: list[int] = []
    """Summed peaks of the target with its children, one a plain run, where they are the metric; else empty."""
    group_by: GroupMeans = "PSS"
    """How they were had."""
    written: int = 0
    digest: str | None = None


def judged_peaks(before: Figures, after: Figures) -> tuple[int, int]:
    """The peaks that two measurements are compared by, in bytes: the summed ones where both have them, else the traced
    ones.
    """
    if before.group_peaks and after.group_peaks:
        return int(median(before.group_peaks)), int(median(after.group_peaks))
    return before.traced_peak, after.traced_peak


class BreakdownRow(BaseModel):
    """One row of "Current tier breakdown": an allocation alive at the peak, and whether it can be reduced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int
    source: str
    category: str
    reducible: bool
    why: str
    apart: bool = False
    """Of the process, not of the peak that is lowered: no share of it."""


class SessionStarted(Event):
    """A session began, or began again: the same `session` is a resumption."""

    type: Literal["session_started"] = "session_started"
    session: str
    version: str
    target: TargetSpec
    base: str
    """Commit the branch starts from."""
    branch: str
    dirty: bool = False
    """The user's checkout had uncommitted changes: they are not part of what is measured."""
    options: dict[str, str] = {}


class SetupRead(Event):
    """What .codeflash/setup.md said at the start: the locked methodology (I14)."""

    type: Literal["setup_read"] = "setup_read"
    python: str
    python_version: str
    test_runner: str
    library: bool
    sandbox: str
    roots: list[str]
    tools: dict[str, str] = {}
    text: str = ""
    """The `[discovery]` line."""


class Carried(Event):
    """Untracked or ignored files of the checkout that the baseline needed, copied into every export. Path -> blob."""

    type: Literal["carried"] = "carried"
    files: dict[str, str]


class BaselineMeasured(Event):
    """The baseline. A second one records a change of methodology, and `reason` says which."""

    type: Literal["baseline_measured"] = "baseline_measured"
    tree: str
    figures: Figures
    digest_stable: bool
    digest_kind: str
    opaque: list[str] = []
    other_seed_digest: str | None = None
    """Digest under another hash seed."""
    input_size: int | None = None
    """Bytes of the data files below the export that the target opened; None: it opened none."""
    reason: str = ""


class Surveyed(Event):
    """Without a target: what was measured to choose one, the choice first."""

    type: Literal["surveyed"] = "surveyed"
    survey: SurveyFile


class GuardMeasured(Event):
    """Another target of the user's, on the branch as it was (`experiment` 0), or on the tree of a keep."""

    type: Literal["guard_measured"] = "guard_measured"
    experiment: int
    target: TargetSpec
    tree: str
    traced_peak: int | None = None
    """None: it could not be measured."""
    digest: str | None = None
    """Of its observable result, where that is the same from run to run and a traced run has it."""
    failure: str = ""


class LeaksMeasured(Event):
    """The leak check the user asked for, on the branch as the session found it."""

    type: Literal["leaks_measured"] = "leaks_measured"
    leaks: Leaks


class TestsMeasured(Event):
    """A test run: `experiment` 0 is the baseline."""

    type: Literal["tests_measured"] = "tests_measured"
    experiment: int
    passed: list[str] = []
    """Node ids; only kept for the baseline."""
    failed: list[str] = []
    passed_count: int
    failed_count: int
    broken: list[str] = []
    """Tests that passed at the baseline and do not now."""
    whole_suite: bool = True
    wall_s: float | None = None


class Profiled(Event):
    """A profile of the current tree: `experiment` is the keep it follows, 0 the baseline."""

    type: Literal["profiled"] = "profiled"
    experiment: int
    tree: str
    peak: int
    stages: list[StageRow]
    """Sizes in the metric's unit (MiB)."""
    targets: list[Allocation]
    """Ranked, sizes in the metric's unit."""
    breakdown: list[BreakdownRow]
    traced_runs: int


class ExperimentStarted(Event):
    """Intent: experiment `number` tries `key` on `target`."""

    type: Literal["experiment_started"] = "experiment_started"
    number: int
    id: str
    """Goes into the commit's trailer."""
    target: Allocation
    key: str
    rule: str
    title: str
    category: str
    strategy: str
    mechanism: str
    level: str
    checklist: dict[str, str]
    """The eight answers, by question."""
    shown: list[Shown] = []
    assumes: list[str] = []
    files: list[str]
    tree: str
    """The candidate's git tree."""
    finding: str = ""
    """Id of the researcher's message it was taken from; empty when the optimizer analysed for itself."""
    micro: bool = False


class CandidateMeasured(Event):
    """The candidate's figures. `before` is what it is compared with, measured by the same method."""

    type: Literal["candidate_measured"] = "candidate_measured"
    number: int
    before: Figures
    after: Figures
    digest_equal: bool | None
    """None: the digest does not count (unstable at the baseline)."""
    confirms: list[int] = []
    """Traced peaks of confirming runs."""


class ExperimentEnded(Event):
    """The verdict on experiment `number`."""

    type: Literal["experiment_ended"] = "experiment_ended"
    number: int
    status: Literal["keep", "discard", "crash"]
    reason: str
    tests_passed: int | None = None
    tests_failed: int | None = None


class Committed(Event):
    """A keep's commit on the branch, or of a reverting commit."""

    type: Literal["committed"] = "committed"
    number: int
    commit: str
    message: str
    files: list[str]
    tree: str
    reverts: bool = False


class Learned(Event):
    """A key discovery. `for_next` puts it into learnings.md too."""

    type: Literal["learned"] = "learned"
    text: str
    for_next: bool = False


class Blocked(Event):
    """An approach that will not work here, with the technical reason."""

    type: Literal["blocked"] = "blocked"
    approach: str
    reason: str


class Proposed(Event):
    """A level S proposal, for people to decide: goes into HANDOFF.md."""

    type: Literal["proposed"] = "proposed"
    title: str
    evidence: str
    expected: str


class Milestone(Event):
    """A tag after every few keeps, with the full suite run."""

    type: Literal["milestone"] = "milestone"
    tag: str
    commit: str


class PlateauReached(Event):
    """The tier's end."""

    type: Literal["plateau_reached"] = "plateau_reached"
    tier: str
    rule: Literal["irreducible", "diminishing", "exhausted", "stuck", "limit"]
    reason: str
    irreducible_percent: float


class Reviewed(Event):
    """One check of the pre-submit review."""

    type: Literal["reviewed"] = "reviewed"
    check: str
    passed: bool
    finding: str


class FinalMeasured(Event):
    """The branch against the base as a whole."""

    type: Literal["final_measured"] = "final_measured"
    base: Figures
    branch: Figures
    digest_equal: bool | None
    other_seed_equal: bool | None = None


class Counted(Event):
    """Costs so far of this process's life, written at its end: they add up over resumptions."""

    type: Literal["counted"] = "counted"
    wall_s: float
    runner_s: float
    """Seconds in the runner's children."""
    traced_runs: int
    findings_used: int


class SetAside(Event):
    """A corrupt journal line that was moved to journal.rejected, as found when the journal was opened."""

    type: Literal["set_aside"] = "set_aside"
    line: int
    why: str


class SessionEnded(Event):
    """The session's end. A session without one is unfinished and is resumed by the next start."""

    type: Literal["session_ended"] = "session_ended"
    session: str
    outcome: Literal["plateau", "stopped", "nothing", "failed"]
    reason: str
    exit_code: int


AnyEvent = Annotated[
    SessionStarted
    | SetupRead
    | Carried
    | BaselineMeasured
    | Surveyed
    | GuardMeasured
    | LeaksMeasured
    | TestsMeasured
    | Profiled
    | ExperimentStarted
    | CandidateMeasured
    | ExperimentEnded
    | Committed
    | Learned
    | Blocked
    | Proposed
    | Milestone
    | PlateauReached
    | Reviewed
    | FinalMeasured
    | Counted
    | SetAside
    | SessionEnded,
    Field(discriminator="type"),
]

EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)
"""Reads and writes any event."""
