"""The probe on tests: test targets and their digests, pytest and unittest runs."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.probe_runs import Project

WORK = """
    import functools

    SCALE = 1

    class Row:
        def __init__(self, value):
            self.value = value * SCALE

    def build(n):
        return [bytes(1000) for _ in range(n)]

    def total(n):
        return n * SCALE

    @functools.lru_cache
    def cached(n):
        return n * SCALE

    async def later(n):
        return n * SCALE

    def refuse(n):
        raise (KeyError if SCALE == 1 else ValueError)(n)
"""
TESTS = """
    import asyncio
    import pytest
    from pkg import work

    @pytest.fixture
    def rows():
        yield work.build(2000)
        work.build(4000)

    def helper():
        return work.total(1)

    def test_rows(rows):
        more = work.build(1000)
        assert len(rows) == 2 * len(more)

    def test_total():
        work.total(2)

    def test_row():
        work.Row(2)

    def test_cached():
        work.cached(2)

    def test_later():
        async def main():
            await work.later(2)
        asyncio.run(main())

    def test_refuse():
        with pytest.raises(LookupError if work.SCALE == 1 else ValueError):
            work.refuse(1)

    class TestHelped:
        def test_helped(self):
            helper()

    def test_nothing():
        assert sorted([2, 1]) == [1, 2]

    @pytest.mark.parametrize("n", [1, 2])
    def test_many(n):
        work.build(1000 * n)

    def test_fails():
        assert work.total(1) == 7

    @pytest.mark.skip
    def test_skipped():
        pass

    @pytest.mark.xfail(strict=True)
    def test_known():
        assert work.total(1) == 7
"""
CASES = """
    import unittest
    from pkg import work

    class Rows(unittest.TestCase):
        def test_rows(self):
            self.assertEqual(len(work.build(3000)), 3000)

        def test_fails(self):
            self.assertEqual(work.total(1), 7)

        @unittest.skip("later")
        def test_skipped(self):
            pass

        def test_parts(self):
            for part in (1, 2):
                with self.subTest(part):
                    self.assertEqual(part, 1)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    files = {"pkg/__init__.py": "", "pkg/work.py": WORK, "tests/test_work.py": TESTS, "cases/test_rows.py": CASES}
    return Project(tmp_path).write(files)


