"""Whether a target's child processes count: then the verdict is on the summed peak. Pure."""

from collections.abc import Sequence

from runtime.measure.models import MIB, ProbeReport

LEAST_BYTES = 16 * MIB
"""A Python child with nothing in it takes 8 MiB by itself."""
LEAST_SHARE = 0.25
"""Of the target's own process; with less beside it the traced peak is what there is to lower."""


def summed(report: ProbeReport) -> bool:
    """Whether a plain run's children hold enough beside the target's own process for their sum to be the metric."""
    if report.group_peak is None or report.vm_hwm is None:
        return False
    return report.group_peak - report.vm_hwm > max(LEAST_BYTES, LEAST_SHARE * report.vm_hwm)


def group_peaks(reports: Sequence[ProbeReport]) -> list[int]:
    """Peaks of process groups in bytes, one a run: a run without children is its own process's."""
    peaks = [max(report.group_peak or 0, report.vm_hwm or 0) for report in reports]
    return [peak for peak in peaks if peak]
