"""Combinations: a fix whose gain needs another is one experiment with one mechanism."""

import ast

from agents.memory.analysis.project import Project, Source
from agents.memory.combination import combinations
from agents.memory.playbook.registry import rules
from agents.memory.playbook.rule import Candidate, Focus
from runtime.git import blob_id

ROWS = """\
import csv


def total(path):
    with open(path) as file:
        rows = [row for row in csv.reader(file)]
        kept = [row for row in rows if row]
        return sum(len(row) for row in kept)
"""
APART = """\
def total(first, second):
    ones = [str(n) for n in range(first)]
    count = sum(len(one) for one in ones)
    others = [str(n) for n in range(second)]
    return count + sum(len(one) for one in others)
"""


def project(text: str) -> Project:
    return Project({"f.py": Source("f.py", text.encode(), blob_id(text.encode()))}, frozenset({"f.py"}))


def found(text: str, line: int) -> tuple[list[Candidate], list[Candidate]]:
    focus = Focus("f.py", "total", frozenset({line}), 2**20)
    tree = project(text)
    singles = [candidate for rule in rules() for candidate in rule.find(tree, focus)]
    return singles, list(combinations(tree, focus, singles, rules()))


def test_two_lists_that_hold_the_same_elements_are_made_lazy_together() -> None:
    singles, pairs = found(ROWS, 7)
    assert [one.rule for one in singles] == ["B02"]
    [both] = [pair for pair in pairs if "[" not in pair.edits[0].text]
    assert both.rule == "B02+B02"
    assert len(both.parts) == 2
    assert singles[0].key in both.parts
    [edit] = both.edits
    assert edit.blob == blob_id(ROWS.encode())
    assert both.read == {"f.py": edit.blob}
    assert {shown.check.split()[0] for shown in both.shown} == {"B02"}
    assert both.mechanism.count("`rows`") and both.mechanism.count("`kept`")
    scope: dict[str, object] = {}
    exec(compile(ast.parse(edit.text), "f.py", "exec"), scope)


def test_what_has_nothing_to_do_with_the_change_is_not_combined() -> None:
    singles, pairs = found(APART, 2)
    assert [one.rule for one in singles] == ["B02"]
    assert pairs == []
