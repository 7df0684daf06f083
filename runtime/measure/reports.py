"""What a run reports, and what the runner answers. All sizes are bytes unless a name says otherwise.

`ProbeReport` is the JSON that the probe (runtime/measure/probe) writes inside the target's process; the runner checks
it and puts it into the outcome. The models are strict on what matters and ignore nothing: a field the probe does not
know stays None ("a missing metric is unknown, never 0").
"""

from typing import Literal

from runtime.measure.holdings import ClassCensus, Holding
from runtime.measure.models import FunctionPlace, Record


class ImportedFile(Record):
    """A module of the target's process whose file lies in the export, in the checkout, or shadows the project."""

    module: str
    file: str
    """Absolute."""
    blob: str
    """git blob id (sha1 of b"blob <len>\\0" + content) of the file as it is when the run ends."""
    process: Literal["main", "child"] = "main"


class Stage(Record):
    """One statement of a probed function: what it left, what was alive after it, the highest point within it."""

    name: str
    """The project function it calls where it is one call, else its source text, cut at 60 characters."""
    line: int
    end_line: int
    hits: int
    delta: int
    cumulative: int
    """Traced bytes above the target's start, after the stage's last hit."""
    peak: int
    """Highest traced bytes above the target's start within the stage."""
    calls: list[str] = []
    """Names of the plain functions and methods the statement calls, outermost first."""
    depth: int = 0
    """Nesting inside the function: statements of with, try, if and loop bodies are stages one deeper."""
    parent: int | None = None
    """Index of the stage whose body this one is in."""
    loop: bool = False
    """The stage is a loop: its deltas add up over its passes."""


class StageTable(Record):
    """The stages of one function on the dominating chain, in source order."""

    place: FunctionPlace
    stages: list[Stage]
    approximate: bool = False
    """Threads, tasks or interleaved generators were running: peaks are the whole process's; or `unseen` is not 0."""
    unseen: int = 0
    """Calls of the function and passes of its loops that were not looked at, there being many: hits count the others,
    and deltas in a loop stand for all of its passes (a generator's: for those looked at)."""


class Site(Record):
    """Bytes alive near the peak by the line that allocated them (traced)."""

    file: str
    """Relative to the export for project code, absolute otherwise."""
    project: bool
    line: int
    size: int
    count: int


class TestOutcomes(Record):
    """Outcomes of a test run, by node id."""

    passed: list[str]
    failed: list[str]
    """Failures and errors."""
    skipped: int = 0
    output: str = ""
    """The end of what the run printed, 8,000 characters at most."""
    exit_code: int = 0


class SurveyedTest(Record):
    """One test of a survey, measured among the others."""

    node: str
    peak: int
    """Highest traced bytes above what was traced when it began."""
    wall_s: float


class SurveyRows(Record):
    """What a survey saw."""

    collected: int | None
    """None: it ended before all were found."""
    measured: int
    rows: list[SurveyedTest]
    """Those that passed, by peak, 50 at most."""


class Tools(Record):
    """What inspect finds in the target's interpreter."""

    version: str
    """`3.12.1`."""
    implementation: str
    """`cpython`."""
    prefix: str
    base_prefix: str
    packages: dict[str, str]
    """Installed versions of those of pytest, memray, numpy, pandas, pytest-memray that are there."""
    missing: list[str] = []
    """Those of the job's `modules` that cannot be found."""
    command: str = ""
    """Where the target's command leads in this environment (`module:function`); "" when it is not there."""


class Growth(Record):
    """What one line leaves behind at each repetition of the target."""

    file: str
    """Relative to the export for project code, absolute otherwise."""
    project: bool
    line: int
    size: int
    """Bytes a repetition."""
    count: int
    """Blocks a repetition."""


class Leaks(Record):
    """What repetitions of the target left behind, each after a collection."""

    warm: int
    """Repetitions that filled caches: growth counts from there on."""
    alive: list[int]
    """Traced bytes above the start after each repetition."""
    growth: list[Growth]
    """The fastest growing lines first."""


class NativeSite(Record):
    """C memory alive at memray's peak that tracemalloc was not told of, by the code that asked for it."""

    file: str
    """Of the innermost frame of the project, else of the innermost frame. Relative to the export for project code."""
    project: bool
    line: int
    leaf_file: str
    """Of the innermost Python frame: the library's, where the project called a library. Relative as `file`."""
    leaf_line: int
    function: str
    """The innermost C function, as its symbol says; "" or a guess where the library has no symbols."""
    size: int
    count: int


