"""The leak check: what a target that is repeated leaves behind each time, by the line that allocated it."""

import pytest

from runtime.experiment.leaks import growth, said
from runtime.measure.reports import Growth, Leaks
from tests.probe_runs import INTERPRETERS, Project

LEAKING = {
    "app.py": """
        import functools
        import json

        KEPT = []

        @functools.lru_cache(maxsize=8)
        def cached(n):
            return list(range(2000))

        def leak():
            KEPT.append(bytearray(20_000))
            return [cached(n % 3) for n in range(10)]

        def clean():
            return json.loads(json.dumps(list(range(5000))))

        def fails():
            KEPT.append(0)
            assert len(KEPT) < 3

        async def later():
            KEPT.append(bytearray(20_000))
    """,
    "script.py": """
        import app
        app.leak()
    """,
    "tests/test_app.py": """
        import pytest
        import app

        @pytest.fixture
        def given():
            return bytearray(100_000)

        def test_leak(given):
            app.leak()

        @pytest.mark.parametrize("n", [1, 2])
        def test_clean(n, given):
            app.clean()
    """,
    "unit/__init__.py": "",
    "unit/test_unit.py": """
        import unittest
        import app

        class UnitTest(unittest.TestCase):
            def test_leak(self):
                app.leak()
    """,
}


def leaks_of(tmp_path, target, **fields):
    project = Project(tmp_path).write(LEAKING)
    report = project.run("leaks", target, repeats=8, **fields)
    return report.leaks, report.failure


@pytest.mark.parametrize(
    ("target", "fields"),
    [
        ("app:leak", {}),
        ("app:later", {}),
        ("script.py", {}),
        ("tests/test_app.py::test_leak", {}),
        ("unit/test_unit.py::UnitTest::test_leak", {"test_runner": "unittest"}),
    ],
)
def test_what_grows_is_named_by_its_line(tmp_path, target, fields):
    found, failure = leaks_of(tmp_path, target, **fields)
    assert found is not None, failure
    assert len(found.alive) == 8
    assert 20_000 <= growth(found) < 25_000
    worst = found.growth[0]
    assert (worst.file, worst.project, worst.count) == ("app.py", True, 2)
    assert worst.line == (23 if target == "app:later" else 12)
    assert 20_000 <= worst.size < 21_000
    assert said(found)[1] == f"leak check: app.py:{worst.line} leaves 19.6 KiB in 2 blocks each time"


@pytest.mark.parametrize("target", ["app:clean", "tests/test_app.py::test_clean"])
def test_what_lets_go_of_everything_does_not_grow(tmp_path, target):
    found, failure = leaks_of(tmp_path, target)
    assert found is not None, failure
    assert growth(found) == 0
    assert said(found) == ["leak check: 8 repetitions, no steady growth"]


def test_a_target_that_fails_on_the_way_has_no_leak_check(tmp_path):
    found, failure = leaks_of(tmp_path, "app:fails")
    assert found is None
    assert "AssertionError" in failure


@pytest.mark.parametrize("python", INTERPRETERS[1:] or INTERPRETERS)
def test_every_interpreter_repeats(tmp_path, python):
    project = Project(tmp_path).write(LEAKING)
    found = project.run("leaks", "app:leak", python=python, repeats=6).leaks
    assert found is not None
    assert 20_000 <= growth(found) < 25_000


@pytest.mark.parametrize(
    ("alive", "each"),
    [
        ([9000, 9000, 9000, 9000, 9000, 9000], 0),
        ([0, 5000, 10000, 15000, 20000, 25000], 5000),
        ([0, 100, 200, 300, 400, 500], 0),  # bookkeeping
        ([0, 5000, 90000, 90000, 90000, 90000], 0),  # a cache that has filled
        ([0, 5000, 10000, 9000, 14000, 13000], 0),  # up and down
    ],
)
def test_only_steady_growth_is_a_leak(alive, each):
    found = Leaks(warm=2, alive=alive, growth=[Growth(file="a.py", project=True, line=1, size=each, count=1)])
    assert growth(found) == each
