"""Outcomes of tests, and unittest run in this process."""

from __future__ import annotations

import os
import sys
import unittest
from collections.abc import Iterable

import _lowtide_probe_targets as targets

OUTPUT = 8000
NO_TESTS = 5
"""Exit code when no test was found, as pytest and unittest (3.12 and later) have it."""


class Outcomes:
    """Collects what became of each test."""

    def __init__(self) -> None:
        self.started = 0
        self._states = {}

    def succeed(self, name: str) -> None:
        """A test's call passed."""
        self._states.setdefault(name, "passed")

    def skip(self, name: str) -> None:
        """A test was skipped, or failed as it was expected to."""
        self._states.setdefault(name, "skipped")

    def fail(self, name: str) -> None:
        """A test, or a file's collection, failed at any stage."""
        self._states[name] = "failed"

    def _having(self, state: str) -> list[str]:
        return [name for name, known in self._states.items() if known == state]

    @property
    def passed(self) -> list[str]:
        """Names of the tests that passed."""
        return self._having("passed")

    def has_passed(self, name: str) -> bool:
        """Whether that test passed, as far as is known."""
        return self._states.get(name) == "passed"

    @property
    def failed(self) -> list[str]:
        """Names of what failed."""
        return self._having("failed")

    def fields(self, code: int, output: object) -> dict:
        """The fields of TestOutcomes."""
        return {
            "passed": self.passed,
            "failed": self.failed,
            "skipped": len(self._having("skipped")),
            "output": output.tail(OUTPUT),
            "exit_code": code,
        }


def names_of(tests: Iterable[str], roots: Iterable[str]) -> list[str]:
    """Dotted names for unittest: `tests/test_a.py::Case::test_b` is `tests.test_a.Case.test_b`."""
    names = []
    for test in tests:
        path, _, node = test.partition("::")
        if path.endswith(".py"):
            path = path[: -len(".py")]
            for root in sorted(roots, key=len, reverse=True):
                if root and path.startswith(root + "/"):
                    path = path[len(root) + 1 :]
                    break
            path = path.replace("/", ".")
        names.append(".".join(part for part in (path, *node.split("::")) if part))
    return names


class Unittest:
    """Runs unittest in this process.

    Args:
        names: dotted names; empty for discovery from the export.
        export: absolute folder.
        meter: begun before the tests, finished after them.
        recorder: returns.Returns for the digest, else None.
        whole: True for the test command, False for a test target.
        survey: survey.Survey for the survey, else None.
        leaks: leaks.Repeats for the leak check, else None.
    """

    def __init__(
        self,
        names: Iterable[str],
        export: str,
        meter: object,
        recorder: object,
        whole: bool,
        survey: object = None,
        leaks: object = None,
    ) -> None:
        self._leaks = leaks
        self._names = names
        self._export = export
        self._meter = meter
        self._recorder = recorder
        self._whole = whole
        self._survey = survey
        self.outcomes = Outcomes()
        self.code = 0

    def prepare(self) -> None:
        """Nothing: unittest is loaded with this file."""

    def run(self) -> targets.Ended:
        """Runs the tests; for a target, anything but passed tests is a failure."""
        targets.blank_main()
        sys.argv[:] = ["python -m unittest", *self._names]
        try:
            if self._recorder is not None:
                self._recorder.install()
            if self._leaks is None:
                self._run(self._suite())
            else:
                self._leaks.begin()
                for _ in range(self._leaks.repeats):
                    self._run(self._suite())
                    self._leaks.done()
        except BaseException as error:  # noqa: BLE001  the target's
            return targets.Ended(targets.failure_of(error), code=1)
        self.code = 1 if self.outcomes.failed else 0 if self.outcomes.started else NO_TESTS
        return targets.Ended("" if self._whole else self._failure(), code=self.code)

    def _suite(self) -> unittest.TestSuite:
        loader = unittest.TestLoader()
        if self._names:
            return loader.loadTestsFromNames(self._names)
        suite = loader.discover(self._export, top_level_dir=self._export)
        for folder in ("tests", "test"):
            if not suite.countTestCases() and os.path.isdir(os.path.join(self._export, folder)):
                suite = unittest.TestLoader().discover(os.path.join(self._export, folder))
        return suite

    def _run(self, suite: unittest.TestSuite) -> None:
        if self._survey is not None:
            self._survey.collected(suite.countTestCases())
        result = _result(self.outcomes, self._survey, self._export)
        runner = unittest.TextTestRunner(stream=sys.stdout, resultclass=lambda *_, **__: result)
        if self._whole:
            runner.run(suite)
            return
        self._meter.begin()
        if self._recorder is not None:
            self._recorder.active = True
        runner.run(suite)
        if self._recorder is not None:
            self._recorder.active = False
        self._meter.finish()

    def _failure(self) -> str:
        if not self.outcomes.started:
            return f"unittest found no test {self._names[0]}."
        if self.outcomes.failed:
            return "The test fails."
        return "" if self.outcomes.passed else "The test is skipped: there is nothing to measure."

    def report(self, output: object) -> dict:
        """`tests`, for the test command; `survey` for the survey."""
        if self._survey is not None:
            return self._survey.fields()
        return {"tests": self.outcomes.fields(self.code, output)} if self._whole else {}

    def digest(self) -> dict:
        """digest, digest_kind and opaque of the calls."""
        return self._recorder.fields() if self._recorder is not None else {}


def node_of(test: unittest.TestCase, export: str) -> str:
    """`tests/test_a.py::Case::test_b` of a test; "" when its file is not below the export."""
    file = getattr(sys.modules.get(type(test).__module__), "__file__", None) or ""
    if not file.startswith(export.rstrip("/") + "/"):
        return ""
    method = getattr(test, "_testMethodName", "")
    return "::".join((os.path.relpath(file, export), *type(test).__qualname__.split("."), method))


def _result(outcomes: Outcomes, survey: object, export: str) -> unittest.TextTestResult:
    class Result(unittest.TextTestResult):
        def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802
            outcomes.started += 1
            super().startTest(test)
            if survey is not None:
                survey.begin()

        def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
            node = node_of(test, export) if survey is not None else ""
            if survey is not None and survey.end(node, bool(node) and outcomes.has_passed(test.id())):
                self.stop()
            super().stopTest(test)

        def addSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
            outcomes.succeed(test.id())
            super().addSuccess(test)

        def addError(self, test: unittest.TestCase, err: tuple) -> None:  # noqa: N802
            outcomes.fail(test.id())
            super().addError(test, err)

        def addFailure(self, test: unittest.TestCase, err: tuple) -> None:  # noqa: N802
            outcomes.fail(test.id())
            super().addFailure(test, err)

        def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
            outcomes.skip(test.id())
            super().addSkip(test, reason)

        def addExpectedFailure(self, test: unittest.TestCase, err: tuple) -> None:  # noqa: N802
            outcomes.skip(test.id())
            super().addExpectedFailure(test, err)

        def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
            outcomes.fail(test.id())
            super().addUnexpectedSuccess(test)

        def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: tuple) -> None:  # noqa: N802
            if err is not None:
                outcomes.fail(test.id())
            super().addSubTest(test, subtest, err)

    import unittest.runner as runner

    return Result(runner._WritelnDecorator(sys.stdout), True, 1)