class Native(Record):
    """What memray saw between the target's start and its end: Python's requests, and C memory."""

    memray: str
    """Its version."""
    peak: int
    """Highest bytes alive, Python's and C's."""
    outside: int
    """Bytes at that peak that Python's allocators did not give, and numpy did not tell tracemalloc of."""
    total_allocs: int
    """Allocations in all."""
    sites: list[NativeSite]
    """Of `outside`, by size, 100 at most."""


class ChildPeak(Record):
    """Of the target's Python children the one with the highest traced peak."""

    peak: int
    """Traced bytes above what it began with: a program with nothing, a fork with what it took over."""
    chain: list[FunctionPlace]
    """The project's functions that were running then, outermost first; empty where it was in code without probes."""
    sites: list[Site]
    """What was alive near that peak, by size, 100 at most; empty where no snapshot was taken near it."""
    count: int
    """How many children left a traced peak."""


class ProbeReport(Record):
    """What one run of the probe says. None: not measured in this mode."""

    ok: bool
    failure: str = ""
    """The traceback or the end of the output, when the target failed."""
    python: str
    traced_peak: int | None = None
    """Highest traced bytes above the target's start."""
    traced_import: int | None = None
    """Traced bytes that importing the target left behind (function and test targets)."""
    traced_retained: int | None = None
    """Traced bytes above the target's start when it had ended and its result was still held."""
    vm_hwm: int | None = None
    """Peak resident set of the process, read before the digest is taken."""
    wall_s: float | None = None
    children: int = 0
    """Child processes started."""
    children_rss: int = 0
    """Largest resident set among the children that were waited for."""
    group_peak: int | None = None
    """plain: highest summed proportional set size (PSS) of the process and its descendants, sampled every 20 ms while
    there are any; None where there were none, or the system does not say."""
    cgroup_peak: int | None = None
    """plain: `memory.peak` of the control group the run had to itself, put in by the runner: all its processes, and
    the page cache of what they wrote. None where no group could be had."""
    threads: int = 0
    """Threads started by the target."""
    digest: str | None = None
    digest_kind: Literal["return", "output", "calls", ""] = ""
    opaque: list[str] = []
    """Types the digest could only name (iterators, sockets ...)."""
    stdout: str = ""
    """End of standard output, 4,000 characters at most."""
    modules: list[ImportedFile] = []
    opened: list[str] = []
    """Files below the export that were opened for reading, relative."""
    missing: list[str] = []
    """Paths below the export that were opened, listed or imported in vain, relative."""
    written: int = 0
    """Bytes in files below the export and the temporary folder that the run created or grew, still there at its end."""
    chain: list[FunctionPlace] = []
    """calls, and stages with `follow`: the project functions that were running at the traced peak, outermost (the
    entry) first."""
    child: ChildPeak | None = None
    """calls, and stages with `follow`: None where no Python child left a traced peak."""
    tables: list[StageTable] = []
    event: int | None = None
    """stages: the number of the probe event nearest to the peak, for the census."""
    event_before: bool = False
    """The peak came after that event, in the statement that starts there; else before it, in the one that ended."""
    event_traced: int | None = None
    """Traced bytes above the start at that event."""
    sites: list[Site] = []
    """By size, 200 at most."""
    holdings: list[Holding] = []
    """By size, 200 at most."""
    classes: list[ClassCensus] = []
    """By bytes, 50 at most."""
    census_line: FunctionPlace | None = None
    """The innermost project frame at the census, with the line it was at."""
    tests: TestOutcomes | None = None
    survey: SurveyRows | None = None
    leaks: Leaks | None = None
    """leaks: None also where the target failed on the way."""
    native: Native | None = None
    tools: Tools | None = None


class Outcome(Record):
    """The runner's answer to one job."""

    status: Literal["ok", "failed", "refused", "timeout", "crashed"]
    """ok: the report counts. failed: the target itself failed (`report.failure`). refused: the measurement does not
    count (`reason`). timeout, crashed: the process was ended, or ended by a signal."""
    reason: str = ""
    report: ProbeReport | None = None
    sandbox: Literal["isolated", "limited"] = "limited"
    output: str = ""
    """End of standard error, 8,000 characters at most."""
    wall_s: float = 0.0
    """Of the whole job, warm-up included: time spent in the runner's children."""
    traced_runs: int = 0
    """How many traced runs the job took."""
