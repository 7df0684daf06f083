"""The examples of B34: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="def f(n):\n    return len([i for i in range(n) if i % 3])  # odd ones\n",
        after="def f(n):\n    return sum(1 for i in range(n) if i % 3)  # odd ones\n",
        function="f",
        focus_line="return",
        call="f(10)",
    ),
    Example(
        before="def f(words):\n    return len([int(word) for word in words]) > 2\n",
        after="def f(words):\n    return sum(1 for _ in (int(word) for word in words)) > 2\n",
        function="f",
        focus_line="return",
        call="f(['1', 'x'])",
    ),
    Example(
        before="def f(a, b):\n    return len(list(zip(a, b)))\n",
        after="def f(a, b):\n    return sum(1 for _ in zip(a, b))\n",
        function="f",
        focus_line="return",
        call="f('abc', 'ab')",
    ),
    Example(
        before="def f(n):\n    d = {i: n for i in range(n)}\n    return len(tuple(d.items()))\n",
        after="def f(n):\n    d = {i: n for i in range(n)}\n    return len(d.items())\n",
        function="f",
        focus_line="return",
        call="f(7)",
    ),
    Example(
        before="""\
from helpers import take


def exactly(iterable, n, predicate=bool):
    return len(take(n + 1, filter(predicate, iterable))) == n
""",
        after="""\
import itertools
from helpers import take


def exactly(iterable, n, predicate=bool):
    return sum(1 for _ in itertools.islice(filter(predicate, iterable), n + 1)) == n
""",
        extra={
            "helpers.py": "from itertools import islice\n\n\ndef take(n, iterable):\n"
            '    """The first n."""\n    return list(islice(iterable, n))\n'
        },
        function="exactly",
        focus_line="return",
        call="exactly([1, 0, 1], 2), exactly([1, 1, 1], 2), exactly([], 0)",
    ),
    Example(
        before="""\
def squares(xs, k):
    return [x * k for x in xs]


def f(values, k):
    return len(squares(values, k))
""",
        after="""\
def squares(xs, k):
    return [x * k for x in xs]


def f(values, k):
    return sum(1 for _ in (x * k for x in values))
""",
        function="squares",
        focus_line="for x in xs]",
        call="f([1, 2], 2), f('ab', 3)",
    ),
]

INVALID: list[Example] = [
    Example(
        before="def len(x):\n    return x\n\n\ndef f(n):\n    return len([i for i in range(n)])\n",
        function="f",
        focus_line="return len([",
        why="len is not the builtin",
    ),
    Example(
        before="def sum(x):\n    return x\n\n\ndef f(n):\n    return len([i for i in range(n)])\n",
        function="f",
        focus_line="return len([",
        why="sum is not the builtin",
    ),
    Example(
        before="def f(xs):\n    return len([y := x for x in xs]), y\n",
        function="f",
        focus_line="len(",
        why="the comprehension binds a name",
    ),
    Example(
        before="def f(xs):\n    return len([next(x) for x in xs])\n",
        function="f",
        focus_line="len(",
        why="next() may raise StopIteration, which a generator turns into RuntimeError",
    ),
    Example(
        before="async def f(xs):\n    return len([await x for x in xs])\n",
        function="f",
        focus_line="len(",
        why="an await in a generator makes it asynchronous",
    ),
    Example(
        before="def f(xs):\n    return len(set(xs)), len(sorted(xs)), len(xs)\n",
        function="f",
        focus_line="len(",
        why="neither is a list that is only counted",
    ),
    Example(
        before="""\
LOG = []


def first(xs, n):
    LOG.append(n)
    return list(xs)


def f(values):
    return len(first(values, 2))
""",
        function="f",
        focus_line="len(first",
        why="the helper does more than return a list",
    ),
    Example(
        before="""\
def pairs(xs, x):
    return [(x, y) for y in xs]


def f(y, values):
    return len(pairs(values, y))
""",
        function="f",
        focus_line="len(pairs",
        why="the argument's name means another thing inside the comprehension",
    ),
    Example(
        before="""\
def same(xs, k):
    return [k for x in xs]


def f(values):
    return len(same(values, values.pop()))
""",
        function="f",
        focus_line="len(same",
        why="the argument would be computed again for each element",
    ),
]
