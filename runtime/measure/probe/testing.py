"""Runs tests: a test target under the meter, or the test command with its outcomes.

pytest is run in this process by its own API, else unittest. The project's own options come with the job, without those
that would change what is measured; the cache and random order are left out here.
"""

from __future__ import annotations

import os
import sys
import types
from collections.abc import Iterator
from importlib import import_module, util

import _lowtide_probe_returns as returns
import _lowtide_probe_suites as suites
import _lowtide_probe_targets as targets

_USAGE = 4
"""pytest's exit code for options it does not know, and for arguments that are not there."""


def make(job: dict, export: str, meter: object, purpose: str, survey: object = None, leaks: object = None) -> object:
    """The way to run this job's tests: Pytest, suites.Unittest, or Missing, with one interface."""
    target = job["target"] if job["purpose"] not in ("tests", "survey") else None
    recorder = None
    if purpose == "digest" and target is not None:
        recorder = returns.Returns(export, os.path.join(export, target["path"]) if target["path"] else "")
    runner = job["test_runner"] if target is None else ""
    if runner != "unittest" and util.find_spec("pytest") is not None:
        return Pytest(job, target, export, meter, recorder, survey, leaks)
    if runner == "unittest":
        return suites.Unittest(suites.names_of(job["tests"], job["roots"]), export, meter, recorder, True, survey)
    if target is not None and target["node"]:
        names = suites.names_of([target["path"] + target["node"]], job["roots"])
        return suites.Unittest(names, export, meter, recorder, whole=False, leaks=leaks)
    return Missing()


class Missing:
    """pytest is wanted and not there."""

    def prepare(self) -> None:
        """Nothing to prepare."""

    def run(self) -> targets.Ended:
        """The failure."""
        return targets.Ended(
            "pytest is not installed for this interpreter: install it there, or name another interpreter."
        )

    def report(self, output: object) -> dict:
        """No fields."""
        return {}

    def digest(self) -> dict:
        """No fields."""
        return {}


class Pytest:
    """Runs pytest in this process.

    Args:
        job: the job; `tests` are what to run when there is no target.
        target: the test target, or None for the test command.
        export: absolute folder.
        meter: begun before the first test's setup, finished after the last one's teardown.
        recorder: returns.Returns for the digest, else None.
        survey: survey.Survey for the survey, else None.
        leaks: leaks.Repeats for the leak check, else None.
    """

    def __init__(
        self,
        job: dict,
        target: dict | None,
        export: str,
        meter: object,
        recorder: object,
        survey: object = None,
        leaks: object = None,
    ) -> None:
        self._leaks = leaks
        self._wanted = list(job["tests"])
        if target is not None:
            self._wanted = [target["path"] + target["node"]] if target["path"] else target["arguments"]
        self._named = target is not None and bool(target["path"])
        self._own_options = job["test_options"]
        self._is_target = target is not None
        self._export = export
        self._recorder = recorder
        self._meter = meter
        self._survey = survey
        self.outcomes = None
        self.code = 0

    def prepare(self) -> None:
        """Imports pytest, before tracing starts: its own memory is none of the target's."""
        os.environ.pop("PYTEST_ADDOPTS", None)
        self._pytest = import_module("pytest")
        self._options = [] if util.find_spec("pytest_benchmark") is None else ["--benchmark-disable"]
        self.outcomes = _plugin(self._pytest, self._meter, self._recorder, self._is_target, self._survey)

    def run(self) -> targets.Ended:
        """Runs the tests; for a target, anything but passed tests is a failure."""
        targets.blank_main()
        arguments = [
            *self._own_options,
            *(("-m", "", "-k", "") if self._named else ()),  # what was asked for by its name is not deselected
            *self._wanted,
            "--rootdir=" + self._export,
            "--confcutdir=" + self._export,
            *("-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:random_order", "-o", "addopts="),
            "-q",
        ]
        arguments += self._options
        if self._is_target or self._survey is not None:
            arguments.append("--assert=plain")  # rewritten asserts keep their operands, and come from a cache
        if not self._is_target:
            arguments.append("--continue-on-collection-errors")  # one broken file does not hide the others
        if self._recorder is not None:
            self._recorder.install()
        sys.argv[:] = ["pytest", *self._wanted]
        plugins = [self.outcomes]
        if self._leaks is not None:
            plugins.append(_repeating(self._pytest, self._leaks, self.outcomes))
        try:
            self.code = int(self._pytest.main(arguments, plugins=plugins))
        except SystemExit as error:
            self.code = error.code if isinstance(error.code, int) else 1
        except BaseException as error:  # noqa: BLE001  a plugin's or the target's
            return targets.Ended(targets.failure_of(error), code=1)
        if self.code == _USAGE and not self.outcomes.started and (self._own_options or not self._named):
            said = " ".join([*self._own_options, *self._wanted])
            return targets.Ended(f"pytest refuses its arguments ({said}): its options are in setup.md.", code=1)
        return targets.Ended(self._failure(), code=self.code)

    def _failure(self) -> str:
        if not self._is_target:
            return ""
        if not self.outcomes.started:
            return f"pytest found no test {' '.join(self._wanted)}."
        if self.outcomes.failed:
            return "The test fails."
        if not self.outcomes.passed:
            return "The test is skipped: there is nothing to measure."
        return "" if self.code in (0, 5) else f"pytest ended with exit code {self.code}."

    def report(self, output: object) -> dict:
        """`tests`, for the test command; `survey` for the survey."""
        if self._survey is not None:
            return self._survey.fields()
        return {} if self._is_target else {"tests": self.outcomes.fields(self.code, output)}

    def digest(self) -> dict:
        """digest, digest_kind and opaque of the calls."""
        return self._recorder.fields() if self._recorder is not None else {}


