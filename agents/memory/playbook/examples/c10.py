"""The examples of C10: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_LOOP = """\
def f(n):
    rows = []
    for i in range(n):
        rows.append({made})
    {use}
"""


def _rows(use: str, why: str = "", *, made: str = "[i, i]", top: str = "") -> Example:
    """An INVALID example: pairs in a list, and what is done with them."""
    return Example(before=top + _LOOP.format(made=made, use=use), function="f", focus_line="rows = []", why=why)


_CLASS = """\
class Edge:
    def __init__(self, a, b, weights):
        self.ends = [a, b]
        self.weights = list(weights)
        self.names = [str(w) for w in weights]

    def total(self):
        return sum(self.weights[1:]) + len(self.ends)


def run():
    edges = [Edge(i, i + 1, range(i)) for i in range(5)]
    return [(e.total(), e.ends[0], *e.names) for e in edges if e.ends]
"""


def _attribute(name: str, after: str) -> Example:
    return Example(before=_CLASS, after=after, class_name="Edge", attribute=name, call="run()")


def _read(line: str, why: str, *, library: bool = False, top: str = "") -> Example:
    """An INVALID example: an attribute, and what else a function does with it."""
    text = f"{top}class Row:\n    def __init__(self, a):\n        self.cells = [a]\n\n\ndef f(row):\n    {line}\n"
    return Example(before=text, class_name="Row", attribute="cells", library=library, why=why)


VALID: list[Example] = [
    Example(
        before=_LOOP.format(made="[i, [i]]", use="return sum(row[0] for row in rows), [len(b) for a, b in rows]"),
        after=_LOOP.format(made="(i, [i])", use="return sum(row[0] for row in rows), [len(b) for a, b in rows]"),
        function="f",
        focus_line="rows = []",
        call="f(5)",
    ),
    Example(
        before="""\
def f(n):
    table = [[i] for i in range(n)]
    table[0] = [
        n,
        *range(n),  # all
    ]
    extra = []
    extra.append(n)
    table.append(extra[:])
    table.append(extra)
    for number, row in enumerate(table):
        if not row or row is None:
            return number
        for value in row:
            number += value
    return number
""",
        after="""\
def f(n):
    table = [(i,) for i in range(n)]
    table[0] = (
        n,
        *range(n),  # all
    )
    extra = []
    extra.append(n)
    table.append(tuple(extra))
    table.append(tuple(extra))
    for number, row in enumerate(table):
        if not row or row is None:
            return number
        for value in row:
            number += value
    return number
""",
        function="f",
        focus_line="table = ",
        call="[f(n) for n in (1, 2, 3)]",
    ),
    _attribute("ends", _CLASS.replace("[a, b]", "(a, b)")),
    _attribute("weights", _CLASS.replace("list(weights)", "tuple(weights)")),
    _attribute("names", _CLASS.replace("[str(w) for w in weights]", "tuple([str(w) for w in weights])")),
]

INVALID: list[Example] = [
    _rows("return rows", "the lists are given to the caller"),
    _rows("rows[0].append(n)\n    return len(rows)", "one of them grows"),
    _rows("rows[0][1] = n\n    return len(rows)", "an element is replaced"),
    _rows("return [n, n] in rows", "a list is looked for"),
    _rows("return [row == [1, 1] for row in rows]", "they are compared with a list"),
    _rows("return [row + [1] for row in rows]", "a list is added"),
    _rows("return [isinstance(row, list) for row in rows]", "their type is asked for"),
    _rows("return [repr(row) for row in rows]", "they are shown"),
    _rows("return [json.dumps(row) for row in rows]", "they are written out", top="import json\n\n\n"),
    _rows("return sorted(rows)", "a list of them is made, and they are compared"),
    _rows("return sum(rows, [])", "they are added"),
    _rows("first = rows[0]\n    first += [1]\n    return first[0]", "one of them grows by another name"),
    _rows("return [row[:] for row in rows]", "a part of each is kept, which is a list"),
    _rows("return len(rows[0])", "it is no new list", made="given(i)", top="def given(i):\n    return [i]\n\n\n"),
    _rows("return len(rows[0])", "tuple is another thing here", made="list(range(i))", top="tuple = set\n\n\n"),
    _rows("return [copy.copy(row) for row in rows]", "they are copied", top="import copy\n\n\n"),
    _read("return row.cells", "it is given to the caller"),
    _read("return row.cells[0]", "somebody may read it", library=True),
    _read("return getattr(row, 'cells')", "it is read by a text"),
    _read("return pickle.dumps(row), row.cells[0]", "it is pickled with the instance", top="import pickle\n\n\n"),
    _read("row.cells += [1]", "it grows"),
    _read("part = slice(1)\n    return row.cells[part]", "a slice object gives a part"),
    _rows("part = slice(1)\n    return rows[part][0].append(1)", "a slice object gives several of them"),
    Example(
        before="""\
class Row:
    def __init__(self, a):
        self.cells = [a]

    def __getitem__(self, i):
        return self.cells[i]


def f(row):
    return row[:1]
""",
        class_name="Row",
        attribute="cells",
        why="__getitem__ may be given a slice object",
    ),
    Example(
        before="""\
class Row:
    def __init__(self, a):
        self.cells = [a]

    @property
    def cells(self):
        return tuple(self._cells)

    @cells.setter
    def cells(self, given):
        given.append(1)
        self._cells = given


def f(row):
    return row.cells[0]
""",
        class_name="Row",
        attribute="cells",
        why="a setter is given the list",
    ),
    Example(
        before="""\
class Row:
    def __init__(self, a):
        self.cells = [a]

    def __setattr__(self, name, value):
        value.append(1)
        object.__setattr__(self, "_" + name, value)


def f(row):
    return row.cells[0]
""",
        class_name="Row",
        attribute="cells",
        why="__setattr__ is given the list",
    ),
    _read("return vars(row), len(row.cells)", "all attributes are read"),
]
