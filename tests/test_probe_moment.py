"""The census is taken next to the peak: before the statement that made it, or after, whichever names most of it."""

import sys
from pathlib import Path

import pytest

from runtime.measure.models import FunctionPlace
from runtime.measure.reports import ProbeReport
from tests.probe_runs import INTERPRETERS, Project

PROGRAM = """
import asyncio
import contextlib


def big(n=300_000):
    return list(range(n))


def returned():
    kept = big(50_000)
    return len(big() + kept)  # peak


def in_try():
    kept = big(50_000)
    try:
        return len(big() + kept)  # peak
    finally:
        kept.clear()


def in_with():
    kept = big(50_000)
    with contextlib.suppress(KeyError):
        return len(big() + kept)  # peak


def raised():
    kept = big(50_000)
    try:
        raise KeyError(len(big() + kept))  # peak
    except KeyError:
        return 0


def consumed():
    kept = big(50_000)
    kept = len(big() + kept)  # peak
    return kept


def elsewhere():
    kept = big(50_000)
    number = len(big() + kept)  # peak
    del kept
    later = big(100_000)
    return number + len(later)


def header():
    kept = big(50_000)
    for number in kept[:3]:
        number += 1
    while len(big() + kept) < number:  # peak
        number -= 1
    return number


def bound():
    kept = big(50_000)
    more = big()  # peak
    return len(kept) + len(more)


def condition():
    kept = big(50_000)
    if len(big() + kept):  # peak
        kept = None
    return 1


def outer():
    kept = big(50_000)

    def inner():
        return len(big() + kept)  # peak

    return inner()


def yields():
    kept = big(50_000)
    yield 1
    yield len(big() + kept)  # peak


def consumer():
    return sum(yields())


async def waits():
    kept = big(50_000)
    await asyncio.sleep(0)
    return len(big() + kept)  # peak


def runs():
    return asyncio.run(waits())


def lives():
    kept = big(50_000)
    total = works(kept)
    return total


def works(given):
    copy = given[:]
    total = len(big() + copy)  # peak
    return total
"""
CHAINS = {
    "returned": ["returned"],
    "in_try": ["in_try"],
    "in_with": ["in_with"],
    "raised": ["raised"],
    "consumed": ["consumed"],
    "elsewhere": ["elsewhere"],
    "header": ["header"],
    "bound": ["bound"],
    "condition": ["condition"],
    "outer": ["outer", "outer.inner"],
    "consumer": ["consumer", "yields"],
    "runs": ["runs", "waits"],
    "lives": ["lives", "works"],
}


def taken(tmp_path: Path, chain: list[str], python: str = sys.executable) -> tuple[ProbeReport, ProbeReport]:
    project = Project(tmp_path).write({"work.py": PROGRAM})
    places = [FunctionPlace(file="work.py", function=name, line=0) for name in chain]
    target = f"work:{chain[0]}"
    stages = project.run("stages", target, python=python, chain=places)
    assert stages.failure == ""
    census = project.run(
        "census", target, python=python, chain=places, event=stages.event, event_before=stages.event_before
    )
    assert census.failure == ""
    return stages, census


def peak_line(function: str) -> int:
    lines = PROGRAM.splitlines()
    name = function.rpartition(".")[2]
    first = next(number for number, line in enumerate(lines, 1) if f"def {name}(" in line)
    return next(number for number, line in enumerate(lines, 1) if number > first and line.endswith("# peak"))


@pytest.mark.parametrize("target", CHAINS)
def test_the_census_sees_the_locals_of_the_function_at_the_peak_and_its_line(tmp_path: Path, target: str) -> None:
    stages, census = taken(tmp_path, CHAINS[target])

    function = CHAINS[target][-1]
    kept = [h for h in census.holdings if h.place and h.place.function == function and h.name in ("kept", "copy")]
    assert [(h.type, h.length, h.line) for h in kept] == [("list", 50_000, peak_line(function))]
    assert census.census_line is not None
    assert (census.census_line.function, census.census_line.line) == (function, peak_line(function))
    assert stages.event_traced is not None
    assert stages.traced_peak is not None
    assert stages.event_traced <= stages.traced_peak


@pytest.mark.parametrize("python", INTERPRETERS)
def test_it_does_with_every_interpreter(tmp_path: Path, python: str) -> None:
    stages, census = taken(tmp_path, CHAINS["consumed"], python)

    assert stages.event_before
    assert census.census_line is not None
    assert census.census_line.line == peak_line("consumed")
    assert next(h.own for h in census.holdings if h.name == "kept") > 400_000


def test_what_the_statement_at_the_peak_made_has_its_name(tmp_path: Path) -> None:
    stages, census = taken(tmp_path, CHAINS["bound"])

    assert not stages.event_before
    assert {(h.name, h.length) for h in census.holdings} >= {("kept", 50_000), ("more", 300_000)}
