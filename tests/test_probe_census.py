"""The census: which names hold what, who keeps it alive, and what the project's classes consist of."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runtime.measure.holdings import ArrayFacts, AttributeCensus, ClassCensus, Holding
from runtime.measure.models import FunctionPlace
from runtime.measure.reports import ProbeReport
from tests.probe_runs import INTERPRETERS, Project

WORK = """
    import functools
    import json

    REGISTRY = {}
    _later = None

    class Reading:
        unit_cache = {}

        def __init__(self, key, value):
            self.key = key
            self.value = value
            self.raw = None

    class Slotted:
        __slots__ = ("name", "rows")

        def __init__(self, name):
            self.name = name
            self.rows = []

    class Table:
        def __init__(self, rows):
            self.rows = rows

        def total(self, weights):
            doubled = [row.value * 2.0 for row in self.rows]
            marker = 1
            return sum(doubled) + len(weights) + marker

    @functools.lru_cache(maxsize=None)
    def label(n):
        return "label %d" % n * 20

    def load(n):
        return [json.dumps({"k": "user%d" % (i % 50), "v": i * 0.5}) for i in range(n)]

    def main(n=4000):
        raw = load(n)
        shared = raw[:]
        readings = [Reading("user%d" % (i % 50), i * 0.5) for i in range(n)]
        slotted = [Slotted("x") for _ in range(1000)]
        REGISTRY["labels"] = [label(i) for i in range(500)]
        Reading.unit_cache["a"] = bytes(70_000)
        later = bytearray(90_000)
        def use():
            seen = bytes(later[:10])
            return len(seen)
        use()
        weights = [float(i) for i in range(3000)]
        total = Table(readings).total(weights)
        return total
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).write({"pkg/__init__.py": "", "pkg/work.py": WORK})


def place(function: str, file: str = "pkg/work.py") -> FunctionPlace:
    return FunctionPlace(file=file, function=function, line=0)


def at_peak(
    project: Project, *functions: str, target: str = "pkg.work:main", file: str = "pkg/work.py", **fields: Any
) -> tuple[ProbeReport, ProbeReport]:
    """A stages run with probes in `functions`, and the census at the event with the highest traced bytes."""
    chain = [place(name, file) for name in functions]
    stages = project.run("stages", target, chain=chain, **fields)
    assert stages.failure == ""
    census = project.run("census", target, chain=chain, event=stages.event, **fields)
    assert census.failure == ""
    return stages, census


def delta(report: ProbeReport, name: str) -> int:
    """What the stage of this name left behind."""
    (found,) = [stage.delta for table in report.tables for stage in table.stages if name.startswith(stage.name)]
    return found


def holding(report: ProbeReport, name: str, function: str = "") -> Holding:
    (found,) = [
        holding
        for holding in report.holdings
        if holding.name == name and (not function or (holding.place and holding.place.function == function))
    ]
    return found


def known_class(report: ProbeReport, name: str) -> ClassCensus:
    (found,) = [known for known in report.classes if known.name == name]
    return found


def attribute(known: ClassCensus, name: str) -> AttributeCensus:
    (found,) = [attribute for attribute in known.attributes if attribute.name == name]
    return found


@pytest.mark.parametrize("python", INTERPRETERS)
def test_sizes_of_holdings_are_what_their_stages_left_behind(project: Project, python: str) -> None:
    stages, census = at_peak(project, "main", "Table.total", python=python)

    assert census.census_line is not None
    assert (census.census_line.function, census.census_line.line) == ("Table.total", 28)
    assert holding(census, "raw").size == pytest.approx(delta(stages, "load"), rel=0.02, abs=10_000)
    readings = 'readings = [Reading("user%d" % (i % 50), i * 0.5) for i in range(n)]'
    assert holding(census, "readings").size == pytest.approx(delta(stages, readings), rel=0.02)
    slotted = 'slotted = [Slotted("x") for _ in range(1000)]'
    assert holding(census, "slotted").size == pytest.approx(delta(stages, slotted), rel=0.02)
    weights = "weights = [float(i) for i in range(3000)]"
    assert holding(census, "weights", "main").size == pytest.approx(delta(stages, weights), rel=0.02)
    labels = 'REGISTRY["labels"] = [label(i) for i in range(500)]'
    cached = holding(census, "REGISTRY").size + holding(census, "label").size
    assert cached == pytest.approx(delta(stages, labels), rel=0.05)


