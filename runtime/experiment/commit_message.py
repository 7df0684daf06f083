"""The commit message of a keep, and how lists of names are said."""

from collections.abc import Sequence
from statistics import median

from messaging.contents import Candidate
from runtime.experiment.events import Figures
from runtime.experiment.verdict import Verdict
from runtime.measure.models import MIB
from runtime.measure.reports import TestOutcomes


def listed(names: Sequence[str], most: int = 3) -> str:
    """The first few of a list, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def commit_message(
    candidate: Candidate,
    experiment: str,
    before: Figures,
    after: Figures,
    verdict: Verdict,
    outcomes: TestOutcomes | None,
) -> str:
    """`mem: <title>`, and the evidence. All sizes in MiB."""
    lines = [
        f"mem: {candidate.title}",
        "",
        f"{candidate.mechanism[:1].upper()}{candidate.mechanism[1:]}.",
        "",
        f"Traced peak: {before.traced_peak / MIB:.1f} -> {after.traced_peak / MIB:.1f} MiB",
    ]
    if before.vm_hwm is not None and after.vm_hwm is not None:
        lines.append(f"VmHWM: {before.vm_hwm / MIB:.1f} -> {after.vm_hwm / MIB:.1f} MiB")
    if before.group_peaks and after.group_peaks:
        was, now = median(before.group_peaks), median(after.group_peaks)
        lines.append(f"Summed peak with children ({before.group_by}): {was / MIB:.1f} -> {now / MIB:.1f} MiB")
    if before.wall_s is not None and after.wall_s is not None:
        lines.append(f"Wall time: {before.wall_s:.2f} -> {after.wall_s:.2f} s")
    if outcomes is not None:
        lines.append(f"Tests: {len(outcomes.passed)} passed, {len(outcomes.failed)} failed")
    lines += [f"Stated: {text}" for text in verdict.stated]
    lines += ["", f"Rule {candidate.rule}, level {candidate.level}:"]
    lines += [f"- {shown.check}: {shown.evidence}" for shown in candidate.shown]
    lines += [f"Assumes: {text}" for text in candidate.assumes]
    return "\n".join(lines)
