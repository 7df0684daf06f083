"""Functions and loops that run very often are looked at now and then: their cost is bounded, their figures hold."""

from pathlib import Path

import pytest

from runtime.measure.models import FunctionPlace
from runtime.measure.reports import ProbeReport, StageTable
from tests.probe_runs import INTERPRETERS, Project

MIB = 1 << 20
TIMES = 60_000
WORK = f"""
    import asyncio

    def grow(kept, number):
        block = bytearray(number % 7)
        kept.append(block)

    def loop():
        kept = []
        for number in range({TIMES}):
            if number % 3:
                continue
            block = bytearray(200)
            kept.append(block)
            text = b"x"
        else:
            last = bytes(3_000_000)
        return len(kept) + len(last)

    def header():
        for number in held_by_iterator():
            text = b"x"
        return text

    def held_by_iterator():
        kept = []
        for number in range({TIMES}):
            kept.append(bytearray(200))
            yield number

    def nested():
        kept = []
        for outer in range(300):
            for inner in range(200):
                kept.append(bytearray(200))
            done = outer
        return len(kept)

    def calls():
        kept = []
        for number in range({TIMES}):
            grow(kept, number)
        return len(kept)

    def down(depth):
        if depth:
            return down(depth - 1)
        return bytes(1000)

    def recursion():
        for number in range(1500):
            last = down(9)
        return bytes(2_000_000)

    async def other():
        held = bytes(5_000_000)
        await asyncio.sleep(0)
        return len(held)

    async def tasks():
        await asyncio.gather(*(other() for _ in range(3)))
        return bytes(1000)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).write({"work.py": WORK})


def stages(project: Project, *functions: str, python: str = INTERPRETERS[0]) -> ProbeReport:
    chain = [FunctionPlace(file="work.py", function=function, line=0) for function in functions]
    traced = project.run("traced", f"work:{functions[0]}", python=python)
    report = project.run("stages", f"work:{functions[0]}", chain=chain, peak_hint=traced.traced_peak, python=python)
    assert report.failure == ""
    assert traced.traced_peak is not None
    assert report.traced_peak == pytest.approx(traced.traced_peak, rel=0.01)
    return report


def deltas(table: StageTable) -> dict[str, float]:
    return {stage.name: stage.delta / MIB for stage in table.stages}


@pytest.mark.parametrize("python", INTERPRETERS)
def test_deltas_in_a_long_loop_stand_for_all_of_its_passes(project: Project, python: str) -> None:
    [table] = stages(project, "loop", python=python).tables

    found = deltas(table)
    grown = found[f"for number in range({TIMES}):"]
    assert table.approximate
    assert table.unseen > TIMES / 2
    inside = found["block = bytearray(200)"] + found["kept.append(block)"]
    assert inside == pytest.approx(grown - 3_000_000 / MIB, rel=0.1)
    assert found["last = bytes(3_000_000)"] == pytest.approx(3_000_000 / MIB, rel=0.01)
    assert next(stage.hits for stage in table.stages if stage.name == 'text = b"x"') < TIMES / 6


def test_what_the_header_of_a_loop_grows_by_is_not_its_bodys(project: Project) -> None:
    [table] = stages(project, "header").tables

    assert table.unseen
    assert deltas(table)["for number in held_by_iterator():"] < 1  # freed with the generator at its end
    assert abs(deltas(table)['text = b"x"']) < 0.1


def test_a_generator_that_is_not_looked_at_leaves_its_consumer_alone(project: Project) -> None:
    consumer, generator = stages(project, "header", "held_by_iterator").tables

    assert generator.unseen
    assert generator.approximate
    assert abs(deltas(consumer)['text = b"x"']) < 0.1
    assert deltas(generator)["kept.append(bytearray(200))"] > 1


def test_loops_in_loops(project: Project) -> None:
    [table] = stages(project, "nested").tables

    found = deltas(table)
    assert found["kept.append(bytearray(200))"] == pytest.approx(found["for outer in range(300):"], rel=0.1)
    assert found["done = outer"] == pytest.approx(0, abs=0.2)


def test_a_function_that_is_called_often(project: Project) -> None:
    caller, called = stages(project, "calls", "grow").tables

    assert called.unseen > TIMES / 2
    assert called.approximate
    assert called.stages[0].hits < TIMES / 2
    highest = max(stage.peak for stage in caller.stages)
    assert max(stage.peak for stage in called.stages) > 0.98 * highest


def test_recursion_within_a_call_that_is_not_looked_at(project: Project) -> None:
    caller, called = stages(project, "recursion", "down").tables

    assert called.unseen
    assert deltas(caller)["down"] == pytest.approx(0, abs=0.1)
    assert caller.stages[-1].peak == max(stage.peak for stage in caller.stages)


def test_the_census_is_taken_at_the_event_that_the_stages_found(project: Project) -> None:
    report = stages(project, "loop")

    census = project.run("census", "work:loop", chain=[report.tables[0].place], event=report.event)

    assert census.failure == ""
    kept = next(holding for holding in census.holdings if holding.name == "kept")
    assert kept.length is not None
    assert kept.length > 0.9 * TIMES / 3


def test_stages_across_an_await_are_marked(project: Project) -> None:
    first, second = stages(project, "tasks", "other").tables

    assert first.approximate
    assert second.approximate
