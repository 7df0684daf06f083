"""The examples of C30: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.packed_rows import packed_rows
from agents.memory.playbook.rule import Example

_IMPORTS = """\
from array import array
from itertools import islice
from operator import index as as_index


"""

VALID: list[Example] = [
    Example(
        before="""\
import math


def histogram(pixels):
    counts = {}
    for pixel in pixels:
        counts[pixel[0] >> 3] = counts.get(pixel[0] >> 3, 0) + 1
    return counts


class Palette:
    @staticmethod
    def made(pixels, most):
        if not pixels:
            raise ValueError("empty")
        return histogram(pixels), max(pixels), len(pixels) > most


def palette(image):
    valid = []
    for r, g, b in image:
        if r < 250:
            valid.append((r, g, b))
    return Palette.made(valid, math.inf)
""",
        after="import math\n"
        + _IMPORTS
        + packed_rows(3)
        + """\


def histogram(pixels):
    counts = {}
    for pixel in pixels:
        counts[pixel[0] >> 3] = counts.get(pixel[0] >> 3, 0) + 1
    return counts


class Palette:
    @staticmethod
    def made(pixels, most):
        if not pixels:
            raise ValueError("empty")
        return histogram(pixels), max(pixels), len(pixels) > most


def palette(image):
    valid = _PackedRows()
    for r, g, b in image:
        if r < 250:
            valid.append((r, g, b))
    return Palette.made(valid, math.inf)
""",
        function="palette",
        holding="valid",
        call="palette([(n, n % 7, 2.5) for n in range(300)])",
    ),
    Example(
        before="""\
class Matrix:
    def __init__(self, rows, cols, init=None):
        self.rows, self.cols = rows, cols
        self.values = [init, ] * rows * cols

    def get(self, row, col):
        return self.values[row * self.cols + col]

    def set(self, row, col, value):
        self.values[row * self.cols + col] = value


def fill(n):
    matrix = Matrix(n, n, (0, " ", 0))
    for row in range(n):
        for col in range(1, n):
            matrix.set(row, col, (matrix.get(row, col - 1)[0] + 0.5, "m" if row else None, col))
    matrix.set(0, 0, [1, 2])
    return [matrix.get(i, -i) for i in range(n)]
""",
        after=_IMPORTS
        + packed_rows(3)
        + """\


class Matrix:
    def __init__(self, rows, cols, init=None):
        self.rows, self.cols = rows, cols
        self.values = _PackedRows([init, ]) * rows * cols

    def get(self, row, col):
        return self.values[row * self.cols + col]

    def set(self, row, col, value):
        self.values[row * self.cols + col] = value


def fill(n):
    matrix = Matrix(n, n, (0, " ", 0))
    for row in range(n):
        for col in range(1, n):
            matrix.set(row, col, (matrix.get(row, col - 1)[0] + 0.5, "m" if row else None, col))
    matrix.set(0, 0, [1, 2])
    return [matrix.get(i, -i) for i in range(n)]
""",
        class_name="Matrix",
        function="Matrix",
        attribute="values",
        call="fill(1), fill(20)",
    ),
    Example(
        before="""\
def pairs(words):
    found = []
    for n, word in enumerate(words):
        found.append((n, word))
    return [word for n, word in found if n % 2], found[-1] if found else None
""",
        after=_IMPORTS
        + packed_rows(2)
        + """\


def pairs(words):
    found = _PackedRows()
    for n, word in enumerate(words):
        found.append((n, word))
    return [word for n, word in found if n % 2], found[-1] if found else None
""",
        function="pairs",
        focus_line="found.append",
        call="pairs('abca'), pairs([1, 1.0, True, [2]]), pairs('')",
    ),
]


def _invalid(body: str, why: str, head: str = "", focus: str = "rows = []") -> Example:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return Example(before=f"{head}def f(xs):\n{lines}", why=why, function="f", focus_line=focus)


_FILLED = "rows = []\nfor x in xs:\n    rows.append((x, 1))\n"

INVALID: list[Example] = [
    _invalid(f"{_FILLED}return rows", "the list is returned"),
    _invalid(f"{_FILLED}rows.sort()\nreturn rows[0]", "the class has no sort()"),
    _invalid(f"{_FILLED}return rows == [(1, 1)]", "the class equals no list"),
    _invalid(f"{_FILLED}return (1, 1) in rows", "`in` compares by identity first"),
    _invalid(f"{_FILLED}return rows[1:]", "a slice is a list"),
    _invalid(f"{_FILLED}return json.dumps(rows)", "json takes lists only", "import json\n"),
    _invalid(f"{_FILLED}return str(rows)", "the text of a list shows"),
    _invalid("rows = []\nfor x in xs:\n    rows.append(x)\nreturn rows[0]", "nothing shows that tuples go in"),
    _invalid(
        "rows = []\nfor x in xs:\n    rows.append((x, 1) if x else (1,))\n    rows.append((x,))\nreturn rows[0]",
        "the tuples have no common length of two or more",
    ),
    _invalid(f"{_FILLED}return len(rows) + array", "the name that the edit brings in is taken", "array = 5\n\n"),
    Example(
        before="import threading\n\nclass Log:\n    def __init__(self):\n        self.rows = []\n\n"
        "    def add(self, n):\n        self.rows.append((n, n))\n\n"
        "    def start(self, n):\n        threading.Thread(target=self.add, args=(n,)).start()\n",
        why="threads append at the same time",
        function="Log.__init__",
        focus_line="self.rows = []",
    ),
    Example(
        before="def f(n):\n    rows = n * [(0, 1)]\n    rows[0] = (1, 1)\n    return len(rows)\n",
        why="an int is multiplied: the class would have to know of that",
        function="f",
        focus_line="rows = n",
    ),
    Example(
        before="class Log:\n    def __init__(self):\n        self.rows = []\n\n"
        "    def add(self, n):\n        self.rows.append((n, n))\n",
        extra={"test_log.py": "from example import Log\n\n\ndef test():\n    assert Log().rows == []\n"},
        why="a test compares it with a list",
        function="Log.__init__",
        focus_line="self.rows = []",
    ),
]
