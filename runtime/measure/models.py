"""What is asked of the runner: a job on one export. All sizes are bytes unless a name says otherwise.

`Job` goes from the optimizer to the runner in a Measure message; `Outcome` (reports.py) comes back in a Measured
message.
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
