"""The examples of A02: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _invalid(body: str, why: str, holding_type: str = "list") -> Example:
    """An INVALID example: a function `f(n)` with this body; the peak is the line that binds `big`."""
    return Example(
        before="STATE = [0]\n\n\ndef make(n):\n    return list(range(n))\n\n\n"
        f"def show(first, second):\n    return [first, second]\n\n\ndef f(n):\n    {body}\n",
        function="f",
        peak_line="big =",
        holding="data",
        holding_type=holding_type,
        why=why,
    )


VALID: list[Example] = [
    Example(
        before="""\
def load(n):
    return [i * 1.5 for i in range(n)]


def build(n):
    # Only the total is needed.
    raw = load(n)
    total = sum(raw)
    other = load(n)
    return total + sum(other)
""",
        after="""\
def load(n):
    return [i * 1.5 for i in range(n)]


def build(n):
    # Only the total is needed.
    total = sum(load(n))
    other = load(n)
    return total + sum(other)
""",
        function="build",
        peak_line="other =",
        holding="raw",
        call="build(9)",
    ),
    Example(
        before="""\
import json


class Report:
    def dump(self, rows):
        return [str(row) for row in rows]

    def render(self, n):
        for size in (n, n + 1):
            rows = {"a": 1} if n else list(range(size))
            text = json.dumps(self.dump(rows), indent=1)
        return text
""",
        after="""\
import json


class Report:
    def dump(self, rows):
        return [str(row) for row in rows]

    def render(self, n):
        for size in (n, n + 1):
            text = json.dumps(self.dump({"a": 1} if n else list(range(size))), indent=1)
        return text
""",
        function="Report.render",
        peak_line="text =",
        holding="rows",
        call="[Report().render(n) for n in (0, 1)]",
    ),
    Example(
        before="""\
def parse(limit, text, *, sep):
    text = text.split(sep)
    return [len(part) for part in text][:limit]


def run(n):
    lines = "x y " * n
    return parse(n, sep=" ", text=lines)
""",
        after="""\
def parse(limit, text, *, sep):
    text = text.split(sep)
    return [len(part) for part in text][:limit]


def run(n):
    return parse(n, sep=" ", text="x y " * n)
""",
        function="run",
        peak_line="return parse(n",
        holding="lines",
        holding_type="str",
        call="[run(3), run(0)]",
    ),
]

INVALID: list[Example] = [
    _invalid("data = make(n)\n    out = sum(data) + len(data)\n    big = make(n)", "two reads"),
    _invalid("data = make(n)\n    n += 1\n    out = sum(data)\n    big = make(n)", "a statement between"),
    _invalid("data = make(n)\n    for row in data:\n        n += row\n    big = make(n)", "the loop holds it"),
    _invalid("data = make(n)\n    out = n and sum(data)\n    big = make(n)", "perhaps not evaluated"),
    _invalid("data = make(n)\n    out = [x in data for x in (1, 2)]\n    big = make(n)", "evaluated many times"),
    _invalid("global data\n    data = make(n)\n    out = sum(data)\n    big = make(n)", "a global"),
    _invalid("data = make(n)\n    out = lambda: sum(data)\n    big = make(n)", "a lambda reads it later"),
    _invalid("data = make(n)\n    out = sum(data)\n    big = make(n)\n    return locals()", "locals() shows it"),
    _invalid(
        "for i in range(n):\n        if i:\n            out = sum(data)\n"
        "        data = make(n)\n        n = len(data)\n        big = make(n)",
        "the next pass reads it",
    ),
    _invalid("data = make(n)\n    out = print(n) or sum(data)\n    big = make(n)", "perhaps not evaluated"),
    _invalid("data = make(n)\n    out = show(print(n), data)\n    big = make(n)", "the order of two calls"),
    _invalid("data = make(n)\n    out = STATE[0] + sum(data)\n    big = make(n)", "make() may change STATE"),
    _invalid("data = make(n)\n    out = n.add(data)\n    big = make(n)", "the method may be missing"),
    _invalid("data = make(m := n)\n    out = show(m, data)\n    big = make(n)", "the value binds a name"),
    _invalid("data = yield n\n    out = sum(data)\n    big = make(n)", "a yield"),
    _invalid(
        "data = make(n)\n    out = sum(data)\n    big = make(n)",
        "closing can be noticed",
        holding_type="_io.TextIOWrapper",
    ),
    _invalid("data = make(n)\n    big = sum(data)", "the builtin holds its argument to its end"),
    _invalid("data = make(n)\n    big = show(data, 1)", "the callee keeps its parameter"),
    _invalid("data = make(n)  # all rows\n    out = sum(data)\n    big = make(n)", "the comment would be lost"),
    _invalid("big = data = make(n)\n    out = sum(data)", "another name holds it"),
    Example(
        before="class Lock:\n    def __del__(self):\n        print('gone')\n\n\ndef make(n):\n    return [[Lock()]]\n"
        "\n\ndef f(n):\n    data = make(n)\n    out = len(data)\n    big = [0] * n\n    return big, out\n",
        function="f",
        peak_line="big =",
        holding="data",
        holding_element="list",
        why="the inner lists hold finalizers",
    ),
    Example(
        before="def f(n):\n    data = list(n)\n    out = len(data)\n    big = [0] * out\n    return big\n",
        function="f",
        peak_line="big =",
        holding="data",
        holding_element="int",
        extra={"other.py": "import sys\n\n\ndef show():\n    return sys._getframe(1)\n"},
        why="another file reads frames",
    ),
]
