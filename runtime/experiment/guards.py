"""The user's other targets: measured at the baseline and before each keep, so that no keep raises their peak."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace

from messaging.contents import Content, Note
from runtime.errors import MeasurementRefused, TargetFailed
from runtime.experiment.bench import Bench, RunFailed
from runtime.experiment.events import GuardMeasured
from runtime.experiment.record import Record
from runtime.experiment.verdict import TRACED_TOLERANCE_BYTES, confirm_floor
from runtime.measure.models import MIB, TargetSpec
from runtime.measure.reports import ProbeReport

Log = Callable[[Content], Awaitable[None]]
"""Sends a content to the router, which relays it to the user."""


@dataclass
class Guards:
    """Guards one session's keeps.

    Args:
        bench: that of the session's own target, whose exports, runner and costs are used.
        record: where each measurement is journalled.
        targets: what to guard.
        log: says what cannot be guarded.
    """

    bench: Bench
    record: Record
    targets: Sequence[TargetSpec]
    log: Log
    _benches: dict[str, Bench] = field(default_factory=dict)

    async def begin(self, tree: str) -> None:
        """Measures each guard on the branch as it is, unless the journal has it. One that fails guards nothing."""
        for target in self.targets:
            method = replace(self.bench.method, target=target)
            bench = replace(self.bench, method=method, carried=dict(self.bench.carried), entry=[])
            known = self._last(target)
            if known is not None and known.failure:
                continue
            self._benches[target.text] = bench
            if known is not None:
                continue
            try:
                first, _ = await bench.first_run(tree)
                measured = await self._measured(bench, tree, 0)
                if measured.digest != first.digest:  # its result differs from run to run: it says nothing
                    measured = measured.model_copy(update={"digest": None})
            except (TargetFailed, RunFailed, MeasurementRefused) as failed:
                measured = GuardMeasured(experiment=0, target=target, tree=tree, failure=str(failed))
                del self._benches[target.text]
                await self.log(Note(level="warning", text=f"{target.text} cannot be guarded: {failed}"))
            self.record.add(measured)

    async def judge(self, tree: str, experiment: int) -> str:
        """Measures each guard on a candidate's tree; why it may not be kept, "" when every guard holds.

        Raises:
            RunFailed, MeasurementRefused: a guard that could be measured before cannot be now.
        """
        measured = []
        for target in self.targets:
            bench, before = self._benches.get(target.text), self._last(target)
            if bench is None or before is None or before.traced_peak is None:
                continue
            after = await self._measured(bench, tree, experiment)
            reason = changed(before, after)
            if before.digest is None:
                after = after.model_copy(update={"digest": None})
            if reason:
                return reason
            measured.append(after)
        for one in measured:  # of a candidate that is refused nothing is kept
            self.record.add(one)
        return ""

    async def end(self, tree: str) -> None:
        """Measures each guard on the branch as it is in the end, where it was not measured on that very tree."""
        for target in self.targets:
            bench, last = self._benches.get(target.text), self._last(target)
            if bench is not None and last is not None and last.tree != tree:
                self.record.add(await self._measured(bench, tree, last.experiment))

    def _last(self, target: TargetSpec) -> GuardMeasured | None:
        """Its last figures on the branch: at the baseline, or at a keep that stands."""
        state = self.record.state
        standing = {0, *(keep.number for keep in state.keeps)}
        known = (one for one in reversed(state.guards) if one.target == target and one.experiment in standing)
        return next(known, None)

    async def _measured(self, bench: Bench, tree: str, experiment: int) -> GuardMeasured:
        bed = bench.lay(tree)
        try:
            report: ProbeReport = await bed.report("traced")
        finally:
            bed.remove()
        if report.traced_peak is None:
            raise MeasurementRefused(f"the probe reported no traced peak of {bench.method.target.text}")
        return GuardMeasured(
            experiment=experiment,
            target=bench.method.target,
            tree=tree,
            traced_peak=report.traced_peak,
            digest=report.digest,
        )


def changed(before: GuardMeasured, after: GuardMeasured) -> str:
    """Why a candidate may not be kept for this guard; "" when its result is the same, and its peak no higher.

    Traced figures repeat to a few KiB: growth below the least saving that counts is none.
    """
    if before.traced_peak is None or after.traced_peak is None:
        return ""
    if before.digest is not None and after.digest != before.digest:
        return f"the observable result of another target, {after.target.text}, changed"
    grown = after.traced_peak - before.traced_peak
    if grown <= max(TRACED_TOLERANCE_BYTES, min(confirm_floor(before.traced_peak), MIB)):
        return ""
    change = f"{before.traced_peak / MIB:.1f} -> {after.traced_peak / MIB:.1f} MiB"
    return f"it raises the peak of another target, {after.target.text}: {change}"
