"""The answers to the specification's reasoning checklist, from what was measured and shown. Pure."""

from messaging.contents import Allocation, Candidate
from runtime.domain import Profile

QUESTIONS = {
    "category": "What type of allocation is it?",
    "visible": "Is it made inside the benchmarked code path?",
    "reducible": "Can it be made smaller, freed earlier, or avoided?",
    "persistent": "Does it persist after its operation returns?",
    "exercised": "Does the target execute this code path?",
    "mechanism": "How does the change reduce the peak?",
    "production_safe": "Does it hurt throughput, latency or caching?",
    "verify_cheaply": "Can it be validated before the full benchmark?",
}
"""Spec, Reasoning Checklist, questions 1 to 8."""


def answers(
    candidate: Candidate, target: Allocation, profile: Profile, unit: str, wall_s: float | None
) -> dict[str, str]:
    """The eight answers for one candidate, by question; the numbers are the profile's, never the proposer's."""
    running = [place.function for place in profile.calls.chain]
    where = " > ".join(running) or "the target"
    held = next(
        (h for h in (profile.census.holdings if profile.census else []) if h.place and h.name in target.name),
        None,
    )
    persistent = (
        f"yes: the census at the peak found {held.name} ({held.type}) still holding it"
        if held
        else f"it is alive at the traced peak of {target.size:.1f} {unit} measured for {target.name}"
    )
    shown = "; ".join(f"{s.check}: {s.evidence}" for s in candidate.shown)
    return {
        "category": candidate.category,
        "visible": f"yes: measured within {where}, above what importing the target left",
        "reducible": f"yes, by rule {candidate.rule}: {candidate.title}",
        "persistent": persistent,
        "exercised": f"yes: {target.file}:{target.line} was running, or its value alive, when the target peaked",
        "mechanism": candidate.mechanism,
        "production_safe": shown or "no precondition beyond equal output",
        "verify_cheaply": f"the target itself runs in {wall_s:.1f} s: it is the cheap check"
        if wall_s is not None
        else "the target itself is the cheap check",
    }
