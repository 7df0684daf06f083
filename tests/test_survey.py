"""The survey: what a probe measures of a whole suite, and which target follows from it."""

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest

from agents.survey import Survey, benchmark_scripts
from agents.survey_runs import surveyed_tree
from runtime.errors import BadInput
from runtime.experiment.survey import SurveyFile
from runtime.measure.export import Exports
from runtime.measure.models import MIB, Job
from runtime.measure.reports import Outcome, ProbeReport, SurveyedTest, SurveyRows
from runtime.measure.runner import PROBE, Runner
from runtime.repository import Repository
from runtime.sandbox import Limits, Sandbox
from tests.probe_runs import Project
from tests.team import repository

PYTEST = {
    "tests/test_sizes.py": """
        import pytest
        KEPT = []
        @pytest.mark.parametrize("mib", [1, 8])
        def test_sized(mib):
            assert len(bytearray(mib << 20)) == mib << 20
        def test_keeps():
            KEPT.append(bytearray(4 << 20))
        def test_fails():
            assert len(bytearray(32 << 20)) == 0
    """,
}
UNITTEST = {
    "tests/__init__.py": "",
    "tests/test_cases.py": """
        import unittest
        class Sizes(unittest.TestCase):
            def test_small(self):
                self.assertEqual(len(bytearray(1 << 20)), 1 << 20)
            def test_large(self):
                self.assertEqual(len(bytearray(8 << 20)), 8 << 20)
            def test_fails(self):
                self.assertEqual(len(bytearray(32 << 20)), 0)
    """,
}


def surveyed(project: Project, runner: str, seconds: float = 30.0) -> SurveyRows:
    report = project.run("survey", test_runner=runner, survey_s=seconds)
    assert report.survey is not None, report.failure
    return report.survey


def test_each_test_that_passes_has_its_own_peak(tmp_path: Path) -> None:
    rows = surveyed(Project(tmp_path).write(PYTEST), "pytest")

    assert (rows.collected, rows.measured) == (4, 4)
    peaks = {row.node.partition("::")[2]: round(row.peak / MIB) for row in rows.rows}
    assert peaks == {"test_sized[8]": 8, "test_keeps": 4, "test_sized[1]": 1}
    assert [row.peak for row in rows.rows] == sorted((row.peak for row in rows.rows), reverse=True)


def test_unittest_alone_is_surveyed_by_the_same_names(tmp_path: Path) -> None:
    project = Project(tmp_path).write(UNITTEST)
    rows = surveyed(project, "unittest")

    assert (rows.collected, rows.measured) == (3, 3)
    assert [(row.node, round(row.peak / MIB)) for row in rows.rows] == [
        ("tests/test_cases.py::Sizes::test_large", 8),
        ("tests/test_cases.py::Sizes::test_small", 1),
    ]
    alone = project.run("traced", rows.rows[0].node)
    assert alone.ok, alone.failure


@pytest.mark.parametrize(("files", "runner"), [(PYTEST, "pytest"), (UNITTEST, "unittest")])
def test_no_test_begins_when_the_time_is_up(tmp_path: Path, files: dict[str, str], runner: str) -> None:
    rows = surveyed(Project(tmp_path).write(files), runner, seconds=0.0)

    assert rows.measured == 1
    assert (rows.collected or 0) > 1


def test_every_file_is_seen_before_the_time_is_up(tmp_path: Path) -> None:
    """Two files of many tests: those of the second are not behind all of the first."""
    tests = (
        "import pytest\n@pytest.mark.parametrize('at', range(9))\n"
        "def test_one(at): assert bytearray(at << 20) is not None\n"
    )
    rows = surveyed(Project(tmp_path).write({"test_a.py": tests, "test_b.py": tests}), "pytest")
    spec = importlib.util.spec_from_file_location("probe_survey", PROBE.with_name("survey.py"))
    assert spec is not None
    assert spec.loader is not None
    probe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(probe)

    order = probe.Survey.spread([f"{file}{at}" for file in "ab" for at in range(7)], lambda item: item[0])

    assert (rows.collected, rows.measured) == (18, 18)
    assert sorted("".join(item[0] for item in order[:12])) == list("aaaaaabbbbbb")
    assert [item for item in order if item[0] == "a"] == [f"a{at}" for at in range(7)]


