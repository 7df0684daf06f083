"""When to stop, what to try next, when to report: decisions on a session's state. Pure.

The rules are those of the specification's "Plateau Detection", "Tier Escalation", "Strategy Rotation", "Stuck
State Recovery", "Progress Reporting" and step 1 of "The Experiment Loop"; each constant quotes its source.
The verdict on one candidate is in `runtime.experiment.verdict` and offered here too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from runtime.experiment.events import BreakdownRow
from runtime.experiment.experiment import Experiment
from runtime.experiment.state import State
from runtime.experiment.verdict import Verdict, decide, decide_micro

__all__ = [
    "STRATEGIES",
    "TIERS",
    "AreaHint",
    "Escalation",
    "Stop",
    "Verdict",
    "area_hint",
    "beyond_input",
    "consecutive_discards",
    "decide",
    "decide_micro",
    "due_milestone",
    "due_progress",
    "escalation",
    "irreducible_percent",
    "next_tag",
    "plateau",
    "strategy",
    "stuck",
    "traced_run_limit",
]

PLATEAU_DISCARDS = 3
IRREDUCIBLE_PERCENT = 85.0
"""Spec, Plateau Detection: "3+ consecutive discards [...] If >85% of peak is irreducible [...] stop"."""
DIMINISHING_KEEPS = 3
DIMINISHING_SHARE = 0.5
"""Spec, Plateau Detection: "Last 3 keeps each gave <50% of previous keep -> stop current tier"."""
INPUT_FACTOR = 2.0
"""Spec, Plateau Detection: "If peak is still >2x input, keep going"."""
STRATEGIES = ("allocations", "format", "reordering", "quantization")
STRATEGY_FAILURES = 3
"""Spec, Strategy Rotation: "3+ failures on same allocation type -> switch: allocations -> format changes ->
reordering -> quantization"."""
STUCK_DISCARDS = 5
RECOVERY_EXPERIMENTS = 3
"""Spec, Stuck State Recovery: "5+ consecutive discards"; "no improvement after 3 more experiments, stop"."""
PROGRESS_EVERY = 3
"""Spec, Progress Reporting: "Every 3 experiments"."""
MILESTONE_KEEPS = 3
"""Spec, step 17: "Milestones (every 3-5 keeps)"."""
TIERS = ("B", "A", "S")
TIER_SAME = 1.2
TIER_JUMP = 2.0
"""Spec, Tier Escalation: "only ~1.2x the current tier [...] consider stopping"; ">2x, escalation is
worthwhile"."""
AREA_KEEPS = 3
AREA_FAILURES = 3
"""Spec, step 1: "if 3+ commits that improved the metric all touched the same file or area, focus there. If a
specific approach failed 3+ times, avoid it"."""


def consecutive_discards(state: State) -> int:
    """Experiments without a keep since the last one; crashes count."""
    count = 0
    for one in reversed(state.ended_experiments):
        if one.kept:
            break
        count += 1
    return count


def irreducible_percent(breakdown: Sequence[BreakdownRow], peak: int) -> float:
    """Share of the peak (bytes) that the breakdown shows to be irreducible; what it does not name is not."""
    rows = [row for row in breakdown if not row.apart]
    whole = max(peak, sum(row.size for row in rows))
    return 100.0 * sum(row.size for row in rows if not row.reducible) / whole if whole else 0.0


def beyond_input(peak: int, input_size: int) -> bool:
    """The peak is more than twice the input (bytes): there is more to find."""
    return peak > INPUT_FACTOR * input_size


@dataclass(frozen=True)
class Stop:
    """Why the tier ends, as PlateauReached records it."""

    rule: Literal["irreducible", "diminishing", "exhausted"]
    reason: str
    irreducible_percent: float


def plateau(
    state: State,
    breakdown: Sequence[BreakdownRow],
    *,
    candidates_left: int,
    input_size: int | None = None,
) -> Stop | None:
    """Why the current tier is at its end; None: go on.

    Args:
        state: the session.
        breakdown: the allocations alive at the peak of the last profile.
        candidates_left: candidates for the last profile that nobody has tried.
        input_size: bytes of input the target reads, where known: the absolute check then overrides
        diminishing
            returns.
    """
    peak = state.profiles[-1].peak if state.profiles else sum(row.size for row in breakdown)
    percent = irreducible_percent(breakdown, peak)
    failures = consecutive_discards(state)
    if failures >= PLATEAU_DISCARDS and percent > IRREDUCIBLE_PERCENT:
        return Stop(
            "irreducible",
            f"{failures} experiments in a row brought nothing and {percent:.0f} % of the peak is irreducible"
            f" ({_causes(breakdown)})",
            percent,
        )
    if not candidates_left:
        return Stop("exhausted", _exhausted(breakdown, percent), percent)
    savings = _savings(state.keeps)[-DIMINISHING_KEEPS - 1 :]
    if len(savings) > DIMINISHING_KEEPS and all(now < DIMINISHING_SHARE * then for then, now in pairwise(savings)):
        if input_size is not None and beyond_input(peak, input_size):
            return None
        return Stop("diminishing", "each of the last 3 keeps saved less than half of the one before it", percent)
    return None


