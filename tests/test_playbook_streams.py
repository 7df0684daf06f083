"""The streaming rules on random contents: what is taken piece by piece is what was there whole, byte for byte."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory.playbook.registry import rules
from agents.memory.playbook.rule import Example, Rule
from tests.test_playbook_examples import applied, candidates

RULES = {rule.id: rule for rule in rules()}
TEXT = st.text(alphabet="aB ,Σσ\n\r\t\x0b\x1c\x85\u2028", max_size=30)

FORMS = [
    ("B05", "file.readlines()"),
    ("B06", "file.read().splitlines()"),
    ("B06", "file.read().splitlines(True)"),
    ("B06", "file.read().lower().replace('a', ', ').splitlines(keepends=True)"),
    ("B06", "file.read().split('\\n')"),
    ("B06", "file.read().title().split('\\n')"),
    ("B44", "file.read().split()"),
    ("B44", "file.read().lower().split()"),
    ("B44", "file.read().strip().swapcase().replace('\\n', ' ').replace(',', '').split()"),
]
USES = [
    "list({})",
    "[x for x in {} if x]",
    "sum(len(x) for x in {})",
    "dict(enumerate({}))",
    "list(zip(range(3), {}))",
]


def built(rule: Rule, example: Example) -> list[Callable[[str], Any]]:
    """The example's `f` before and after each candidate of the rule."""
    found = candidates(rule, example, example.before)
    assert found, "the rule does not fire"
    functions = []
    for text in (example.before, *(applied(example, one)["example.py"] for one in found)):
        namespace: dict[str, Any] = {}
        exec(text, namespace)
        functions.append(namespace["f"])
    return functions


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize(("rule", "whole"), FORMS)
def test_pieces_of_a_text_file_are_those_of_the_whole(rule: str, whole: str, use: str) -> None:
    newlines = ("None", "''", "'\\n'") if "split('" not in whole else ("None", "'\\n'")
    functions = []
    for newline in newlines:
        opened = f"io.TextIOWrapper(io.BytesIO(text.encode()), encoding='utf-8', newline={newline})"
        before = f"import io\n\n\ndef f(text):\n    file = {opened}\n    got = {use.format(whole)}\n    return got\n"
        functions.append(built(RULES[rule], Example(before=before, function="f", focus_line="got =")))

    @settings(max_examples=40, deadline=None)
    @given(TEXT)
    def check(text: str) -> None:
        for first, *others in functions:
            expected = first(text)
            assert all(other(text) == expected for other in others)

    check()


@pytest.mark.parametrize("steps", ["", ".decode()", ".decode('latin-1')", ".decode(errors='replace')"])
@pytest.mark.parametrize("cut", ["splitlines()", "split()", "split({})"])
def test_pieces_of_a_binary_file_are_those_of_the_whole(steps: str, cut: str) -> None:
    rule = "B44" if cut == "split()" else "B28" if steps else "B06"
    whole = f"file.read(){steps}.{cut.format(repr(chr(10)) if steps else repr(bytes([10])))}"
    before = (
        f"import io\n\n\ndef f(data):\n    file = io.BytesIO(data)\n    got = [x for x in {whole}]\n    return got\n"
    )
    functions = built(RULES[rule], Example(before=before, function="f", focus_line="got ="))

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b" ", b"\x85", b"\xc3", b"\xa9", b"\xe2\x82"])).map(b"".join))
    def check(data: bytes) -> None:
        outcomes = []
        for function in functions:
            try:
                outcomes.append(function(data))
            except UnicodeDecodeError as error:
                outcomes.append(type(error))
        assert all(outcome == outcomes[0] for outcome in outcomes)

    check()


@given(st.text(alphabet="ab\n\r\x85", max_size=20))
def test_findall_and_split_of_a_text_come_one_at_a_time(text: str) -> None:
    for rule, whole in (
        ("B21", "re.findall('a*', text)"),
        ("B21", "re.findall('(a)?(b)?', text)"),
        ("B21", "re.findall('(?:(a)|b)\\n?', text)"),
        ("B22", "text.split('\\n')"),
    ):
        before = f"import re\n\n\ndef f(text):\n    return [x for x in {whole}]\n"
        first, *others = CACHE.setdefault(
            whole, built(RULES[rule], Example(before=before, function="f", focus_line="return"))
        )
        assert all(other(text) == first(text) for other in others)


CACHE: dict[str, list[Callable[[str], Any]]] = {}
