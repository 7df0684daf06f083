"""The examples of C01: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example


def _invalid(
    why: str,
    member: str = "",
    *,
    imports: str = "",
    decorator: str = "",
    bases: str = "",
    before: str = "",
    after: str = "",
    extra: Mapping[str, str] | None = None,
) -> Example:
    """An INVALID example: a class `Row` of two attributes with this member, and what stands around it."""
    return Example(
        before=f"{imports}\n\n\n{before}\n\n\n{decorator}\nclass Row{bases}:\n    def __init__(self, key, value):\n"
        f"        self.key = key\n        self.value = value\n\n    {member or 'pass'}\n\n\n{after}\n",
        class_name="Row",
        extra=extra or {},
        why=why,
    )


VALID: list[Example] = [
    Example(
        before='''\
class Row:
    """One line."""
    kind = "row"

    def __init__(self, key, value):
        self.key = key
        self.value = value

    def scaled(self, by):
        return Row(self.key, self.value * by)


def run():
    row = Row("a", 2.0).scaled(3)
    return row.key, row.value, Row.kind, row.kind
''',
        after='''\
class Row:
    """One line."""

    __slots__ = ("key", "value")

    kind = "row"

    def __init__(self, key, value):
        self.key = key
        self.value = value

    def scaled(self, by):
        return Row(self.key, self.value * by)


def run():
    row = Row("a", 2.0).scaled(3)
    return row.key, row.value, Row.kind, row.kind
''',
        class_name="Row",
        call="run()",
    ),
    Example(
        before="""\
import copy
import pickle
from functools import total_ordering


class Ordered:
    _key: tuple

    def __eq__(self, other):
        return self._key == other._key

    def __lt__(self, other):
        return self._key < other._key


@total_ordering
class Point(Ordered):
    def __init__(self, x, y):
        self._x = x
        self._y = y
        self._key = (x, y)

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        self._x = value

    def move(self, by):
        self.x = self._x + by
        return self


class Named(Point):
    def name(self, text):
        self.label = text
        return self


def run():
    named = Named(-1, 0).name("n")
    other = pickle.loads(pickle.dumps(copy.deepcopy(named)))
    return sorted([Point(3, 1), Point(2, 2)])[0].move(1).x, other.label, other.x, other == named
""",
        after="""\
import copy
import pickle
from functools import total_ordering


class Ordered:
    __slots__ = ()

    _key: tuple

    def __eq__(self, other):
        return self._key == other._key

    def __lt__(self, other):
        return self._key < other._key


@total_ordering
class Point(Ordered):
    __slots__ = ("_x", "_y", "_key")

    def __init__(self, x, y):
        self._x = x
        self._y = y
        self._key = (x, y)

    @property
    def x(self):
        return self._x

    @x.setter
    def x(self, value):
        self._x = value

    def move(self, by):
        self.x = self._x + by
        return self


class Named(Point):
    def name(self, text):
        self.label = text
        return self


def run():
    named = Named(-1, 0).name("n")
    other = pickle.loads(pickle.dumps(copy.deepcopy(named)))
    return sorted([Point(3, 1), Point(2, 2)])[0].move(1).x, other.label, other.x, other == named
""",
        class_name="Point",
        call="run()",
    ),
    Example(
        before="""\
import weakref
from abc import ABC


class Node(ABC):
    # children come later
    def __init__(self, left=None, right=None):
        self.__left = left
        self._a_rather_long_name_of_something = right
        self._another_rather_long_name_of_something = weakref.ref(right) if right is not None else None

    def parts(self):
        return self.__left, self._a_rather_long_name_of_something, self._another_rather_long_name_of_something


def run():
    leaf = Node()
    try:
        leaf.colour
    except AttributeError as error:
        return type(error).__name__, leaf.parts(), Node(leaf, leaf).parts()[0] is leaf
""",
        after="""\
import weakref
from abc import ABC


class Node(ABC):
    __slots__ = (
        "__left",
        "_a_rather_long_name_of_something",
        "_another_rather_long_name_of_something",
        "__weakref__",
    )

    # children come later
    def __init__(self, left=None, right=None):
        self.__left = left
        self._a_rather_long_name_of_something = right
        self._another_rather_long_name_of_something = weakref.ref(right) if right is not None else None

    def parts(self):
        return self.__left, self._a_rather_long_name_of_something, self._another_rather_long_name_of_something


def run():
    leaf = Node()
    try:
        leaf.colour
    except AttributeError as error:
        return type(error).__name__, leaf.parts(), Node(leaf, leaf).parts()[0] is leaf
