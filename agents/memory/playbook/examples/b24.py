"""The examples of B24: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _body(value: str, uses: str, head: str = "") -> str:
    return f"{head}def f(n):\n    r = {value}\n    return {uses}\n"


def _valid(value: str, uses: str, head: str = "", after: str = "range(n)") -> Example:
    return Example(
        before=_body(value, uses, head),
        after=_body(after, uses, head),
        function="f",
        focus_line="    r =",
        call="f(5)",
    )


def _invalid(uses: str, why: str, value: str = "list(range(n))", head: str = "") -> Example:
    return Example(before=_body(value, uses, head), function="f", focus_line="    r =", why=why)


VALID: list[Example] = [
    _valid("list(range(n))", "sum(r), r[2], len(r), 3 in r, 2.5 in r, r.index(4)"),
    _valid("[i for i in range(n)]", "[(a, b) for a in r for b in r if not a]"),
    _valid("list(range(1, n, 2))", "sorted(r), max(r), [*r], r[-1]", after="range(1, n, 2)"),
    _valid("list(range(n))", "g(r, 2)", "def g(xs, k):\n    return [x * k for x in xs], len(xs)\n\n\n"),
]

INVALID: list[Example] = [
    _invalid("r + [n]", "a range cannot be added to a list"),
    _invalid("r == [0, 1]", "a range equals no list"),
    _invalid("r", "the caller gets a list"),
    _invalid("r[1:3]", "a slice of a range is a range"),
    _invalid("[r[part] for part in (slice(n), 0)]", "the name may be bound to a slice"),
    _invalid("r.append(n)", "it is changed"),
    _invalid("max(r, [1])", "lists are compared"),
    _invalid("g(r)", "the function changes it", head="def g(xs):\n    xs.sort()\n    return xs[0]\n\n\n"),
    _invalid("locals()['r']", "it is read by its name as a string"),
    _invalid("sum(r)", "the integers are changed on the way", "[i + 1 for i in range(n)]"),
    _invalid("sum(r)", "range is not the builtin", head="def range(n):\n    return iter('12')\n\n\n"),
    Example(
        before="def f(n):\n    r = list(range(n))\n    if n:\n        r = [n]\n    return len(r)\n",
        function="f",
        focus_line="r = list",
        why="it is bound twice",
    ),
    Example(
        before="def f(n):\n    r = list(range(n))\n    for i in r:\n        r[i] = 0\n    return sum(r)\n",
        function="f",
        focus_line="r = list",
        why="its items are replaced",
    ),
    Example(
        before="ROWS = list(range(9))\n\n\nclass Rows:\n    def __getitem__(self, at):\n        return ROWS[at]\n",
        focus_line="ROWS = ",
        why="whoever asks for a part of it gets a list",
    ),
    Example(
        before="TABLE = list(range(9))\ntotal = sum(TABLE)\n",
        focus_line="TABLE = ",
        extra={"other.py": "from example import TABLE\n\nTABLE.append(1)\n"},
        why="another file reads it",
    ),
]