def _plugin(
    pytest: types.ModuleType, meter: object, recorder: object, is_target: bool, survey: object
) -> suites.Outcomes:
    """The plugin object; its class needs pytest's decorators."""

    class Outcomes(suites.Outcomes):
        @pytest.hookimpl(hookwrapper=True, tryfirst=True)
        def pytest_runtest_protocol(self, item: object, nextitem: object) -> Iterator[None]:
            if is_target:
                meter.begin()
                if recorder is not None:
                    recorder.active = True
            self.started += 1
            if survey is not None:
                survey.begin()
            yield
            if survey is not None and survey.end(item.nodeid, self.has_passed(item.nodeid)):
                item.session.shouldstop = "the survey's time is up"
            if recorder is not None:
                recorder.active = False
            if nextitem is None and is_target:
                meter.finish()

        @pytest.hookimpl(trylast=True)
        def pytest_collection_modifyitems(self, items: list) -> None:
            if survey is not None:
                items[:] = survey.spread(items, lambda item: item.nodeid.partition("::")[0])

        def pytest_collection_finish(self, session: object) -> None:
            if survey is not None:
                survey.collected(len(session.items))

        def pytest_runtest_logreport(self, report: object) -> None:
            if report.failed:
                self.fail(report.nodeid)
            elif report.skipped:
                self.skip(report.nodeid)
            elif report.when == "call":
                self.succeed(report.nodeid)

        def pytest_collectreport(self, report: object) -> None:
            if report.failed:
                self.fail(report.nodeid)

    return Outcomes()


def _repeating(pytest: types.ModuleType, leaks: object, outcomes: object) -> object:
    """A plugin that runs all tests together, again and again, each time with its fixtures made and torn down."""
    run = import_module("_pytest.runner").runtestprotocol

    class Repeating:
        def __init__(self) -> None:
            self._items = []

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_protocol(self, item: object, nextitem: object) -> bool:
            self._items.append(item)
            if nextitem is None:
                leaks.begin()
                for number in range(leaks.repeats):
                    self._round(first=number == 0)
                    leaks.done()
            return True

        def _round(self, first: bool) -> None:
            for item, following in zip(self._items, [*self._items[1:], None]):
                # Logged once: what pytest keeps of each report would count as growth.
                if any(report.failed for report in run(item, log=first, nextitem=following)):
                    outcomes.fail(item.nodeid)

    return Repeating()