def _savings(keeps: Sequence[Experiment]) -> list[int]:
    return [one.saved for one in keeps if one.saved is not None and not one.started.micro]


def _causes(breakdown: Sequence[BreakdownRow]) -> str:
    return ", ".join(dict.fromkeys(row.category for row in breakdown if not row.reducible and not row.apart))


def _exhausted(breakdown: Sequence[BreakdownRow], percent: float) -> str:
    text = "no candidate is left for what is alive at the peak"
    return f"{text}; {percent:.0f} % of it is irreducible ({_causes(breakdown)})" if percent else text


def strategy(state: State, category: str) -> str:
    """The strategy to prefer for an allocation category: each 3 failures in it since its last keep move one
    on.

    After the last strategy the first one's turn comes again: by then the profile may have another shape.
    """
    turn = failures = 0
    for one in state.ended_experiments:
        if one.started.category != category:
            continue
        failures = 0 if one.kept else failures + 1
        if failures == STRATEGY_FAILURES:
            turn, failures = turn + 1, 0
    return STRATEGIES[turn % len(STRATEGIES)]


def stuck(state: State) -> Literal["no", "recover", "stop"]:
    """Five discards in a row: recover, that is read everything anew and try three more; then stop."""
    failures = consecutive_discards(state)
    if failures < STUCK_DISCARDS:
        return "no"
    return "recover" if failures < STUCK_DISCARDS + RECOVERY_EXPERIMENTS else "stop"


def due_progress(state: State) -> bool:
    """A progress message is due after the experiment that has just ended."""
    ended = len(state.ended_experiments)
    return ended > 0 and ended % PROGRESS_EVERY == 0


def due_milestone(state: State) -> bool:
    """A milestone is due: 3 keeps since the last one."""
    return len(state.keeps) - state.keeps_at_milestone >= MILESTONE_KEEPS


def next_tag(state: State) -> str:
    """The next milestone's tag: `codeflash/optimize-v<N>`, counted over all sessions of the journal."""
    return f"codeflash/optimize-v{1 + sum(len(session.milestones) for session in state.sessions)}"


def traced_run_limit(experiments: int) -> int:
    """The most traced runs a session of so many experiments takes (design, section 6: cost)."""
    return 6 + 4 * experiments


@dataclass(frozen=True)
class Escalation:
    """Where to go from a tier that has plateaued. `tier` is None when no heavier tier is worth it."""

    tier: str | None
    reason: str


def escalation(current: str, peaks: Mapping[str, int]) -> Escalation:
    """The tier to go on with after `current`, by the cross-tier baseline.

    Args:
        current: the tier that has plateaued: B, A or S.
        peaks: tier -> traced peak in bytes at the baseline; a tier without a benchmark is left out.
    """
    heavier = [tier for tier in TIERS[TIERS.index(current) + 1 :] if tier in peaks]
    if not heavier:
        return Escalation(None, f"Tier {current} is the heaviest there is")
    for tier in heavier:
        ratio = peaks[tier] / peaks[current] if peaks[current] else float("inf")
        if ratio > TIER_JUMP:
            return Escalation(tier, f"Tier {tier} peaks at {ratio:.1f}x Tier {current}: new allocators are likely")
        if ratio > TIER_SAME:
            return Escalation(tier, f"Tier {tier} peaks at {ratio:.1f}x Tier {current}")
    return Escalation(None, f"no heavier tier peaks above {TIER_SAME}x Tier {current}: nothing new is likely there")


@dataclass(frozen=True)
class AreaHint:
    """What past experiments say: files to prefer among equals, rules to avoid."""

    prefer: frozenset[str]
    avoid: frozenset[str]


def area_hint(state: State) -> AreaHint:
    """Files that 3 or more keeps touched; rules that failed 3 times or more since they last were kept."""
    touched: dict[str, int] = {}
    failures: dict[str, int] = {}
    for one in state.ended_experiments:
        rule = one.started.rule
        failures[rule] = 0 if one.kept else failures.get(rule, 0) + 1
        for path in one.started.files if one.kept else ():
            touched[path] = touched.get(path, 0) + 1
    return AreaHint(
        prefer=frozenset(path for path, keeps in touched.items() if keeps >= AREA_KEEPS),
        avoid=frozenset(rule for rule, count in failures.items() if count >= AREA_FAILURES),
    )
