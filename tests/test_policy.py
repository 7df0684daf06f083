"""Each decision, by the specification's own rule."""

import pytest

from runtime.experiment.events import BreakdownRow, Milestone
from runtime.experiment.folding import fold
from runtime.experiment.policy import (
    STRATEGIES,
    area_hint,
    beyond_input,
    decide,
    decide_micro,
    due_milestone,
    due_progress,
    escalation,
    irreducible_percent,
    next_tag,
    plateau,
    strategy,
    stuck,
    traced_run_limit,
)
from runtime.measure.models import MIB
from tests.journals import experiment, figures, opening, profile, reverted, started, story

KIB = 1024


def mib(size: float) -> int:
    return round(size * MIB)


def session(outcomes: str, *later):
    """A session whose experiments ended so: k(eep), d(iscard), c(rash); and what came later."""
    names = {"k": "keep", "d": "discard", "c": "crash"}
    events = opening()
    for number, outcome in enumerate(outcomes, start=1):
        events += experiment(number, names[outcome])
    return fold([*events, *later])


@pytest.mark.parametrize(
    ("before", "after", "confirms", "status", "confirm"),
    [
        # "target_mb improved? YES (>=5 MiB) -> KEEP"
        (100.0, 95.0, [], "keep", False),
        (1000.0, 995.0, [], "keep", False),  # below 1 %, and 5 MiB all the same
        (1000.0, 995.1, [], "discard", False),
        # "YES (<5 MiB) -> Re-run to confirm"
        (100.0, 95.01, [], "discard", True),
        # "Confirmed -> KEEP"
        (100.0, 95.01, [95.01], "keep", False),
        # "Noise -> DISCARD"
        (100.0, 97.0, [99.5], "discard", False),
        (100.0, 94.0, [99.9], "discard", False),
        # I15: "confirmed by a second run and at least max(1 %, 256 KiB)"
        (100.0, 99.0, [], "discard", True),
        (100.0, 99.0, [99.0], "keep", False),
        (100.0, 99.01, [], "discard", False),
        (1.0, 0.75, [0.75], "keep", False),
        (1.0, 0.76, [], "discard", False),
        # "NO -> DISCARD"
        (100.0, 100.0, [], "discard", False),
        (100.0, 120.0, [], "discard", False),
        (0.0, 0.0, [], "discard", False),
    ],
)
def test_keep_or_discard_by_size(before, after, confirms, status, confirm):
    verdict = decide(figures(before), figures(after), digest_equal=True, confirms=[mib(c) for c in confirms])
    assert (verdict.status, verdict.needs_confirmation) == (status, confirm), verdict


def test_a_changed_result_is_never_kept_however_much_it_saves():
    assert decide(figures(100), figures(1), digest_equal=False).reason == "the observable result changed"
    assert decide(figures(100), figures(1), digest_equal=None).status == "keep"


@pytest.mark.parametrize(
    ("name", "was", "now", "outcome"),
    [
        # "a gain that is a loss elsewhere is refused or stated" (I16), for a saving of 40 MiB
        ("traced_retained", 1.0, 1.2, "silent"),
        ("traced_retained", 1.0, 2.0, "stated"),
        ("traced_retained", 1.0, 21.0, "refused"),
        ("traced_retained", 30.0, 1.0, "silent"),
        ("traced_import", 1.0, 2.0, "stated"),
        ("traced_import", 1.0, 41.0, "refused"),
        ("traced_import", None, 41.0, "silent"),
        ("children_rss", 0.0, 0.9, "silent"),
        ("children_rss", 0.0, 10.0, "stated"),
        ("children_rss", 0.0, 40.0, "refused"),
        ("written", 0.0, 0.2, "silent"),
        ("written", 0.0, 5.0, "stated"),
        ("written", 0.0, 40.0, "refused"),
        ("vm_hwm", 1000.0, 1019.0, "stated"),  # within noise, but it did not follow
        ("vm_hwm", 1000.0, 960.0, "silent"),
        ("vm_hwm", 500.0, 515.0, "stated"),
        ("vm_hwm", 500.0, 520.0, "refused"),
    ],
)
def test_moved_not_saved(name, was, now, outcome):
    def size(value):
        return None if value is None else mib(value)

    verdict = decide(figures(100, **{name: size(was)}), figures(60, **{name: size(now)}), digest_equal=True)
    seen = "refused" if verdict.status == "discard" else "stated" if verdict.stated else "silent"
    assert seen == outcome, verdict
    assert verdict.status == "keep" or verdict.reason.startswith("moved, not saved")


