"""The examples of C08: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example

_REPEATED: Mapping[str, object] = {"types": {"str": 1000}, "distinct": 0.01, "repeated": 500_000}


def _invalid(
    why: str,
    member: str = "",
    *,
    before: str = "",
    write: str = "self.kind = kind.strip()",
    after: str = "",
    measured: Mapping[str, object] = _REPEATED,
) -> Example:
    """An INVALID example: a class `Row` with a `kind`."""
    return Example(
        before=f"{before}\n\n\nclass Row:\n    def __init__(self, kind):\n        {write}\n\n"
        f"    {member or 'pass'}\n\n\n{after}\n",
        class_name="Row",
        attribute="kind",
        measured=measured,
        why=why,
    )


VALID: list[Example] = [
    Example(
        before="""\
class Row:
    def __init__(self, line):
        self.kind = line.split(",")[0]


def run():
    rows = [Row(line) for line in ("a,1", "b,2", "a,3", ",")]
    return [row.kind for row in rows]
""",
        after='''\
_shared_kind: dict = {}


def _share_kind(value):
    """An equal str seen before, or `value` itself; 1000 are remembered."""
    if type(value) is not str:
        return value
    return _shared_kind.setdefault(value, value) if len(_shared_kind) < 1000 else _shared_kind.get(value, value)


class Row:
    def __init__(self, line):
        self.kind = _share_kind(line.split(",")[0])


def run():
    rows = [Row(line) for line in ("a,1", "b,2", "a,3", ",")]
    return [row.kind for row in rows]
''',
        class_name="Row",
        attribute="kind",
        measured=_REPEATED,
        call="run()",
    ),
    Example(
        before='''\
"""Rows."""

from functools import total_ordering


# One row.
@total_ordering
class Row:
    """With a kind."""

    def __init__(self, kind, other=None):
        if other is None:
            self._kind = (kind)
        else:
            self._kind = other._kind

    def __lt__(self, other):
        return self._kind < other._kind


class Text(str):
    def __eq__(self, other):
        raise ValueError

    __hash__ = None


def run():
    return Row(1)._kind, type(Row(Text("a"))._kind).__name__, Row("x", Row([]))._kind, Row(None)._kind
''',
        after='''\
"""Rows."""

from functools import total_ordering


_shared_kind: dict = {}


def _share_kind(value):
    """An equal str seen before, or `value` itself; 1000 are remembered."""
    if type(value) is not str:
        return value
    return _shared_kind.setdefault(value, value) if len(_shared_kind) < 1000 else _shared_kind.get(value, value)


# One row.
@total_ordering
class Row:
    """With a kind."""

    def __init__(self, kind, other=None):
        if other is None:
            self._kind = _share_kind(kind)
        else:
            self._kind = _share_kind(other._kind)

    def __lt__(self, other):
        return self._kind < other._kind


class Text(str):
    def __eq__(self, other):
        raise ValueError

    __hash__ = None


def run():
    return Row(1)._kind, type(Row(Text("a"))._kind).__name__, Row("x", Row([]))._kind, Row(None)._kind
''',
        class_name="Row",
        attribute="_kind",
        measured=_REPEATED,
        call="run()",
    ),
    Example(
        before="""\
class Row:
    def __init__(self, kinds):
        self.kind = next(kinds)


def run():
    kinds = iter(["a"])
    first = Row(kinds).kind
    return first, Row(kinds)
""",
        after='''\
_shared_kind: dict = {}


def _share_kind(value):
    """An equal str seen before, or `value` itself; 1000 are remembered."""
    if type(value) is not str:
        return value
    return _shared_kind.setdefault(value, value) if len(_shared_kind) < 1000 else _shared_kind.get(value, value)


class Row:
    def __init__(self, kinds):
        self.kind = _share_kind(next(kinds))


def run():
    kinds = iter(["a"])
    first = Row(kinds).kind
    return first, Row(kinds)
''',
        class_name="Row",
        attribute="kind",
        measured=_REPEATED,
        call="run()",
    ),
]

INVALID: list[Example] = [
    _invalid(
        "locals that hold the values are compared by identity",
        "def same(self, other):\n        mine, theirs = self.kind, other.kind\n        return mine is theirs",
    ),
    _invalid("most values differ", measured={"types": {"str": 1000}, "distinct": 0.9, "repeated": 5_000}),
    _invalid("they are one object each already", measured={"types": {"str": 1000}, "distinct": 0.01, "repeated": 0}),
    _invalid("not known how many differ", measured={"types": {"str": 1000}}),
    _invalid("not strings alone", measured={"types": {"str": 900, "list": 100}, "distinct": 0.01, "repeated": 500_000}),
    _invalid("a subclass of str", measured={"types": {"example.Text": 1000}, "distinct": 0.01, "repeated": 500_000}),
    _invalid("written elsewhere", "def set(self, kind):\n        self.kind = kind", write="pass"),
    _invalid("two targets", write="self.kind = self.name = kind"),
    _invalid("part of a tuple", write="self.kind, self.name = kind"),
    _invalid("a property", "@property\n    def kind(self):\n        return self._kind"),
    _invalid("the class writes attributes its own way", "def __setattr__(self, name, value):\n        pass"),
    _invalid("another type()", before="def type(value):\n    return None"),
    _invalid("compared by identity", "def same(self, other):\n        return self.kind is other.kind"),
    _invalid("the name is taken", after="_shared_kind = 1"),
]
