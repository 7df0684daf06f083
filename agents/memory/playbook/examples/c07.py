"""The examples of C07: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.packed_numbers import CODE
from agents.memory.playbook.rule import Example

_HELPER = f"from array import array\nfrom itertools import islice\nfrom operator import ne\n\n\n{CODE}\n\n"


def _valid(before: str, old: str, new: str, call: str) -> Example:
    after = _HELPER + before.replace(old, new, 1)
    return Example(before=before, after=after, function="f", focus_line="table = ", call=call)


VALID: list[Example] = [
    _valid(
        """\
def f(n):
    table = [[i * 0.5 + j for j in range(200)] for i in range(n)]
    return sum(row[3] for row in table), [max(row) for row in table]
""",
        "[i * 0.5 + j for j in range(200)]",
        "_packed_numbers(i * 0.5 + j for j in range(200))",
        "f(20), f(0)",
    ),
    _valid(
        """\
def f(lines):
    table = []
    for line in lines:
        table.append([float(text) for text in line.split(',')])
    return [table[n][-1] for n in range(len(table))], sum(len(row) for row in table)
""",
        "[float(text) for text in line.split(',')]",
        "_packed_numbers(float(text) for text in line.split(','))",
        "f(['1,2', '3.5']), f([])",
    ),
    _valid(
        """\
def column(table, at):
    return [row[at] for row in table]


def f(lines):
    table = [list(map(len, line.split())) if line else [None] for line in lines]
    table[0] = [len(line) for line in lines]
    return column(table, 0), list(enumerate(table[0]))
""",
        "[len(line) for line in lines]",
        "_packed_numbers(len(line) for line in lines)",
        "f(['a bc', '', 'd'])",
    ),
]


def _invalid(body: str, why: str) -> Example:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    before = f"def f(xs):\n    table = [[float(x) for x in row] for row in xs]\n{lines}"
    return Example(before=before, why=why, function="f", focus_line="table = ")


INVALID: list[Example] = [
    _invalid("return table", "the list gets out"),
    _invalid("return table[0]", "a row gets out"),
    _invalid("table[0][0] = 1\nreturn table[0][0]", "an array of floats makes a float of 1"),
    _invalid("for row in table:\n    row.sort()\nreturn table[0][0]", "an array has no sort()"),
    _invalid("return list(zip(*table))", "what is done with the rows there is not followed"),
    _invalid("return [row for row in table if row]", "the rows get out"),
    Example(
        before="def f(xs):\n    table = [[x for x in row] for row in xs]\n    return table[0][0]\n",
        why="nothing tells that they are numbers",
        function="f",
        focus_line="table = ",
    ),
    Example(
        before="ne = 5\n\ndef f(xs):\n    table = [[float(x) for x in row] for row in xs]\n    return table[0][ne]\n",
        why="the name that the edit brings in is taken",
        function="f",
        focus_line="table = ",
    ),
]
