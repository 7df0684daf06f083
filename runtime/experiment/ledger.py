"""results.tsv: the experiment log, rendered from the state. Pure."""

from runtime.experiment.events import BaselineMeasured, Figures
from runtime.experiment.experiment import Experiment
from runtime.experiment.state import State
from runtime.measure.models import MIB

COLUMNS = (
    "commit",
    "target_test",
    "target_mb",
    "peak_memory_mb",
    "total_allocs",
    "elapsed_s",
    "tests_passed",
    "tests_failed",
    "status",
    "description",
)
"""Spec, Logging Format."""


def render_results(state: State) -> str:
    """The whole of results.tsv, with every session of the journal.

    A baseline is a row with status `keep` and description `baseline`; an experiment has its row once it has
    its verdict. `target_mb` is the traced peak and `peak_memory_mb` VmHWM, in MiB (2**20 bytes); `elapsed_s`
    is the target's own wall time. What was not measured is an empty field, never 0.
    """
    rows = [COLUMNS, *(row for session in state.sessions for row in _rows(session))]
    return "".join("\t".join(row) + "\n" for row in rows)


def _rows(state: State) -> list[tuple[str, ...]]:
    rows = []
    baselines = list(state.baselines)
    for place, one in enumerate(state.experiments):
        while baselines and baselines[0][0] <= place:
            rows.append(_baseline_row(state, baselines.pop(0)[1]))
        if one.ended:
            rows.append(_experiment_row(state, one))
    return rows + [_baseline_row(state, baseline) for _, baseline in baselines]


def _target(state: State) -> str:
    return state.started.target.text if state.started else ""


def _baseline_row(state: State, baseline: BaselineMeasured) -> tuple[str, ...]:
    tests = state.tests
    return (
        short(state.started.base) if state.started else "",
        _field(_target(state)),
        *_figures(baseline.figures),
        "" if tests is None else str(tests.passed_count),
        "" if tests is None else str(tests.failed_count),
        "keep",
        _field(f"baseline: {baseline.reason}" if baseline.reason else "baseline"),
    )


def _experiment_row(state: State, one: Experiment) -> tuple[str, ...]:
    assert one.ended is not None
    status = "discard" if one.reverted else one.ended.status
    micro = one.started.micro
    return (
        short(one.commit),
        _field(f"micro:{one.target.function or one.target.name}" if micro else _target(state)),
        *_figures(one.after),
        _number(one.ended.tests_passed),
        _number(one.ended.tests_failed),
        status,
        _field(f"{one.started.title} (experiment {one.number}): {one.reason}"),
    )


def _figures(figures: Figures | None) -> tuple[str, str, str, str]:
    if figures is None:
        return "", "", "", ""
    return (
        f"{figures.traced_peak / MIB:.2f}",
        "" if figures.vm_hwm is None else f"{figures.vm_hwm / MIB:.2f}",
        _number(figures.total_allocs),
        "" if figures.wall_s is None else f"{figures.wall_s:.3f}",
    )


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _field(text: str) -> str:
    """Text that stays within its field: no tab, line break or other control character."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def short(commit: str) -> str:
    """A commit's first ten digits: enough to name it, short enough to read."""
    return commit[:10]