@pytest.fixture(scope="module")
def without_pytest(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", str(folder)], check=True)
    return str(folder / "bin" / "python")


def test_setup_call_and_teardown_count(project: Project) -> None:
    report = project.run("traced", "tests/test_work.py::test_rows")

    assert report.failure == ""
    assert report.traced_peak is not None
    assert 6.1e6 < report.traced_peak < 6.5e6  # teardown's 4000 rows beside the fixture's 2000
    assert report.traced_import is not None
    assert report.traced_import > 10_000
    assert report.digest is None
    assert "tests/test_work.py" in report.opened
    assert "1 passed" in report.stdout


def test_all_parameters_of_a_test_are_one_measurement(project: Project) -> None:
    report = project.run("traced", "tests/test_work.py::test_many")

    assert report.failure == ""
    assert report.traced_peak is not None
    assert 2.0e6 < report.traced_peak < 2.3e6


@pytest.mark.parametrize(
    ("node", "failure"),
    [
        ("::test_fails", "The test fails."),
        ("::test_skipped", "The test is skipped: there is nothing to measure."),
        ("::test_absent", "pytest found no test tests/test_work.py::test_absent."),
    ],
)
def test_what_is_no_passed_test_is_a_failure(project: Project, node: str, failure: str) -> None:
    report = project.run("traced", f"tests/test_work.py{node}")

    assert not report.ok
    assert report.failure == failure
    assert report.stdout


@pytest.mark.parametrize(
    "node",
    ["::test_total", "::test_row", "::test_cached", "::test_later", "::test_refuse", "::TestHelped::test_helped"],
)
def test_digest_of_a_test_changes_with_what_the_project_returns(project: Project, node: str) -> None:
    target = f"tests/test_work.py{node}"
    first, again = (project.run("digest", target, seed) for seed in (0, 1))
    changed = project.export / "pkg" / "work.py"
    changed.write_text(changed.read_text().replace("SCALE = 1\n", "SCALE = 2\n"))
    other = project.run("digest", target)

    assert first.failure == other.failure == ""
    assert first.digest_kind == "calls"
    assert first.digest == again.digest
    assert first.digest != other.digest


def test_test_without_project_calls_has_no_digest(project: Project) -> None:
    report = project.run("digest", "tests/test_work.py::test_nothing")

    assert report.ok
    assert report.digest is None


def test_users_options_do_not_disturb(project: Project) -> None:
    project.write({"pytest.ini": "[pytest]\naddopts = -n 4 --cov --no-such-option\n"})

    report = project.run("traced", "tests/test_work.py::test_total", environment={"PYTEST_ADDOPTS": "--no-such-option"})

    assert report.failure == ""


def test_conftest_above_the_export_is_not_read(project: Project) -> None:
    (project.folder / "conftest.py").write_text("raise RuntimeError('not mine')\n")

    assert project.run("plain", "tests/test_work.py::test_total").failure == ""


def test_target_that_ends_the_process_is_a_failure(project: Project) -> None:
    project.write({"test_end.py": "import os\ndef test_end():\n    os._exit(0)\n"})

    report = project.run("plain", "test_end.py::test_end")

    assert not report.ok
    assert "os._exit(0)" in report.failure


def test_outcomes_of_a_pytest_run(project: Project) -> None:
    project.write({"tests/test_broken.py": "import no_such_module\n"})

    report = project.run("tests", tests=["tests"], test_runner="pytest")

    assert report.ok
    assert report.tests is not None
    assert "tests/test_work.py::test_many[2]" in report.tests.passed
    assert "tests/test_work.py::TestHelped::test_helped" in report.tests.passed
    assert sorted(report.tests.failed) == ["tests/test_broken.py", "tests/test_work.py::test_fails"]
    assert report.tests.skipped == 2
    assert report.tests.exit_code != 0
    assert "no_such_module" in report.tests.output


def test_named_tests_alone_are_run(project: Project) -> None:
    report = project.run("tests", tests=["tests/test_work.py::test_total"], test_runner="pytest")

    assert report.tests is not None
    assert report.tests.passed == ["tests/test_work.py::test_total"]
    assert report.tests.exit_code == 0


@pytest.mark.parametrize("tests", [["cases/test_rows.py"], ["cases.test_rows"]])
def test_outcomes_of_a_unittest_run(project: Project, tests: list[str]) -> None:
    report = project.run("tests", tests=tests, test_runner="unittest")

    assert report.ok
    assert report.tests is not None
    assert report.tests.passed == ["cases.test_rows.Rows.test_rows"]
    assert sorted(report.tests.failed) == ["cases.test_rows.Rows.test_fails", "cases.test_rows.Rows.test_parts"]
    assert report.tests.skipped == 1
    assert report.tests.exit_code == 1


def test_unittest_discovers_from_the_export(project: Project, without_pytest: str) -> None:
    project.write({"test_top.py": CASES, "tests/test_work.py": CASES})

    report = project.run("tests", test_runner="unittest", python=without_pytest)

    assert report.tests is not None
    assert "test_top.Rows.test_rows" in report.tests.passed


def test_missing_pytest_is_said_in_a_sentence(project: Project, without_pytest: str) -> None:
    report = project.run("tests", test_runner="pytest", python=without_pytest)

    assert not report.ok
    assert report.failure.startswith("pytest is not installed for this interpreter")


def test_case_of_unittest_is_a_target_without_pytest(project: Project, without_pytest: str) -> None:
    traced, digest, failed = (
        project.run(purpose, f"cases/test_rows.py::Rows::{name}", python=without_pytest)
        for purpose, name in (("traced", "test_rows"), ("digest", "test_rows"), ("traced", "test_fails"))
    )

    assert traced.failure == digest.failure == ""
    assert traced.traced_peak is not None
    assert 3.0e6 < traced.traced_peak < 3.3e6
    assert digest.digest_kind == "calls"
    assert failed.failure == "The test fails."
