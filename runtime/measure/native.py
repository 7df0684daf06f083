"""memray's run: when it is worth one, and what came of it in words. Pure."""

from runtime.measure.models import MIB
from runtime.measure.reports import Native, Outcome

ABOVE_BYTES = 32 * MIB
"""An interpreter with its modules takes 10 to 30 MiB by itself."""
ABOVE_SHARE = 0.5
"""And that much of the traced peak goes to allocators' gaps without any C memory."""
WITHOUT = "tracemalloc only: C memory shows in VmHWM alone, and allocations are not counted"
"""What a session without memray lacks."""


def well_above(resident: int | None, traced: int) -> bool:
    """Whether the resident peak (VmHWM, bytes) is so far above the traced one that C memory may be the reason."""
    return resident is not None and resident - traced > max(ABOVE_BYTES, ABOVE_SHARE * traced)


def read(outcome: Outcome) -> tuple[Native | None, str]:
    """What memray saw; where it saw nothing, the sentence that says why."""
    report = outcome.report
    if outcome.status == "ok" and report is not None and report.native is not None:
        return report.native, ""
    failure = report.failure.strip().splitlines()[-1:] if report else []
    why = outcome.reason or next(iter(failure), outcome.status)
    return None, f"memray died ({why.rstrip('.')}): {WITHOUT}"
