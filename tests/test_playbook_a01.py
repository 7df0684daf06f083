"""The rule A01 on random functions: whatever it deletes, the function does what it did before."""

import ast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.a01_early_del import EarlyDel
from agents.memory.playbook.rule import Focus
from runtime.git import blob_id
from runtime.measure.holdings import Holding
from tests.random_functions import NAMES, functions, run


def focus(name: str, line: int, type_name: str = "list", refcount: int | None = None) -> Focus:
    holding = Holding(kind="local", name=name, line=line, type=type_name, size=2**20, own=2**19, refcount=refcount)
    return Focus("f.py", "f", frozenset(), 2**20, holding=holding, peak_line=line)


def project(text: str) -> Project:
    source = Source("f.py", text.encode(), blob_id(text.encode()))
    return Project({"f.py": source}, frozenset({"f.py"}))


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(functions, st.data())
def test_a_function_with_an_early_del_does_what_it_did(text: str, data: st.DataObject) -> None:
    try:
        compile(text, "f.py", "exec")
    except SyntaxError:
        assume(False)
    tree = project(text)
    lines = range(2, len(text.splitlines()) + 1)
    found = [
        candidate
        for name in NAMES
        for line in data.draw(st.lists(st.sampled_from(lines), min_size=3, max_size=8, unique=True))
        for candidate in EarlyDel().find(tree, focus(name, line))
    ]
    assume(found)
    edited = ast.parse(data.draw(st.sampled_from(found)).edits[0].text)
    for n in (0, 1, 2, 3):
        assert run(edited, n) == run(ast.parse(text), n), ast.unparse(edited)


TEXT = "def f(n):\n    a = [n]\n    b = sum(a)\n    c = [b] * n\n    return c\n"


def test_what_only_the_local_keeps_alive_is_what_the_del_frees() -> None:
    (candidate,) = EarlyDel().find(project(TEXT), focus("a", 4, refcount=1))
    assert candidate.frees == 2**19
    assert candidate.line == 4
    assert candidate.mechanism == "frees `a` (list) before `c = [b] * n` allocates"
    assert "reference count 1" in candidate.shown[1].evidence


@pytest.mark.parametrize(
    "change",
    [
        {"holding": Holding(kind="argument", name="a", type="list", size=1)},
        {"holding": None},
        {"function": "g"},
        {"file": "other.py"},
        {"peak_line": 99},
    ],
)
def test_it_does_not_fire_without_a_local_of_the_function_at_the_peak(change: dict[str, object]) -> None:
    given_focus = focus("a", 4)
    changed = Focus(**(vars(given_focus) | change))  # type: ignore[arg-type]
    assert list(EarlyDel().find(project(TEXT), changed)) == []


def test_a_file_that_may_not_be_edited_is_left_alone() -> None:
    closed = Project(project(TEXT).sources, frozenset())
    assert list(EarlyDel().find(closed, focus("a", 4))) == []


@pytest.mark.parametrize("text", ["\ufeff" + TEXT, TEXT.replace("\n", "\r\n"), TEXT.replace("n", "ñ")])
def test_bytes_that_have_nothing_to_do_with_it_stay(text: str) -> None:
    for candidate in EarlyDel().find(project(text), focus("a", 4)):
        assert candidate.edits[0].text.replace(text.splitlines(keepends=True)[1], "") != ""
        added = "    del a" + ("\r\n" if "\r" in text else "\n")
        assert candidate.edits[0].text.replace(added, "") == text
