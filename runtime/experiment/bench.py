"""Measures trees: lays a fresh export, asks the runner for runs on it, counts what they cost."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runtime.domain import Profile
from runtime.errors import LowtideError, MeasurementRefused, TargetFailed
from runtime.experiment.events import Figures
from runtime.measure.chain import relocated
from runtime.measure.children import group_peaks, measured_by
from runtime.measure.export import Export, Exports
from runtime.measure.models import FunctionPlace, Job, TargetSpec
from runtime.measure.reports import Outcome, ProbeReport, TestOutcomes
from runtime.repository import Repository

Run = Callable[[Job], Awaitable[Outcome]]
"""Sends one job to the runner and waits for its outcome."""

CARRY_ROUNDS = 6
"""A carried file can lead to the next that is missing; more rounds than this and the target is said to fail."""

KEPT = 2
"""Exports that stay laid and warm: the branch's and the candidate's. Each run has a copy of its own (runner)."""

PAIRS = 2
"""Interleaved plain runs of before and after that a would-be keep takes for VmHWM and wall time (I15), where the first
does not show by itself that nothing grew; and base and branch at the end."""

SUMMED_PAIRS = 3
"""And where the summed peak of child processes is the metric, which is noisy."""


@dataclass(frozen=True)
class Method:
    """The locked methodology (I14): everything that must stay the same between two measurements."""

    python: str
    roots: list[str]
    target: TargetSpec
    test_runner: str
    test_command: list[str]
    checkout: str
    test_options: list[str] = field(default_factory=list)
    timeout_s: float = 600.0
    hash_seed: int = 0


@dataclass
class Costs:
    """What the runner's children took in this process's life."""

    runner_s: float = 0.0
    traced_runs: int = 0


@dataclass
class Bed:
    """One export of one tree, for as many runs as belong to one measurement."""

    bench: "Bench"
    tree: str
    export: Export
    warm: bool = True

    async def run(self, purpose: str, **fields: object) -> Outcome:
        """One run. Raises MeasurementRefused when it does not count."""
        outcome = await self.attempt(purpose, **fields)
        if outcome.status == "refused":
            raise MeasurementRefused(outcome.reason)
        return outcome

    async def attempt(self, purpose: str, **fields: object) -> Outcome:
        """One run, whatever comes of it."""
        method = self.bench.method
        job = Job.model_validate(
            {
                "purpose": purpose,
                "python": method.python,
                "export": str(self.export.path),
                "checkout": method.checkout,
                "target": method.target,
                "roots": method.roots,
                "blobs": self.export.blobs,
                "hash_seed": method.hash_seed,
                "test_runner": method.test_runner,
                "test_command": method.test_command,
                "test_options": method.test_options,
                "timeout_s": method.timeout_s,
                "warm": self.warm,
                **fields,
            }
        )
        outcome = await self.bench.run(job)
        self.warm = self.warm and outcome.status != "ok"
        self.bench.costs.runner_s += outcome.wall_s
        self.bench.costs.traced_runs += outcome.traced_runs
        return outcome

    async def report(self, purpose: str, **fields: object) -> ProbeReport:
        """One run that has to succeed.

        Raises:
            RunFailed: the target failed, was ended by a signal, or took too long.
        """
        outcome = await self.run(purpose, **fields)
        if outcome.status != "ok" or outcome.report is None:
            raise RunFailed(purpose, outcome)
        return outcome.report

    def remove(self) -> None:
        """Throws the export away."""
        self.export.remove()


class RunFailed(LowtideError):
    """A run of the target that did not end well."""

    def __init__(self, purpose: str, outcome: Outcome) -> None:
        failure = outcome.report.failure if outcome.report else ""
        printed = outcome.report.stdout if outcome.report else ""
        parts = [part.strip() for part in (printed, outcome.output, failure) if part.strip()]
        self.output = "\n".join(dict.fromkeys(parts))
        self.outcome = outcome
        last = (failure or self.output).strip().splitlines()[-1:] or [outcome.reason or outcome.status]
        super().__init__(f"{purpose} run {outcome.status}: {outcome.reason or last[0]}")


@dataclass
class Bench:
    """Measures trees of one repository by one method."""

    repository: Repository
    exports: Exports
    run: Run
    method: Method
    carried: dict[str, bytes] = field(default_factory=dict)
    costs: Costs = field(default_factory=Costs)
    entry: list[FunctionPlace] = field(default_factory=list)
    """The entry function, as the last profile found it."""
    beds: dict[str, Bed] = field(default_factory=dict, init=False, repr=False)
    """The exports kept, by tree: the one that was asked for last comes last."""

    def lay(self, tree: str) -> Bed:
        """A fresh export of `tree`, with the carried files in it; the caller removes it."""
        return Bed(self, tree, self.exports.create(self.repository, tree, self.carried))

    def bed(self, tree: str) -> Bed:
        """The export of a tree that is measured more than once; `close`, or asking for others, removes it."""
        bed = self.beds.pop(tree, None) or self.lay(tree)
        while len(self.beds) >= KEPT:
            self.beds.pop(next(iter(self.beds))).remove()
        self.beds[tree] = bed
        return bed

    def close(self) -> None:
        """Throws away the exports that were kept."""
        while self.beds:
            self.beds.popitem()[1].remove()

    async def first_run(self, tree: str) -> tuple[ProbeReport, int | None]:
        """The target's first plain run on an export; carries what it turns out to need (I12).

        Returns:
            The report, and the bytes of the data files it opened (None: it opened none).

        Raises:
            TargetFailed: the target fails, with its output.
        """
        for _ in range(CARRY_ROUNDS):
            bed = self.lay(tree)
            try:
                outcome = await bed.attempt("plain")  # refused: perhaps for want of what is carried next
                size = input_size(bed.export.path, outcome.report.opened if outcome.report else [])
            finally:
                bed.remove()
            missing = outcome.report.missing if outcome.report else []
            found = self.repository.untracked_or_ignored([path for path in missing if path not in self.carried])
            if not found:
                break
            self.carried.update({path: (Path(self.method.checkout) / path).read_bytes() for path in found})
        if outcome.status == "ok" and outcome.report is not None:
            return outcome.report, size
        failed = RunFailed("baseline", outcome)
        raise TargetFailed(
            f"the target {self.method.target.text!r} fails before anything was changed"
            f" ({outcome.reason or outcome.status}): make it pass, then start again",
            failed.output,
        )

    async def figures(self, tree: str) -> Figures:
        """The verdict figures of one tree: one traced run, and the digest where it has a run of its own."""
        return await traced_figures(self.bed(tree))

    async def pairs(self, before: str, after: str, rounds: int) -> tuple[list[ProbeReport], list[ProbeReport]]:
        """Plain runs of two trees, interleaved (I15): before, after, before, after ..."""
        beds = self.bed(before), self.bed(after)
        reports: tuple[list[ProbeReport], list[ProbeReport]] = ([], [])
        for _ in range(rounds):
            for bed, into in zip(beds, reports, strict=True):
                into.append(await bed.report("plain"))
        return reports

    async def profile(self, tree: str, before: Profile | None = None, peak_hint: int | None = None) -> Profile:
        """Two traced runs, for the chain and its stages, and one untraced census at the peak (design, section 6).

        One traced run where the peak still is in the functions it was in before: it measures their stages, and finds
        the chain anew at the same time.

        Args:
            tree: the tree.
            before: the profile of the tree this one was made from.
            peak_hint: the traced peak of this tree, in bytes, by an earlier run.
        """
        bed = self.bed(tree)
        known = relocated(before.calls.chain, bed.export.path) if before else None
        if known:
            calls = stages = await bed.report("stages", chain=known, follow=True, peak_hint=peak_hint)
        else:
            calls = await bed.report("calls")
        # A peak so low that no function of the target sets it: the entry function still has its stages.
        chain = calls.chain or self.entry
        self.entry = chain[:1]
        if chain != known:
            stages = await bed.report("stages", chain=chain, peak_hint=calls.traced_peak)
        census = None
        if stages.event is not None:
            outcome = await bed.run("census", chain=chain, event=stages.event, event_before=stages.event_before)
            census = outcome.report if outcome.status == "ok" else None
        return Profile(tree, calls, stages, census)

    async def digest(self, tree: str, hash_seed: int) -> str | None:
        """The digest under another hash seed."""
        return (await self.bed(tree).report("digest", hash_seed=hash_seed)).digest

    async def tests(self, tree: str, ids: Sequence[str] = ()) -> TestOutcomes | None:
        """The test suite, or some of it; None when there is none.

        Raises:
            RunFailed: the suite could not be run, or took too long.
        """
        if not self.method.test_runner:
            return None
        bed = self.lay(tree)
        try:
            outcome = await bed.run("tests", tests=list(ids))
        finally:
            bed.remove()
        if outcome.report is None or outcome.report.tests is None:
            raise RunFailed("test", outcome)
        return outcome.report.tests


def input_size(export: Path, opened: Sequence[str]) -> int | None:
    """Bytes of the opened files that are data, not code; None when there are none."""
    data = [export / path for path in opened if not path.endswith((".py", ".pyc", ".so", ".toml", ".cfg", ".ini"))]
    return sum(path.stat().st_size for path in data if path.is_file()) or None


async def traced_figures(bed: Bed) -> Figures:
    """The figures of one traced run; for a test target the digest takes a run of its own."""
    report = await bed.report("traced")
    if report.traced_peak is None:
        raise MeasurementRefused("the probe reported no traced peak")
    digest = report.digest
    if digest is None and bed.bench.method.target.kind == "test":
        digest = (await bed.report("digest")).digest
    return Figures(
        traced_peak=report.traced_peak,
        traced_retained=report.traced_retained,
        traced_import=report.traced_import,
        children_rss=report.children_rss,
        written=report.written,
        digest=digest,
    )


def with_plain(figures: Figures, plain: Sequence[ProbeReport], summed: bool = False) -> Figures:
    """Adds what untraced runs say: the lowest VmHWM and wall time, which noise can only raise; and the summed peaks of
    all of them where children count.
    """
    resident = [r.vm_hwm for r in plain if r.vm_hwm is not None]
    wall = [r.wall_s for r in plain if r.wall_s is not None]
    return figures.model_copy(
        update={
            "vm_hwm": min(resident, default=None),
            "wall_s": min(wall, default=None),
            "group_peaks": group_peaks(plain) if summed else [],
            "group_by": measured_by(plain) if summed else "PSS",
        }
    )
