"""The examples of B12: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _body(made: str, line: str, head: str = "") -> str:
    return f"{head}def f(n):\n    x = {made}\n    {line}  # in order\n    return x\n"


def _valid(made: str, before: str, after: str, head: str = "") -> Example:
    return Example(
        before=_body(made, before, head),
        after=_body(made, after, head),
        function="f",
        focus_line="# in order",
        call="f(7), f(0)",
    )


def _invalid(made: str, why: str, line: str = "x = sorted(x)", head: str = "") -> Example:
    return Example(before=_body(made, line, head), function="f", focus_line="# in order", why=why)


VALID: list[Example] = [
    _valid("[i * 5 % 7 for i in range(n)]", "x = sorted(x)", "x.sort()"),
    _valid("list(str(n) + 'ba')", "x = sorted(x, key=str.lower, reverse=True)", "x.sort(key=str.lower, reverse=True)"),
    _valid("make(n)", "x = sorted(x)", "x.sort()", "def make(n):\n    return [i * 5 % 7 for i in range(n)]\n\n\n"),
]

INVALID: list[Example] = [
    _invalid("n", "the caller's list would be sorted"),
    _invalid("KEPT", "the module's list would be sorted", head="KEPT = [2, 1]\n\n\n"),
    _invalid("{i for i in range(n)}", "it is no list"),
    _invalid("[i for i in range(n)]; y = x", "another name holds the list"),
    _invalid("[i for i in range(n)]; KEPT.append(x)", "another list holds it", head="KEPT = []\n\n\n"),
    _invalid("[i for i in range(n)]", "the unsorted list stays", "y = sorted(x)"),
    _invalid("[i for i in range(n)]; y = (i for i in x)", "a generator steps it later"),
    _invalid("y = [i for i in range(n)]", "a second name holds the list"),
    Example(
        before="def f(n):\n    x = [i * 5 % 7 for i in range(n)]\n    out = []\n    for i in x:\n"
        "        x = sorted(x)\n        out.append(i)\n    return x, out\n",
        function="f",
        focus_line="x = sorted",
        why="the loop steps the unsorted list",
    ),
    _invalid("[i for i in range(n)]", "the key looks at the list", "x = sorted(x, key=lambda i: len(x))"),
    _invalid("[i for i in range(n)]", "sorted is not the builtin", head="def sorted(x):\n    return x\n\n\n"),
    Example(
        before="def f(n):\n    x = [n, 'a']\n    try:\n        x = sorted(x)\n    except TypeError:\n        pass\n"
        "    return x\n",
        function="f",
        focus_line="x = sorted",
        why="a handler would find it half sorted",
    ),
]
