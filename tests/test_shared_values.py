"""Attributes of one class whose values repeat share one memo, where they qualify together; else each has its own."""

from typing import Any

import pytest

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.c22_shared_tuples import SharedTuples
from agents.memory.playbook.rule import Candidate, Focus
from runtime.git import blob_id
from runtime.measure.holdings import AttributeCensus, ClassCensus

SOURCE = """\
class Row:
    def __init__(self, kind, size):
        self.kind = kind, size
        self.pair = (size, kind)
        self.own = [size]


def run():
    rows = [Row("a", 1), Row("a", True), Row("a", 1.0), Row("a", 1), Row("a", None), Row("b", 0.0), Row("b", -0.0)]
    return [(repr(row.kind), repr(row.pair), row.own) for row in rows]
"""
RULE = SharedTuples()
FILE = "example.py"


def found(attribute: str = "", source: str = SOURCE, distinct: float = 0.01) -> list[Candidate]:
    attributes = [
        AttributeCensus.model_validate(
            {"name": name, "size": 900_000, "count": 10_000, "types": {kind: 10_000}, "distinct": share}
            | {"repeated": repeated}
        )
        for name, kind, share, repeated in (
            ("kind", "tuple", 0.01, 500_000),
            ("pair", "tuple", distinct, 400_000),
            ("own", "list", None, 0),
        )
    ]
    census = ClassCensus(
        name="Row",
        module="example",
        file=FILE,
        line=1,
        count=10_000,
        shallow=560_000,
        slotted=False,
        attributes=attributes,
    )
    focus = Focus(FILE, "Row", frozenset({1}), 2**20, census=census, attribute=attribute)
    data = source.encode()
    project = Project({FILE: Source(FILE, data, blob_id(data))}, frozenset({FILE}))
    return list(RULE.find(project, focus))


def test_all_that_qualify_come_first_then_each_alone() -> None:
    together, *singles = found()
    assert together.title == "one object for equal tuples in 2 attributes of `Row`"
    assert together.frees == 900_000
    assert [shown.check for shown in together.shown] == list(RULE.preconditions)
    assert [single.frees for single in singles] == [500_000, 400_000]
    [text] = [edit.text for edit in together.edits]
    assert text.count("_share_tuples_of_Row(") == 3
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    exec(SOURCE, before)
    exec(text, after)
    assert after["run"]() == before["run"]()
    first, second = after["Row"]("a", 1), after["Row"]("a", int("1"))
    assert (first.kind, first.pair) == (("a", 1), (1, "a"))
    assert first.kind is second.kind
    assert first.pair is second.pair


@pytest.mark.parametrize(
    ("attribute", "source", "distinct"),
    [
        ("kind", SOURCE, 0.01),  # the focus is one attribute
        ("", SOURCE, 0.5),  # most values of the other differ
        ("", SOURCE, 0.095),  # one memo would not hold the values of both
        ("", SOURCE.replace("repr(row.pair)", "row.pair is None or row.pair is row.kind"), 0.01),
    ],
)
def test_what_does_not_qualify_with_others_stays_alone(attribute: str, source: str, distinct: float) -> None:
    assert all("attributes of" not in candidate.title for candidate in found(attribute, source, distinct))


def test_without_a_free_name_there_is_no_memo() -> None:
    taken = SOURCE + "\n\n_shared_tuples_of_Row = 1\n_shared_kind = 2\n"
    assert [candidate.key for candidate in found(source=taken)] == ["C22:example.py:Row:pair"]
