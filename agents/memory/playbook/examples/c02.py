"""The examples of C02: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example


def _invalid(
    member: str,
    why: str,
    *,
    imports: str = "from dataclasses import dataclass",
    decorator: str = "@dataclass",
    bases: str = "",
    after: str = "",
    extra: Mapping[str, str] | None = None,
    requires_python: tuple[int, int] = (3, 11),
) -> Example:
    """An INVALID example: a dataclass `Row` with this member, and what follows it."""
    return Example(
        before=f"{imports}\nfrom functools import cached_property\n\n\nclass Base:\n    pass\n\n\n"
        f"{decorator}\nclass Row{bases}:\n    key: str\n    value: float = 0.0\n\n    {member}\n\n\n{after}",
        class_name="Row",
        extra=extra or {},
        requires_python=requires_python,
        why=why,
    )


VALID: list[Example] = [
    Example(
        before="""\
from dataclasses import dataclass


@dataclass
class Row:
    key: str
    value: float = 0.0

    def scaled(self, by):
        return Row(self.key, self.value * by)


def run():
    return [Row("a", 2.0).scaled(3), Row("b")]
""",
        after="""\
from dataclasses import dataclass


@dataclass(slots=True)
class Row:
    key: str
    value: float = 0.0

    def scaled(self, by):
        return Row(self.key, self.value * by)


def run():
    return [Row("a", 2.0).scaled(3), Row("b")]
""",
        class_name="Row",
        call="run()",
    ),
    Example(
        before="""\
import dataclasses as dc
import sys
from typing import ClassVar


@dc.dataclass(
    order=True,
    repr=False,
)
class Point:
    x: int
    y: int = dc.field(default=0, compare=False)
    made: ClassVar[int] = 0

    def __post_init__(self):
        object.__setattr__(self, "x", abs(self.x))


class Named(Point):
    def name(self, text):
        self.label = text
        return self


def run():
    sys.path = list(sys.path)
    named = Named(-1).name("n")
    return sorted([Point(3), Point(-2)])[0].x, dc.asdict(named), named.label
""",
        after="""\
import dataclasses as dc
import sys
from typing import ClassVar


@dc.dataclass(
    order=True,
    repr=False,
    slots=True,
)
class Point:
    x: int
    y: int = dc.field(default=0, compare=False)
    made: ClassVar[int] = 0

    def __post_init__(self):
        object.__setattr__(self, "x", abs(self.x))


class Named(Point):
    def name(self, text):
        self.label = text
        return self


def run():
    sys.path = list(sys.path)
    named = Named(-1).name("n")
    return sorted([Point(3), Point(-2)])[0].x, dc.asdict(named), named.label
""",
        class_name="Point",
        call="run()",
    ),
    Example(
        before="""\
from dataclasses import dataclass, replace


class Store:
    @dataclass(frozen=True)
    class Item:
        name: str
        tags: tuple = ()

    def __init__(self):
        self.items = []
        self.__dict__["open"] = True


def run():
    item = Store.Item("n")
    return repr(replace(item, tags=(1,))), item == Store.Item("n"), hash(item) == hash(item)
""",
        after="""\
from dataclasses import dataclass, replace


class Store:
    @dataclass(frozen=True, slots=True)
    class Item:
        name: str
        tags: tuple = ()

    def __init__(self):
        self.items = []
        self.__dict__["open"] = True


def run():
    item = Store.Item("n")
    return repr(replace(item, tags=(1,))), item == Store.Item("n"), hash(item) == hash(item)
""",
        class_name="Store.Item",
        call="run()",
    ),
]

VALID.append(
    Example(
        before="""\
from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast


@dataclass
class Row:
    LIMIT = 3
    key: str
    rest: list[Row] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Row:
        return cls(text, [cls(part) for part in text])


@dataclass
class Table:
    first: Row | None = field(default_factory=lambda: Row("f"))


Rows = list[Row]


def run(*rows: Row):
    row = cast(Row, Row.parse("ab"))
    match row:
        case Row(key="ab") if isinstance(row, (Row, str)) and type(row) is Row:
            return Row.__name__, Row.LIMIT, repr(row), Table().first
""",
        after="""\
from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast


@dataclass(slots=True)
class Row:
    LIMIT = 3
    key: str
    rest: list[Row] = field(default_factory=list)

    @classmethod
    def parse(cls, text: str) -> Row:
        return cls(text, [cls(part) for part in text])


@dataclass
class Table:
    first: Row | None = field(default_factory=lambda: Row("f"))


Rows = list[Row]


def run(*rows: Row):
    row = cast(Row, Row.parse("ab"))
    match row:
        case Row(key="ab") if isinstance(row, (Row, str)) and type(row) is Row:
            return Row.__name__, Row.LIMIT, repr(row), Table().first
