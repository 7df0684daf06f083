"""The examples of C26: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_LOOP = """\
def f(n):
    rows = []
    for i in range(n):
        row = []
        for j in range(i):
            row.append((i, j))
        {hand}
    {end}
"""


def _invalid(hand: str, why: str, *, end: str = "return rows", top: str = "", make: str = "row = []") -> Example:
    """An INVALID example: a list for each pass of a loop, with these lines."""
    text = top + _LOOP.format(hand=hand, end=end).replace("row = []", make)
    return Example(before=text, function="f", focus_line="row.append((i, j))", why=why)


VALID: list[Example] = [
    Example(
        before=_LOOP.format(hand="rows.append(row)", end="return rows"),
        after=_LOOP.format(hand="rows.append(row[:])", end="return rows"),
        function="f",
        focus_line="row.append((i, j))",
        call="f(7)",
    ),
    Example(
        before="""\
class Cell:
    def __init__(self, name, values):
        self.name = name
        self.values = values


def paragraphs(lines):
    found = {}
    current: list = []
    for line in lines:
        if not line and current:
            found[len(found)] = Cell(line, values=current)  # complete
            current = []
        elif line:
            current.extend(line.split())
    if current:
        found[len(found)] = Cell("", values=current)
    return [cell.values for cell in found.values()]
""",
        after="""\
class Cell:
    def __init__(self, name, values):
        self.name = name
        self.values = values


def paragraphs(lines):
    found = {}
    current: list = []
    for line in lines:
        if not line and current:
            found[len(found)] = Cell(line, values=current[:])  # complete
            current = []
        elif line:
            current.extend(line.split())
    if current:
        found[len(found)] = Cell("", values=current[:])
    return [cell.values for cell in found.values()]
""",
        function="paragraphs",
        focus_line="current.extend",
        call="paragraphs(['a b', 'c', '', '', 'd', ''])",
    ),
    Example(
        before="""\
def neighbours(graph, node):
    near = []
    for a, b in graph:
        if node in (a, b):
            near.append(b if a == node else a)
    near.sort()
    if len(near) > 2:
        print("many")
    return near, node


def tables(graph):
    return {node: neighbours(graph, node) for node in {n for edge in graph for n in edge}}
""",
        after="""\
def neighbours(graph, node):
    near = []
    for a, b in graph:
        if node in (a, b):
            near.append(b if a == node else a)
    near.sort()
    if len(near) > 2:
        print("many")
    return near[:], node


def tables(graph):
    return {node: neighbours(graph, node) for node in {n for edge in graph for n in edge}}
""",
        function="neighbours",
        focus_line="near.append",
        call="tables([(1, 2), (2, 3), (4, 2), (5, 5)])",
    ),
    Example(
        before="""\
class Row:
    def __init__(self, line):
        cells = []
        for part in line.split(","):
            cells.append(int(part))
        self.cells = cells


def load(text):
    return Row(text).cells
""",
        after="""\
class Row:
    def __init__(self, line):
        cells = []
        for part in line.split(","):
            cells.append(int(part))
        self.cells = cells[:]


def load(text):
    return Row(text).cells
""",
        class_name="Row",
        attribute="cells",
        call="load('1,2,3')",
    ),
]

INVALID: list[Example] = [
    _invalid("rows.append(row)\n        row.append(0)", "it grows after it was handed over"),
    _invalid("rows.append(row)", "the same list is handed over in every pass", make="row = rows and rows[-1] or []"),
    _invalid("rows.append(row)\n        last = row", "another name holds it"),
    _invalid("last = row\n        rows.append(row)\n        last.append(0)", "another name holds it already"),
    _invalid(
        "rows.append(row)\n        later.append(lambda: row.append(0))", "a function captures it", top="later = []\n"
    ),
    _invalid("rows.append(keep(row))", "another function gets it", top="def keep(x):\n    return x\n\n\n"),
    _invalid("rows.append(row)", "its type is not known", make="row = made()", top="def made():\n    return []\n\n\n"),
    _invalid("rows.append(row)", "list is another thing here", make="row = list()", top="from mine import list\n\n\n"),
    _invalid("rows.append(row)", "the frame's names are read", end="return locals()"),
    _invalid("rows.append(row)", "another file reads frames", top="import sys\n\n\nHERE = sys._getframe()\n\n\n"),
    _invalid(
        "try:\n            rows.append(row)\n        except ValueError:\n            row.clear()",
        "after an exception it is used again",
    ),
    _invalid("for _ in row:\n            rows.append(row)", "the loop over it goes on"),
    _invalid("rows.append((row, row.pop))", "a method of it is kept"),
    _invalid("rows[row.pop()[0]:] = [row]", "the statement changes it after the copy"),
    Example(
        before="""\
def f(n):
    row = []
    for j in range(n):
        row.append(j)
    return row
""",
        function="f",
        focus_line="row.append",
        why="there is but one such list",
    ),
    Example(
        before="""\
def f(n):
    row = []
    try:
        for j in range(n):
            row.append(j)
        return row
    finally:
        row.append(-1)


def g(n):
    return [f(i) for i in range(n)]
""",
        function="f",
        focus_line="row.append(j)",
        why="it grows after the return has taken it",
    ),
    Example(
        before="""\
def f(n):
    rows = []
    row = []
    for j in range(n):
        row.append(j)
        rows.append(row)
    return rows
""",
        function="f",
        focus_line="row.append",
        why="one list is handed over again and again",
    ),
]
