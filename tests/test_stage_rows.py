"""The per-stage table that people see."""

from runtime.experiment.profiling import stage_rows
from runtime.measure.models import StageTable
from tests.profiles import LOAD, MAIN, profile, stage


def test_the_callee_stands_below_the_stage_that_leads_to_the_peak():
    rows = stage_rows(profile().stages.tables, 0, 0)
    assert [(row.name, row.depth) for row in rows] == [("load", 0), ("render", 0), ("rows", 1), ("close", 0)]


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