""",
        class_name="Row",
        call="run()",
    )
)

INVALID: list[Example] = [
    _invalid("", "3.9 has no slots=True", requires_python=(3, 9)),
    _invalid("", "an attrs-like decorator of the same name", imports="from pydantic.dataclasses import dataclass"),
    _invalid("", "it has slots", decorator="@dataclass(slots=True)"),
    _invalid("", "another decorator may keep the first class", decorator="@print\n@dataclass"),
    _invalid("", "the base has a dict: slots would save nothing", bases="(Base)"),
    _invalid("", "a metaclass sees the class twice", bases="(metaclass=type)"),
    _invalid(
        "",
        "the frozen class's __setattr__ fails for a subclass",
        decorator="@dataclass(frozen=True)",
        after="class Wide(Row):\n    pass\n",
    ),
    _invalid("", "two bases with slots cannot be combined", after="class Both(Row, Base):\n    pass\n"),
    _invalid("@cached_property\n    def twice(self):\n        return self.key * 2", "cached in the instance dict"),
    _invalid("def __getattr__(self, name):\n        return name", "it answers for missing attributes"),
    _invalid("def __getstate__(self):\n        return (self.key,)", "it pickles itself"),
    _invalid("@property\n    def value(self):\n        return 1", "a property is the default of a field"),
    _invalid("def __repr__(self):\n        return super().__repr__()", "super() refers to the class before"),
    _invalid("def kind(self):\n        return __class__.__name__", "__class__ is the class before"),
    _invalid("", "the default is read from the class", after="LIMIT = Row.value\n"),
    _invalid("", "del uncovers the default", after="def f(row):\n    del row.value\n"),
    _invalid("", "made without __init__, it has its default from the class", after="EMPTY = Row.__new__(Row)\n"),
    _invalid("def mark(self):\n        self.marked = True", "a method writes what is no field"),
    _invalid("", "a function adds an attribute", after="def f():\n    row = Row('a')\n    row.seen = True\n"),
    _invalid("", "a test adds one", extra={"tests/test_row.py": "def test(row):\n    row.seen = True\n"}),
    _invalid("", "the instance dict is read", after="def f(row):\n    return row.__dict__\n"),
    _invalid("", "vars() reads it", extra={"other.py": "def f(row):\n    return vars(row)\n"}),
    _invalid("", "any name may be set", after="def f(row, name):\n    setattr(row, name, 1)\n"),
    _invalid(
        "def __post_init__(self):\n        object.__setattr__(self, 'size', 1)",
        "it sets what is no field",
        decorator="@dataclass(frozen=True)",
    ),
    _invalid("", "a slotted instance cannot be weakly referred to", extra={"other.py": "import weakref\n"}),
    _invalid(
        "",
        "a renamed import reads the default",
        extra={"other.py": "from example import Row as R\n\nLIMIT = R.value + 1\n"},
    ),
    _invalid(
        "",
        "two bases with slots cannot be combined, and one is imported under another name",
        extra={
            "other.py": "from example import Row as R\n\n\nclass Named:\n    __slots__ = ('name',)\n\n\n"
            "class Both(R, Named):\n    pass\n"
        },
    ),
    _invalid("", "another name of the class reads the default", after="R = Row\nLIMIT = R.value\n"),
    _invalid("", "a loop over classes reads the default", after="for k in (Row,):\n    print(k.value)\n"),
    _invalid("", "a callee reads the default", after="def f(kind):\n    return kind.value\n\n\nf(Row)\n"),
    _invalid(
        "",
        "type() derives from it and from another class with slots",
        after="class Mix:\n    __slots__ = ('a',)\n\n\nBoth = type('Both', (Row, Mix), {})\n",
    ),
    _invalid("", "getmembers() shows the defaults", after="import inspect\n\nprint(inspect.getmembers(Row))\n"),
    _invalid("", "got by its name as a string", extra={"o.py": "import example\nR = getattr(example, 'Row')\n"}),
    _invalid("", "got by its name from globals()", after="LIMIT = globals()['Row'].value\n"),
    _invalid("", "the name is bound again", after="Row = print(Row) or Row\n"),
    _invalid("@classmethod\n    def least(kind):\n        return kind.value", "a classmethod reads the default"),
    _invalid("", "the class of an instance reads it", after="def f(row):\n    k = type(row)\n    return k.value\n"),
    _invalid("", "vars is passed on", after="import json\n\n\ndef f(r):\n    json.dumps(r, default=vars)\n"),
    _invalid("", "vars gets another name", after="look = vars\n"),
    _invalid("", "setattr is passed on", after="def f(row):\n    for a in 'xy':\n        map(setattr, [row], a, a)\n"),
    _invalid("", "getattr reads the dict", after="def f(row):\n    return getattr(row, '__dict__')\n"),
    _invalid("", "weakref by its inner name", extra={"other.py": "from _weakref import ref\n"}),
    _invalid("", "a subclass reads the default", after="class W(Row):\n    pass\n\n\nLIMIT = W.value\n"),
    _invalid("", "a subclass gets another name", after="class W(Row):\n    pass\n\n\nX = W\nLIMIT = X.value\n"),
    _invalid(
        "",
        "a class further below has another base with slots",
        after="class W(Row):\n    pass\n\n\nclass M:\n    __slots__ = ('a',)\n\n\nclass V(W, M):\n    pass\n",
    ),
    _invalid("def __init__(self, key):\n        self.key = key", "its own __init__ leaves the default to the class"),
    _invalid(
        "",
        "a subclass's __init__ leaves the default to the class",
        after="class W(Row):\n    def __init__(self):\n        self.key = 'a'\n",
    ),
    _invalid("", "super() reads the default", after="class W(Row):\n    def f(self):\n        return super().value\n"),
    _invalid(
        "",
        "a test replaces the default",
        extra={"tests/test_r.py": "from unittest import mock\n\np = mock.patch('example.Row.value', 3)\n"},
    ),
]
