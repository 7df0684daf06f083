"""The examples of C11: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example

_EMPTY: Mapping[str, object] = {"types": {"list": 1000}, "size": 56_000}
_EMPTY_DICTS: Mapping[str, object] = {"types": {"dict": 1000}, "size": 64_000}


def _invalid(
    why: str,
    member: str = "",
    *,
    imports: str = "",
    made: str = "self.kids = []",
    after: str = "",
    measured: Mapping[str, object] = _EMPTY,
    extra: Mapping[str, str] | None = None,
) -> Example:
    """An INVALID example: a class `Node` with `kids`, and what stands around it."""
    return Example(
        before=f"{imports}\n\n\nclass Node:\n    def __init__(self, kids=None):\n        {made}\n\n"
        f"    def count(self):\n        return len(self.kids)\n\n    {member or 'pass'}\n\n\n{after}\n",
        class_name="Node",
        attribute="kids",
        measured=measured,
        extra=extra or {},
        why=why,
    )


VALID: list[Example] = [
    Example(
        before="""\
class Node:
    def __init__(self, name):
        self.name = name
        self.kids = []

    def add(self, kid):
        self.kids.append(kid)  # the newest is last
        return self

    def names(self):
        return [self.name, *[kid.name for kid in self.kids]] if self.kids else [self.name]


def walk(node):
    yield node.name
    for kid in node.kids:
        yield from walk(kid)


def run():
    root = Node("a").add(Node("b")).add(Node("c").add(Node("d")))
    return list(walk(root)), root.names(), len(Node("e").kids), Node("f") in root.kids
""",
        after="""\
class Node:
    def __init__(self, name):
        self.name = name
        self.kids = ()

    def add(self, kid):
        if not self.kids:
            self.kids = []
        self.kids.append(kid)  # the newest is last
        return self

    def names(self):
        return [self.name, *[kid.name for kid in self.kids]] if self.kids else [self.name]


def walk(node):
    yield node.name
    for kid in node.kids:
        yield from walk(kid)


def run():
    root = Node("a").add(Node("b")).add(Node("c").add(Node("d")))
    return list(walk(root)), root.names(), len(Node("e").kids), Node("f") in root.kids
""",
        class_name="Node",
        attribute="kids",
        measured=_EMPTY,
        call="run()",
    ),
    Example(
        before='''\
"""A trie."""

import sys


class Node:
    def __init__(self):
        self.kids = {}
        self.end = False


def built(words):
    root = Node()
    for word in words:
        node = root
        for letter in word:
            if letter not in node.kids:
                node.kids[letter] = Node()
            node = node.kids[letter]
        node.end = True
    return root


def depth(node):
    return 1 + max([depth(kid) for kid in node.kids.values()] or [0]), node.kids.get("x") is None


def run():
    def missing():
        try:
            return built(["a"]).kids["b"]
        except KeyError as error:
            return error.args

    return depth(built(["tea", "ten"]).kids["t"])[1], missing(), sys.maxsize > 0
''',
        after='''\
"""A trie."""

import sys
import types


_NO_KIDS = types.MappingProxyType({})


class Node:
    def __init__(self):
        self.kids = _NO_KIDS
        self.end = False


def built(words):
    root = Node()
    for word in words:
        node = root
        for letter in word:
            if letter not in node.kids:
                if not node.kids:
                    node.kids = {}
                node.kids[letter] = Node()
            node = node.kids[letter]
        node.end = True
    return root


def depth(node):
    return 1 + max([depth(kid) for kid in node.kids.values()] or [0]), node.kids.get("x") is None


def run():
    def missing():
        try:
            return built(["a"]).kids["b"]
        except KeyError as error:
            return error.args

    return depth(built(["tea", "ten"]).kids["t"])[1], missing(), sys.maxsize > 0
''',
        class_name="Node",
        attribute="kids",
        measured=_EMPTY_DICTS,
        call="run()",
    ),
    Example(
        before="""\
class Row:
    def __init__(self):
        self.notes = list()

    def note(self, *texts):
        self.notes.extend(texts)

    def __len__(self):
        return sum(1 for text in enumerate(sorted(self.notes)))


def run():
    row = Row()
    try:
        return row.notes[0]
    except IndexError:
        row.note("a", "b")
        return len(row), row.notes[1], len(Row())
""",
        after="""\
class Row:
    def __init__(self):
        self.notes = ()

    def note(self, *texts):
        if not self.notes:
            self.notes = []
        self.notes.extend(texts)

    def __len__(self):
        return sum(1 for text in enumerate(sorted(self.notes)))


def run():
    row = Row()
    try:
        return row.notes[0]
    except IndexError:
        row.note("a", "b")
        return len(row), row.notes[1], len(Row())
""",
        class_name="Row",
        attribute="notes",
        measured=_EMPTY,
        call="run()",
    ),
]

INVALID: list[Example] = [
    _invalid(
        "what makes the kid feeds the same list",
        after="def kid(node):\n    node.kids.append(1)\n    return 2\n\n\n"
        "def grow(node):\n    node.kids.append(kid(node))\n",
    ),
    _invalid("the iterable may feed the same list", after="def grow(node, made):\n    node.kids.extend(made())\n"),
    _invalid("the containers are full", measured={"types": {"list": 1000}, "size": 900_000}),
    _invalid("not lists alone", measured={"types": {"list": 900, "tuple": 100}, "size": 56_000}),
    _invalid("written again", "def clear(self):\n        self.kids = []"),
    _invalid("the caller's list", made="self.kids = kids"),
    _invalid("not empty", made="self.kids = [kids]"),
    _invalid("two names for one list", made="self.kids = self.all = []"),
    _invalid("another list()", imports="def list():\n    return [1]", made="self.kids = list()"),
    _invalid("the class has a value of that name", "kids = None"),
    _invalid("the list is handed out", "def all(self):\n        return self.kids"),
    _invalid("the list is kept", "def keep(self, other):\n        other.mine = self.kids"),
    _invalid("compared with a list", "def __eq__(self, other):\n        return self.kids == other.kids"),
    _invalid("shown", "def __repr__(self):\n        return f'Node({self.kids})'"),
    _invalid("a slice of it is a list", "def first(self):\n        return self.kids[:2]"),
    _invalid("stepped later", "def each(self):\n        return (kid for kid in self.kids)"),
    _invalid("a step at a time", "def each(self):\n        return iter(self.kids)"),
    _invalid(
        "a test looks at the list", extra={"tests/test_node.py": "from example import Node\nassert Node().kids == []\n"}
    ),
    _invalid("joined", "def more(self, kids):\n        return self.kids + kids"),
    _invalid("taken from", "def last(self):\n        return self.kids.pop()"),
    _invalid("emptied", "def clear(self):\n        self.kids.clear()"),
    _invalid("added to in place", "def more(self, kids):\n        self.kids += kids"),
    _invalid("fed through a call", "def add(self, kid, top):\n        top().kids.append(kid)"),
    _invalid("another class has kids", after="class Other:\n    def __init__(self, kids):\n        self.kids = kids"),
    _invalid("the dict is read", "def all(self):\n        return vars(self)"),
    _invalid("a computed name", after="def get(node, name):\n    return getattr(node, name)"),
    _invalid(
        "a read-only mapping cannot be copied deeply",
        imports="from copy import deepcopy",
        made="self.kids = {}",
        measured=_EMPTY_DICTS,
    ),
    _invalid("two threads may feed it at once", imports="import threading"),
]
