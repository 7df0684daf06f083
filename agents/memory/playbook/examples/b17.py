"""The examples of B17: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _invalid(value: str, why: str, head: str = "") -> Example:
    return Example(before=f"{head}def f(xs):\n    return {value}\n", function="f", focus_line="    return", why=why)


VALID: list[Example] = [
    Example(
        before="def f(n):\n    return len(set([i % 7 for i in range(n)]))\n",
        after="def f(n):\n    return len({i % 7 for i in range(n)})\n",
        function="f",
        focus_line="return",
        call="f(20), f(0)",
    ),
    Example(
        before="def f(words):\n    return set([\n        word.lower()  # as one\n        for word in words\n    ])\n",
        after="def f(words):\n    return {word.lower()  # as one\n        for word in words}\n",
        function="f",
        focus_line="return",
        call="sorted(f(['a', 'B', 'A']))",
    ),
    Example(
        before="def f(xs):\n    return sorted(set([(x, str(x)) for x in xs]))\n",
        after="def f(xs):\n    return sorted({(x, str(x)) for x in xs})\n",
        function="f",
        focus_line="return",
        call="f([2, 1, 2, True])",
    ),
    Example(
        before="def f(xs):\n    return set([x for x in xs])\n",
        after="def f(xs):\n    return {x for x in xs}\n",
        function="f",
        focus_line="return",
        call="f([1, []])",
    ),
]

INVALID: list[Example] = [
    _invalid("set([x for x in xs])", "set is not the builtin", "def set(x):\n    return x\n\n\n"),
    _invalid(
        "set([x.pop() for x in xs if LOG.append(x)])",
        "its effects may be met",
        "LOG = []\n\n\nclass X:\n    def __hash__(self):\n        return LOG.pop()\n\n\n",
    ),
    _invalid("set([y := x for x in xs]), y", "it binds a name"),
    _invalid("sorted([x for x in xs])", "sorted() makes a list all the same"),
    _invalid("tuple([x for x in xs])", "tuple() of a generator saves next to nothing"),
    _invalid("set([next(xs) for x in xs])", "next() may raise StopIteration, elsewhere than before"),
    _invalid(
        "set([x for x in xs])",
        "its elements may look at what iterating reads",
        "class X:\n    def __hash__(self):\n        LOG.append(1)\n        return 1\n\n\nLOG = []\n\n\n",
    ),
]
