"""The census tells of what types the elements of a dict's lists are."""

from pathlib import Path

from runtime.measure.models import FunctionPlace
from tests.probe_runs import Project

_WORK = """\
from collections import defaultdict


class Lists(dict):
    def values(self):
        raise AssertionError


def main():
    ints = {str(n): [n, n + 1] for n in range(1000)}
    mixed = defaultdict(list)
    for n in range(1000):
        mixed[n % 7].append(n)
    mixed[3].append(True)
    mixed[4].append(0.5)
    empty = {n: [] for n in range(1000)}
    tuples = {**ints, "t": (1, 2)}
    odd = Lists(ints)
    blob = bytes(4_000_000)
    return ints, mixed, empty, tuples, odd, len(blob)
"""


def test_types_of_grouped_values_are_told(tmp_path: Path) -> None:
    project = Project(tmp_path).write({"pkg/__init__.py": "", "pkg/work.py": _WORK})
    chain = [FunctionPlace(file="pkg/work.py", function="main", line=0)]
    stages = project.run("stages", "pkg.work:main", chain=chain)
    census = project.run("census", "pkg.work:main", chain=chain, event=stages.event)
    grouped = {held.name: held.grouped for held in census.holdings if held.kind == "local"}
    assert grouped["ints"] == ["int"]
    assert grouped["mixed"] == ["bool", "float", "int"]
    assert [grouped[name] for name in ("empty", "tuples", "odd", "blob")] == [[], [], [], []]
