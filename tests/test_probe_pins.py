"""Buffers that only a view of a small part of them keeps alive."""

import sys
from pathlib import Path

import pytest

from agents.memory.ranking import rank
from runtime.measure.holdings import Holding
from runtime.measure.models import FunctionPlace
from runtime.measure.reports import ProbeReport
from tests.probe_runs import INTERPRETERS, Project
from tests.profiles import profile

WORK = """
BIG = 200_000


class Packet:
    def __init__(self, data):
        self.head = memoryview(data)[:16]


def heads():
    return [memoryview(bytes(BIG))[:10] for _ in range(4)]


def main():
    kept = heads()
    twice = memoryview(bytearray(BIG))
    parts = [twice[:8], twice[8:20]]
    del twice
    packets = [Packet(bytes(BIG)) for _ in range(2)]
    whole = [memoryview(bytes(BIG))]
    both = [memoryview(bytes(BIG))[i * BIG // 2 : (i + 1) * BIG // 2] for i in range(2)]
    known = bytes(BIG)
    seen = [memoryview(known)[:10]]
    small = [memoryview(bytes(1000))[:10]]
    gone = memoryview(bytearray(BIG))[:10]
    gone.release()
    end = bytearray(4_000_000)
    return [len(end), len(kept), len(parts), len(packets), len(whole), len(both), len(seen), len(small)]
"""


def pins(folder: Path, python: str = sys.executable) -> dict[str, Holding]:
    project = Project(folder).write({"work.py": WORK})
    chain = [FunctionPlace(file="work.py", function="main", line=0)]
    stages = project.run("stages", "work:main", chain=chain, python=python)
    census = project.run("census", "work:main", chain=chain, event=stages.event, python=python)
    assert census.failure == ""
    return {holding.name: holding for holding in census.holdings if holding.kind == "pin"}


@pytest.mark.parametrize("python", INTERPRETERS)
def test_pinned_buffers_have_the_name_that_leads_to_their_views(tmp_path: Path, python: str) -> None:
    found = pins(tmp_path, python)

    assert {name: (*pin.contents, pin.length, round(pin.size, -3)) for name, pin in found.items()} == {
        "kept": ("bytes", 4, 800_000),
        "parts": ("bytearray", 2, 200_000),
        "packets": ("bytes", 2, 400_000),
        "both": ("bytes", 2, 200_000),
    }
    assert {pin.type for pin in found.values()} == {"list"}
    place = found["kept"].place
    assert place is not None
    assert place.function == "main"


def test_a_pin_is_a_target_of_its_own_beside_the_name_that_leads_to_it() -> None:
    kept = {
        "name": "kept",
        "place": {"file": "work.py", "function": "main", "line": 1},
        "line": 9,
        "type": "list",
        "size": 5 * 2**20,
        "own": 5 * 2**20,
    }
    holdings = [{**kept, "kind": "local"}, {**kept, "kind": "pin", "own": 4 * 2**20}]
    census = ProbeReport.model_validate({"ok": True, "python": "3.11.7", "holdings": holdings})
    ranked = rank(profile(census=census))
    assert [one.target.name for one in ranked if one.focus.holding] == [
        "kept in main",
        "buffers pinned by kept in main",
    ]