@pytest.mark.parametrize("python", INTERPRETERS)
def test_reference_counts_and_own_bytes_tell_sole_owners(project: Project, python: str) -> None:
    census = at_peak(project, "main", "Table.total", python=python)[1]

    doubled = holding(census, "doubled")
    assert (doubled.kind, doubled.refcount, doubled.length, doubled.element) == ("local", 1, 4000, "float")
    assert doubled.own == doubled.size > 4000 * 24
    raw, shared = holding(census, "raw"), holding(census, "shared")
    assert (raw.refcount, shared.refcount) == (1, 1)
    assert raw.own + shared.own < 0.2 * raw.size + shared.size
    assert shared.size == pytest.approx(4000 * 8, rel=0.02)
    readings = holding(census, "readings")
    assert (readings.refcount, readings.own) == (2, 0)
    weights = [found for found in census.holdings if found.name == "weights"]
    assert {(found.kind, found.place.function if found.place else "") for found in weights} == {
        ("local", "main"),
        ("argument", "Table.total"),
    }
    assert sorted(found.size for found in weights)[0] == 0
    on_the_callers_stack = "3.9." in python or "3.10." in python  # arguments are moved from 3.11 on
    assert {found.refcount for found in weights} == {3 if on_the_callers_stack else 2}


def test_every_kind_of_holder_is_named(project: Project) -> None:
    project.write(
        {
            "pkg/work.py": """
                import functools

                REGISTRY = {"a": bytes(50_000)}

                class Model:
                    cache = [bytes(60_000)]

                    @functools.lru_cache(maxsize=None)
                    def row(self, n):
                        return bytes(n)

                def outer(given):
                    closed = bytes(70_000)
                    def inner(*rest, option=None):
                        own = bytes(80_000)
                        return len(own) + len(closed)
                    return inner(bytes(90_000), option=bytes(95_000))

                def main():
                    model = Model()
                    for n in range(3):
                        model.row(40_000 + n)
                    return outer(bytes(99_000))
            """
        }
    )
    census = at_peak(project, "main", "outer", "outer.inner")[1]

    found = {(h.name, h.kind, h.place.function if h.place else "", round(h.size / 1000)) for h in census.holdings}
    assert found == {
        ("REGISTRY", "global", "<module>", 50),
        ("Model.cache", "class_attribute", "<module>", 60),
        ("Model.row", "cache", "Model.row", 122),
        ("closed", "local", "outer", 70),
        ("closed", "closure", "outer.inner", 0),
        ("own", "local", "outer.inner", 80),
        ("rest", "argument", "outer.inner", 90),
        ("option", "argument", "outer.inner", 95),
        ("given", "argument", "outer", 99),
    }


def test_classes_with_their_attributes_biggest_first(project: Project) -> None:
    stages, census = at_peak(project, "main", "Table.total")

    reading = known_class(census, "Reading")
    assert (reading.module, reading.file, reading.line) == ("pkg.work", "pkg/work.py", 8)
    assert (reading.count, reading.slotted) == (4000, False)
    assert [known.name for known in reading.attributes] == ["key", "value", "raw"]
    key, value, raw = reading.attributes
    assert (key.types, key.distinct) == ({"str": 4000}, 50 / 4000)
    assert (value.types, value.distinct, value.size) == ({"float": 4000}, 1.0, 4000 * 24)
    assert raw.types == {"NoneType": 4000}
    made = delta(stages, 'readings = [Reading("user%d" % (i % 50), i * 0.5) for i in range(n)]')
    in_list = 4000 * 8
    assert reading.shallow + key.size + value.size + in_list == pytest.approx(made, rel=0.03)
    slotted = known_class(census, "Slotted")
    assert slotted.slotted
    assert slotted.shallow == 1000 * (16 + 2 * 8 + 16)
    assert attribute(slotted, "rows").types == {"list": 1000}
    assert attribute(slotted, "rows").distinct is None