def test_a_test_that_never_ends_costs_only_itself(tmp_path: Path) -> None:
    """The runner ends the process, and takes what was written by then."""
    files = {
        "test_a.py": "import time\ndef test_first():\n    assert bytearray(6 << 20)\n"
        "def test_hangs():\n    time.sleep(600)\n",
    }
    root = repository(tmp_path / "repo", files)
    opened = Repository.open(root)
    export = Exports(tmp_path / "exports").create(opened, surveyed_tree(opened.checkout))
    job = Job(
        purpose="survey",
        python=sys.executable,
        export=str(export.path),
        checkout=str(root),
        blobs=export.blobs,
        test_runner="pytest",
        survey_s=60,
        timeout_s=10,
    )
    runner = Runner(Sandbox("limited", Limits(memory=4096 * MIB)), tmp_path / "work")

    outcome = asyncio.run(runner.run(job))

    assert outcome.status == "ok", outcome.reason
    assert outcome.report is not None
    assert outcome.report.survey is not None
    assert [(row.node, round(row.peak / MIB)) for row in outcome.report.survey.rows] == [("test_a.py::test_first", 6)]


def test_benchmark_scripts_are_found_by_folder_or_name_and_only_when_they_start_something() -> None:
    main = 'if __name__ == "__main__":\n    pass\n'
    files = {
        "benchmarks/run.py": main,
        "benchmarks/lib.py": "def f(): pass\n",
        "benchmarks/test_x.py": main,
        "tools/bench_parse.py": main,
        "perf/deep/one.py": main,
        "src/bench.py": "def (",
        "app.py": main,
        "src/superbenchmarked.py": main,
    }

    assert benchmark_scripts(files, files.__getitem__) == [
        "benchmarks/run.py",
        "perf/deep/one.py",
        "tools/bench_parse.py",
    ]


def taken(rows: list[SurveyedTest], alone: dict[str, float], scripts: list[str] | None = None) -> SurveyFile:
    """A survey whose tests have these rows, and whose targets have these peaks in MiB alone; others fail."""

    async def run(**fields: object) -> Outcome:
        if fields["purpose"] == "survey":
            found = SurveyRows(collected=len(rows), measured=len(rows), rows=rows)
            return Outcome(status="ok", report=ProbeReport(ok=True, python="", survey=found))
        target = fields["target"]
        peak = alone.get(target.path + target.node)  # type: ignore[attr-defined]
        if peak is None:
            return Outcome(status="failed", report=ProbeReport(ok=False, python="", failure="no"))
        return Outcome(status="ok", report=ProbeReport(ok=True, python="", traced_peak=int(peak * MIB), wall_s=0.1))

    return asyncio.run(Survey(run, bool(rows), scripts or []).take())


def test(node: str, peak: float) -> SurveyedTest:
    return SurveyedTest(node=node, peak=int(peak * MIB), wall_s=0.1)


test.__test__ = False  # type: ignore[attr-defined]


def test_the_heaviest_alone_is_taken_and_the_runners_up_are_shown() -> None:
    rows = [test("t.py::a", 90), test("t.py::b[x y]", 80), test("t.py::c", 70), test("t.py::d", 60)]

    survey = taken(rows, {"t.py::a": 10, "t.py::b[x y]": 50, "bench.py": 20}, ["bench.py", "broken.py"])

    assert survey.target.text == "'t.py::b[x y]'"
    assert (survey.target.path, survey.target.node) == ("t.py", "::b[x y]")
    assert [row.target.text for row in survey.rows] == ["'t.py::b[x y]'", "t.py::a", "t.py::d", "bench.py"]
    assert "taken: 't.py::b[x y]', 50.0 MiB in 0.10 s" in survey.lines[0]
    assert survey.lines[2] == "survey: runner-up 3: t.py::d, 60.0 MiB in 0.10 s, measured among the other tests"


@pytest.mark.parametrize(
    ("rows", "alone", "sentence"),
    [
        ([], {}, "no tests or benchmarks were found"),
        ([test("t.py::a", 9)], {}, "none passed that could be a target"),
        ([test("t.py::a", 9)], {"t.py::a": 2}, "t.py::a, has a traced peak of 2.0 MiB, under 5 MiB"),
    ],
)
def test_a_survey_that_chooses_nothing_says_why(
    rows: list[SurveyedTest], alone: dict[str, float], sentence: str
) -> None:
    with pytest.raises(BadInput, match=sentence) as refused:
        taken(rows, alone)
    assert "--target" in str(refused.value)
