"""The examples of B36: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _invalid(value: str, why: str, head: str = "") -> Example:
    return Example(before=f"{head}def f(lists):\n    return {value}\n", function="f", focus_line="    return", why=why)


VALID: list[Example] = [
    Example(
        before='"""Rows."""\n\n\ndef f(lists):\n    return len(sum(lists, []))\n',
        after='"""Rows."""\n\nimport itertools\n\n\ndef f(lists):\n'
        "    return len(list(itertools.chain.from_iterable(lists)))\n",
        function="f",
        focus_line="return",
        call="f([[1], [2, 3]]), f([])",
    ),
    Example(
        before="import sys\nfrom itertools import chain\n\n\ndef f(n):\n"
        "    return sum([[i] * 2 for i in range(n)], [])\n",
        after="import sys\nfrom itertools import chain\n\n\ndef f(n):\n"
        "    return list(chain.from_iterable([[i] * 2 for i in range(n)]))\n",
        function="f",
        focus_line="return",
        call="f(3)",
    ),
    Example(
        before="import os\nimport sys\n\n\ndef f(parts):\n    return sum((list(p) for p in parts), [])\n",
        after="import itertools\nimport os\nimport sys\n\n\ndef f(parts):\n"
        "    return list(itertools.chain.from_iterable((list(p) for p in parts)))\n",
        function="f",
        focus_line="return",
        call="f(['ab', 'c'])",
    ),
]

INVALID: list[Example] = [
    _invalid("sum(lists)", "numbers are added up"),
    _invalid("sum(lists, ())", "tuples are added up"),
    _invalid("sum(lists, [0])", "the result begins with something"),
    _invalid("sum(lists, [])", "sum is not the builtin", "def sum(x, y):\n    return x\n\n\n"),
    _invalid("sum(lists, [])", "list is not the builtin", "def list(x):\n    return x\n\n\n"),
    _invalid(
        "sum(lists, [])",
        "a class here may be added to a list",
        "class X:\n    def __radd__(self, other):\n        return 1\n\n\n",
    ),
    _invalid(
        "sum(lists, [])", "the lists may be UserLists, whose sum is one", "from collections import UserList\n\n\n"
    ),
    _invalid("sum(lists, [])", "arrays are added up to an array", "import numpy as np\n\n\n"),
    _invalid(
        "sum(lists, [])",
        "a caller handles the TypeError of tuples",
        "def g(lists):\n    try:\n        return f(lists)\n    except TypeError:\n        return []\n\n\n",
    ),
    _invalid("sum(lists, [])", "itertools is another thing here", "itertools = None\n\n\n"),
    Example(
        before="def f(lists):\n    try:\n        return sum(lists, [])\n    except TypeError:\n        return lists\n",
        function="f",
        focus_line="sum(",
        why="the handler expects what cannot be added up",
    ),
]
