"""What is asked of the runner, and what a measurement is. All sizes are bytes unless a name says otherwise.

`Job` goes from the optimizer to the runner in a Measure message, `Outcome` comes back in a Measured message.
`ProbeReport` is the JSON that the probe (runtime/measure/probe) writes inside the target's process; the runner
checks it and puts it into the outcome. The models are strict on what matters and ignore nothing: a field the
probe does not know stays None ("a missing metric is unknown, never 0").
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict

MIB = 2**20


class Record(BaseModel):
    """Base: immutable, no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TargetSpec(Record):
    """What is measured: `tests/test_x.py::test_y`, `script.py arg ...`, `package.module:function`, or a command:
    `python -m package arg ...`, a command of an entry point, `pytest arg ...`.
    """

    kind: Literal["test", "script", "function", "module", "command"]
    text: str
    """As the user wrote it."""
    path: str = ""
    """test, script: the file, relative to the repository's root; empty for a test target given by arguments."""
    node: str = ""
    """test: what follows the path, with its leading `::`."""
    arguments: list[str] = []
    """script, module, command: its arguments. test without a path: the arguments of pytest."""
    module: str = ""
    """function, module: what is imported, or run by `python -m`. command: the entry point's module, "" where only the
    interpreter's environment knows it."""
    function: str = ""
    """function, command: what of the module is called."""
    command: str = ""
    """command: its name."""


class FunctionPlace(Record):
    """A function of the target's own code. `<module>` is a file's top level."""

    file: str
    """Relative to the export's root."""
    function: str
    """Qualified name without `<locals>`: `Table.__init__`, `parse`, `outer.inner`, `<module>`."""
    line: int
    """First line of the def (of a decorator, if any: co_firstlineno)."""


class Job(Record):
    """One run of target code on one export."""

    purpose: Literal[
        "inspect", "plain", "traced", "calls", "stages", "census", "digest", "tests", "survey", "leaks", "native"
    ]
    """inspect: interpreter and installed tools only. plain: untraced; VmHWM, wall time, digest where it can be had
    without changing the run. traced: tracemalloc(1); the verdict. calls: traced, `chain` wanted.
    stages: traced with probes along `chain`. census: untraced with probes along `chain`, the census at `event`.
    digest: untraced, canonical digest of the observable result. tests: the test command. survey: all tests, with the
    traced peak of each. leaks: the target `repeats` times in one process, traced. native: under memray, which the
    target's interpreter has to have; it may be ended by a signal where the target itself is not."""
    python: str
    """The interpreter, absolute. Never resolved: a venv's python is a link."""
    export: str
    """Absolute path of the export; empty for inspect."""
    checkout: str
    """Absolute path of the user's checkout: nothing may be imported from it (its .venv apart)."""
    target: TargetSpec | None = None
    roots: list[str] = [""]
    """Import roots relative to the export's root, in order: "", "src"."""
    blobs: dict[str, str] = {}
    """Path -> git blob id of every tracked file of the tree under test, and of carried files: provenance."""
    hash_seed: int = 0
    chain: list[FunctionPlace] = []
    """stages, census: the functions that get probes, entry function first."""
    peak_hint: int | None = None
    """stages: the traced peak seen by an earlier run, to time the snapshot by."""
    follow: bool = False
    """stages: `chain` is that of an earlier tree: say which functions were running at the peak, too."""
    event: int | None = None
    """census: the number of the probe event to take the census at."""
    event_before: bool = False
    """census: the statement that starts at the event is the one at the peak, not the one that has just ended."""
    tests: list[str] = []
    """tests: node ids or files; empty runs the whole suite."""
    test_runner: Literal["pytest", "unittest", "command", ""] = ""
    test_command: list[str] = []
    """tests with runner `command`: judged by exit code alone."""
    test_options: list[str] = []
    """The project's own options of pytest, without those that would change what is measured."""
    warm: bool = True
    """False: this export's bytecode cache is known to be filled by an earlier job on the same export."""
    timeout_s: float = 600.0
    require_isolated: bool = False
    modules: list[str] = []
    """inspect: top-level modules to look for, without importing them."""
    survey_s: float = 0.0
    """survey: no test is begun after so many seconds."""
    repeats: int = 0
    """leaks: how often the target runs, three times at least."""


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


