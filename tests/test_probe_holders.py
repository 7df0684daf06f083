"""Holders in the census that no one name tells: locals that hold an object together, caches, tracebacks, cycles."""

import sys
from pathlib import Path

import pytest

from runtime.measure.holdings import Cache, Holding
from runtime.measure.models import FunctionPlace
from runtime.measure.reports import ProbeReport
from tests.probe_runs import INTERPRETERS, Project

WORK = """
    import csv
    import functools
    import io

    BIG = 300_000

    class Tree:
        def __init__(self):
            self.data = bytearray(BIG)
            self.leaf = Leaf(self)

    class Leaf:
        def __init__(self, tree):
            self.tree = tree

    @functools.lru_cache(maxsize=None)
    def label(n):
        return f"label {n}" * 100

    class Shape:
        @functools.cache
        def area(self):
            return 1.5

    def fail(i):
        held = bytearray(BIG)
        raise ValueError(i)

    def gather():
        errors = []
        for i in range(4):
            try:
                fail(i)
            except ValueError as error:
                errors.append(error)
        return errors

    def sized(data):
        def of(k, more=bytes(BIG)):
            return k % len(data) + len(more)

        return of

    def tied():
        return len([Tree().data for _ in range(3)])

    def main():
        text = "a,b\\n" * 100_000
        contents = io.StringIO(text)
        reader = csv.reader(contents)
        rows = tuple(reader)
        twice = again = [bytes(50_000)]
        alone = [bytes(70_000)]
        errors = gather()
        labels = [label(i % 300) for i in range(400)]
        sizes = [sized(bytearray(BIG)) for _ in range(3)]
        Shape().area()
        tied()
        end = bytearray(2_000_000)
        return len(rows), len(errors), len(labels), len(sizes)
"""
MAIN = FunctionPlace(file="pkg/work.py", function="main", line=0)


def census(folder: Path, python: str = sys.executable) -> ProbeReport:
    project = Project(folder).write({"pkg/__init__.py": "", "pkg/work.py": WORK})
    stages = project.run("stages", "pkg.work:main", chain=[MAIN], python=python)
    found = project.run("census", "pkg.work:main", chain=[MAIN], event=stages.event, python=python)
    assert found.failure == ""
    return found


def named(report: ProbeReport, name: str) -> Holding:
    (found,) = [holding for holding in report.holdings if holding.name == name]
    return found


@pytest.mark.parametrize("python", INTERPRETERS)
def test_holders_are_found(tmp_path: Path, python: str) -> None:
    report = census(tmp_path, python)

    contents = named(report, "contents")
    assert contents.held_with == ["reader"]
    assert 1_600_000 <= contents.group < 1_700_000
    assert {"_io.StringIO", "_csv.reader"} <= set(contents.contents)

    assert named(report, "alone").held_with == []
    assert named(report, "alone").group == named(report, "alone").own > 70_000
    assert named(report, "alone").contents == ["bytes", "list"]
    assert named(report, "twice").held_with == ["again"]
    assert named(report, "twice").group > 50_000
    assert named(report, "twice").own == 0

    label = named(report, "label")
    assert label.kind == "cache"
    assert label.place == FunctionPlace(file="pkg/work.py", function="label", line=label.line)
    assert label.cache == Cache(hits=100, misses=300, maxsize=None, entries=300, arguments=["int"], results=["str"])
    area = named(report, "Shape.area")
    assert area.cache is not None
    assert area.cache.arguments == ["pkg.work.Shape", "tuple"]

    errors = named(report, "tracebacks")
    assert errors.place is not None
    assert (errors.place.function, errors.type, errors.length) == ("gather", "ValueError", 4)
    assert 4 * 300_000 <= errors.size < 4 * 310_000

    data = named(report, "data")
    assert (data.kind, data.type, data.length) == ("captured", "bytearray", 3)
    assert data.place == FunctionPlace(file="pkg/work.py", function="sized.of", line=data.line)
    assert 3 * 300_000 <= data.size < 3 * 310_000
    more = named(report, "more")
    assert (more.kind, more.type) == ("captured", "bytes")

    trees = named(report, "cycles of Tree")
    assert trees.kind == "cycle"
    assert 3 * 300_000 <= trees.size < 3 * 310_000
    assert trees.length == 3
