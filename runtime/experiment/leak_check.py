"""Makes the leak check the user asked for (`--leak-check N`)."""

from messaging.contents import Note
from runtime.errors import MeasurementRefused
from runtime.experiment.bench import RunFailed
from runtime.experiment.events import LeaksMeasured
from runtime.experiment.leaks import said
from runtime.experiment.services import Services


async def check_leaks(services: Services) -> None:
    """Runs the leak check the user asked for, journals it and says what it found. A target that fails is said."""
    if not services.leak_check or services.record.state.leaks is not None:
        return
    bed = services.bench.lay(services.repository.head_tree())
    try:
        report = await bed.report("leaks", repeats=services.leak_check)
    except (RunFailed, MeasurementRefused) as failed:
        await services.log(Note(level="warning", text=f"no leak check: {failed}"))
        return
    finally:
        bed.remove()
    if report.leaks is None:
        await services.log(Note(level="warning", text="no leak check: the target did not repeat"))
        return
    services.record.add(LeaksMeasured(leaks=report.leaks))
    for line in said(report.leaks):
        await services.log(Note(text=line))