@pytest.mark.parametrize("python", INTERPRETERS)
@pytest.mark.parametrize("attributes", [1, 4, 7, 12])
def test_shallow_size_of_instances_is_what_tracemalloc_counts(project: Project, python: str, attributes: int) -> None:
    names = [f"a{n}" for n in range(attributes)]
    project.write(
        {
            "pkg/work.py": "class Wide:\n    def __init__(self, one):\n"
            + "".join(f"        self.{name} = one\n" for name in names)
            + "def main():\n    Wide(1)\n    wide = [None] * 5000\n    for n in range(5000):\n"
            "        wide[n] = Wide(n)\n    many = [None] * 5000\n    return len(many)\n"
        }
    )
    stages, census = at_peak(project, "main", python=python)

    wide = known_class(census, "Wide")
    numbers = 5000 * 32
    assert [known.name for known in wide.attributes][:1] == ["a0"]
    assert wide.count == 5000
    assert wide.shallow + numbers == pytest.approx(delta(stages, "for n in range(5000):"), rel=0.03)


def test_census_changes_nothing_for_the_target(project: Project) -> None:
    project.write(
        {
            "pkg/work.py": """
                import gc
                import sys

                class Strange:
                    def __init__(self):
                        self.kept = [1]

                    def __getattr__(self, name):
                        raise RuntimeError(name)

                    @property
                    def asked(self):
                        raise RuntimeError("asked")

                    def __len__(self):
                        raise RuntimeError("len")

                    def __eq__(self, other):
                        raise RuntimeError("eq")

                    def __hash__(self):
                        raise RuntimeError("hash")

                    def __sizeof__(self):
                        raise RuntimeError("sizeof")

                    def __del__(self):
                        print("freed")

                def main():
                    strange = Strange()
                    names = locals()
                    many = [bytes(100_000), strange]
                    many = big = None
                    del strange
                    names.clear()
                    print("end", gc.isenabled())
                    return 0
            """
        }
    )
    for event in range(1, 10):
        census = project.run("census", "pkg.work:main", chain=[place("main")], event=event)

        assert census.failure == ""
        assert census.stdout == "freed\nend True\n"


def test_instances_get_no_dict_and_cached_properties_do_not_run(project: Project) -> None:
    project.write(
        {
            "pkg/work.py": """
                import functools
                import gc

                class Row:
                    kind = "plain"

                    def __init__(self, n):
                        self.number = n
                        self.text = "text %d" % n

                    @functools.cached_property
                    def parsed(self):
                        return [self.text] * 10

                def main():
                    rows = [Row(n) for n in range(3000)]
                    for row in rows[:500]:
                        row.parsed
                        row.kind = "other"
                    last = bytes(10_000)
                    kinds = set(map(type, gc.get_referents(rows[-1])))
                    print(sorted(kind.__name__ for kind in kinds))
                    return len(last)
            """
        }
    )
    census = at_peak(project, "main")[1]

    row = known_class(census, "Row")
    counts = {known.name: known.count for known in row.attributes}
    assert counts == {"number": 3000, "text": 3000, "parsed": 500, "kind": 500}
    plain = project.run("plain", "pkg.work:main")
    assert census.stdout == plain.stdout


