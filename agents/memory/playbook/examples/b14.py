"""The examples of B14: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _loop(header: str, *, arguments: str = "a: list", body: str = "total += x", head: str = "") -> str:
    return f"{head}def f({arguments}):\n    total = 0\n    for x in {header}:\n        {body}\n    return total\n"


def _invalid(why: str, header: str = "a[1:]", **more: str) -> Example:
    return Example(before=_loop(header, **more), function="f", focus_line="    for x", why=why)


VALID: list[Example] = [
    Example(
        before=_loop("a[1:]"),
        after=_loop("itertools.islice(a, 1, None)", head="import itertools\n\n\n"),
        function="f",
        focus_line="    for x",
        call="f([1, 2, 3]), f([])",
    ),
    Example(
        before="def f(n):\n    a = [i * i for i in range(n)]\n    return sum(x for x in a[:5]), a\n",
        after="import itertools\n\n\ndef f(n):\n    a = [i * i for i in range(n)]\n"
        "    return sum(x for x in itertools.islice(a, 5)), a\n",
        function="f",
        focus_line="return",
        call="f(9), f(2)",
    ),
    Example(
        before="from itertools import islice\n\n\ndef f(a: tuple[int, ...]):\n    return max(a[2:4]), a\n",
        after="from itertools import islice\n\n\ndef f(a: tuple[int, ...]):\n    return max(islice(a, 2, 4)), a\n",
        function="f",
        focus_line="return",
        call="f((3, 4, 5, 6, 7))",
    ),
]

INVALID: list[Example] = [
    _invalid("nothing says that it is a list", arguments="a"),
    _invalid("it counts from the end", header="a[:-1]"),
    _invalid("the start may be negative", header="a[k:]", arguments="a: list, k"),
    _invalid("it has a step", header="a[::2]"),
    _invalid("the loop changes the list", body="a.append(x)"),
    _invalid("the loop changes the list through a call", body="g(a)", head="def g(x):\n    x.clear()\n\n\n"),
    Example(
        before="def f(a: list):\n    return a[1:]\n",
        function="f",
        focus_line="return",
        why="the slice is returned",
    ),
    _invalid("it is an array: its slices are views", arguments="a: 'numpy.ndarray'"),
    _invalid(
        "a subclass of list gives other slices",
        head="class Row(list):\n    def __getitem__(self, at):\n        return [at]\n\n\n",
    ),
]
