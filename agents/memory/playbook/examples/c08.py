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


_STRINGS = '''\
def _string_sharing():
    """A function that gives an equal str seen before, or the value itself; 10000 are remembered."""
    known: dict = {}

    def shared(value):
        if type(value) is not str:
            return value
        return known.setdefault(value, value) if len(known) < 10000 else known.get(value, value)

    return shared


'''


def _repeats(*places: str, distinct: float = 0.01) -> Mapping[str, object]:
    return {"repeats": [{"at": at, "type": "str", "distinct": distinct, "repeated": 500_000} for at in places]}


def _local(body: str, after: str = "", why: str = "", top: str = "", measured: Mapping[str, object] = {}) -> Example:
    """An example of a function `f(lines)` whose local `rows` holds what repeats."""
    before = f"{top}def f(lines):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    rewritten = f"{top}{_STRINGS}def f(lines):\n" + "".join(f"    {line}\n" for line in after.splitlines())
    return Example(
        before=before,
        after=rewritten if after else None,
        function="f",
        holding="rows",
        measured=measured or _repeats(""),
        call=""
        if why
        else "f(['a,1', 'b,2', 'a,3', ',', 'c']), f([])"
        if "split" in body
        else "f(['a', 0, 0.0, None])",
        why=why,
    )


VALID += [
    _local(
        "rows = [line.split(',')[0] for line in lines]\nreturn rows",
        "share_str = _string_sharing()\nrows = [share_str(line.split(',')[0]) for line in lines]\nreturn rows",
    ),
    _local(
        "rows = []\nfor line in lines:\n    row = line.split(',')[0], len(line.split(','))\n    rows.append(row)\n"
        "    if not row[0]:\n        rows.append(('none', 0))\nreturn rows",
        "share_str = _string_sharing()\nrows = []\nfor line in lines:\n"
        "    row = share_str(line.split(',')[0]), len(line.split(','))\n    rows.append(row)\n"
        "    if not row[0]:\n        rows.append(('none', 0))\nreturn rows",
        measured=_repeats("[0]"),
    ),
    _local(
        "rows = {}\nfor number, line in enumerate(lines):\n    rows[number] = {'x': f'{line}', 'n': number}\n"
        "return rows",
        "share_str = _string_sharing()\nrows = {}\nfor number, line in enumerate(lines):\n"
        "    rows[number] = {'x': share_str(f'{line}'), 'n': number}\nreturn rows",
        measured=_repeats("keys", "['x']"),
    ),
    Example(
        before="""\
MARK = object()


def load(lines):
    found = list(line for line in lines if line is not MARK)
    return found


def f(lines):
    rows = load(lines)
    return rows, len(rows)
""",
        after=f"""\
MARK = object()


{_STRINGS}def load(lines):
    share_str = _string_sharing()
    found = list(share_str(line) for line in lines if line is not MARK)
    return found


def f(lines):
    rows = load(lines)
    return rows, len(rows)
""",
        function="f",
        holding="rows",
        measured=_repeats(""),
        call="f([MARK, 'a', 1, True, None])",
    ),
]
_COLLECTED = "rows = [line.strip() for line in lines]\nreturn rows"
INVALID += [
    _local(_COLLECTED, why="most differ", measured=_repeats("", distinct=0.5)),
    _local(_COLLECTED, why="nothing repeats", measured={"element": "str"}),
    _local(_COLLECTED, why="what repeats is elsewhere", measured=_repeats("[1]")),
    _local(_COLLECTED, why="another type()", top="def type(x):\n    return str\n\n\n"),
    _local(_COLLECTED, why="the name is taken", top="def _string_sharing():\n    pass\n\n\n"),
    _local(_COLLECTED, why="compared by identity", top="def same(a, b):\n    return a is b\n\n\n"),
    _local(_COLLECTED, why="compared with a constant", top="X = 'x'\n\n\ndef same(a):\n    return a is X\n\n\n"),
    _local(_COLLECTED + ", vars()", why="its locals are read"),
    _local("rows = [line.strip() for line in lines]\nrows = rows[1:]\nreturn rows", why="bound twice"),
    _local("rows = lines\nreturn rows", why="not made here"),
    _local("rows = []\nrows += [line.strip() for line in lines]\nreturn rows", why="added to in another way"),
    _local("rows = []\nfor line in lines:\n    rows.append('x')\nreturn rows", why="a constant is one object"),
    _local("rows = [(*line, 1) for line in lines]\nreturn rows", why="the part is not seen", measured=_repeats("[0]")),
]


_PARTS = '''\
def _part_sharing(kind, *places):
    """A function that puts equal str seen before into these places of a list or dict; 10000 are remembered."""
    known: dict = {}

    def shared(row):
        if type(row) is not kind:
            return row
        for place in places:
            if place in row if kind is dict else place < len(row):
                value = row[place]
                if type(value) is str:
                    row[place] = known.setdefault(value, value) if len(known) < 10000 else known.get(value, value)
        return row

    return shared


'''


def _rows(body: str, after: str = "", why: str = "", element: str = "list", at: tuple[str, ...] = ("[1]",)) -> Example:
    """An example of rows that are made whole: `f(lines)` whose local `rows` is a list of lists or dicts."""
    top = "import csv\n\n\n"
    before = f"{top}def f(lines):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    rewritten = f"{top}{_PARTS}def f(lines):\n" + "".join(f"    {line}\n" for line in after.splitlines())
    return Example(
        before=before,
        after=rewritten if after else None,
        function="f",
        holding="rows",
        holding_element=element,
        measured=_repeats(*at),
        call="" if why else "f(['a,b', '1,x', '2,x,y', '3', '', '4,']), f([])",
        why=why,
    )


VALID += [
    _rows(
        "rows = []\nfor line in lines:\n    rows.append(line.split(','))\nreturn rows",
        "share_parts = _part_sharing(list, 1, 7)\nrows = []\nfor line in lines:\n"
        "    rows.append(share_parts(line.split(',')))\nreturn rows",
        at=("[1]", "[7]"),
    ),
    _rows(
        "rows = list(csv.DictReader(lines))\nreturn rows, len(rows)",
        "share_parts = _part_sharing(dict, 'b')\nrows = list(map(share_parts, csv.DictReader(lines)))\n"
        "return rows, len(rows)",
        element="dict",
        at=("['b']",),
    ),
    _rows(
        "rows = [row for row in csv.reader(lines) if row]\nreturn rows",
        "share_parts = _part_sharing(list, 0)\nrows = [share_parts(row) for row in csv.reader(lines) if row]\n"
        "return rows",
        at=("[0]",),
    ),
]
INVALID += [
    _rows("rows = list(lines)\nreturn rows", why="not known where the rows come from"),
    _rows("rows = list(csv.reader(lines))\nreturn rows", why="rows of another class", element="example.Row"),
    _rows("rows = list(csv.reader(lines))\nreturn rows", why="it is not in the rows that they repeat", at=("keys",)),
    _rows("list = tuple\nrows = [r for r in csv.reader(lines)]\nreturn rows", why="another list"),
]
