"""The text forms of several lines: stage tables, ranked targets, findings. Use them through `messaging.text`."""

import re

from messaging.contents import Allocation, Baseline, Candidate, Finding, Reprofile, Targets
from messaging.fields import BLANKS, allocation, escape, read_allocation, read_table, table

TARGETS = "Investigate these memory targets in order:"
_BASELINE = "[baseline] Per-stage profiling:"
_TOP = "  Top allocators:"
_REPROFILE = "[re-profile] After fix:"
_MIB = 2**20
_NUMBERED = re.compile(r" *(?P<number>[0-9]+)\. (?P<item>.*)")


def _write_list(items: list[Allocation], first: int, unit: str) -> list[str]:
    return [f"{count}. {allocation(item, unit)}" for count, item in enumerate(items, first)]


def _read_list(lines: list[str]) -> tuple[list[Allocation], int | None, str] | None:
    items: list[Allocation] = []
    first: int | None = None
    unit = "MiB"
    for line in lines:
        entry = _NUMBERED.fullmatch(line)
        read_item = read_allocation(entry["item"]) if entry else None
        if entry is None or read_item is None:
            return None
        first = int(entry["number"]) if first is None else first
        item, unit = read_item
        items.append(item)
    return items, first, unit


def write_baseline(content: Baseline) -> str:
    """The stage table before any change, and the top allocators."""
    lines = [_BASELINE, *table(content.stages, content.peak, content.unit)]
    if content.top:
        lines += [_TOP, *("  " + line for line in _write_list(content.top, 1, content.unit))]
    return "\n".join(lines)


def read_baseline(rest: str) -> Baseline | None:
    """Reads what `write_baseline` wrote."""
    found = read_table(rest.split("\n"))
    if found is None:
        return None
    stages, peak, unit, after = found
    top = _read_list(after[1:]) if after and after[0].strip() == _TOP.strip() else None
    return Baseline(stages=stages, peak=peak, unit=unit, top=top[0] if top else [])


def read_reprofile(rest: str) -> Reprofile | None:
    """Reads what `write_reprofile` wrote; which experiment it follows is not in the text."""
    found = read_table(rest.split("\n"))
    return None if found is None else Reprofile(number=0, stages=found[0], peak=found[1], unit=found[2])


def read_targets(text: str) -> Targets | None:
    """Reads what `write_targets` wrote, numbered from anywhere."""
    found = _read_list(text.split("\n")[1:])
    if found is None:
        return None
    targets, first, unit = found
    return Targets(ranking=0, targets=targets, unit=unit, first=2 if first is None else first)


def write_finding(content: Finding) -> str:
    """What the researcher found: the target, then a paragraph for each candidate, then the note."""
    function = escape(content.target.function or content.target.name, "]")
    details = [line for candidate in content.candidates for line in _write_candidate(candidate)]
    text = "\n".join([*details, content.note]).strip(BLANKS)
    head = f"[research {function}] {allocation(content.target, 'MiB')}"
    return f"{head}\n{text}" if text else head


def _write_candidate(candidate: Candidate) -> list[str]:
    place = f"{escape(candidate.file)}:{candidate.line}"
    return [
        f"- {escape(candidate.title)} ({candidate.rule}, level {candidate.level}) at {place},"
        f" frees {candidate.frees / _MIB:.1f} MiB: {escape(candidate.mechanism)}",
        *(f"  shown: {escape(shown.check)}: {escape(shown.evidence)}" for shown in candidate.shown),
        *(f"  assumes: {escape(assumption)}" for assumption in candidate.assumes),
    ]


def read_finding(function: str, rest: str) -> Finding:
    """Reads a finding; the candidates come back as part of the note."""
    head, _, note = rest.partition("\n")
    found = read_allocation(head)
    if found is None or found[1] != "MiB":
        target = Allocation(name=function, function=function, size=0.0)
        return Finding(ranking=0, target=target, candidates=[], note=rest.strip(BLANKS))
    target = found[0].model_copy(update={"function": function})
    return Finding(ranking=0, target=target, candidates=[], note=note.strip(BLANKS))


def write_reprofile(content: Reprofile) -> str:
    """The stage table after a keep."""
    return "\n".join([_REPROFILE, *table(content.stages, content.peak, content.unit)])


def write_targets(content: Targets) -> str:
    """The ranked list, numbered from `first`."""
    return "\n".join([TARGETS, *_write_list(content.targets, content.first, content.unit)])
