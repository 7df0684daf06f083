"""B01, B02 and B04 beyond their examples: levels, assumptions, other files, what is left alone, bytes saved."""

import tracemalloc
from collections.abc import Mapping
from typing import Any

import pytest

from agents.memory.analysis.effects import NOTHING, Effects, Place
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.b01_listcomp_in_builtin import ListcompInBuiltin
from agents.memory.playbook.b02_list_used_once import ListUsedOnce
from agents.memory.playbook.b04_needless_copy import NeedlessCopy
from agents.memory.playbook.rule import Candidate, Focus, Rule
from runtime.git import blob_id
from runtime.measure.holdings import Holding


def project(texts: Mapping[str, str], *, editable: bool = True, library: bool = False) -> Project:
    sources = {path: Source(path, text.encode(), blob_id(text.encode())) for path, text in texts.items()}
    return Project(sources, frozenset(texts if editable else ()), library=library)


def find(rule: Rule, text: str, function: str = "f", *, extra: Mapping[str, str] | None = None) -> list[Candidate]:
    lines = frozenset(range(1, text.count("\n") + 2))
    tree = project({"app.py": text, **(extra or {})})
    return list(rule.find(tree, Focus(file="app.py", function=function, lines=lines, size=8)))


PARSER = """\
import json

from app.rows import typed


class Reader:
    def __init__(self, source, lines):
        self.source = source
        self.lines = lines

    def __iter__(self):
        with self.source.open("rb") as f:
            try:
                if self.lines:
                    records = [json.loads(line) for line in f.read().splitlines()]
                else:
                    records = json.load(f)
                for row in typed(records, "id"):
                    yield row
            finally:
                f.detach()
"""
ROWS = """\
def typed(records, field):
    it = iter(records)
    for record in it:
        yield record[field]
"""


def test_a_generator_of_a_package_is_reached_with_its_assumptions() -> None:
    """The module is called json.py itself, and its rows leave through another file's generator."""
    tree = project({"app/__init__.py": "", "app/json.py": PARSER, "app/rows.py": ROWS})
    focus = Focus(file="app/json.py", function="Reader.__iter__", lines=frozenset({15}), size=8)
    (found,) = ListUsedOnce().find(tree, focus)
    assert found.level == "P"
    assert any("json.loads(line) may come after earlier elements" in line for line in found.assumes)
    assert found.users == ["app/json.py:18 Reader.__iter__", "app/rows.py:1 typed"]
    assert set(found.read) == {"app/json.py", "app/rows.py"}
    assert found.read["app/rows.py"] == tree.sources["app/rows.py"].blob
    assert "records = (json.loads(line) for line in f.read().splitlines())\n" in found.edits[0].text


@pytest.mark.parametrize(
    ("body", "level"),
    [
        ("return sum([i * i for i in range(n)])", "A"),
        ("return sum([i / n for i in range(n)])", "P"),
        ("return any([i > 3 for i in range(n)])", "A"),
        ("return any([int(i) for i in n])", "P"),
        ("return max([len(i) for i in n], default=0)", "A"),
        ("return max([i.size for i in n])", "P"),
    ],
)
def test_the_level_says_whether_anything_is_assumed(body: str, level: str) -> None:
    """Division by n and the sum cannot both fail, but that takes knowing n: it is assumed, and said."""
    (found,) = find(ListcompInBuiltin(), f"def f(n):\n    {body}\n")
    assert found.level == level
    assert bool(found.assumes) == (level == "P")


def test_equal_calls_in_one_function_have_keys_of_their_own() -> None:
    text = "def f(n):\n    a = sum([i for i in range(n)])\n    return a + sum([i for i in range(n)])\n"
    keys = [candidate.key for candidate in find(ListcompInBuiltin(), text)]
    assert keys == ["B01:app.py:f:sum([i for i in range(n)])", "B01:app.py:f:sum([i for i in range(n)])#2"]


def test_the_holding_leads_to_its_binding_and_what_it_alone_keeps() -> None:
    lists = "    xs = [i * i for i in range(n)]\n    ys = [i * i for i in range(n)]\n"
    text = f"def f(n):\n{lists}    return sum(xs) + sum(ys)\n"
    holding = Holding(kind="local", name="ys", type="list", size=90, own=70)
    focus = Focus(file="app.py", function="f", lines=frozenset(), size=90, holding=holding)
    (found,) = ListUsedOnce().find(project({"app.py": text}), focus)
    assert (found.line, found.frees) == (3, 70)


@pytest.mark.parametrize("rule", [ListcompInBuiltin(), ListUsedOnce(), NeedlessCopy()], ids=lambda rule: rule.id)
@pytest.mark.parametrize(
    ("texts", "function", "editable"),
    [
        ({"app.py": "def f(n):\n    xs = [i for i in list(n)]\n    return sum([x for x in xs])\n"}, "f", False),
        ({"app.py": "def f(n):\n    return sum([i for i in list(n)])\n"}, "g", True),
        ({"app.py": "def f(n:\n    return sum([i for i in list(n)])\n"}, "f", True),
        ({"other.py": ""}, "f", True),
    ],
    ids=["protected", "no such function", "does not parse", "no such file"],
)
def test_nothing_is_found_where_nothing_can_be_edited(
    rule: Rule, texts: dict[str, str], function: str, editable: bool
) -> None:
    focus = Focus(file="app.py", function=function, lines=frozenset({1, 2, 3}), size=8)
    assert list(rule.find(project(texts, editable=editable), focus)) == []


