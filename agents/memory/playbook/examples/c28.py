"""The examples of C28: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example


def _invalid(
    why: str,
    member: str = "",
    *,
    imports: str = "",
    record: str = "x: int\n    y: int",
    decorator: str = "",
    bases: str = "(NamedTuple)",
    earlier: str = "pass",
    made: str = "self._at = _At(x, y=2)",
    after: str = "",
    extra: Mapping[str, str] | None = None,
) -> Example:
    """An INVALID example: a class `Mark` whose `_at` holds a record `_At`, and what stands around it."""
    return Example(
        before=f"from typing import NamedTuple\n{imports}\n\n\n{decorator}\nclass _At{bases}:\n    {record}\n\n\n"
        f"class Mark:\n    def __init__(self, x):\n        {earlier}\n        {made}\n\n"
        f"    def x(self):\n        return self._at.x\n\n    {member}\n\n\n{after}\n",
        class_name="Mark",
        attribute="_at",
        extra=extra or {},
        why=why,
    )


VALID: list[Example] = [
    Example(
        before="""\
from __future__ import annotations

from typing import NamedTuple


class _Parts(NamedTuple):
    head: str
    rest: tuple[int, ...]
    note: str = "none"


class Item:
    _parts: _Parts
    size = 1

    def __init__(self, text):
        # What it is made of
        self._parts = _Parts(
            rest=tuple(
                int(part) for part in text.split(".")[1:]
            ),
            head=text
            .split(".")[0],
        )
        self.total = sum(self._parts.rest)

    def __eq__(self, other):
        return self._parts.head == other._parts.head

    @property
    def head(self):
        return self._parts.head.upper()


def run(text):
    item = Item(text)
    return item.head, item.total, item == Item("a.9"), item._parts.note
""",
        after="""\
from __future__ import annotations

from typing import NamedTuple


class _Parts(NamedTuple):
    head: str
    rest: tuple[int, ...]
    note: str = "none"


class Item:
    size = 1

    def __init__(self, text):
        # What it is made of
        self._parts_rest = tuple(
            int(part) for part in text.split(".")[1:]
        )
        self._parts_head = (
        text
        .split(".")[0]
        )
        self._parts_note = "none"
        self.total = sum(self._parts_rest)

    def __eq__(self, other):
        return self._parts_head == other._parts_head

    @property
    def head(self):
        return self._parts_head.upper()


def run(text):
    item = Item(text)
    return item.head, item.total, item == Item("a.9"), item._parts_note
""",
        class_name="Item",
        attribute="_parts",
        call='run("a.1.2")',
    ),
    Example(
        before="""\
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    first: int
    last: int


class Word:
    __slots__ = ("text", "_span")

    def __init__(self, text, first):
        self.text = text
        self._span = Span(first, first + len(text))

    def length(self):
        return self._span.last - self._span.first


class Loud(Word):
    def last(self):
        return self._span.last


def run():
    return Word("word", 3).length(), Loud("loud", 2).last()
""",
        after="""\
from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    first: int
    last: int


class Word:
    __slots__ = ("text", "_span_first", "_span_last")

    def __init__(self, text, first):
        self.text = text
        self._span_first = first
        self._span_last = first + len(text)

    def length(self):
        return self._span_last - self._span_first


class Loud(Word):
    def last(self):
        return self._span_last


def run():
    return Word("word", 3).length(), Loud("loud", 2).last()
""",
        class_name="Word",
        attribute="_span",
        call="run()",
    ),
    Example(
        before="""\
from typing import NamedTuple


class At(NamedTuple):
    x: int
    y: int


class Mark:
    def __init__(self, x):
        self._at: At = At(x, int(x))

    def sum(self):
        return self._at.x + self._at.y


def run():
    try:
        return Mark("x").sum()
    except ValueError:
        return Mark(True).sum()
""",
        after="""\
from typing import NamedTuple


class At(NamedTuple):
    x: int
    y: int


class Mark:
    def __init__(self, x):
        self._at_x = x
        self._at_y = int(x)

    def sum(self):
        return self._at_x + self._at_y


def run():
    try:
        return Mark("x").sum()
    except ValueError:
        return Mark(True).sum()
""",
        class_name="Mark",
        attribute="_at",
        call="run()",
    ),
]

INVALID: list[Example] = [
    _invalid("written twice", "def move(self):\n        self._at = _At(0, 0)"),
    _invalid("the record has a method", record="x: int\n    y: int\n\n    def both(self):\n        return self.x"),
    _invalid(
        "the dataclass changes its fields when made",
        imports="import dataclasses",
        decorator="@dataclasses.dataclass",
        bases="",
        record="x: int\n    y: int\n\n    def __post_init__(self):\n        self.x += 1",
    ),
    _invalid("a call that fails for want of a field", made="self._at = _At(x)"),
    _invalid("arguments that cannot be counted", made="self._at = _At(*x)"),
    _invalid("made only sometimes", made="if x:\n            self._at = _At(x, y=2)"),
    _invalid("no record class", made="self._at = complex(x, 2)", after="def show(mark):\n    return mark._at.real"),
    _invalid("the record itself is handed out", "def at(self):\n        return self._at"),
    _invalid("a field by its number", "def first(self):\n        return self._at[0]"),
    _invalid("compared as a whole", "def __eq__(self, other):\n        return self._at == other._at"),
    _invalid("a method of the record", "def moved(self):\n        return self._at._replace(x=1)"),
    _invalid(
        "a test looks at the record", extra={"tests/test_mark.py": "from example import Mark\nprint(Mark(1)._at)\n"}
    ),
    _invalid(
        "another class has such an attribute", after="class Other:\n    def __init__(self, at):\n        self._at = at"
    ),
    _invalid("the class has a value of that name", "_at = None"),
    _invalid("named in a text", after='NAMES = ["_at"]'),
    _invalid("asked for by a computed name", after="def get(mark, name):\n    return getattr(mark, name)"),
    _invalid("the dict is read", "def all(self):\n        return vars(self)"),
    _invalid("somebody has the instance already", imports="ALL = []", earlier="ALL.append(self)"),
    _invalid("a method may hand it on", "def note(self):\n        pass", earlier="self.note()"),
    _invalid("a finalizer sees what is half made", "def __del__(self):\n        print(self._at.x)"),
    _invalid(
        "a class below goes on with what is half made",
        after="class Sub(Mark):\n    def __init__(self):\n        try:\n            super().__init__(1)\n"
        "        except ValueError:\n            pass",
    ),
    _invalid("made anew in place", after="def again(mark):\n    mark.__init__(2)"),
    _invalid("the new name is taken", "def here(self):\n        return self._at_x"),
    _invalid("the value needs the old one", made="self._at = _At(x, y=self._at.x)"),
]