class Cache(Record):
    """A `functools.lru_cache` at the census."""

    hits: int
    misses: int
    maxsize: int | None
    """None: it has no bound."""
    entries: int
    arguments: list[str]
    """Types of the arguments kept, those inside tuples among them."""
    results: list[str]
    """Types of the results kept, those inside tuples among them; empty where the cache has a bound."""


class ArrayFacts(Record):
    """What a numpy array was like at the census. Its dtype is the holding's `element`."""

    shape: list[int]
    contiguous: bool
    """In C order without gaps."""
    owner: bool
    """It is no view: no base, and its data is its own."""


class Repeats(Record):
    """Equal values that are objects of their own, in a container; from a sample of its elements."""

    at: str
    """"": the elements, of a dict its values; `[1]`, `['city']`: that part of each element; `keys`: their keys."""
    type: Literal["str", "tuple"]
    """Of all of them, None aside. Tuples hold immutable values only."""
    distinct: float
    """Distinct values / values."""
    repeated: int
    """Bytes of the objects that equal another one: what sharing equal ones would free."""


class Holding(Record):
    """What held bytes at the census, a name or another holder: what to free, or to make smaller."""

    kind: Literal[
        "local",
        "argument",
        "global",
        "class_attribute",
        "closure",
        "cache",
        "traceback",
        "cycle",
        "captured",
        "suspended",
        "pin",
    ]
    """cache: of a function. captured: a name in the cells or defaults of functions that are kept. traceback: frames
    that have ended, held by stored exceptions. cycle: what only a collection frees. suspended: a name of the frames of
    generators and coroutines that wait at one line. pin: a name that leads to memoryviews of a small part of buffers
    that nothing else keeps alive; its sizes are of the rest of them, its length counts the views, and its contents are
    the buffers' types."""
    name: str
    place: FunctionPlace | None = None
    """The frame's function for local, argument, closure and suspended; `<module>` of the file for a global; the cached
    function; the function that caught the exceptions; the class that is in the cycles most; the functions that are
    kept."""
    line: int = 0
    """The line the frame was at; of tracebacks the line that raised, in the function that caught; of functions that
    are kept their first line."""
    type: str
    """Qualified type name: `list`, `readings.model.Reading`."""
    size: int
    """Bytes reachable from it that no holding listed before it already counted."""
    own: int = 0
    """Bytes that only this name keeps alive, where it could be found out: what a del would free; else 0."""
    shallow: int = 0
    """Bytes of the value itself, without what it refers to."""
    held_with: list[str] = []
    """Other locals of the frame that reach it too: it goes when they all let go. Empty also where others hold it."""
    group: int = 0
    """Bytes that this local and those of `held_with` keep alive and nobody else; 0 where that is not known."""
    contents: list[str] = []
    """Types of everything that makes up `group`, its own among them; empty where they are not known."""
    length: int | None = None
    refcount: int | None = None
    """As sys.getrefcount inside the probe reads it, less the probe's own references: 1 is a sole owner."""
    element: str = ""
    """Commonest element type of a container."""
    grouped: list[str] = []
    """Of a plain dict or defaultdict that has plain lists alone: the types of all their elements; empty where they are
    too many."""
    at_start: bool = False
    """global: the same object, as long as it is, was there when the target started: imports made it."""
    array: ArrayFacts | None = None
    """Of a numpy.ndarray itself, not of a subclass."""
    columns: dict[str, str] = {}
    """Of a pandas.DataFrame: column -> dtype, where all columns are named by different texts."""
    repeats: list[Repeats] = []
    """Of a plain list, tuple or dict, where there are any."""
    cache: Cache | None = None


class AttributeCensus(Record):
    """One attribute over all instances of a class."""

    name: str
    size: int
    """Bytes reachable through it and not through a sibling attribute listed before (biggest first)."""
    count: int
    """Instances that have it."""
    types: dict[str, int]
    keys: list[str] = []
    """Types of the keys, where all values are dicts."""
    distinct: float | None = None
    """Distinct values / count, for hashable immutable values; None where it was not looked at."""
    repeated: int = 0
    """Bytes of the str and tuple objects that equal another of the attribute's: what sharing equal ones would free."""


class ClassCensus(Record):
    """All live instances of one project class."""

    name: str
    """Qualified name without module: `Reading`."""
    module: str
    file: str
    line: int
    count: int
    shallow: int
    """sum of getsizeof, and of the instance dicts where they exist (never materialised by the census)."""
    slotted: bool
    attributes: list[AttributeCensus]


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
