"""The examples of C22: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example

_REPEATED: Mapping[str, object] = {"types": {"tuple": 1000}, "distinct": 0.01, "repeated": 500_000}


def _invalid(
    why: str,
    member: str = "",
    *,
    before: str = "",
    write: str = "self.kind = tuple(kind)",
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
    def __init__(self, kind, size):
        self.kind = kind, size
        self.size = size


def run():
    rows = [Row("a", 1), Row("a", True), Row("a", 1.0), Row("a", 1), Row("a", []), Row("a", 0.0), Row("a", -0.0)]
    return [row.kind for row in rows]
""",
        after='''\
_shared_kind: dict = {}


def _share_kind(value):
    """An equal tuple of str and int seen before, or `value` itself; 1000 are remembered."""
    if type(value) is not tuple or not all(type(part) is str or type(part) is int for part in value):
        return value
    return _shared_kind.setdefault(value, value) if len(_shared_kind) < 1000 else _shared_kind.get(value, value)


class Row:
    def __init__(self, kind, size):
        self.kind = _share_kind((kind, size))
        self.size = size


def run():
    rows = [Row("a", 1), Row("a", True), Row("a", 1.0), Row("a", 1), Row("a", []), Row("a", 0.0), Row("a", -0.0)]
    return [row.kind for row in rows]
''',
        class_name="Row",
        attribute="kind",
        measured=_REPEATED,
        call="run()",
    ),
    Example(
        before="""\
class Row:
    def __init__(self, kind):
        self.kind = parsed(kind)


def parsed(kind):
    return (kind, 1) if kind else None


def run():
    return [Row(kind).kind for kind in ("a", "", "a", 2, 2.0, True)]
""",
        after='''\
_shared_kind: dict = {}


def _share_kind(value):
    """An equal tuple of str and int seen before, or `value` itself; 1000 are remembered."""
    if type(value) is not tuple or not all(type(part) is str or type(part) is int for part in value):
        return value
    return _shared_kind.setdefault(value, value) if len(_shared_kind) < 1000 else _shared_kind.get(value, value)


class Row:
    def __init__(self, kind):
        self.kind = _share_kind(parsed(kind))


def parsed(kind):
    return (kind, 1) if kind else None


def run():
    return [Row(kind).kind for kind in ("a", "", "a", 2, 2.0, True)]
''',
        class_name="Row",
        attribute="kind",
        measured={"types": {"tuple": 500, "NoneType": 500}, "distinct": 0.01, "repeated": 500_000},
        call="run()",
    ),
    Example(
        before="""\
class Row:
    def __init__(self, parts):
        self._kind = tuple(part for part in parts)


def run():
    return Row(range(1200))._kind[:2], [Row(str(n))._kind for n in range(1200)][1100:], Row("77")._kind
""",
        after='''\
_shared_kind: dict = {}


def _share_kind(value):
    """An equal tuple of str and int seen before, or `value` itself; 1000 are remembered."""
    if type(value) is not tuple or not all(type(part) is str or type(part) is int for part in value):
        return value
    return _shared_kind.setdefault(value, value) if len(_shared_kind) < 1000 else _shared_kind.get(value, value)


class Row:
    def __init__(self, parts):
        self._kind = _share_kind(tuple(part for part in parts))


def run():
    return Row(range(1200))._kind[:2], [Row(str(n))._kind for n in range(1200)][1100:], Row("77")._kind
''',
        class_name="Row",
        attribute="_kind",
        measured=_REPEATED,
        call="run()",
    ),
]

INVALID: list[Example] = [
    _invalid(
        "locals that hold the values are compared by identity",
        "def same(self, other):\n        mine, theirs = self.kind, other.kind\n        return mine is theirs",
    ),
    _invalid("most values differ", measured={"types": {"tuple": 1000}, "distinct": 0.9, "repeated": 5_000}),
    _invalid("they are one object each already", measured={"types": {"tuple": 1000}, "distinct": 0.01, "repeated": 0}),
    _invalid("not known how many differ", measured={"types": {"tuple": 1000}}),
    _invalid(
        "not tuples alone", measured={"types": {"tuple": 900, "list": 100}, "distinct": 0.01, "repeated": 500_000}
    ),
    _invalid("a subclass of tuple", measured={"types": {"example.Text": 1000}, "distinct": 0.01, "repeated": 500_000}),
    _invalid("written elsewhere", "def set(self, kind):\n        self.kind = kind", write="pass"),
    _invalid("two targets", write="self.kind = self.name = kind"),
    _invalid("part of a tuple", write="self.kind, self.name = kind"),
    _invalid("a property", "@property\n    def kind(self):\n        return self._kind"),
    _invalid("the class writes attributes its own way", "def __setattr__(self, name, value):\n        pass"),
    _invalid("another type()", before="def type(value):\n    return None"),
    _invalid("compared by identity", "def same(self, other):\n        return self.kind is other.kind"),
    _invalid("the name is taken", after="_shared_kind = 1"),
]


_TUPLES = '''\
def _tuple_sharing():
    """A function that gives an equal tuple seen before, its parts' types included; 10000 are remembered."""
    known: dict = {}
    plain = {str, int, float, bool, type(None)}

    def shared(value):
        if type(value) is not tuple:
            return value
        kinds = tuple(map(type, value))
        if not plain.issuperset(kinds):
            return value
        # Zeros of two signs are equal and not the same.
        if 0 in value and any(type(part) is float and not part for part in value):
            return value
        key = value, kinds
        return known.setdefault(key, value) if len(known) < 10000 else known.get(key, value)

    return shared


'''
_ODD = "[1, True, 1.0, 0, 0.0, -0.0, False, None, 'a', 'a', float('nan'), [], (), [1], 1, 1.0]"


def _local(body: str, after: str = "", why: str = "", distinct: float = 0.01) -> Example:
    """An example of a function `f(values)` whose local `rows` holds what repeats."""
    lines = [f"    {line}\n" for line in body.splitlines()]
    rewritten = [f"    {line}\n" for line in after.splitlines()]
    return Example(
        before="def f(values):\n" + "".join(lines),
        after=f"{_TUPLES}def f(values):\n" + "".join(rewritten) if after else None,
        function="f",
        holding="rows",
        measured={"repeats": [{"at": "", "type": "tuple", "distinct": distinct, "repeated": 500_000}]},
        call="" if why else f"f({_ODD})",
        why=why,
    )


VALID += [
    _local(
        "rows = [(value, str(value)) for value in values]\nreturn rows",
        "share_tuple = _tuple_sharing()\nrows = [share_tuple((value, str(value))) for value in values]\nreturn rows",
    ),
    _local(
        "rows: dict = dict()\nfor value in values:\n    rows[len(rows)] = value, (1)\n    rows[-1] = (value), (-1)\n"
        "return rows",
        "share_tuple = _tuple_sharing()\nrows: dict = dict()\nfor value in values:\n"
        "    rows[len(rows)] = share_tuple((value, (1)))\n    rows[-1] = share_tuple(((value), (-1)))\nreturn rows",
    ),
    _local(
        "rows = [value for value in values]\nreturn rows, [tuple(rows)]",
        "share_tuple = _tuple_sharing()\nrows = [share_tuple(value) for value in values]\nreturn rows, [tuple(rows)]",
    ),
]
INVALID += [
    _local("rows = [(value,) for value in values]\nreturn rows", why="most differ", distinct=0.9),
    _local(
        "rows = [(value,) for value in values]\nreturn [a is b for a, b in zip(rows, rows)]", why="compared by `is`"
    ),
]
