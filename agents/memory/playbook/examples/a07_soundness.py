"""More examples of what A07 leaves alone: what reaches an attribute unseen, and what its going would change."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example


def invalid(
    member: str,
    why: str,
    *,
    decorator: str = "",
    bases: str = "",
    after: str = "",
    extra: Mapping[str, str] | None = None,
) -> Example:
    """An INVALID example: a class `Row` that writes `_raw`, with this member, and what follows it."""
    return Example(
        before=f"from collections import UserDict\n\n\n{decorator}class Row{bases}:\n    {member}\n\n"
        f"    def __init__(self, line):\n        self._raw = line\n        self.key = 1\n\n\n{after}",
        class_name="Row",
        attribute="_raw",
        extra=extra or {},
        why=why,
    )


def _own(statements: str, why: str, *, before: str = "") -> Example:
    """An INVALID example: a class `Row` whose `__init__(self, line)` runs these statements."""
    return Example(
        before=f"{before}class Row:\n    def __init__(self, line):\n        {statements}\n        self.key = 1\n",
        class_name="Row",
        attribute="_raw",
        why=why,
    )


def _field(after: str, why: str, *, extra: Mapping[str, str] | None = None) -> Example:
    """An INVALID example: a dataclass `Row` with a field `raw`, and what follows it."""
    return Example(
        before="from dataclasses import dataclass, field\n\n\n@dataclass\nclass Row:\n"
        "    raw: list = field(default_factory=list, repr=False, compare=False)\n\n"
        f"    def add(self, x):\n        self.raw.append(x)\n\n\n{after}",
        class_name="Row",
        attribute="raw",
        extra=extra or {},
        why=why,
    )


_REFLECTING = [
    invalid("", f"{why} reaches every attribute", extra={"other.py": text})
    for why, text in {
        "vars as a value": "import json\n\n\ndef f(rows):\n    return json.dumps(rows, default=vars)\n",
        "mapped vars": "def f(rows):\n    return list(map(vars, rows))\n",
        "a renamed getattr": "g = getattr\n\n\ndef f(row, name):\n    return g(row, name)\n",
        "a partial getattr": "from functools import partial\n\n\ndef f(row):\n    return partial(getattr, row)\n",
        "an imported getattr": "from builtins import getattr as g\n\n\ndef f(row, name):\n    return g(row, name)\n",
        "builtins.getattr": "import builtins\n\n\ndef f(row):\n    return map(builtins.getattr, [row], ['key'])\n",
        "a renamed attrgetter": "from operator import attrgetter as g\n\n\ndef f(row, n):\n    return g(n)(row)\n",
        "object.__getattribute__": "def f(row, name):\n    return object.__getattribute__(row, name)\n",
        "its own __getattribute__": "def f(row):\n    return row.__getattribute__('_raw')\n",
        "a __dict__ by name": "def f(row):\n    return getattr(row, '__dict__')\n",
        "getmembers": "import inspect\n\n\ndef f(row):\n    return dict(inspect.getmembers(row))\n",
        "an imported getmembers": "from inspect import getmembers as g\n\n\ndef f(row):\n    return dict(g(row))\n",
        "dir": "def f(row):\n    return dir(row)\n",
        "eval": "def f(row, text):\n    return eval(text)\n",
        "exec": "CODE = 'print(1, row._raw)'\n\n\ndef f(row):\n    exec(CODE)\n",
    }.items()
]

SOUNDNESS: list[Example] = [
    *_REFLECTING,
    invalid("_raw = ''", "the class's own is read", after="def f():\n    return Row._raw\n"),
    invalid(
        "",
        "an imported instance is read",
        after="ROW = Row('a')\n",
        extra={"o.py": "from example import ROW\n\nprint(ROW._raw)\n"},
    ),
    invalid("def has(self, lines):\n        self._raw = 1 in lines", "the test uses up an iterator"),
    invalid("def less(self, n):\n        self._raw = -n", "n may be no number"),
    invalid("def wide(self, n):\n        self._raw = f'{n:>5}'", "n may not know the format"),
    invalid(
        "",
        "a class pattern reads it",
        after="def f(row):\n    match row:\n        case Row(_raw=x):\n            return x\n",
    ),
    invalid(
        "",
        "any class's pattern may",
        extra={"other.py": "def f(r):\n    match r:\n        case object(_raw=x):\n            return x\n"},
    ),
    invalid("__match_args__ = ('_raw',)", "positional patterns read it"),
    invalid("", "a template reads it", after="PAGE = '<b>{% for part in row._raw %} {{ part }}'\n"),
    invalid('def text(self):\n        """\n        >>> Row("a")._raw\n        """', "its doctest reads it"),
    invalid("def drop(self):\n        del self._raw", "deleting it twice raises"),
    invalid("def first(self, raw):\n        self._raw = raw.items[0]", "the item may be missing"),
    invalid("def share(self, raw, n):\n        self._raw = raw / n", "n may be 0"),
    invalid("def rest(self, lines):\n        self._raw = [line for line in lines]", "the list uses up an iterator"),
    invalid(
        "@property\n    def size(self):\n        print()\n\n    def keep(self):\n        self._raw = self.size",
        "a property",
    ),
    invalid("def add(self):\n        self._raw.append(1)", "what is fed belongs to the caller of __init__"),
    _own("self._raw = self.out = []\n        self._raw.append(1)", "what is fed has another name"),
    _own("self._raw = []\n        self._raw.extend(line)", "extend() may use up an iterator"),
    _own("self._raw = []\n        self._raw += line", "the addition may use up an iterator"),
    _own("self._raw = []\n        self._raw[:] = line", "the slice may use up an iterator"),
    _own(
        "folder = tempfile.TemporaryDirectory()\n        self._raw = folder\n        self.path = folder.name",
        "the directory would go",
        before="import tempfile\n\n\n",
    ),
    _own("raw = open(line)\n        self._raw = raw\n        self.number = raw.fileno()", "the file would be closed"),
    _own(
        "self._raw = line\n        self.path = weakref.ref(line)",
        "it keeps what is referred to weakly",
        before="import weakref\n\n\n",
    ),
    invalid(
        "", "its end prints", after="class Pin:\n    def __del__(self):\n        print('gone')\n\n\nROW = Row(Pin())\n"
    ),
    Example(
        before="class Row:\n    def __init__(self, line):\n        self.__raw = [1]\n\n\n"
        "def f(row):\n    return row._Row__raw\n",
        class_name="Row",
        attribute="__raw",
        why="it has another name at run time, which is read",
    ),
    Example(
        before="class Row:\n    def __init__(self, line):\n        self._Row__raw = [1]\n\n"
        "    def text(self):\n        return self.__raw\n",
        class_name="Row",
        attribute="_Row__raw",
        why="it has another name in the class, which is read",
    ),
    _field("R = Row\nROW = R([1])\n", "a caller passes it by another name of the class"),
    _field("ROWS = list(map(Row, [[1], [2]]))\n", "map() passes it"),
    _field("def again(row):\n    return type(row)([1])\n", "a caller passes it to the type"),
    _field(
        "", "a caller passes it by another name", extra={"other.py": "from example import Row as R\n\nROW = R([1])\n"}
    ),
]
