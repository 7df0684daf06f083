"""What generators and coroutines hold while they wait."""

import sys
from pathlib import Path

import pytest

from runtime.measure.models import FunctionPlace
from runtime.measure.reports import ProbeReport
from tests.probe_runs import INTERPRETERS, Project

WORK = """
import asyncio

BIG = 200_000


def lines(size):
    raw = bytes(size)
    count = len(raw)
    shown = [0] * 1000
    yield count  # waits
    yield shown


def outer(size):
    wide = bytearray(size)
    yield from lines(size)
    yield len(wide)


def shares(given):
    mine = given
    yield len(mine)


def main():
    first, second = lines(BIG), lines(BIG)
    both = [next(first), next(second)]
    through = outer(BIG)
    both.append(next(through))
    kept = bytes(BIG)
    sharing = shares(kept)
    both.append(next(sharing))
    ended = lines(BIG)
    both.extend(str(one)[:1] for one in ended)
    unbegun = lines(BIG)
    end = bytearray(3_000_000)
    return both, len(end)


async def fetch(size):
    body = bytes(size)
    await asyncio.sleep(0.01)
    return len(body)


async def gather():
    tasks = [asyncio.ensure_future(fetch(BIG)) for _ in range(3)]
    await asyncio.sleep(0)
    end = bytearray(3_000_000)
    return sum(await asyncio.gather(*tasks)) + len(end)


def waits():
    return asyncio.run(gather())
"""


def census(folder: Path, *chain: str, python: str = sys.executable) -> ProbeReport:
    project = Project(folder).write({"work.py": WORK})
    places = [FunctionPlace(file="work.py", function=name, line=0) for name in chain]
    stages = project.run("stages", f"work:{chain[0]}", chain=places, python=python)
    found = project.run("census", f"work:{chain[0]}", chain=places, event=stages.event, python=python)
    assert found.failure == ""
    return found


@pytest.mark.parametrize("python", INTERPRETERS)
def test_what_a_generator_holds_while_it_waits_has_its_name_and_the_line(tmp_path: Path, python: str) -> None:
    report = census(tmp_path, "main", python=python)

    found = {(h.name, h.place.function): h for h in report.holdings if h.kind == "suspended" and h.place is not None}
    assert set(found) == {("raw", "lines"), ("wide", "outer")}
    raw = found["raw", "lines"]
    line = next(number for number, text in enumerate(WORK.splitlines(), 1) if text.endswith("# waits"))
    assert (raw.line, raw.type, raw.length, raw.refcount, raw.contents) == (line, "bytes", 3, 1, ["bytes"])
    assert 600_000 < raw.own == raw.size < 602_000
    assert found["wide", "outer"].own > 200_000
    assert next(h.size for h in report.holdings if h.name == "kept") > 200_000


def test_what_tasks_hold_while_they_wait(tmp_path: Path) -> None:
    report = census(tmp_path, "waits", "gather")

    (body,) = [h for h in report.holdings if h.kind == "suspended" and h.name == "body"]
    assert (body.length, body.refcount) == (3, 1)
    assert body.own > 600_000
