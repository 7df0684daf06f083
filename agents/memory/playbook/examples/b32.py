"""The examples of B32: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _body(copied: str, made: str = "[i for i in range(n)]", rest: str = "ys.append(n)", head: str = "") -> str:
    return f"{head}def f(n):\n    xs = {made}\n    ys = {copied}\n    {rest}\n    return ys\n"


def _valid(copied: str, call: str = "f(3)", **more: str) -> Example:
    return Example(
        before=_body(copied, **more), after=_body("xs", **more), function="f", focus_line="    ys =", call=call
    )


def _invalid(why: str, copied: str = "list(xs)", **more: str) -> Example:
    return Example(before=_body(copied, **more), function="f", focus_line="    ys =", why=why)


def _deep(body: str) -> str:
    return (
        "import copy\n\n\ndef f(xs):\n    ys = copy.deepcopy(xs)\n    total = 0\n    for row in ys:\n"
        f"        {body}\n    return total\n"
    )


VALID: list[Example] = [
    _valid("list(xs)"),
    _valid("xs[:]", rest="ys.sort()"),
    _valid("dict(xs)", made="{i: n for i in range(n)}", rest="ys[7] = n"),
    _valid("xs.copy()", rest="ys.reverse()"),
    # Deep copies are proposed only: nothing is edited.
    Example(
        before=_deep("total += row[0]"),
        after=_deep("total += row[0]"),
        function="f",
        focus_line="    ys =",
        call="f([[1], [2, 3]])",
    ),
]

INVALID: list[Example] = [
    Example(before=_deep("row[0] += 1"), function="f", focus_line="    ys =", why="the elements are changed"),
    Example(before=_deep("total += ys.pop()[0]"), function="f", focus_line="    ys =", why="the copy is changed"),
    _invalid("the original is read again", rest="ys.append(len(xs))"),
    _invalid("the caller holds the original", made="n"),
    _invalid("another list holds the original", made="[n]; KEPT.append(xs)", head="KEPT = []\n\n\n"),
    _invalid("the copy is of another type", copied="set(xs)", rest="ys.add(n)"),
    _invalid("list is not the builtin", head="def list(x):\n    return (x, x)\n\n\n"),
    _invalid("a closure reads the original", rest="g = lambda: xs"),
    _invalid("a copy of a set steps in another order", copied="xs.copy()", made="set(range(n))", rest="ys.add(9)"),
    _invalid("a second name holds the original", made="zs = [n]", rest="ys.append(zs)"),
    _invalid("the original grows on the same line", copied="list(xs); xs.append(n)"),
    _invalid("the original is changed in place afterwards", rest="xs += [n]"),
    _invalid(
        "a view of the original is read later", copied="dict(xs)", made="{n: n}; ks = xs.keys()", rest="ys[0] = ks"
    ),
    _invalid("a generator steps the original later", made="[n]; g = (x for x in xs)", rest="ys.append(sum(g))"),
    _invalid("a reversed iterator steps the original later", made="[n]; g = reversed(xs)", rest="ys.extend(g)"),
    Example(
        before="def f(n):\n    xs = [n]\n    out = []\n    for i in range(n):\n        ys = list(xs)\n"
        "        ys.append(i)\n        out.append(ys)\n    return out\n",
        function="f",
        focus_line="ys = list",
        why="the loop copies it again",
    ),
]