def test_of_two_functions_with_one_name_the_one_with_the_lines_is_meant() -> None:
    text = (
        "if True:\n    def f(n):\n        return n\nelse:\n    def f(n):\n        return sum([i for i in range(n)])\n"
    )
    focus = Focus(file="app.py", function="f", lines=frozenset({6}), size=8)
    (found,) = ListcompInBuiltin().find(project({"app.py": text}), focus)
    assert found.line == 6


def test_a_file_with_umlauts_and_windows_newlines_keeps_every_other_byte() -> None:
    text = 'def f(ys):\r\n    grüße = "ä"; return sum([len(y) for y in ys]), grüße  # größer\r\n'
    (found,) = find(ListcompInBuiltin(), text)
    assert found.edits[0].text == text.replace("[len(y) for y in ys]", "len(y) for y in ys")


def test_a_comment_inside_the_copy_is_not_lost() -> None:
    text = "def f(ys):\n    for y in list(  # a snapshot\n        ys\n    ):\n        y.sort\n"
    assert find(NeedlessCopy(), text) == []
    assert len(find(NeedlessCopy(), text.replace("  # a snapshot", ""))) == 1


def test_a_library_keeps_its_public_module_globals() -> None:
    text = "rows = [i * i for i in range(9)]\ntotal = sum(rows)\n"
    focus = Focus(file="app.py", function="<module>", lines=frozenset({1}), size=8)
    assert list(ListUsedOnce().find(project({"app.py": text}, library=True), focus)) == []
    assert len(list(ListUsedOnce().find(project({"app.py": text}), focus))) == 1


LARGE = """\
def f(n):
    squares = [i * i for i in range(n)]
    odd = [s for s in list(squares) if s % 2]
    return sum([o % 7 for o in odd])
"""


def test_the_three_rules_together_leave_no_list_of_the_example() -> None:
    def peak(text: str) -> tuple[int, Any]:
        namespace: dict[str, Any] = {}
        exec(text, namespace)
        tracemalloc.start()
        value = namespace["f"](50_000)
        traced = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return traced, value

    text, used = LARGE, []
    for rule in (ListcompInBuiltin(), NeedlessCopy(), ListUsedOnce(), ListUsedOnce()):
        candidate = find(rule, text)[0]
        used.append(candidate.level)
        text = candidate.edits[0].text
    before, after = peak(LARGE), peak(text)
    assert after[1] == before[1]
    assert after[0] < before[0] / 100
    assert used == ["A", "A", "A", "A"]


X = Place("x", 0, "x.y", 3)
OUTSIDE = Place("", 0, "print()", 4)


@pytest.mark.parametrize(
    ("made", "region", "veto"),
    [
        (Effects(), Region(Effects(writes=frozenset({OUTSIDE})), "it"), ""),
        (Effects(names=frozenset({"k"})), Region(Effects(binds=frozenset({"k"})), "it"), "k is rebound"),
        (Effects(reads=frozenset({X})), Region(Effects(writes=frozenset({X})), "it"), "x.y at line 3 may change"),
        (Effects(reads=frozenset({X})), Region(Effects(writes=frozenset({OUTSIDE})), "it"), "print() at line 4 may"),
        (Effects(raises=("a",)), Region(Effects(writes=frozenset({OUTSIDE})), "it"), "a may raise after print()"),
        (Effects(raises=("a",)), Region(NOTHING, "it", catches_consumer=("try",)), "try would catch it"),
        (Effects(raises=("a",)), Region(Effects(binds=frozenset({"x"})), "it", catches=("try",)), "is seen"),
        (Effects(writes=frozenset({OUTSIDE})), Region(Effects(writes=frozenset({OUTSIDE})), "it"), "may meet"),
        (Effects(writes=frozenset({OUTSIDE})), Region(NOTHING, "it", stops=("break",)), "would be left out"),
        (Effects(leaves=("await at line 1",)), Region(NOTHING, "it"), "await"),
        (Effects(binds=frozenset({"w"})), Region(NOTHING, "it"), "binds w"),
        (Effects(stops=("next(y)",)), Region(NOTHING, "it"), "StopIteration"),
    ],
)
def test_each_conflict_between_producer_and_consumer_is_a_veto(made: Effects, region: Region, veto: str) -> None:
    found = judge(made, "`e`", region, lambda place: False).veto
    assert (veto in found) if veto else not found


def test_what_only_the_frame_sees_may_change_before_an_exception() -> None:
    region = Region(Effects(writes=frozenset({X})), "it")
    verdict = judge(Effects(raises=("a",)), "`e`", region, lambda place: place.root == "x")
    assert (verdict.veto, verdict.assumes) == ("", [])
