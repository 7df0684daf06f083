"""The census tells where the elements of a container equal each other, and how many bytes sharing them would free."""

import sys
from pathlib import Path

from runtime.measure.holdings import Holding
from runtime.measure.models import FunctionPlace
from tests.probe_runs import Project

_WORK = """\
class Key(str):
    def __eq__(self, other):
        raise AssertionError

    __hash__ = str.__hash__


def main():
    words = [str(n % 4) * 9 for n in range(1000)]
    pairs = [(n, str(n % 4) * 9) for n in range(1000)]
    rows = [{"".join(["ci", "ty"]): str(n % 4) * 9, "".join(["n", "r"]): str(n) * 5} for n in range(1000)]
    tuples = {n: (n % 4, float(n % 4)) for n in range(1000)}
    uneven = [(str(n % 4) * 9,) * (n % 3) for n in range(1000)]
    shared = ["".join(["one", "object"])] * 1000
    odd = [{Key("a"): 1}, {"a": 1}] * 500
    few = ["".join(["a", "b"]) for n in range(50)]
    many = [str(n % 8) * 9 for n in range(30_000)]
    blob = bytes(4_000_000)
    return len(words), len(pairs), len(rows), len(tuples), uneven, shared, odd, few, len(many), len(blob)
"""


def _holdings(tmp_path: Path) -> dict[str, Holding]:
    project = Project(tmp_path).write({"pkg/__init__.py": "", "pkg/work.py": _WORK})
    chain = [FunctionPlace(file="pkg/work.py", function="main", line=0)]
    stages = project.run("stages", "pkg.work:main", chain=chain)
    census = project.run("census", "pkg.work:main", chain=chain, event=stages.event)
    return {held.name: held for held in census.holdings if held.kind == "local"}


def test_repeats_are_found_where_they_are(tmp_path: Path) -> None:
    held = _holdings(tmp_path)
    size = sys.getsizeof("0" * 9)
    (words,) = held["words"].repeats
    assert (words.at, words.type, words.distinct, words.repeated) == ("", "str", 4 / 1000, 996 * size)
    (text,) = held["pairs"].repeats
    assert (text.at, text.repeated) == ("[1]", 996 * size)
    keys, city = held["rows"].repeats
    assert (keys.at, keys.distinct) == ("keys", 2 / 2000)
    assert keys.repeated == 999 * (sys.getsizeof("city") + sys.getsizeof("nr"))
    assert (city.at, city.type, city.repeated) == ("['city']", "str", 996 * size)
    (pair,) = held["tuples"].repeats
    assert (pair.at, pair.type, pair.repeated) == ("", "tuple", 996 * sys.getsizeof((1, 1.0)))
    # Of a long list only some elements are looked at.
    (many,) = held["many"].repeats
    assert many.repeated == (6000 - 8) * size * 5
    # Empty tuples are one object; dicts with keys of a class of its own are not looked into; nor are short lists.
    assert [held[name].repeats for name in ("shared", "odd")] == [[], []]
    assert "few" not in held or held["few"].repeats == []
