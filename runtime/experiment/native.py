"""The memray runs of a session: one at the baseline, one at its end, and one for a profile that C memory dominates."""

from messaging.contents import Note
from runtime.experiment.events import Figures, Learned
from runtime.experiment.services import Services
from runtime.measure.models import MIB
from runtime.measure.native import WITHOUT, read, well_above
from runtime.measure.reports import Native

WORTH_SAYING = 0.05
"""Share of the traced peak from which C memory beside it is worth a discovery."""


async def at_baseline(services: Services, tree: str, figures: Figures) -> Native | None:
    """memray's run of the base. What it found, or why there is none, is said and recorded."""
    if not services.memray:
        await _said(services, f"memray is not in the target's environment: {WITHOUT}")
        return None
    native = await _measured(services, tree)
    if native is not None and native.outside >= WORTH_SAYING * figures.traced_peak:
        text = (
            f"C extensions hold {native.outside / MIB:.1f} MiB that tracemalloc does not see (memray {native.memray}: "
            f"{native.peak / MIB:.1f} MiB at its peak)."
        )
        services.record.add(Learned(text=text))
    return native


async def at_profile(services: Services, tree: str) -> Native | None:
    """memray's run for a later profile: only where the resident peak is well above the traced one."""
    current = services.record.state.current
    if not services.memray or current is None or not well_above(current.vm_hwm, current.traced_peak):
        return None
    return await _measured(services, tree)


async def at_end(services: Services, tree: str) -> int | None:
    """Allocations in all of the finished branch; None without memray."""
    native = await _measured(services, tree) if services.memray else None
    return native.total_allocs if native else None


async def _measured(services: Services, tree: str) -> Native | None:
    await services.gate.step()
    outcome = await services.bench.bed(tree).attempt("native")
    await services.gate.step()  # a stop kills the child: memray has not died
    native, why = read(outcome)
    if why:
        await _said(services, why)
    return native


async def _said(services: Services, text: str) -> None:
    if all(learned.text != text for learned in services.record.state.learned):
        services.record.add(Learned(text=text))
        await services.log(Note(text=text))
