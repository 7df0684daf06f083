"""The pre-submit review: what code can check of it, from the whole diff and the journal's state. Pure.

Spec, Pre-Submit Review, checks 1 to 5, and the limits of a patch (design, I18).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from runtime.experiment.events import Reviewed
from runtime.experiment.experiment import Experiment
from runtime.experiment.ledger import render_results
from runtime.experiment.limits import forbidden_lines, protected
from runtime.experiment.state import State
from runtime.experiment.views import stated


@dataclass(frozen=True)
class ChangedLine:
    """A line of a diff: the file, its number in the new (added) or old (removed) file, its text."""

    path: str
    number: int
    text: str


@dataclass(frozen=True)
class Diff:
    """A unified diff, read: every changed file, the added lines and the removed ones."""

    files: tuple[str, ...]
    added: tuple[ChangedLine, ...]
    removed: tuple[ChangedLine, ...]


_HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_FILES = re.compile(r'diff --git "?a/(.*?)"? "?b/(.*?)"?')


def parse_diff(text: str) -> Diff:
    """Reads what `git diff` prints. A renamed file counts under both names."""
    files: dict[str, None] = {}
    added: list[ChangedLine] = []
    removed: list[ChangedLine] = []
    path, old, new, old_left, new_left = "", 0, 0, 0, 0
    for row in text.split("\n"):
        if old_left > 0 or new_left > 0:
            if row.startswith("+"):
                added.append(ChangedLine(path, new, row[1:]))
            elif row.startswith("-"):
                removed.append(ChangedLine(path, old, row[1:]))
            counts_old, counts_new = row[:1] in ("-", " ", ""), row[:1] in ("+", " ", "")
            old, old_left = old + counts_old, old_left - counts_old
            new, new_left = new + counts_new, new_left - counts_new
        elif hunk := _HUNK.match(row):
            old, new = int(hunk[1]), int(hunk[3])
            old_left, new_left = int(hunk[2] or 1), int(hunk[4] or 1)
        elif names := _FILES.fullmatch(row):
            path = names[2]
            files.update(dict.fromkeys(names.groups()))
    return Diff(tuple(files), tuple(added), tuple(removed))


def review(state: State, *, diff: str, results: str, protect: Iterable[str] = ()) -> list[Reviewed]:
    """One event for each check, in the specification's order.

    Args:
        state: the session, before the review.
        diff: `git diff` of base against branch.
        results: results.tsv as it stands on disk.
        protect: globs of paths no patch may touch.
    """
    changes = parse_diff(diff)
    return [
        _ownership(state, changes),
        _concurrency(changes),
        _claims(state, results),
        _tradeoffs(state),
        _tests(state),
        _limits(changes, list(protect)),
    ]


def _reviewed(check: str, problems: list[str], fine: str) -> Reviewed:
    return Reviewed(check=check, passed=not problems, finding="; ".join(problems) or fine)


_FREES = re.compile(r"^\s*del\s+\w|\.(close|free|release|clear|unlink|terminate|shutdown)\(\s*\)")


def _ownership(state: State, changes: Diff) -> Reviewed:
    """Check 1: every added del, close or free, with the evidence that nobody uses the object afterwards."""
    problems, shown = [], []
    for one in changes.added:
        if not _FREES.search(one.text):
            continue
        place = f"{one.path}:{one.number} `{one.text.strip()}`"
        evidence = [
            f"{proof.check}: {proof.evidence}"
            for keep in state.keeps
            if one.path in keep.started.files
            for proof in keep.started.shown
        ]
        if evidence:
            shown.append(f"{place} ({', '.join(dict.fromkeys(evidence))})")
        else:
            problems.append(f"{place} has no evidence that nobody uses the object afterwards")
    return _reviewed("resource ownership", problems, "; ".join(shown) or "nothing is freed by hand")


_SHARED = re.compile(r"^\s*global\s+\w|\b(cache_clear|lru_cache|functools\.cache)\b|^@cache\b")


def _concurrency(changes: Diff) -> Reviewed:
    """Check 2: added lines that share state between calls, or drop what calls share."""
    problems = [
        f"{one.path}:{one.number} `{one.text.strip()}` touches state that calls share"
        for one in changes.added
        if _SHARED.search(one.text)
    ]
    return _reviewed("concurrency safety", problems, "no added line touches state that calls share")


def _claims(state: State, results: str) -> Reviewed:
    """Check 3: results.tsv says what the journal says, and what was committed is what was measured."""
    problems = []
    if results != render_results(state):
        wrong = _first_difference(results, render_results(state))
        problems.append(f"results.tsv differs from the journal at line {wrong}")
    for keep in state.keeps:
        problems += [f"experiment {keep.number}: {problem}" for problem in _unproven(keep)]
    return _reviewed("claims match measurements", problems, f"{len(state.keeps)} keeps, each as measured")


def _unproven(keep: Experiment) -> list[str]:
    problems = []
    if keep.measured is None:
        problems.append("kept without a measurement")
    if keep.committed is None:
        problems.append("kept without a commit")
    elif keep.committed.tree != keep.started.tree:
        problems.append("the tree committed is not the tree measured")
    return problems


def _first_difference(text: str, expected: str) -> int:
    """Number of the first line that differs, from 1."""
    rows, wanted = text.split("\n"), expected.split("\n")
    same = next((at for at, pair in enumerate(zip(rows, wanted, strict=False)) if pair[0] != pair[1]), None)
    return 1 + (min(len(rows), len(wanted)) if same is None else same)


def _tradeoffs(state: State) -> Reviewed:
    """Check 4: a loss beside the saving stands in the commit's message."""
    problems = [
        f"experiment {keep.number}: the commit does not state: {text}"
        for keep in state.keeps
        for text in stated(keep)
        if keep.committed is None or text not in keep.committed.message
    ]
    count = sum(len(stated(keep)) for keep in state.keeps)
    return _reviewed("tradeoffs disclosed", problems, f"{count} stated" if count else "none were measured")


def _tests(state: State) -> Reviewed:
    """Check 5: each keep was run through tests that reach it, or its result through the digest."""
    problems, by_digest = [], 0
    for keep in state.keeps:
        if keep.tests is not None and keep.tests.broken:
            problems.append(f"experiment {keep.number} breaks {', '.join(keep.tests.broken[:3])}")
        elif keep.tests is None or not keep.tests.passed_count:
            if keep.measured is not None and keep.measured.digest_equal:
                by_digest += 1
            else:
                problems.append(f"no test reaches experiment {keep.number}, and its result was not compared")
    tested = len(state.keeps) - by_digest
    fine = f"{tested} keeps by tests, {by_digest} by the digest of the target's own result alone"
    return _reviewed("tests exercise the change", problems, fine)


def _limits(changes: Diff, protect: list[str]) -> Reviewed:
    """I18: no protected path, no added line that names the profiler or the stack."""
    problems = []
    for path in changes.files:
        if why := protected(path, patterns=protect):
            problems.append(f"{path} was changed: {why}")
        old = "\n".join(one.text for one in changes.removed if one.path == path)
        new = "\n".join(one.text for one in changes.added if one.path == path)
        problems += [f"{path} names the profiler: {text.strip()}" for text in forbidden_lines(old, new)]
    return _reviewed("limits of a patch", problems, f"{len(changes.files)} files changed, none protected")
