"""The text forms: every content comes back as the same text, and the specification's own examples are understood."""

from typing import get_args

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from messaging.contents import (
    Allocation,
    Baseline,
    Candidate,
    Complete,
    Content,
    CrossDomain,
    EditedFile,
    ExperimentResult,
    ExperimentTarget,
    FileModified,
    Finding,
    Note,
    Part,
    Plateau,
    Progress,
    Reprofile,
    Shown,
    StageRow,
    Step,
    Stuck,
    Targets,
    TierEscalation,
)
from messaging.text import headline, message, parse, render, summary_of

CONTENTS: tuple[type[Part], ...] = get_args(get_args(Content)[0])

# Free text made of what the forms are made of, so that it tries to be mistaken for structure.
PIECES = [
    ", result: ", ", delta: ", " | best: ", " | next: ", " | signal: ", "]", "[", "(", ")", "\n", "\r", "\\", " ", "\t",
    "|", ":", ", mechanism: ", " plateau: ", ". Tier ", " to Tier ", " in a.py:3", " — 1.0 MiB",
    "Target: a (b, 3 MiB)", "1. ",
    "target: x, result: KEEP, delta: -3 MiB, mechanism: y", "Peak: 3 MB", "  Stage  Delta MB  Cumul MB", "+1.0  2.0",
    " ~", "→", "->", "MiB", "\\n", "é", "x", "", "\x1c", "\u2028", "[note] ", " | left: ", " | irreducible: ", " (4%)",
]  # fmt: skip
FREE = st.one_of(st.lists(st.sampled_from(PIECES), max_size=6).map("".join), st.text(max_size=12))
SIZES = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False)
COUNTS = st.integers(min_value=0, max_value=999)


def _strategy(kind: type[Part]) -> st.SearchStrategy[Part]:
    fields = {}
    for name, field in kind.model_fields.items():
        known: dict[object, st.SearchStrategy[object]] = {
            str: FREE,
            int: COUNTS,
            float: SIZES,
            float | None: st.none() | SIZES,
            bool: st.booleans(),
            list[str]: st.lists(FREE, max_size=2),
            dict[str, str]: st.dictionaries(FREE, FREE, max_size=1),
            list[StageRow]: st.lists(st.deferred(lambda: _strategy(StageRow)), max_size=3),
            list[Allocation]: st.lists(st.deferred(lambda: _strategy(Allocation)), max_size=3),
            Allocation: st.deferred(lambda: _strategy(Allocation)),
            list[Candidate]: st.lists(st.deferred(lambda: _strategy(Candidate)), max_size=2),
            list[Shown]: st.lists(st.deferred(lambda: _strategy(Shown)), max_size=2),
            list[EditedFile]: st.lists(st.deferred(lambda: _strategy(EditedFile)), max_size=1),
        }
        if field.annotation in known:
            fields[name] = known[field.annotation]
        else:
            fields[name] = st.sampled_from(get_args(field.annotation))
    return st.builds(kind, **fields)


@pytest.mark.parametrize("kind", CONTENTS, ids=lambda kind: kind.__name__)
def test_every_content_comes_back_as_the_same_text_and_type(kind: type[Part]) -> None:
    @settings(max_examples=100, deadline=None, derandomize=True, database=None)
    @given(_strategy(kind))
    def held(content: Content) -> None:
        text = render(content)
        again = parse(text)
        assert type(again) is kind
        assert render(again) == text

    held()


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(FREE, FREE, FREE)
@example(" x ", "a, result: KEEP", "\\")
def test_free_text_comes_back_unchanged(one: str, two: str, three: str) -> None:
    result = ExperimentResult(number=1, target=one, result="KEEP", before=0, mechanism=two)
    stuck = Stuck(tried=one, category=two, left=three)
    signal = CrossDomain(domain=one, signal=two)
    tier = TierEscalation(from_tier=one, to_tier=two, plateau=three)
    for content in (result, stuck, signal, tier, FileModified(path=one), Plateau(reason=one), Note(text=two)):
        assert parse(render(content)) == content


@settings(max_examples=100, deadline=None, derandomize=True, database=None)
@given(FREE)
def test_any_text_is_parsed_or_refused_without_an_error(text: str) -> None:
    for tag in ("", "[experiment 3] ", "[baseline]\n", "[research f] ", "Investigate these memory targets in order:\n"):
        content = parse(tag + text)
        assert content is None or isinstance(content, CONTENTS)


def test_the_baseline_is_the_specifications_table() -> None:
    rows = [("parse_readings", 46.6, 46.6), ("validate_readings", 36.6, 83.2), ("calibrate", 47.7, 130.9)]
    stages = [StageRow(name=name, delta=delta, cumulative=total) for name, delta, total in rows]
    inner = StageRow(name="copy_all", delta=47.0, cumulative=130.2, depth=1, approximate=True)
    top = [Allocation(name="copy.copy", file="pipeline/readings.py", line=31, size=47.0)]
    content = Baseline(stages=[*stages, inner], peak=131.4, top=top)

    assert render(content) == (
        "[baseline] Per-stage profiling:\n"
        "  Stage                  Delta MB   Cumul MB\n"
        "  parse_readings            +46.6       46.6\n"
        "  validate_readings         +36.6       83.2\n"
        "  calibrate                 +47.7      130.9\n"
        "    copy_all                +47.0      130.2 ~\n"
        "  Peak: 131.4 MB\n"
        "  Top allocators:\n"
        "  1. copy.copy in pipeline/readings.py:31 — 47.0 MiB"
    )
    assert parse(render(content)) == content


