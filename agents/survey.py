"""A survey: without a target, the project's tests and benchmarks are measured briefly, and the heaviest is taken."""

import ast
import re
import shlex
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import PurePosixPath

from agents.project_facts import is_test_file
from runtime.errors import BadInput
from runtime.experiment.survey import SurveyFile, SurveyRow
from runtime.measure.models import MIB, Job, TargetSpec
from runtime.measure.reports import Outcome

TESTS_S = 60.0
"""No test of the survey begins after so many seconds."""
TIMEOUT_S = 2 * TESTS_S
"""The whole process of the survey's tests."""
SCRIPTS_S, SCRIPT_TIMEOUT_S, MOST_SCRIPTS = 60.0, 20.0, 10
"""Benchmark scripts: for all, for each, and how many."""
CONFIRMED = 3
"""So many of the heaviest tests are measured again, each as a target in a process of its own."""
SHOWN = 5
SMALLEST = 5 * MIB
"""As for a target that a person names (runtime/experiment/baseline.py)."""

_FOLDERS = frozenset({"bench", "benches", "benchmark", "benchmarks", "perf", "performance"})
_NAME = re.compile(r"(^|_)(bench|benchmark|benchmarks|perf)(_|$)|^bench")

Read = Callable[[str], str]
Attempt = Callable[[Job], Awaitable[Outcome]]
"""Runs one job of the survey on an export; purpose, target and limits are the survey's."""


def benchmark_scripts(paths: Iterable[str], read: Read) -> list[str]:
    """Scripts that are benchmarks by folder or name and that start something when run, `if __name__ == "__main__"`."""
    found = []
    for path in sorted(paths):
        place = PurePosixPath(path)
        named = _FOLDERS.intersection(place.parts[:-1]) or _NAME.search(place.stem)
        if place.suffix == ".py" and named and not is_test_file(path) and _is_program(read(path)):
            found.append(path)
    return found


def _is_program(text: str) -> bool:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    return any(isinstance(node, ast.If) and "__name__" in ast.dump(node.test) for node in tree.body)


class Survey:
    """One survey of one tree.

    Args:
        run: lays an export, and runs a job that begins with the given fields.
        has_tests: the project has tests that its interpreter can run.
        scripts: benchmark scripts.
    """

    def __init__(self, run: Callable[..., Awaitable[Outcome]], has_tests: bool, scripts: Sequence[str]) -> None:
        self._run = run
        self._has_tests = has_tests
        self._scripts = list(scripts)

    async def take(self) -> SurveyFile:
        """Measures, and chooses the heaviest.

        Raises:
            BadInput: there is nothing to measure, nothing that passes, or nothing that needs 5 MiB.
        """
        began = time.monotonic()
        if not self._has_tests and not self._scripts:
            raise BadInput(
                "There is no target, and no tests or benchmarks were found to choose one from: name one with --target."
            )
        rows: list[SurveyRow] = []
        collected: int | None = 0
        measured = 0
        if self._has_tests:
            outcome = await self._run(purpose="survey", survey_s=TESTS_S, timeout_s=TIMEOUT_S)
            found = outcome.report.survey if outcome.report else None
            if found is not None:
                collected, measured = found.collected, found.measured
                rows = [_row(test_target(one.node), one.peak, one.wall_s) for one in found.rows]
        rows += await self._of_scripts()
        rows = await self._confirmed(sorted(rows, key=lambda row: -row.peak))
        return _chosen(rows, collected, measured, len(self._scripts), time.monotonic() - began)

    async def _of_scripts(self) -> list[SurveyRow]:
        """Each script that runs without arguments, one traced run each."""
        began, rows = time.monotonic(), []
        for path in self._scripts[:MOST_SCRIPTS]:
            if time.monotonic() - began > SCRIPTS_S:
                break
            target = TargetSpec(kind="script", text=shlex.quote(path), path=path)
            row = await self._alone(target, SCRIPT_TIMEOUT_S)
            if row is not None:
                rows.append(row)
        return rows

    async def _confirmed(self, rows: list[SurveyRow]) -> list[SurveyRow]:
        """The heaviest tests alone, in front by their own figures; one that fails alone is none."""
        first, rest = rows[:CONFIRMED], rows[CONFIRMED:]
        again = [row if row.alone else await self._alone(row.target, TIMEOUT_S) for row in first]
        return sorted((row for row in again if row is not None), key=lambda row: -row.peak) + rest

    async def _alone(self, target: TargetSpec, timeout_s: float) -> SurveyRow | None:
        outcome = await self._run(purpose="traced", target=target, timeout_s=timeout_s, warm=False)
        report = outcome.report
        if outcome.status != "ok" or report is None or report.traced_peak is None:
            return None
        return _row(target, report.traced_peak, report.wall_s or 0.0, alone=True)


def test_target(node: str) -> TargetSpec:
    """The target that a test's node id names."""
    path, colons, name = node.partition("::")
    return TargetSpec(kind="test", text=shlex.quote(node), path=path, node=colons + name)


def _row(target: TargetSpec, peak: int, wall_s: float, alone: bool = False) -> SurveyRow:
    return SurveyRow(target=target, peak=peak, wall_s=wall_s, alone=alone)


def _chosen(rows: list[SurveyRow], collected: int | None, measured: int, scripts: int, seconds: float) -> SurveyFile:
    alone = [row for row in rows if row.alone]
    tests = f"{measured} of {'an unknown number of' if collected is None else collected} tests"
    counted = f"{tests}{f' and {scripts} benchmark scripts' if scripts else ''} in {seconds:.0f} s"
    if not alone:
        raise BadInput(f"The survey ran {counted}, and none passed that could be a target: name one with --target.")
    if alone[0].peak < SMALLEST:
        raise BadInput(
            f"The survey ran {counted}; the heaviest, {alone[0].target.text}, has a traced peak of "
            f"{alone[0].peak / MIB:.1f} MiB, under {SMALLEST // MIB} MiB: name one that needs more with --target."
        )
    return SurveyFile(rows=rows[:SHOWN], counted=counted)
