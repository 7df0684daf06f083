"""The census tells how many bytes of an attribute's str and tuple objects are repeats, types included."""

import sys
from pathlib import Path

from runtime.measure.holdings import AttributeCensus
from runtime.measure.models import FunctionPlace
from tests.probe_runs import Project

_WORK = """\
class Row:
    def __init__(self, n):
        self.kind = "".join(["kind ", str(n % 2)])
        self.pair = (n % 2, str(n % 2))
        self.zero = [(0,), (0.0,), (False,), (-0,)][n % 4]
        self.own = (n, [n])


def main():
    rows = [Row(n) for n in range(400)]
    blob = bytes(1_000_000)
    return len(rows), len(blob)
"""


def _attributes(tmp_path: Path) -> dict[str, AttributeCensus]:
    project = Project(tmp_path).write({"pkg/__init__.py": "", "pkg/work.py": _WORK})
    chain = [FunctionPlace(file="pkg/work.py", function="main", line=0)]
    stages = project.run("stages", "pkg.work:main", chain=chain)
    census = project.run("census", "pkg.work:main", chain=chain, event=stages.event)
    return {found.name: found for one in census.classes for found in one.attributes if one.name == "Row"}


def test_equal_values_count_once(tmp_path: Path) -> None:
    found = _attributes(tmp_path)
    count = found["kind"].count
    assert count > 300
    assert found["kind"].repeated == (count - 2) * sys.getsizeof("kind 0")
    assert found["pair"].repeated == (count - 2) * sys.getsizeof((0, ""))
    assert found["own"].repeated == 0  # a list may change


def test_equal_values_of_other_types_are_others(tmp_path: Path) -> None:
    zero = _attributes(tmp_path)["zero"]
    assert zero.distinct == 3 / zero.count  # 0, 0.0 and False
    assert zero.repeated <= 3 * sys.getsizeof((0,))
