"""Writes docs/playbook.md from the rules themselves: `python docs/make_playbook.py`. `make docs` calls it."""

import json
import sys
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

from agents.memory.playbook.registry import rules
from agents.memory.playbook.rule import Example, Rule

FILE = Path(__file__).with_name("playbook.md")
CATALOGUE = Path(__file__).parents[1] / "benchmarks" / "catalogue.json"
LEVELS = {
    "A": "proven from the source alone",
    "P": "proven but for what the profile showed, which is said as `assumes`",
    "S": "proposed to people in HANDOFF.md, never tried",
}
LONGEST = 110
"""Characters of the reason why a rule does not fire."""
REASONS = 12
"""Reasons of one rule that are listed."""


def playbook() -> str:
    """The whole page."""
    catalogue = json.loads(CATALOGUE.read_text())
    found = rules()
    return "\n".join([*_head(found, catalogue), *(part for rule in found for part in _rule(rule, catalogue))]) + "\n"


def _head(found: list[Rule], catalogue: dict[str, dict[str, str]]) -> Iterator[str]:
    yield "# The playbook"
    yield ""
    yield "Made from the rules in `agents/memory/playbook` by `make docs`; do not edit it by hand."
    yield ""
    yield "A rule fires only where the profile points, and only when each of its preconditions can be shown. Levels:"
    yield ""
    yield from (f"- **{level}**: {meaning}." for level, meaning in LEVELS.items())
    yield ""
    yield "The saving is that of the catalogue's micro-benchmark, in traced peak: `make micro` measures what the rule"
    yield "itself reaches there. A rule may give a candidate of a lower level than its own where it has to assume more."
    yield ""
    yield "| id | rule | level | category | strategy | saving |"
    yield "|---|---|---|---|---|---|"
    for rule in found:
        saving = catalogue.get(rule.id, {}).get("saving", "")
        cells = (f"[{rule.id}](#{_anchor(rule)})", rule.name, rule.level, rule.category, rule.strategy, saving)
        yield f"| {' | '.join(cells)} |"


def _anchor(rule: Rule) -> str:
    kept = "".join(c for c in f"{rule.id} {rule.name}".lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def _rule(rule: Rule, catalogue: dict[str, dict[str, str]]) -> Iterator[str]:
    yield ""
    yield f"## {rule.id} {rule.name}"
    yield ""
    yield f"{_what(rule)} Level {rule.level}, {rule.category}, {rule.strategy}."
    known = catalogue.get(rule.id)
    if known and known["saving"]:
        yield f"Catalogue: {known['title']}; {known['saving']}."
    yield ""
    yield "Preconditions:"
    yield ""
    yield from (f"- **{name}**: {sentence}" for name, sentence in rule.preconditions.items())
    if rule.VALID:
        yield ""
        yield "```diff"
        yield from _diff(rule.VALID[0])
        yield "```"
    if rule.INVALID:
        yield ""
        yield "It leaves code alone, for instance, when:"
        yield ""
        reasons = list(dict.fromkeys(_short(example.why) for example in rule.INVALID))
        yield from (f"- {reason}" for reason in reasons[:REASONS])
        if len(reasons) > REASONS:
            yield f"- and {len(reasons) - REASONS} more: the INVALID examples of `{type(rule).__module__}`"


def _what(rule: Rule) -> str:
    said = " ".join((type(rule).__doc__ or "").split("\n\n")[0].split())
    return said if said.endswith(".") else f"{said}."


def _short(why: str) -> str:
    said = " ".join(why.split())
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 3].rsplit(' ', 1)[0]} ..."


def _diff(example: Example) -> Iterator[str]:
    before, after = example.before.splitlines(), (example.after or "").splitlines()
    for line in list(unified_diff(before, after, lineterm="", n=99))[2:]:
        if not line.startswith("@@"):
            yield line.rstrip()


if __name__ == "__main__":
    FILE.write_text(playbook(), encoding="utf-8")
    sys.stdout.write(f"{FILE.name}: {len(rules())} rules\n")
