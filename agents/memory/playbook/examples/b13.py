"""The examples of B13: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _loop(header: str, *, arguments: str = "a: list, b: list", body: str = "total += x", head: str = "") -> str:
    return f"{head}def f({arguments}):\n    total = 0\n    for x in {header}:\n        {body}\n    return total\n"


def _invalid(why: str, header: str = "a + b", held: tuple[tuple[str, str], ...] = (), **more: str) -> Example:
    return Example(before=_loop(header, **more), function="f", focus_line="    for x", why=why, holdings=_held(*held))


def _held(*names: tuple[str, str]) -> tuple[dict[str, str], ...]:
    return tuple({"name": name, "type": kind} for name, kind in names)


VALID: list[Example] = [
    Example(
        before=_loop("a + b"),
        after=_loop("itertools.chain(a, b)", head="import itertools\n\n\n"),
        function="f",
        focus_line="    for x",
        call="f([1, 2], [3]), f([], [])",
    ),
    Example(
        before="from itertools import chain\n\n\ndef f(n):\n    a = [i for i in range(n)]\n    b = list(range(3))\n"
        "    return sum(x * 2 for x in a + b + [n, 1])\n",
        after="from itertools import chain\n\n\ndef f(n):\n    a = [i for i in range(n)]\n    b = list(range(3))\n"
        "    return sum(x * 2 for x in chain(a, b, [n, 1]))\n",
        function="f",
        focus_line="return",
        call="f(4)",
    ),
    Example(
        before="def f(a: tuple[int, ...]):\n    return max(a + (1, 2))\n",
        after="import itertools\n\n\ndef f(a: tuple[int, ...]):\n    return max(itertools.chain(a, (1, 2)))\n",
        function="f",
        focus_line="return",
        call="f((3, 4)), f(())",
    ),
    Example(
        before=_loop("a + b", arguments="a, b"),
        after=_loop("itertools.chain(a, b)", arguments="a, b", head="import itertools\n\n\n"),
        function="f",
        focus_line="    for x",
        holdings=_held(("a", "list"), ("b", "list")),
        call="f([1, 2], [3]), f([], [])",
    ),
]

INVALID: list[Example] = [
    _invalid("nothing says that they are lists", arguments="a, b"),
    _invalid("the census saw one of them alone", arguments="a, b", held=(("a", "list"),)),
    _invalid("the census saw other types", arguments="a, b", held=(("a", "list"), ("a", "tuple"), ("b", "list"))),
    _invalid(
        "one of them has another value later",
        arguments="a, b",
        body="total += x\n    b = None",
        held=(("a", "list"), ("b", "list")),
    ),
    _invalid("a list and a tuple cannot be added", arguments="a: list, b: tuple"),
    _invalid("they may be arrays", arguments="a: 'numpy.ndarray', b: list"),
    _invalid("the loop changes one of them", body="a.append(x); total += x; total > 99 and a.clear()"),
    _invalid(
        "the loop changes one of them through a call", body="total += x; g(a)", head="def g(x):\n    x.clear()\n\n\n"
    ),
    _invalid("itertools is another thing here", head="itertools = None\n\n\n"),
    _invalid("the sum has another reader", header="(c := a + b)", body="total += x + len(c)"),
    Example(
        before="def f(a: list, b: list):\n    return len(a + b), (a + b)[0]\n",
        function="f",
        focus_line="return",
        why="it is counted and indexed",
    ),
]
