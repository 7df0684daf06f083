"""Pieces of Markdown that HANDOFF.md, learnings.md and the final summary share. Pure: no clock, no file."""

from collections.abc import Iterable, Sequence

from runtime.experiment.events import BreakdownRow, Figures, PlateauReached, judged_peaks
from runtime.experiment.experiment import Experiment
from runtime.experiment.ledger import short
from runtime.experiment.policy import irreducible_percent
from runtime.experiment.state import State
from runtime.experiment.verdict import decide
from runtime.measure.models import MIB

BREAKDOWN_ROWS = 10
"""Spec, Plateau Documentation: "Top 5-10 allocations with size, source, and reducibility"."""


def mib(size: int | None) -> str:
    """`131.4 MiB`, or `unknown`."""
    return "unknown" if size is None else f"{size / MIB:.1f} MiB"


def line(text: str) -> str:
    """Text from elsewhere on one line, without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def cell(text: str) -> str:
    """Text from elsewhere in a table's cell."""
    return line(text).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A Markdown table; an empty one is the word None."""
    body = ["| " + " | ".join(row) + " |" for row in rows]
    if not body:
        return ["None."]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body]


def numbered(texts: Iterable[str]) -> list[str]:
    """A numbered list; an empty one is the word None."""
    return [f"{number}. {text}" for number, text in enumerate(texts, start=1)] or ["None."]


def change(before: Figures, after: Figures) -> str:
    """`131.4 MiB -> 22.0 MiB (-109.4 MiB, -83 %)` of the peak that is judged."""
    was, now = judged_peaks(before, after)
    percent = f", {100 * (now - was) / was:+.0f} %" if was else ""
    return f"{mib(was)} -> {mib(now)} ({(now - was) / MIB:+.1f} MiB{percent})"


def kept(one: Experiment) -> list[str]:
    """One entry of "Optimizations Kept": what, where, mechanism, saving, evidence."""
    started = one.started
    figures = change(one.before, one.after) if one.before is not None and one.after is not None else "not measured"
    lines = [
        f"**{line(started.title)}** (experiment {one.number}, commit {short(one.commit) or 'pending'})",
        f"   - Mechanism: {line(started.mechanism)}",
        f"   - Traced peak: {figures}{'; micro-benchmark only' if started.micro else ''}",
        f"   - Files: {', '.join(f'`{line(path)}`' for path in started.files)}; rule {line(started.rule)},"
        f" level {line(started.level)}",
    ]
    lines += [f"   - Shown: {line(shown.check)}: {line(shown.evidence)}" for shown in started.shown]
    lines += [f"   - Assumes: {line(text)}" for text in started.assumes]
    lines += [f"   - Stated: {text}" for text in stated(one)]
    return lines


def stated(one: Experiment) -> tuple[str, ...]:
    """The losses and doubts beside an experiment's saving (I16), from its figures."""
    measured = one.measured
    if measured is None or one.started.micro:
        return ()
    return decide(
        measured.before, measured.after, digest_equal=measured.digest_equal, confirms=measured.confirms
    ).stated


def discoveries(state: State, *, for_next: bool = False) -> list[str]:
    """Key discoveries of all sessions, oldest first, each once; with `for_next` those meant for later
    sessions."""
    texts = (one.text for session in state.sessions for one in session.learned if one.for_next or not for_next)
    return list(dict.fromkeys(line(text) for text in texts))


def blocked(state: State) -> list[str]:
    """Blocked approaches of all sessions, each once."""
    texts = (f"- **{line(one.approach)}**: {line(one.reason)}" for past in state.sessions for one in past.blocked)
    return list(dict.fromkeys(texts)) or ["None."]


def discarded(state: State) -> list[str]:
    """The table "What Was Tried and Discarded"."""
    return table(
        ("exp#", "What", "Reason"),
        (
            (
                str(one.number),
                cell(f"{one.started.title} ({one.target.name})"),
                cell(f"{one.ended.status}: {one.reason}" if one.ended else one.reason),
            )
            for one in state.discards
        ),
    )


def breakdown(rows: Sequence[BreakdownRow]) -> list[str]:
    """The table "Current tier breakdown": the ten largest, and what is apart, without a number."""
    numbered = [row for row in rows if not row.apart][:BREAKDOWN_ROWS]
    apart = [row for row in rows if row.apart]
    return table(
        ("#", "Size", "Source", "Reducible?"),
        (
            (
                "-" if row.apart else str(number),
                mib(row.size),
                cell(f"{row.source} ({row.category})"),
                cell(f"{'yes' if row.reducible else 'NO'} — {row.why}"),
            )
            for number, row in enumerate([*numbered, *apart], start=1)
        ),
    )


def irreducible(state: State) -> str:
    """The irreducibility summary: `62 % of peak is irreducible (import-time, model-weights).`."""
    if not state.profiles:
        return "Nothing is known yet of what is irreducible."
    profile = state.profiles[-1]
    causes = dict.fromkeys(line(row.category) for row in profile.breakdown if not row.reducible and not row.apart)
    percent = irreducible_percent(profile.breakdown, profile.peak)
    return f"{percent:.0f} % of peak is irreducible" + (f" ({', '.join(causes)})." if causes else ".")


def plateau(reached: PlateauReached) -> str:
    """`Tier B ended (diminishing): ...`."""
    return f"Tier {reached.tier} ended ({reached.rule}): {line(reached.reason)}"
