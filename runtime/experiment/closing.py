"""The end of a session: the branch against its base, keeps whose gain has vanished, the pre-submit review."""

from messaging.contents import Complete, Note
from runtime.experiment import views
from runtime.experiment.baseline import OTHER_SEED
from runtime.experiment.bench import PAIRS, SUMMED_PAIRS, RunFailed, with_plain
from runtime.experiment.events import Committed, Figures, FinalMeasured, TestsMeasured, judged_peaks
from runtime.experiment.native import at_end
from runtime.experiment.review import review
from runtime.experiment.services import Services
from runtime.experiment.summary import render_summary
from runtime.experiment.verdict import confirm_floor
from runtime.measure.models import MIB


async def measure_branch(services: Services) -> None:
    """Measures base and branch side by side, untraced, the whole suite and the other hash seed on the branch.

    The traced figures are those of the baseline and of the last keep, whose trees these are: they repeat to 0.000 %.
    """
    record, bench, repository = services.record, services.bench, services.repository
    baseline = record.state.baseline
    if baseline is None or not record.state.keeps:
        return
    if not baseline.figures.group_peaks:  # whether a summed peak has vanished is lost in its noise
        await _revert_vanished(services)
    tree = repository.head_tree()
    base, branch = baseline.figures, await _known(services, tree)
    plain_base, plain_branch = await bench.pairs(
        baseline.tree, tree, SUMMED_PAIRS if baseline.figures.group_peaks else PAIRS
    )
    summed = bool(baseline.figures.group_peaks)
    base, branch = with_plain(base, plain_base, summed), with_plain(branch, plain_branch, summed)
    base = base.model_copy(update={"total_allocs": baseline.figures.total_allocs})
    branch = branch.model_copy(update={"total_allocs": await at_end(services, tree)})
    digests = {branch.digest, *(report.digest for report in plain_branch if report.digest is not None)}
    equal = digests == {base.digest} if baseline.digest_stable else None
    seeded = None
    if baseline.other_seed_digest is not None:
        seeded = await bench.digest(tree, OTHER_SEED) == baseline.other_seed_digest
    record.add(FinalMeasured(base=base, branch=branch, digest_equal=equal, other_seed_equal=seeded))
    if record.state.tests is None:
        return
    outcomes = await bench.tests(tree)
    if outcomes is not None:
        broken = sorted(set(record.state.tests.passed) - set(outcomes.passed))
        record.add(
            TestsMeasured(
                experiment=record.state.keeps[-1].number if record.state.keeps else 0,
                passed_count=len(outcomes.passed),
                failed_count=len(outcomes.failed),
                broken=broken,
            )
        )


async def _known(services: Services, tree: str) -> Figures:
    """The branch's traced figures, as its last keep was measured; measured anew where another tree came of it."""
    last = services.record.state.keeps[-1:]
    if last and last[0].started.tree == tree and last[0].measured is not None:
        return last[0].measured.after
    return await services.bench.figures(tree)


async def _revert_vanished(services: Services) -> None:
    """Takes back keeps without which the branch peaks no higher: later keeps have made them needless.

    The last keep was measured on the very tree it stands on, so only those before it are looked at.
    """
    record, bench, repository = services.record, services.bench, services.repository
    for keep in record.state.keeps[:-1]:
        await services.gate.step()
        without = repository.tree_without(keep.commit)
        if without is None:
            continue
        try:
            peak = (await bench.figures(without)).traced_peak
        except RunFailed:
            continue
        current = record.state.current
        if current is None or peak - current.traced_peak >= confirm_floor(peak):
            continue
        sha = repository.revert(keep.commit)
        record.add(
            Committed(
                number=keep.number,
                commit=sha,
                message=f"mem: take back experiment {keep.number}",
                files=list(keep.started.files),
                tree=repository.head_tree(),
                reverts=True,
            )
        )
        await services.log(
            Note(
                text=f"experiment {keep.number} taken back: without it the branch peaks at {peak / MIB:.1f} MiB, "
                f"with it at {current.traced_peak / MIB:.1f} MiB"
            )
        )


async def pre_submit(services: Services) -> bool:
    """Runs the review over the whole diff, records each check; True when all pass."""
    record, repository = services.record, services.repository
    baseline = record.state.baseline
    if baseline is None:
        return True
    diff = repository.diff(baseline.tree, repository.head_tree())
    results = record.workspace.results.read_text(encoding="utf-8")
    checks = review(record.state, diff=diff, results=results, protect=services.protect)
    for check in checks:
        record.add(check)
    return all(check.passed for check in checks)


def complete(services: Services, outcome: str, exit_code: int, reason: str) -> Complete:
    """The last message of a session: the spec's final summary, rendered from the journal alone.

    A failed session says first why it failed.
    """
    state = services.record.state
    before = after = 0.0
    if state.baseline:
        was, now = judged_peaks(state.baseline.figures, state.current or state.baseline.figures)
        before, after = was / MIB, now / MIB
    return Complete.model_validate(
        {
            "outcome": outcome,
            "experiments": len(state.ended_experiments),
            "keeps": len(state.keeps),
            "before": before,
            "after": after,
            "irreducible": views.irreducible(state),
            "exit_code": exit_code,
            "summary": f"{reason}\n\n{render_summary(state)}" if outcome == "failed" else render_summary(state),
            "metric": services.domain.metric,
            "unit": services.domain.unit,
        }
    )
