"""The typed contents of a SendMessage: what it says, as data. `messaging.text` gives each its canonical line.

Sizes are in the unit the content names (MiB = 2**20 bytes for the memory domain). The forms are those of the
specification's "Progress Reporting", "Progress Updates" and "Research teammate integration".
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Part(BaseModel):
    """Base of all contents and of what they are made of: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class StageRow(Part):
    """One row of a per-stage table. `depth` 0 is the entry function, deeper rows are inside a dominating callee."""

    name: str
    delta: float
    cumulative: float
    peak: float = 0.0
    depth: int = 0
    approximate: bool = False


class Allocation(Part):
    """A ranked target: what holds or makes the bytes, where, how many."""

    name: str
    file: str = ""
    line: int = 0
    function: str = ""
    category: str = ""
    size: float


class Metric(Part):
    """Base of contents that carry measurements: the metric's name and its unit."""

    metric: str = "peak"
    unit: str = "MiB"


class Discovery(Part):
    """`[discovery] Python 3.12, memray available`: what the session found before it began."""

    type: Literal["discovery"] = "discovery"
    text: str


class Baseline(Metric):
    """`[baseline] ...`: the per-stage table before any change, and the top allocators (five at most)."""

    type: Literal["baseline"] = "baseline"
    stages: list[StageRow]
    peak: float
    top: list[Allocation] = []


class ExperimentTarget(Metric):
    """`[experiment N] Target: <description> (<category>, <size> MiB)`."""

    type: Literal["experiment_target"] = "experiment_target"
    number: int
    description: str
    category: str
    size: float


class Step(Part):
    """`[experiment N] <text>`: micro-benchmarking, implementing, testing, reworking."""

    type: Literal["step"] = "step"
    number: int
    text: str


class ExperimentResult(Metric):
    """`[experiment N] target: <name>, result: KEEP/DISCARD, delta: <X> MiB (<Y>%), mechanism: <what changed>`.

    `delta` is after - before: a saving is negative. `percent` is of `before`.
    """

    type: Literal["experiment_result"] = "experiment_result"
    number: int
    target: str
    result: Literal["KEEP", "DISCARD", "CRASH"]
    before: float
    after: float | None = None
    """None: the experiment has no measurement. A missing metric is unknown, never 0."""
    delta: float | None = None
    percent: float | None = None
    mechanism: str
    reason: str = ""
    """Why it was kept or discarded."""


class Reprofile(Metric):
    """`[re-profile] After fix:` and the per-stage table."""

    type: Literal["reprofile"] = "reprofile"
    number: int
    stages: list[StageRow]
    peak: float


class Progress(Metric):
    """`[progress] <N> experiments (<keeps> kept, <discards> discarded) | best: ... | peak: ... | next: ...`."""

    type: Literal["progress"] = "progress"
    experiments: int
    keeps: int
    discards: int
    best: str
    baseline: float
    current: float
    next: str


class TierEscalation(Part):
    """`[tier] Escalating from Tier <X> to Tier <Y>. Tier <X> plateau: <irreducible % and reason>`."""

    type: Literal["tier"] = "tier"
    from_tier: str
    to_tier: str
    plateau: str


class Plateau(Part):
    """`[plateau] <reason>`."""

    type: Literal["plateau"] = "plateau"
    reason: str


class Complete(Metric):
    """`[complete] ...`: the end of a session. `summary` is the spec's final summary, several lines of Markdown."""

    type: Literal["complete"] = "complete"
    outcome: Literal["plateau", "stopped", "nothing", "failed"]
    experiments: int
    keeps: int
    before: float
    after: float
    irreducible: str = ""
    exit_code: int = 0
    summary: str = ""


class Stuck(Part):
    """`[stuck] <what's been tried, what category, what's left to try>`."""

    type: Literal["stuck"] = "stuck"
    tried: str
    category: str
    left: str


class CrossDomain(Part):
    """`[cross-domain] domain: <target-domain> | signal: <what and where>`."""

    type: Literal["cross_domain"] = "cross_domain"
    domain: str
    signal: str


class FileModified(Part):
    """`[modified <file-path>]`: one message for each file a keep changed."""

    type: Literal["modified"] = "modified"
    path: str


class Targets(Metric):
    """`Investigate these memory targets in order:` and the ranked list, from number 2 on.

    `profile` is the file below the session's exchange folder that holds the whole profile the ranking came from;
    `ranking` grows with each new ranking, so that a new one replaces the old.
    """

    type: Literal["targets"] = "targets"
    ranking: int
    targets: list[Allocation]
    first: int = 2
    tree: str = ""
    """The git tree the ranking was made on."""
    profile: str = ""


class EditedFile(Part):
    """The whole new text of one file, and the git blob it replaces."""

    path: str
    blob: str
    text: str


Strategy = Literal["allocations", "format", "reordering", "quantization"]
"""What a rewrite does about the memory (spec, Strategy Rotation)."""
Level = Literal["A", "P", "S"]
"""How far a rewrite is proven: A by the source alone, P with what the profiled run showed and an assumption that is
stated, S not: it is for people."""


class Shown(Part):
    """One named precondition and what shows that it holds."""

    check: str
    evidence: str


class Candidate(Part):
    """A rule that fits a target: evidence for each precondition, who else uses the value, and the edit."""

    key: str
    """Names rule and place; the same attempt on the same code has the same key."""
    parts: list[str] = []
    """Keys of the candidates it combines; empty for a single rewrite. It is tried when one of them brought nothing."""
    rule: str
    title: str
    category: str
    strategy: Strategy
    mechanism: str
    level: Level
    file: str
    line: int
    function: str
    frees: int
    """Bytes alive at the peak that the rule expects to free: an order to try things in, never a result."""
    shown: list[Shown]
    users: list[str] = []
    assumes: list[str] = []
    edits: list[EditedFile]
    read: dict[str, str] = {}
    """Path -> git blob of every file the analysis rested on."""


class Finding(Part):
    """`[research <function_name>] ...`: what the researcher found for one target."""

    type: Literal["finding"] = "finding"
    ranking: int
    target: Allocation
    candidates: list[Candidate]
    note: str = ""


class Note(Part):
    """`[note] <text>`, `[warning] <text>` or `[error] <text>`: anything else worth a line in the log."""

    type: Literal["note"] = "note"
    level: Literal["note", "warning", "error"] = "note"
    text: str


Content = Annotated[
    Discovery
    | Baseline
    | ExperimentTarget
    | Step
    | ExperimentResult
    | Reprofile
    | Progress
    | TierEscalation
    | Plateau
    | Complete
    | Stuck
    | CrossDomain
    | FileModified
    | Targets
    | Finding
    | Note,
    Field(discriminator="type"),
]
