"""A re-profile measures the stages of the functions that were running at the peak before, and says which are now."""

from pathlib import Path

import pytest

from runtime.measure.chain import relocated
from runtime.measure.models import FunctionPlace
from runtime.measure.reports import ProbeReport
from tests.bench_world import World, program
from tests.probe_runs import INTERPRETERS, Project
from tests.test_loop import session

MIB = 2**20
MOVED = """
    class Table:
        def __init__(self):
            self.rows = list(range(300_000))

        @staticmethod
        def late():
            yield list(range(300_000))

    def twice(n):
        return [n] * 400_000

    def main(which):
        small = bytes(1_000_000)
        found = WHERE[which]()
        del found
        return len(small)

    def in_a_function():
        block = twice(1)
        return len(block)

    def in_a_class():
        return len(Table().rows)

    def in_a_generator():
        for rows in Table.late():
            count = len(rows)
        return count

    def in_main_itself():
        return 1

    WHERE = {name: value for name, value in globals().items() if name.startswith("in_")}

    def f(): return main("in_a_function")
    def c(): return main("in_a_class")
    def g(): return main("in_a_generator")
    def m(): return main("in_main_itself")
"""


def place(function: str, line: int = 1, file: str = "work.py") -> FunctionPlace:
    return FunctionPlace(file=file, function=function, line=line)


@pytest.mark.parametrize("python", INTERPRETERS)
@pytest.mark.parametrize("target", ["f", "c", "g", "m"])
def test_one_run_finds_the_chain_and_measures_the_stages_of_the_one_before(
    tmp_path: Path, target: str, python: str
) -> None:
    project = Project(tmp_path).write({"work.py": MOVED})

    def run(purpose: str, **fields: object) -> ProbeReport:
        report = project.run(purpose, f"work:{target}", python=python, **fields)
        assert report.failure == ""
        return report

    alone = run("calls")
    before = [place("f"), place("main"), place("in_a_function"), place("twice")]
    followed = run("stages", chain=before, follow=True, peak_hint=alone.traced_peak)

    assert followed.chain == alone.chain
    assert followed.chain[0].function == target
    assert followed.traced_peak == pytest.approx(alone.traced_peak, abs=100_000)
    again = run("stages", chain=alone.chain, follow=True, peak_hint=alone.traced_peak)
    by_itself = run("stages", chain=alone.chain, peak_hint=alone.traced_peak)
    assert again.chain == alone.chain
    assert [table.place for table in again.tables] == [table.place for table in by_itself.tables] == alone.chain
    for found, expected in zip(again.tables, by_itself.tables, strict=True):
        assert [stage.name for stage in found.stages] == [stage.name for stage in expected.stages]
        assert [stage.hits for stage in found.stages] == [stage.hits for stage in expected.stages]
        for one, other in zip(found.stages, expected.stages, strict=True):
            assert one.peak == pytest.approx(other.peak, abs=20_000)
            assert one.delta == pytest.approx(other.delta, abs=20_000)
    census = run("census", chain=alone.chain, event=again.event)
    assert again.event == by_itself.event
    assert census.census_line is not None


def test_a_file_that_is_imported_on_the_way_counts_no_event(tmp_path: Path) -> None:
    """The census run imports it without probes, and has to find the same events."""
    files = {
        "work.py": "def main():\n    import late\n    return len(late.grown(400_000))\n",
        "late.py": "def grown(n):\n    return list(range(n))\n",
    }
    project = Project(tmp_path).write(files)
    chain = [place("main")]
    followed = project.run("stages", "work:main", chain=chain, follow=True, peak_hint=8 * MIB)
    alone = project.run("stages", "work:main", chain=chain, peak_hint=8 * MIB)

    assert followed.chain == [place("main"), place("grown", file="late.py")]
    assert followed.event == alone.event
    assert followed.tables[0].stages[1].peak == pytest.approx(alone.tables[0].stages[1].peak, rel=0.01)


def test_functions_are_found_again_where_they_are_now(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import os\n\n\nclass A:\n    @property\n    def x(self):\n        def inner(): pass\n"
    )
    chain = [place("<module>", file="a.py"), place("A.x", file="a.py"), place("A.x.inner", 3, file="a.py")]
    assert relocated(chain, tmp_path) == [
        place("<module>", file="a.py"),
        place("A.x", 5, file="a.py"),
        place("A.x.inner", 7, file="a.py"),
    ]


@pytest.mark.parametrize(
    "text", ["", "def g(): pass\n", "if 1:\n    def f(): pass\nelse:\n    def f(): pass\n", "def f(:\n", "\0", None]
)
def test_a_function_that_is_gone_or_not_alone_by_its_name_is_not_found(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "a.py").write_text(text)
    assert relocated([place("f", file="a.py")], tmp_path) == []


def with_main(peak: float) -> str:
    return f"def main():\n    pass\n\n\n{program(peak)}"


def test_a_profile_after_a_keep_takes_one_traced_run(tmp_path: Path) -> None:
    world = World(tmp_path, edits=[with_main(80), program(60)]).make(100)
    state = session(world)
    assert len(state.keeps) == 2
    # The last tree has no main() to be found again: it is profiled anew.
    assert [profile.traced_runs for profile in state.profiles] == [2, 1, 2]


@pytest.mark.parametrize("python", INTERPRETERS)
def test_functions_that_call_themselves_and_each_other_are_in_the_chain_once(tmp_path: Path, python: str) -> None:
    text = """
        def even(values):
            return 0 if not values else values[0] + odd(values[1:])

        def odd(values):
            return even(values)

        def main():
            return even(list(range(250)))
    """
    project = Project(tmp_path).write({"work.py": text})
    chain = project.run("calls", "work:main", python=python).chain
    assert [one.function for one in chain] == ["main", "even", "odd"]
    report = project.run("stages", "work:main", chain=chain, python=python)
    assert [table.place.function for table in report.tables] == ["main", "even", "odd"]


@pytest.mark.parametrize("python", INTERPRETERS)
def test_a_function_that_only_reads_an_attribute_is_seen_by_what_it_leads_to(tmp_path: Path, python: str) -> None:
    text = """
        class Row:
            def __init__(self):
                self._x = 1

            @property
            def x(self):
                return self._x

            @property
            def heavy(self):
                return len(list(range(200_000)))

            @property
            def through(self):
                return self.heavy

        def main():
            row = Row()
            return row.x + row.through
    """
    chain = Project(tmp_path).write({"work.py": text}).run("calls", "work:main", python=python).chain
    assert [one.function for one in chain] == ["main", "Row.through", "Row.heavy"]
