"""What agents say as text: each content has one canonical form, and text in that form is read back.

Held for every content: `render(parse(render(content))) == render(content)`. A text says less than its content (a
finding has no edits in it); what it does not say has its default, and a number it does not say is 0.
"""

from collections.abc import Sequence
from typing import assert_never

from messaging import forms
from messaging.contents import (
    Baseline,
    Complete,
    Content,
    CrossDomain,
    Discovery,
    ExperimentResult,
    ExperimentTarget,
    FileModified,
    Finding,
    Note,
    Plateau,
    Progress,
    Reprofile,
    StageRow,
    Step,
    Stuck,
    Targets,
    TierEscalation,
)
from messaging.fields import table
from messaging.messages import SendMessage


def render(content: Content) -> str:
    """The canonical text of a content."""
    return forms.write(content)


def parse(text: str) -> Content | None:
    """The content that a text says, be it ours or a foreign agent's; None when it has none of the forms."""
    return forms.read(text)


def stage_table(stages: Sequence[StageRow], peak: float, unit: str = "MiB") -> list[str]:
    """The specification's per-stage table, a line a stage, and the peak below it."""
    return table(stages, peak, unit)


def headline(content: ExperimentResult) -> str:
    """The line for people: `[experiment 1] 131.4 MiB -> 22.0 MiB (-109.4 MiB). KEEP`, or `DISCARD — <reason>`."""
    unit = content.unit
    after = "unknown" if content.after is None else f"{content.after:.1f} {unit}"
    delta = "" if content.delta is None else f" ({content.delta:+.1f} {unit})"
    reason = f" — {content.reason}" if content.reason and content.result != "KEEP" else ""
    return f"[experiment {content.number}] {content.before:.1f} {unit} -> {after}{delta}. {content.result}{reason}"


def summary_of(content: Content) -> str:
    """The `summary` of the message that carries a content, in the specification's words."""
    match content:
        case Discovery():
            return "Discovery"
        case Baseline():
            return "Baseline complete"
        case ExperimentTarget() | Step():
            return f"Experiment {content.number}"
        case ExperimentResult():
            return f"Experiment {content.number} result"
        case Reprofile():
            return "Re-profile"
        case Progress():
            return "Progress update"
        case TierEscalation():
            return "Tier escalation"
        case Plateau():
            return "Plateau"
        case Complete():
            return "Session complete"
        case Stuck():
            return "Optimizer stuck"
        case CrossDomain():
            return "Cross-domain signal"
        case FileModified():
            return "File modified"
        case Targets():
            return "Targets to investigate"
        case Finding():
            return "Research finding"
        case Note():
            return content.level.capitalize()
        case _:
            assert_never(content)


def message(content: Content) -> SendMessage:
    """The message that says a content."""
    return SendMessage(summary=summary_of(content), message=render(content), content=content)