def test_values_of_a_script_and_of_another_thread_are_seen(tmp_path: Path) -> None:
    project = Project(tmp_path).write(
        {
            "tool.py": """
                import threading

                class Job:
                    def __init__(self):
                        self.body = bytes(50_000)

                def work(ready, go):
                    jobs = [Job() for _ in range(3)]
                    ready.set()
                    go.wait()

                ready, go = threading.Event(), threading.Event()
                thread = threading.Thread(target=work, args=(ready, go))
                thread.start()
                ready.wait()
                table = {n: "row %d" % n for n in range(2000)}
                size = len(table)
                go.set()
                thread.join()
            """
        }
    )
    census = at_peak(project, "<module>", target="tool.py", file="tool.py")[1]

    assert holding(census, "jobs").place == FunctionPlace(file="tool.py", function="work", line=8)
    assert holding(census, "jobs").size == pytest.approx(150_300, rel=0.01)
    table = holding(census, "table")
    assert (table.kind, table.length, table.element, table.own) == ("global", 2000, "str", table.size)
    job = known_class(census, "Job")
    assert (job.module, job.file, job.count) == ("__main__", "tool.py", 3)
    assert census.census_line is not None
    assert census.census_line.function == "<module>"


def test_cycles_do_not_hide_a_sole_owner(project: Project) -> None:
    project.write(
        {
            "pkg/work.py": """
                class Node:
                    def __init__(self, parent):
                        self.parent = parent
                        self.children = []
                        self.body = bytes(1000)

                def main():
                    root = Node(None)
                    root.children = [Node(root) for _ in range(100)]
                    last = bytes(5000)
                    return len(last)
            """
        }
    )
    census = at_peak(project, "main")[1]

    root = holding(census, "root")
    assert root.refcount == 101
    assert root.own == pytest.approx(root.size, abs=20)
    assert root.own > 101_000
    node = known_class(census, "Node")
    assert attribute(node, "body").size == pytest.approx(101 * 1033, rel=0.01)
    assert attribute(node, "parent").types == {"pkg.work.Node": 100, "NoneType": 1}
    assert attribute(node, "parent").size < 100


def with_numpy() -> list[str]:
    """Interpreters of the machine that have numpy; it is no dependency of ours."""
    pythons = [sys.executable, *map(str, sorted(Path.home().glob(".pyenv/versions/3.1[1-3].*/bin/python")))]
    return [
        python
        for python in pythons
        if subprocess.run([python, "-c", "import numpy"], capture_output=True, check=False).returncode == 0
    ]


@pytest.mark.parametrize("python", with_numpy())
def test_arrays_count_once_and_views_lead_to_their_base(project: Project, python: str) -> None:
    project.write(
        {
            "pkg/work.py": """
                import numpy as np

                def main():
                    view = np.zeros(100_000)[::2]
                    boxes = np.array([bytes(1000) for _ in range(100)], dtype=object)
                    whole = np.ones((100, 100), dtype="int32")
                    alias = whole
                    last = bytes(100_000)
                    return len(last)
            """
        }
    )
    census = at_peak(project, "main", python=python)[1]

    view, whole, alias = holding(census, "view"), holding(census, "whole"), holding(census, "alias")
    assert view.size == pytest.approx(800_000, rel=0.01)
    assert (view.type, view.element, view.length) == ("numpy.ndarray", "float64", 50_000)
    assert view.array == ArrayFacts(shape=[50_000], contiguous=False, owner=False)
    assert whole.array == ArrayFacts(shape=[100, 100], contiguous=True, owner=True)
    assert holding(census, "boxes").size == pytest.approx(100 * (1033 + 8), rel=0.02)
    assert whole.size + alias.size == pytest.approx(40_000, rel=0.01)
    assert (whole.own, alias.own, whole.refcount) == (0, 0, 2)


def test_what_runs_a_test_is_not_what_it_holds(project: Project) -> None:
    project.write(
        {
            "tests/test_rows.py": """
                def test_rows(request, tmp_path):
                    rows = [bytes(1000) for _ in range(300)]
                    last = bytes(50_000)
                    assert len(rows) == 300
            """
        }
    )
    target = "tests/test_rows.py::test_rows"
    census = at_peak(project, "test_rows", target=target, file="tests/test_rows.py")[1]

    assert [found.name for found in census.holdings] == ["rows", "last"]
    assert census.holdings[0].own == census.holdings[0].size == pytest.approx(300 * 1041, rel=0.02)
