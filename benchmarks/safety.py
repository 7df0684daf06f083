"""The rules forced on packages that ship their tests: every test result must be unchanged. `make safety` calls it.

    python -m benchmarks.safety [--rules A01,B01] [--levels AP] [PACKAGE ...]

Each package of safety.toml is unpacked, its tests run twice (what differs is left out, by name) and once more to see
types. Then all rules act on all of its own files as if the profile pointed everywhere, those of level A first and
those of level P apart: their evidence is what the tests showed, and what they assume is taken for granted. The tests
run again; a change is followed to the candidate that makes it, which is printed and left out. Exit code 1 on a change.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import unified_diff
from pathlib import Path

from rich.console import Console
from rich.table import Table

from agents.memory.analysis.project import Project
from agents.memory.playbook.rule import Rule
from benchmarks.foci import Facts
from benchmarks.forced import Costs, Forced, candidates, chosen, force, merged, with_edits
from benchmarks.safety_tree import WORK, Package, Results, RunFailed, Tree, environment, packages
from messaging.contents import Candidate

ROUNDS = 2
"""How often the changed files are looked at again."""
CULPRITS = 6
"""Candidates that are found out, one after the other, before a package is given up."""


@dataclass
class Row:
    """One package under the rules of one level."""

    package: str
    level: str
    files: int = 0
    lines: int = 0
    offered: int = 0
    applied: Counter[str] = field(default_factory=Counter)
    tests: int = 0
    unstable: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    culprits: list[str] = field(default_factory=list)
    crashes: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    error: str = ""


class Check:
    """One package at work."""

    def __init__(self, package: Package, python: Path, playbook: Sequence[Rule], console: Console) -> None:
        self.tree, self.playbook, self.console = Tree(package, python), playbook, console
        self.tree.prepare()
        self.project = self.tree.project()
        first, second = self.tree.tests({}), self.tree.tests({})
        self.unstable = first.changed(second, set(first.outcomes) | set(second.outcomes))
        self.stable = set(first.outcomes) - set(self.unstable)
        self.baseline = first
        self.facts = self.tree.tests({}, observe=True).facts
        self.say(f"{len(self.stable)} tests, {first.seconds:.0f} s a run, types of {len(self.facts.names)} names seen")
        self.costs = Costs()
        own = sorted(self.project.editable)
        self.found = candidates(self.project, own, playbook, self.facts, self.costs)
        self.say(f"{len(self.found)} candidates in {sum(self.costs.seconds.values()):.0f} s")

    def say(self, text: str) -> None:
        """One line of progress."""
        self.console.print(f"{time.strftime('%H:%M:%S')} {self.tree.package.name}: {text}", highlight=False)

    def row(self, level: str) -> Row:
        """Forces the rules of one level, runs the tests, and follows each change to its candidate."""
        own = [self.project.sources[path] for path in self.project.editable]
        row = Row(self.tree.package.name, level, len(own), sum(source.text.count("\n") for source in own))
        row.tests, row.unstable = len(self.stable), self.unstable
        left_out: set[str] = set()
        done = self._forced(level, left_out)
        row.offered, row.crashes = len(done.offered), [*self.costs.crashes, *done.costs.crashes]
        row.seconds = self.costs.seconds
        for _ in range(CULPRITS):
            changed = self._changed(done.texts)
            if not changed:
                break
            row.changed += [test for test in changed if test not in row.changed]
            self.say(f"level {level}: {len(changed)} results changed, such as {changed[0]}")
            culprit, tests = self._culprit(done, set(changed))
            row.culprits.append(culprit.key)
            self._show(culprit, tests)
            left_out.add(culprit.key)
            done = self._forced(level, left_out)
        row.applied = Counter(candidate.rule for candidate in done.applied)
        return row

    def _forced(self, level: str, left_out: set[str]) -> Forced:
        done = force(
            self.project,
            self.playbook,
            self.facts,
            rounds=ROUNDS,
            wanted=lambda candidate: candidate.level == level and candidate.key not in left_out,
            first=self.found,
        )
        self.say(f"level {level}: {len(done.offered)} candidates, {len(done.applied)} applied")
        return done

    def _changed(self, texts: dict[str, str]) -> list[str]:
        try:
            now = self.tree.tests(texts)
        except RunFailed as error:
            self.say(str(error)[-300:])
            now = Results({}, Facts(), 0.0)
        return self.baseline.changed(now, self.stable)

    def _culprit(self, done: Forced, broken: set[str]) -> tuple[Candidate, list[str]]:
        """The first candidate, in the order they were applied, after which one of the broken tests fails."""
        low, high, tests = 0, len(done.applied), sorted(broken)
        while high - low > 1:
            middle = (low + high) // 2
            found = [test for test in self._changed(prefix(self.project, done, middle)) if test in broken]
            low, high, tests = (low, middle, found) if found else (middle, high, tests)
        return done.applied[high - 1], tests

    def _show(self, culprit: Candidate, tests: list[str]) -> None:
        self.say(f"GUILTY {culprit.key} [{culprit.level}] of {len(tests)} tests, such as {tests[0]}")
        self.console.print(*diff(self.project, culprit), sep="\n", markup=False, highlight=False)


def prefix(project: Project, done: Forced, length: int) -> dict[str, str]:
    """The texts after the first `length` of the candidates that were applied, round by round."""
    texts: dict[str, str] = {}
    begun = 0
    for size in done.rounds:
        wanted = done.applied[begun : min(begun + size, length)]
        put, _ = merged(project, wanted)
        texts.update(put)
        project = with_edits(project, put)
        begun += size
        if begun >= length:
            break
    return texts


def diff(project: Project, candidate: Candidate) -> Iterator[str]:
    """What the candidate changes; for one of a later round, beside what was changed before it."""
    for edit in candidate.edits:
        old = project.sources[edit.path].text.splitlines()
        yield from unified_diff(old, edit.text.splitlines(), edit.path, edit.path, lineterm="", n=2)
    yield from (f"assumes: {assumed}" for assumed in candidate.assumes)


def table(rows: list[Row], level: str) -> Table:
    """The rows of one level as people read them."""
    title = "Level A" if level == "A" else "Level P: types as the tests showed them, evidence assumed"
    shown = Table(title=title, title_justify="left")
    for heading in ("package", "files", "lines", "candidates", "applied by rule", "tests", "left out", "changed"):
        shown.add_column(heading, justify="left" if heading in ("package", "applied by rule") else "right")
    for row in (row for row in rows if row.level == level):
        applied = ", ".join(f"{rule} {count}" for rule, count in sorted(row.applied.items()))
        figures = (row.package, row.files, row.lines, row.offered, applied, row.tests, len(row.unstable))
        shown.add_row(*map(str, figures), "failed" if row.error else str(len(row.changed)))
    return shown


def main() -> int:
    """Checks the packages that the command line names, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help="names in safety.toml, all by default")
    parser.add_argument("--rules", default="", help="ids of the only rules to use, by comma")
    parser.add_argument("--levels", default="AP", help="A, P or AP")
    words = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 180)
    playbook, rows = chosen(words.rules), []
    WORK.mkdir(parents=True, exist_ok=True)
    python = environment()
    for package in packages():
        if words.packages and package.name not in words.packages:
            continue
        try:
            check = Check(package, python, playbook, console)
            rows += [check.row(level) for level in words.levels]
        except RunFailed as error:
            rows.append(Row(package.name, words.levels[0], error=str(error)))
    for level in words.levels:
        console.print(table(rows, level))
    spent: Counter[str] = Counter()
    for row in rows:
        first = row.level == words.levels[0]
        spent.update(row.seconds if first else {})
        for text in [*(f"unstable: {test}" for test in row.unstable), *dict.fromkeys(row.crashes)] if first else ():
            console.print(f"{row.package}: {text}", highlight=False, markup=False)
        for text in [*(f"GUILTY {culprit}" for culprit in row.culprits), *([row.error] if row.error else [])]:
            console.print(f"{row.package} {row.level}: {text}", highlight=False, markup=False)
    slow = ", ".join(f"{rule} {seconds:.0f}" for rule, seconds in spent.most_common(12))
    console.print("seconds by rule:", slow, highlight=False)
    return int(any(row.changed or row.crashes or row.error for row in rows))


if __name__ == "__main__":
    sys.exit(main())