@pytest.mark.parametrize(
    ("before", "after", "rss_before", "rss_after", "status"),
    [
        # Lessons 5: "CacheControl's BytesIO -> mmap went 111 -> 9 MiB traced, 129 -> 130 MiB RSS"
        (111, 9, 129, 130, "discard"),
        (111, 9, 129, 30, "keep"),
        (111, 9, 129, 118, "keep"),  # a tenth of it shows: other memory peaks just below
        (20, 10, 300, 300, "keep"),  # resident memory peaks elsewhere: stated only
    ],
)
def test_a_resident_peak_that_does_not_follow_is_judged_too(before, after, rss_before, rss_after, status):
    verdict = decide(figures(before, vm_hwm=mib(rss_before)), figures(after, vm_hwm=mib(rss_after)), digest_equal=True)
    assert verdict.status == status, verdict
    if status == "keep" and rss_before == rss_after:
        assert "did not follow" in verdict.stated[0]


@pytest.mark.parametrize(
    ("after", "wall", "outcome"),
    [
        # "Some slowdown acceptable for meaningful gains, but not 2x for 5%"
        (95, 2.0, "refused"),
        (94, 1.6, "refused"),
        (94, 1.4, "stated"),
        (94, 1.05, "silent"),
        (80, 1.9, "stated"),
        (80, 2.1, "refused"),
        (40, 3.9, "stated"),
        (40, 4.1, "refused"),
        (40, 0.5, "silent"),
        (40, None, "silent"),
    ],
)
def test_time_is_bounded_by_what_is_saved(after, wall, outcome):
    verdict = decide(figures(100, wall_s=1.0), figures(after, wall_s=wall), digest_equal=True)
    seen = "refused" if verdict.status == "discard" else "stated" if verdict.stated else "silent"
    assert seen == outcome, verdict


def test_a_slowdown_below_50_ms_is_noise():
    assert decide(figures(100, wall_s=0.01), figures(94, wall_s=0.059), digest_equal=True).status == "keep"
    assert decide(figures(100, wall_s=0.01), figures(94, wall_s=0.061), digest_equal=True).status == "discard"


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        # "micro-bench improved >10 MiB or >10% -> KEEP (micro-only)"
        (200.0, 189.0, "keep"),
        (200.0, 190.0, "discard"),
        (10.0, 8.9, "keep"),
        (10.0, 9.0, "discard"),
        (10.0, 11.0, "discard"),
    ],
)
def test_micro_only(before, after, status):
    verdict = decide_micro(mib(before), mib(after))
    assert verdict.status == status
    assert (verdict.stated != ()) is (status == "keep")


def rows(reducible: float, irreducible: float) -> list[BreakdownRow]:
    return [
        BreakdownRow(size=mib(reducible), source="a", category="data-structures", reducible=True, why=""),
        BreakdownRow(size=mib(irreducible), source="b", category="import-time", reducible=False, why=""),
    ]


@pytest.mark.parametrize(
    ("outcomes", "irreducible", "rule"),
    [
        # "3+ consecutive discards [...] If >85% of peak is irreducible [...] stop current tier"
        ("kddd", 86, "irreducible"),
        ("kdcd", 86, "irreducible"),
        ("kddd", 85, None),
        ("kdd", 99, None),
        ("dddk", 99, None),
    ],
)
def test_the_irreducible_plateau(outcomes, irreducible, rule):
    stop = plateau(session(outcomes, profile(1, 100.0)), rows(100 - irreducible, irreducible), candidates_left=3)
    assert (stop.rule if stop else None) == rule
    if stop:
        assert "import-time" in stop.reason
        assert stop.irreducible_percent == irreducible


def test_what_a_breakdown_does_not_name_is_not_irreducible():
    assert irreducible_percent(rows(0, 50), mib(100)) == 50.0
    assert irreducible_percent([], 0) == 0.0


@pytest.mark.parametrize(
    ("savings", "rule"),
    [
        # "Last 3 keeps each gave <50% of previous keep -> stop current tier"
        ([64, 31, 15, 7], "diminishing"),
        ([1, 64, 31, 15, 7], "diminishing"),
        ([64, 32, 15, 7], None),
        ([64, 31, 15], None),
        ([64, 31, 15, 7.5], None),
    ],
)
def test_diminishing_returns(savings, rule):
    events, peak = opening(), 1000.0
    for number, saving in enumerate(savings, start=1):
        events += experiment(number, before=peak, after=peak - saving)
        peak -= saving
    stop = plateau(fold(events), rows(50, 50), candidates_left=3)
    assert (stop.rule if stop else None) == rule


def test_a_micro_only_keep_is_no_step_of_diminishing_returns():
    events = opening()
    for number, saving in enumerate([64, 31, 15, 7], start=1):
        events += experiment(number, before=200, after=200 - saving, micro=number == 4)
    assert plateau(fold(events), rows(50, 50), candidates_left=3) is None


def test_a_reverted_keep_is_no_step_of_diminishing_returns():
    events = opening()
    for number, saving in enumerate([64, 31, 15, 7], start=1):
        events += experiment(number, before=200, after=200 - saving)
    assert plateau(fold([*events, reverted(4)]), rows(50, 50), candidates_left=3) is None