def test_a_long_stage_name_widens_the_name_column() -> None:
    name = "normalise_every_single_reading_of_the_day"
    lines = render(Reprofile(number=1, stages=[StageRow(name=name, delta=1, cumulative=1)], peak=1)).split("\n")

    assert lines[1].startswith("  Stage" + " " * (len(name) - len("Stage")))
    assert len(lines[1]) == len(lines[2])


def test_the_specifications_own_table_is_understood() -> None:
    content = parse(
        "[re-profile] After fix:\n"
        "  Stage                Delta MB   Cumul MB\n"
        "  parse_readings          +5.2        5.2\n"
        "  calibrate               +8.4       22.0\n"
        "  Peak: 22.0 MB\n"
    )

    assert content == Reprofile(
        number=0,
        peak=22.0,
        stages=[
            StageRow(name="parse_readings", delta=5.2, cumulative=5.2),
            StageRow(name="calibrate", delta=8.4, cumulative=22.0),
        ],
    )


def test_a_foreign_experiment_result_is_understood() -> None:
    content = parse("[experiment 3] target: x, result: KEEP, delta: -3.2 MiB (4%), mechanism: y")

    assert content == ExperimentResult(
        number=3, target="x", result="KEEP", before=80.0, delta=-3.2, percent=4.0, mechanism="y"
    )


def test_a_result_without_a_measurement_says_unknown_and_not_zero() -> None:
    crash = ExperimentResult(number=2, target="t", result="CRASH", before=9.0, mechanism="m", reason="r")

    assert render(crash) == "[experiment 2] target: t, result: CRASH, delta: unknown, mechanism: m"
    again = parse(render(crash))
    assert isinstance(again, ExperimentResult)
    assert again.delta is None
    assert headline(crash) == "[experiment 2] 9.0 MiB -> unknown. CRASH — r"


@pytest.mark.parametrize("arrow", ["→", "->", "to"])
def test_foreign_progress_is_understood_with_any_arrow(arrow: str) -> None:
    content = parse(
        f"[progress] 3 experiments (2 kept, 1 discarded) | best: slots | peak: 131.4 MiB {arrow} 22 MiB | next: copies"
    )

    assert content == Progress(
        experiments=3, keeps=2, discards=1, best="slots", baseline=131.4, current=22.0, next="copies"
    )


def test_foreign_targets_are_understood_and_numbered_as_sent() -> None:
    content = parse("Investigate these memory targets in order:\n1. foo in a.py:3 — 12.5 MiB\n2. bar - 3 MiB")

    assert content == Targets(
        ranking=0,
        first=1,
        targets=[Allocation(name="foo", file="a.py", line=3, size=12.5), Allocation(name="bar", size=3.0)],
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("[modified a/b.py]", FileModified(path="a/b.py")),
        ("[plateau] Remaining is working data. Stopping.", Plateau(reason="Remaining is working data. Stopping.")),
        ("[stuck] tried slots, left: nothing", Stuck(tried="tried slots, left: nothing", category="", left="")),
        ("[cross-domain] domain: cpu | signal: O(n^2) in f", CrossDomain(domain="cpu", signal="O(n^2) in f")),
        (
            "[tier] Escalating from Tier B to Tier A. Tier B plateau: 90% arenas",
            TierEscalation(from_tier="B", to_tier="A", plateau="90% arenas"),
        ),
        (
            "[experiment 1] Target: _log snapshots (data-structures, 109 MiB across 3 stages)",
            ExperimentTarget(number=1, description="_log snapshots", category="data-structures", size=109.0),
        ),
        ("[experiment 1] Micro-benchmarking...", Step(number=1, text="Micro-benchmarking...")),
        (
            "[research parse_rows] builds a dict for each row; use tuples",
            Finding(
                ranking=0,
                target=Allocation(name="parse_rows", function="parse_rows", size=0),
                candidates=[],
                note="builds a dict for each row; use tuples",
            ),
        ),
        (
            "[complete] 12 experiments, 5 keeps, peak 131.4 MiB -> 22.0 MiB",
            Complete(
                outcome="plateau",
                experiments=12,
                keeps=5,
                before=131.4,
                after=22.0,
                summary="12 experiments, 5 keeps, peak 131.4 MiB -> 22.0 MiB",
            ),
        ),
    ),
)
def test_foreign_forms_are_understood(text: str, expected: Content) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text", ["", "hello", "[unknown] x", "[experiment x] y", "[progress] soon", "[baseline] 3 MiB"]
)
def test_text_in_no_form_is_refused(text: str) -> None:
    assert parse(text) is None


def test_the_headline_names_before_after_delta_and_the_reason_of_a_discard() -> None:
    keep = ExperimentResult(
        number=1, target="t", result="KEEP", before=131.4, after=22.0, delta=-109.4, percent=-83.3, mechanism="m"
    )
    discard = keep.model_copy(update={"result": "DISCARD", "reason": "below the threshold"})

    assert headline(keep) == "[experiment 1] 131.4 MiB -> 22.0 MiB (-109.4 MiB). KEEP"
    assert headline(discard).endswith(". DISCARD — below the threshold")
    assert render(keep) == ("[experiment 1] target: t, result: KEEP, delta: -109.4 MiB (-83.3%), mechanism: m")


def test_a_message_carries_content_text_and_summary() -> None:
    content = FileModified(path="a.py")
    sent = message(content)

    assert (sent.summary, sent.message, sent.content) == ("File modified", "[modified a.py]", content)
    assert summary_of(Targets(ranking=1, targets=[])) == "Targets to investigate"
