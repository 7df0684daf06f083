"""The examples of B43: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_COUNTER = "from collections import Counter\n\n\n"


def _valid(before: str, after: str, call: str, focus_line: str = "return") -> Example:
    return Example(before=before, after=after, function="f", focus_line=focus_line, call=call)


def _invalid(before: str, why: str, focus_line: str = "return") -> Example:
    return Example(before=before, function="f", focus_line=focus_line, why=why)


VALID: list[Example] = [
    _valid(
        f"{_COUNTER}def f(n):\n    return Counter([str(i % 3) for i in range(n)])\n",
        f"{_COUNTER}def f(n):\n    return Counter(str(i % 3) for i in range(n))\n",
        "f(10), f(0)",
    ),
    _valid(
        "def f(xs):\n    return dict([(x, len(xs)) for x in xs])\n",
        "def f(xs):\n    return dict((x, len(xs)) for x in xs)\n",
        "f('abca')",
    ),
    _valid(
        "def f(n):\n    out = [0]\n    out.extend([i * i for i in range(n)])\n    return out\n",
        "def f(n):\n    out = [0]\n    out.extend(i * i for i in range(n))\n    return out\n",
        "f(5)",
        "extend",
    ),
    _valid(
        "def f(rows):\n    out = []\n    for row in rows:\n        out.extend([int(x) for x in row])\n    return out\n",
        "def f(rows):\n    out = []\n    for row in rows:\n        out.extend(int(x) for x in row)\n    return out\n",
        "f(['12', '3x'])",
        "extend",
    ),
    _valid(
        "import collections\n\n\ndef f(xs, n):\n    return collections.deque([x * 2 for x in xs], n)\n",
        "import collections\n\n\ndef f(xs, n):\n    return collections.deque((x * 2 for x in xs), n)\n",
        "f([1, 2, 3], 2)",
    ),
    _valid(
        "def f(n):\n    seen = set()\n    seen.update([i % 5 for i in range(n)])\n    return sorted(seen)\n",
        "def f(n):\n    seen = set()\n    seen.update(i % 5 for i in range(n))\n    return sorted(seen)\n",
        "f(9)",
        "update",
    ),
]

INVALID: list[Example] = [
    _invalid("def f(xs):\n    return ''.join([str(x) for x in xs])\n", "join() makes a list all the same"),
    _invalid(
        "def f(out, xs):\n    out.extend([int(x) for x in xs])\n    return out\n",
        "nothing says that it is a list, and the caller would see half of it after an exception",
        "extend",
    ),
    _invalid(
        "def f(xs):\n    out = [1]\n    out.extend([x + y for x in xs for y in out])\n    return out\n",
        "the elements are made from the list that grows",
        "extend",
    ),
    _invalid(
        "def f(xs):\n    out = []\n    try:\n        out.extend([int(x) for x in xs])\n    except ValueError:\n"
        "        pass\n    return out\n",
        "after an exception the half of it would be seen",
        "extend",
    ),
    _invalid(
        "OUT = []\n\n\ndef f(xs):\n    OUT.extend([int(x) for x in xs])\n    return OUT\n",
        "after an exception the half of it would be seen",
        "extend",
    ),
    _invalid("def f(xs):\n    return dict([x.pair() for x in xs])\n", "taking a pair apart may run code of its own"),
    _invalid(
        f"LOG = []\n{_COUNTER}class X:\n    def __hash__(self):\n        return len(LOG)\n\n\n"
        "def f(xs):\n    return Counter([LOG.append(x) or x for x in xs])\n",
        "a hash here sees what making the elements does",
    ),
    _invalid(f"{_COUNTER}def f(xs):\n    return Counter([next(x) for x in xs])\n", "next() may raise StopIteration"),
    _invalid(
        "def dict(x):\n    return x\n\n\ndef f(xs):\n    return dict([(x, 1) for x in xs])\n", "dict is not the builtin"
    ),
]
