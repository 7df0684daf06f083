"""results.tsv has the specification's columns, and the journal's figures."""

import csv
import io
from datetime import timedelta

from runtime.experiment.events import SessionStarted
from runtime.experiment.folding import fold
from runtime.experiment.ledger import COLUMNS, render_results
from runtime.experiment.state import State
from runtime.measure.models import MIB
from tests.journals import baseline, experiment, opening, reverted, started, story


def read(state):
    reader = csv.DictReader(io.StringIO(render_results(state)), delimiter="\t", quoting=csv.QUOTE_NONE, strict=True)
    rows = list(reader)
    assert tuple(reader.fieldnames or ()) == COLUMNS
    assert all(None not in row and None not in row.values() for row in rows), "a row has other fields than the head"
    return rows


def test_the_columns_are_the_specifications():
    # Spec, Logging Format
    assert render_results(State()) == (
        "commit\ttarget_test\ttarget_mb\tpeak_memory_mb\ttotal_allocs\telapsed_s\ttests_passed\ttests_failed"
        "\tstatus\tdescription\n"
    )


def test_the_baseline_row_comes_first():
    first = read(fold(story()))[0]
    assert first == {
        "commit": "b" * 10,
        "target_test": "app.job:main",
        "target_mb": "131.40",
        "peak_memory_mb": "180.00",
        "total_allocs": "",
        "elapsed_s": "1.250",
        "tests_passed": "12",
        "tests_failed": "1",
        "status": "keep",
        "description": "baseline",
    }


def test_each_experiment_with_a_verdict_has_a_row_and_an_open_one_has_none():
    state = fold([*story(), *experiment(6)[:2]])
    rows = read(state)[1:]
    assert [row["status"] for row in rows] == ["keep", "discard", "keep", "crash", "discard"]
    assert [row["target_mb"] for row in rows] == ["22.00", "21.90", "13.60", "", "13.60"]
    assert [bool(row["commit"]) for row in rows] == [True, False, True, False, False]
    assert rows[0]["peak_memory_mb"] == "72.00"


def test_what_was_not_measured_is_empty_and_never_0():
    crash = read(fold(story()))[4]
    assert [crash[name] for name in COLUMNS[2:8]] == [""] * 6


def test_text_with_tabs_and_line_breaks_stays_in_its_field():
    odd = "a\tb\nc\r\x1b[31m\u2028d"
    events = [*opening(), *experiment(1, "discard", reason=odd, title=odd)]
    assert len(read(fold(events))) == 2
    assert read(fold(events))[1]["description"] == "a b c [31m d (experiment 1): a b c [31m d"


def test_a_reverted_keep_is_a_discard_that_names_the_revert():
    row = read(fold([*opening(), *experiment(1), reverted(1)]))[1]
    assert row["status"] == "discard"
    assert "reverted by ffffffffff" in row["description"]


def test_a_micro_only_keep_names_its_micro_benchmark():
    row = read(fold([*opening(), *experiment(1, micro=True)]))[1]
    assert row["target_test"] == "micro:target 1"


def test_a_second_baseline_stands_where_the_methodology_changed():
    events = [*opening(), *experiment(1), baseline(90, reason="new interpreter"), *experiment(2)]
    names = [row["description"].split(" (")[0] for row in read(fold(events))]
    assert names == ["baseline", "free rows before rendering", "baseline: new interpreter", names[1]]


def test_earlier_sessions_stay_in_the_log():
    again = started("s2", base="c" * 40)
    assert isinstance(again, SessionStarted)
    state = fold([*story(), again, baseline(13.6), *experiment(6, before=13.6, after=8.0)])
    rows = read(state)
    assert [row["commit"] for row in rows if row["description"] == "baseline"] == ["b" * 10, "c" * 10]
    assert len(rows) == 8


def test_totals_are_those_of_the_figures_not_of_rounded_text():
    state = fold(story())
    for row, one in zip(read(state)[1:], state.ended_experiments, strict=True):
        if one.after is not None:
            assert abs(float(row["target_mb"]) * MIB - one.after.traced_peak) <= 0.005 * MIB


def test_the_same_journal_gives_the_same_bytes_whenever_it_is_rendered():
    events = story()
    later = [events[0].model_copy(update={"at": events[0].at + timedelta(days=400)}), *events[1:]]
    assert render_results(fold(events)) == render_results(fold(later))
