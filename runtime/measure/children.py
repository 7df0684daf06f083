"""Whether a target's child processes count: then the verdict is on the summed peak. Pure."""

from collections.abc import Sequence
from typing import Literal

from runtime.measure.models import MIB
from runtime.measure.reports import ProbeReport

GroupMeans = Literal["PSS", "memory.peak"]
"""How a summed peak is had: proportional set sizes sampled every 20 ms, or the peak that a control group (version 2) of
the run's own kept, page cache of written files included."""
LEAST_BYTES = 16 * MIB
"""A Python child with nothing in it takes 8 MiB by itself."""
LEAST_SHARE = 0.25
"""Of the target's own process; with less beside it the traced peak is what there is to lower."""


def summed(report: ProbeReport) -> bool:
    """Whether a plain run's children hold enough beside the target's own process for their sum to be the metric."""
    if report.group_peak is None or report.vm_hwm is None:
        return False
    return report.group_peak - report.vm_hwm > max(LEAST_BYTES, LEAST_SHARE * report.vm_hwm)


def measured_by(reports: Sequence[ProbeReport]) -> GroupMeans:
    """How the summed peaks of plain runs were had: `memory.peak` where all runs had a control group, else PSS."""
    return "memory.peak" if reports and all(report.cgroup_peak for report in reports) else "PSS"


def group_peaks(reports: Sequence[ProbeReport]) -> list[int]:
    """Peaks of process groups in bytes, one a run, by the means that `measured_by` says; by PSS, a run without children
    is its own process's.
    """
    if measured_by(reports) == "memory.peak":
        return [report.cgroup_peak or 0 for report in reports]
    peaks = [max(report.group_peak or 0, report.vm_hwm or 0) for report in reports]
    return [peak for peak in peaks if peak]
