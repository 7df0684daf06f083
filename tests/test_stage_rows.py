"""The per-stage table that people see."""

from runtime.experiment.profiling import holds_peak, stage_rows
from runtime.measure.reports import StageTable
from tests.profiles import LOAD, MAIN, profile, stage


def test_the_callee_stands_below_the_statement_that_calls_it():
    rows = stage_rows(profile().stages.tables, 0, 0)
    assert [(row.name, row.depth) for row in rows] == [("load", 0), ("rows", 1), ("render", 0), ("close", 0)]


def test_inside_a_callee_what_moves_next_to_nothing_is_left_out():
    inner = StageTable(place=LOAD, stages=[stage("tiny", 1, 0.001, 0, 0), stage("rows", 2, 30, 30, 30)])
    rows = stage_rows([profile().stages.tables[0], inner], 0, 0)
    assert [row.name for row in rows] == ["load", "rows", "render", "close"]


def test_long_names_are_cut():
    [row] = stage_rows([StageTable(place=MAIN, stages=[stage("x" * 60, 1, 9, 9, 9)])], 0, 0)
    assert len(row.name) == 40


def test_sizes_are_in_mib():
    first = stage_rows(profile().stages.tables, 0, 0)[0]
    assert (first.delta, first.cumulative, first.peak) == (30.0, 30.0, 30.0)


def test_a_compound_statement_is_shown_by_the_statements_in_it():
    table = StageTable(
        place=MAIN,
        stages=[stage("with open", 1, 9, 9, 9), stage("read", 2, 9, 9, 9, parent=0, depth=1)],
    )
    assert [row.name for row in stage_rows([table], 0, 0)] == ["read"]


def test_a_function_without_stages_gives_no_rows():
    assert stage_rows([StageTable(place=LOAD, stages=[])], 0, 0) == []


def test_a_script_that_only_drives_the_project_does_not_hold_the_peak():
    assert holds_peak(profile(), "shop/load.py")
    assert not holds_peak(profile(), "driver.py")
