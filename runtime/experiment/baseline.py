"""The baseline: the methodology is locked, the target measured twice, the suite run, the first profile taken."""

import time

from messaging.contents import Baseline, Note
from runtime.errors import TargetFailed
from runtime.experiment.bench import SUMMED_PAIRS, Bench, RunFailed, traced_figures, with_plain
from runtime.experiment.events import BaselineMeasured, Carried, Figures, Learned, TestsMeasured
from runtime.experiment.leak_check import check_leaks
from runtime.experiment.native import at_baseline
from runtime.experiment.profiling import Profiling
from runtime.experiment.services import Services
from runtime.git import blob_id
from runtime.measure.children import GroupMeans, measured_by, summed
from runtime.measure.models import MIB
from runtime.measure.reports import ProbeReport

SMALLEST_TARGET = 5 * MIB
"""Below this a target is not worth a session: the spec's keep threshold could never be met."""
OTHER_SEED = 1
"""The hash seed of the last equality run (I17); all others use 0."""
WORTH_SAYING = 0.05
"""Share of the traced peak from which a figure beside it is worth a discovery."""
SUMMED: dict[GroupMeans, str] = {
    "PSS": "PSS, sampled: no control group could be had",
    "memory.peak": "memory.peak of a control group",
}
"""What is said of how a summed peak is had."""
CHILD_SHARE = 1.0
"""Children that held more than this share of the main process's VmHWM hold the memory (design, section 7)."""


async def measure_baseline(services: Services, profiling: Profiling) -> None:
    """Measures the base and records it.

    Raises:
        TargetFailed: the target fails, cannot be measured, or needs less than 5 MiB.
    """
    record, bench = services.record, services.bench
    tree = services.repository.head_tree()
    first, size = await bench.first_run(tree)
    if bench.carried:
        record.add(Carried(files={path: blob_id(data) for path, data in sorted(bench.carried.items())}))
        names = ", ".join(sorted(bench.carried)[:5])
        await services.log(Note(text=f"carried into every export, since git does not have them: {names}"))
    count_children = summed(first)
    if count_children:
        means = SUMMED[measured_by([first])]
        text = (
            f"the target's child processes ({first.children}) hold memory ({(first.group_peak or 0) / MIB:.0f} MiB in "
            f"all, {(first.vm_hwm or 0) / MIB:.0f} MiB in its own process): the summed peak ({means}) is the metric, "
            f"in {SUMMED_PAIRS} interleaved pairs against the spread of equal runs; the stages shown are of its own "
            "process"
        )
        record.add(Learned(text=text))
        await services.log(Note(text=text))
    else:
        _can_be_measured(bench, first)
    await services.gate.step()
    try:
        bed = bench.bed(tree)
        figures = await traced_figures(bed)
        # The other digest is of another export: a result that depends on where the files lie is no stable one.
        again = await _other_digest(bench, tree) if bench.method.target.kind == "test" else first
        plain = [first, await bed.report("plain")]
    except RunFailed as failed:
        raise TargetFailed(
            f"the target {bench.method.target.text!r} cannot be measured ({failed})", failed.output
        ) from failed
    figures = with_plain(figures, plain, count_children)
    native = await at_baseline(services, tree, figures)
    figures = figures.model_copy(update={"total_allocs": native.total_allocs if native else None})
    stable = figures.digest is not None and figures.digest == again.digest
    seeded = await bench.digest(tree, OTHER_SEED) if stable else None
    record.add(
        BaselineMeasured(
            tree=tree,
            figures=figures,
            digest_stable=stable,
            digest_kind=again.digest_kind,
            opaque=again.opaque,
            other_seed_digest=seeded,
            input_size=size,
        )
    )
    await check_leaks(services)
    # A branch with keeps of an earlier session may well have brought the target below.
    peak = max(figures.group_peaks, default=figures.traced_peak)
    if peak < SMALLEST_TARGET and services.repository.head == services.repository.base:
        raise TargetFailed(
            f"the target {bench.method.target.text!r} has a traced peak of {figures.traced_peak / MIB:.1f} MiB, "
            f"under {SMALLEST_TARGET // MIB} MiB: nothing was tried; name a target that needs more memory"
        )
    if not stable:
        record.add(Learned(text="The target's result differs from run to run: equality rests on the tests alone."))
        await services.log(
            Note(level="warning", text="the result differs from run to run: equality rests on the tests alone")
        )
    for text in discoveries(figures):
        record.add(Learned(text=text))
    await _suite(services, tree)
    profile = await profiling.take(0, native)
    rows = profiling.rows(profile)
    await services.log(
        Baseline(stages=rows, peak=profile.peak / MIB, top=profiling.targets[:5], metric=services.domain.metric)
    )


async def _other_digest(bench: Bench, tree: str) -> ProbeReport:
    bed = bench.lay(tree)
    try:
        return await bed.report("digest")
    finally:
        bed.remove()


def _can_be_measured(bench: Bench, first: ProbeReport) -> None:
    if first.children and first.vm_hwm and first.children_rss > CHILD_SHARE * first.vm_hwm:
        raise TargetFailed(
            f"the target {bench.method.target.text!r} cannot be measured: its child processes hold the memory "
            f"({first.children_rss / MIB:.0f} MiB in one of {first.children}, {first.vm_hwm / MIB:.0f} MiB in the "
            "target's own process); name a target that does the work in its own process"
        )


def discoveries(figures: Figures) -> list[str]:
    """What the baseline's figures say of how the target allocates, where it is not obvious."""
    found = []
    if figures.traced_import and figures.traced_import >= WORTH_SAYING * figures.traced_peak:
        found.append(
            f"Importing the target leaves {figures.traced_import / MIB:.1f} MiB behind, "
            "which the target's own peak does not count."
        )
    if figures.traced_retained and figures.traced_retained >= WORTH_SAYING * figures.traced_peak:
        found.append(
            f"{figures.traced_retained / MIB:.1f} MiB of the {figures.traced_peak / MIB:.1f} MiB peak are still alive "
            "when the target has ended: its result, or what it left in globals and caches."
        )
    untraced = (figures.vm_hwm or 0) - figures.traced_peak
    if untraced > figures.traced_peak:
        found.append(
            f"The resident peak is {untraced / MIB:.1f} MiB above the traced peak: the interpreter, its modules, "
            "and what C extensions take by themselves."
        )
    return found


async def _suite(services: Services, tree: str) -> None:
    if not services.bench.method.test_runner:
        await services.log(Note(text="no tests found: equality rests on the digest of the target's result"))
        return
    await services.gate.step()
    started = time.monotonic()
    try:
        outcomes = await services.bench.tests(tree)
    except RunFailed as failed:
        await services.log(
            Note(level="warning", text=f"the test suite cannot be run ({failed}): equality rests on the digest")
        )
        return
    assert outcomes is not None
    services.record.add(
        TestsMeasured(
            experiment=0,
            passed=outcomes.passed,
            failed=outcomes.failed,
            passed_count=len(outcomes.passed),
            failed_count=len(outcomes.failed),
            wall_s=time.monotonic() - started,
        )
    )
    text = f"tests: {len(outcomes.passed)} pass"
    if outcomes.failed:
        text += f", {len(outcomes.failed)} fail already and do not count"
    await services.log(Note(text=text))
