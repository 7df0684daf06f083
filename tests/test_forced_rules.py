"""The tool that points the rules at everything: the foci it makes, how it applies what it finds, its cases."""

import ast
from collections.abc import Iterator
from pathlib import Path

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.b01_listcomp_in_builtin import ListcompInBuiltin
from agents.memory.playbook.rule import Focus
from benchmarks.foci import Facts, foci, peaks
from benchmarks.forced import Costs, candidates, force, merged
from benchmarks.micro_project import Cases
from benchmarks.safety import prefix
from messaging.contents import Candidate
from runtime.git import blob_id

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
TEXT = """class Row:
    kind = 1

    def __init__(self, cells):
        self.cells = cells


def total(rows):
    most = max([row for row in rows])
    least = min([row for row in rows])
    return most - least


def other(n):
    return sum([i * i for i in range(n)])
"""


def project(text: str) -> Project:
    data = text.encode()
    return Project({"a.py": Source("a.py", data, blob_id(data))}, frozenset({"a.py"}))


def found(facts: Facts) -> list[Focus]:
    return list(foci(project(TEXT), "a.py", facts))


def test_each_function_gets_a_focus_with_all_of_its_lines() -> None:
    whole = {focus.function: focus.lines for focus in found(Facts()) if focus.holding is None and focus.census is None}
    assert set(whole) == {"<module>", "Row.__init__", "total", "other"}
    assert whole["total"] == {9, 10, 11}


def test_a_name_is_held_while_each_statement_runs_that_follows_its_mentions() -> None:
    held = [(f.function, f.holding.kind, f.holding.name, f.peak_line) for f in found(Facts()) if f.holding]
    assert ("total", "argument", "rows", 11) in held
    assert ("total", "local", "most", 10) in held
    assert peaks([1, 2, 3, 4, 5], [1, 3]) == [4, 2, 5]


def test_a_class_gets_a_focus_and_one_for_each_attribute() -> None:
    assert [f.attribute for f in found(Facts()) if f.census] == ["", "kind", "cells"]


def test_what_was_seen_goes_before_the_guess_and_no_guess_leaves_the_rest_out() -> None:
    facts = Facts({("a.py", "total", "most"): ("int", "", ["int"])}, {("a.py", "Row"): {"cells": {"tuple": 3}}}, "")
    held = {(f.holding.name, f.holding.type) for f in found(facts) if f.holding}
    assert held == {("most", "int")}
    seen = [f.census.attributes[0].types for f in found(facts) if f.census]
    assert seen == [{"tuple": 3}] * 2


def test_a_round_applies_one_candidate_a_function_and_the_next_round_the_rest() -> None:
    done = force(project(TEXT), [ListcompInBuiltin()], Facts())
    assert len(done.applied) == 3
    assert done.rounds == [2, 1]
    assert "[" not in done.texts["a.py"]
    ast.parse(done.texts["a.py"])


def test_a_prefix_of_what_was_applied_is_what_those_candidates_make() -> None:
    done = force(project(TEXT), [ListcompInBuiltin()], Facts())
    assert [prefix(project(TEXT), done, n).get("a.py", TEXT).count("[") for n in range(4)] == [3, 2, 1, 0]
    assert prefix(project(TEXT), done, 3) == done.texts


def test_only_wanted_candidates_are_applied() -> None:
    done = force(project(TEXT), [ListcompInBuiltin()], Facts(), wanted=lambda c: c.function == "other")
    assert [candidate.function for candidate in done.applied] == ["other"]


def test_candidates_of_one_function_are_not_merged() -> None:
    every = candidates(project(TEXT), ["a.py"], [ListcompInBuiltin()], Facts(), Costs()).values()
    assert len(every) == 3
    texts, taken = merged(project(TEXT), every)
    assert [candidate.function for candidate in taken] == ["total", "other"]
    assert texts["a.py"].count("[") == 1


class Raising(ListcompInBuiltin):
    """A rule that raises where it should fire."""

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        if focus.function == "total":
            raise KeyError("rows")
        yield from super().find(project, focus)


def test_a_rule_that_raises_is_said_and_the_rest_goes_on() -> None:
    costs = Costs()
    every = candidates(project(TEXT), ["a.py"], [Raising()], Facts(), costs)
    assert [candidate.function for candidate in every.values()] == ["other"]
    assert "B01 a.py total : KeyError: 'rows'" in costs.crashes


def test_each_case_of_the_catalogue_becomes_a_project_that_compiles(tmp_path: Path) -> None:
    cases = Cases(BENCHMARKS / "micro" / "cases.py")
    assert len(cases.all) > 120
    for entry in cases.all:
        cases.write(entry, "before", tmp_path / entry)
        for file in (tmp_path / entry).iterdir():
            ast.parse(file.read_text())
        assert "tempfile" not in (tmp_path / entry / "case.py").read_text()


def test_a_case_has_what_its_function_uses_and_the_module_it_is_given_as_an_import(tmp_path: Path) -> None:
    cases = Cases(BENCHMARKS / "micro" / "cases.py")
    cases.write("A07", "before", tmp_path / "A07")
    case = ast.parse((tmp_path / "A07" / "case.py").read_text())
    names = [getattr(node, "name", type(node).__name__) for node in case.body]
    assert names == ["Import", "_RowRaw", "run"]
    cases.write("D01", "before", tmp_path / "D01")
    assert (tmp_path / "D01" / "case.py").read_text().startswith("import numpy as np\n")
    assert "case.run()" in (tmp_path / "D01" / "drive.py").read_text()
