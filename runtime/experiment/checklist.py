"""Are the answers to the specification's reasoning checklist concrete? Pure."""

import re
from collections.abc import Mapping

from runtime.experiment.reasoning import QUESTIONS

CONCRETE = ("reducible", "persistent", "exercised", "mechanism")
"""Spec, Reasoning Checklist: "If you can't answer 3-6 concretely, research more before coding"."""

_MIN_WORDS = 3
"""A bare "yes" or "frees memory" says nothing about how: the spec's own example of a mechanism has ten
words."""
_HEDGES = re.compile(
    r"\b(unknown|unclear|unsure|not sure|don't know|maybe|perhaps|probably|presumably|possibly|might|should"
    r"|somehow|something|some kind|various|etc|tbd|todo|n/?a)\b|\?(\s|$)",
    re.IGNORECASE,
)


def vague(answers: Mapping[str, str]) -> list[str]:
    """The questions, in the checklist's order, that are not answered, or not concretely where they must be.

    Every question needs an answer; 3 to 6 need one of at least three words that does not hedge.

    Args:
        answers: question (a key of QUESTIONS) -> answer.
    """
    return [question for question in QUESTIONS if _is_vague(question, answers.get(question, "").strip())]


def _is_vague(question: str, answer: str) -> bool:
    if question not in CONCRETE:
        return not answer
    return len(answer.split()) < _MIN_WORDS or _HEDGES.search(answer) is not None