def test_the_absolute_check_overrides_diminishing_returns_only():
    # "If peak is still >2x input, keep going"
    assert beyond_input(peak=201, input_size=100)
    assert not beyond_input(peak=200, input_size=100)
    events = opening()
    for number, saving in enumerate([64, 31, 15, 7], start=1):
        events += experiment(number, before=200, after=200 - saving)
    state = fold([*events, profile(4, 100.0)])
    assert plateau(state, rows(50, 50), candidates_left=3, input_size=mib(49)) is None
    assert plateau(state, rows(50, 50), candidates_left=3, input_size=mib(51)).rule == "diminishing"
    assert plateau(state, rows(50, 50), candidates_left=0, input_size=mib(49)).rule == "exhausted"


def test_no_candidate_left_is_the_end_and_says_what_is_irreducible():
    stop = plateau(fold(opening()), rows(100, 31.4), candidates_left=0)
    assert stop.rule == "exhausted"
    assert "24 % of it is irreducible (import-time)" in stop.reason


@pytest.mark.parametrize(
    ("outcomes", "turn"),
    [
        # "3+ failures on same allocation type -> switch: allocations -> format changes -> reordering -> quantization"
        ("", 0),
        ("dd", 0),
        ("ddd", 1),
        ("dcd", 1),
        ("ddkdd", 0),
        ("dddkdd", 1),
        ("dddddd", 2),
        ("d" * 9, 3),
        ("d" * 12, 0),
    ],
)
def test_strategy_rotation(outcomes, turn):
    assert strategy(session(outcomes), "data-structures") == STRATEGIES[turn]
    assert strategy(session(outcomes), "image-buffers") == "allocations"


@pytest.mark.parametrize(
    ("outcomes", "word"),
    [
        # "If 5+ consecutive discards"; "no improvement after 3 more experiments, stop"
        ("dddd", "no"),
        ("ddddd", "recover"),
        ("dcdcd", "recover"),
        ("dddddkdddd", "no"),
        ("d" * 7, "recover"),
        ("d" * 8, "stop"),
    ],
)
def test_stuck_and_recovery(outcomes, word):
    assert stuck(session(outcomes)) == word


def test_progress_is_due_every_three_experiments():
    assert [number for number in range(8) if due_progress(session("kdckdck"[:number]))] == [3, 6]


def test_a_milestone_is_due_every_three_keeps():
    events = [*opening(), *experiment(1), *experiment(2), *experiment(3, "discard")]
    assert not due_milestone(fold(events))
    events += experiment(4)
    assert due_milestone(fold(events))
    assert next_tag(fold(events)) == "codeflash/optimize-v1"
    events.append(Milestone(tag="codeflash/optimize-v1", commit="a" * 40))
    assert not due_milestone(fold(events))
    for number in (5, 6, 7):
        events += experiment(number)
    assert due_milestone(fold(events))
    assert next_tag(fold(events)) == "codeflash/optimize-v2"
    assert next_tag(fold([*story(), started("s2")])) == "codeflash/optimize-v2"


@pytest.mark.parametrize(
    ("current", "peaks", "tier"),
    [
        # "~1.2x the current tier [...] consider stopping"; ">2x [...] worthwhile"
        ("B", {"B": 100, "A": 120, "S": 120}, None),
        ("B", {"B": 100, "A": 121, "S": 890}, "A"),
        ("B", {"B": 100, "A": 110, "S": 890}, "S"),
        ("B", {"B": 100, "S": 300}, "S"),
        ("A", {"B": 100, "A": 300, "S": 300}, None),
        ("S", {"B": 100, "A": 300, "S": 900}, None),
        ("B", {"B": 100}, None),
    ],
)
def test_tier_escalation(current, peaks, tier):
    assert escalation(current, peaks).tier == tier


def test_a_jump_says_that_new_allocators_are_likely():
    assert "new allocators" in escalation("B", {"B": 100, "A": 201}).reason
    assert "new allocators" not in escalation("B", {"B": 100, "A": 200}).reason


def test_areas_that_improved_are_preferred_and_rules_that_failed_avoided():
    # "3+ commits that improved the metric all touched the same file"; "failed 3+ times, avoid it"
    events = opening()
    for number, (status, file, rule) in enumerate(
        [
            ("keep", "a.py", "A01"),
            ("keep", "a.py", "C02"),
            ("discard", "b.py", "B02"),
            ("keep", "b.py", "B02"),
            ("discard", "b.py", "B02"),
            ("crash", "b.py", "B02"),
            ("discard", "b.py", "A01"),
        ],
        start=1,
    ):
        events += experiment(number, status, file=file, rule=rule)
    assert area_hint(fold(events)) == area_hint(fold(opening()))
    events += [*experiment(8, file="a.py", rule="A07"), *experiment(9, "discard", file="b.py", rule="B02")]
    hint = area_hint(fold(events))
    assert (hint.prefer, hint.avoid) == ({"a.py"}, {"B02"})


def test_traced_runs_are_limited_to_6_and_4_for_each_experiment():
    assert [traced_run_limit(n) for n in (0, 1, 10)] == [6, 10, 46]