""",
        class_name="Node",
        call="run()",
    ),
]

INVALID: list[Example] = [
    _invalid("a base with a dict: slots below it save nothing", bases="(Exception)"),
    _invalid("a list has a layout of its own", bases="(list)"),
    _invalid("a base that cannot be seen", imports="from elsewhere import Base", bases="(Base)"),
    _invalid("a metaclass may look at the attributes", before="class Meta(type):\n    pass", bases="(metaclass=Meta)"),
    _invalid("the decorator may make another class", before="def known(cls):\n    return cls", decorator="@known"),
    _invalid(
        "the cached value lives in the instance dict",
        "@cached_property\n    def double(self):\n        return self.value * 2",
        imports="from functools import cached_property",
    ),
    _invalid("it has slots", '__slots__ = ("key", "value")'),
    _invalid("it answers for attributes that are not there", "def __getattr__(self, name):\n        return 0"),
    _invalid("pickling as the class itself writes it", "def __getstate__(self):\n        return {}"),
    _invalid("the default of the class would be lost", "value = 0"),
    _invalid("the method is replaced on instances", "def key(self):\n        return 0"),
    _invalid(
        "two bases with slots cannot be put together",
        after="class Other:\n    def __init__(self):\n        self.z = 1\n\n\nclass Both(Row, Other):\n    pass",
    ),
    _invalid("a class below relies on the dict beside its slots", after='class Sub(Row):\n    __slots__ = ("z",)'),
    _invalid("a test adds an attribute", extra={"tests/test_row.py": "from example import Row\nRow(1, 2).extra = 3\n"}),
    _invalid("who gets the row adds an attribute", after="def mark(row):\n    row.marked = True"),
    _invalid("the class itself has the attribute set", after="Row.value = 0"),
    _invalid("a classmethod sets it on the class", "@classmethod\n    def reset(cls):\n        cls.value = 0"),
    _invalid("the class is asked for the attribute", after='FOUND = hasattr(Row, "value")'),
    _invalid("the class of an instance is changed", after="def turn(row, other):\n    row.__class__ = other"),
    _invalid("the dict is read", "def all(self):\n        return dict(self.__dict__)"),
    _invalid("the dict is read from outside", after="def show(row):\n    return vars(row)"),
    _invalid(
        "a function replaces a method of what it is given",
        "def show(self):\n        return 1",
        after="def patch(row):\n    row.show = None",
    ),
    _invalid("dir() would tell the attributes of the class", after="NAMES = dir(Row)"),
    _invalid("the state itself is read", after="def state(row):\n    return row.__getstate__()"),
    _invalid("argparse adds attributes", after="def read(parser, row):\n    return parser.parse_args([], row)"),
    _invalid(
        "update_wrapper adds attributes",
        "def wrap(self, function):\n        functools.update_wrapper(self, function)",
        imports="import functools",
    ),
    _invalid("a computed name is set", "def put(self, name, value):\n        setattr(self, name, value)"),
    _invalid("a mock replaces a method of the instance", after="def test(mock, row):\n    mock.patch.object(row, 'm')"),
    _invalid("setattr is passed on", after="def fill(pairs, row):\n    pairs.each(setattr, row)"),
    _invalid(
        "protocol 0 cannot pickle slots",
        imports="import pickle",
        after="def save(row):\n    return pickle.dumps(row, 0)",
    ),
    _invalid(
        "a test pickles with every protocol",
        extra={
            "tests/test_row.py": "import pickle\nfor n in range(pickle.HIGHEST_PROTOCOL + 1):\n    pickle.dumps(n, n)\n"
        },
    ),
    _invalid("a class is derived at run time", after='Two = type("Two", (Row, dict), {})'),
    _invalid(
        "the private name is reached from outside", "def hide(self):\n        self.__h = 1", after="X = '_Row__h'"
    ),
    _invalid(
        "typing writes __orig_class__ on the instance",
        imports="from typing import Generic, TypeVar\n\nT = TypeVar('T')",
        bases="(Generic[T])",
        after="def kind(row):\n    return row.__orig_class__",
    ),
    Example(
        before="class Top:\n    def __init__(self):\n        self.x = 5\n\n\nclass Row(Top):\n    @property\n"
        "    def x(self):\n        return 6\n\n    @x.setter\n    def x(self, value):\n        pass\n",
        class_name="Row",
        why="its property hides an attribute of its base, which needs a slot all the same",
    ),
]
