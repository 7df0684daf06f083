"""The examples of C25: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _valid(before: str, old: str, new: str, call: str) -> Example:
    return Example(before=before, after=before.replace(old, new, 1), function="f", focus_line="cells = ", call=call)


VALID: list[Example] = [
    _valid(
        """\
def f(n):
    cells = [[0] * n for _ in range(n)]
    for i in range(n):
        cells[i][(i * 7) % n] = 1
    return sum(sum(row) for row in cells), [cells[i][0] for i in range(n)]
""",
        "[0] *",
        "bytearray([0]) *",
        "f(9), f(0)",
    ),
    _valid(
        """\
def live(cells, i, j):
    if cells[i][j]:
        return True
    return False


def f(n):
    cells = [[False] * (n + 1) for _ in range(n)]
    for i, row in enumerate(cells):
        row[i] = True
    cells[0][n] = not cells[0][0]
    return [live(cells, i, j) for i in range(n) for j in range(len(cells[i]))]
""",
        "[False]",
        "bytearray([False])",
        "f(1), f(4)",
    ),
    _valid(
        """\
def f(rows, n):
    cells = [n * [9] for row in rows]
    for row, marks in zip(rows, range(3)):
        cells[marks][0] = 255
    return [[value for value in line] for line in cells]
""",
        "[9]",
        "bytearray([9])",
        "f('ab', 3), f('', 0)",
    ),
]


def _invalid(body: str, why: str, first: str = "0") -> Example:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    before = f"def f(n):\n    cells = [[{first}] * n for _ in range(n)]\n{lines}"
    return Example(before=before, why=why, function="f", focus_line="cells = ")


INVALID: list[Example] = [
    _invalid("return cells", "the matrix gets out"),
    _invalid("return cells[0]", "a row gets out"),
    _invalid("for row in cells:\n    print(row)", "the text of a row shows"),
    _invalid("cells[0][0] = n\nreturn cells[0][0]", "it may be over 255"),
    _invalid("cells[0][0] += 1\nreturn cells[0][0]", "it may grow over 255"),
    _invalid("return list(zip(*cells))", "what is done with the rows there is not followed"),
    _invalid("cells[0].append(n)\nreturn cells[0][0]", "it may be over 255"),
    _invalid("return cells[0][0]", "True would be 1", "True"),
    _invalid("return cells[0][0]", "256 is no byte", "256"),
    _invalid("return sorted(cells)[0][0]", "lists and bytearrays are sorted alike, but that is not looked at"),
]
