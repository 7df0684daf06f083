"""The examples of B11: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _invalid(value: str, why: str, head: str = "") -> Example:
    return Example(before=f"{head}def f(xs):\n    return {value}\n", function="f", focus_line="    return", why=why)


VALID: list[Example] = [
    Example(
        before="def f(xs):\n    return sorted(xs)[:3]\n",
        after="import heapq\n\n\ndef f(xs):\n    return heapq.nsmallest(3, xs)\n",
        function="f",
        focus_line="return",
        call="f([3, 1, 2.0, 2, True, 0]), f([]), f('ab')",
    ),
    Example(
        before="from heapq import nlargest\n\n\ndef f(words):\n"
        "    return sorted(words, key=len, reverse=True)[0:2]  # longest\n",
        after="from heapq import nlargest\n\n\ndef f(words):\n    return nlargest(2, words, key=len)  # longest\n",
        function="f",
        focus_line="return",
        call="f(['a', 'bb', 'cc', 'd', 'ee'])",
    ),
    Example(
        before="def f(counts):\n    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:10]\n",
        after="import heapq\n\n\ndef f(counts):\n"
        "    return heapq.nsmallest(10, counts.items(), key=lambda item: (-item[1], item[0]))\n",
        function="f",
        focus_line="return",
        call="f({'a': 1, 'b': 2, 'c': 2})",
    ),
    Example(
        before="def f(n):\n    return sorted([i * 7 % 11 for i in range(n)])[:1]\n",
        after="import heapq\n\n\ndef f(n):\n    return heapq.nsmallest(1, [i * 7 % 11 for i in range(n)])\n",
        function="f",
        focus_line="return",
        call="f(9), f(0)",
    ),
]

INVALID: list[Example] = [
    _invalid("sorted(xs)[:0]", "an empty slice compares nothing"),
    _invalid("sorted(xs)[:-2]", "all but the last are taken"),
    _invalid("sorted(xs)[2:5]", "the first are left out"),
    _invalid("sorted(xs)[:len(xs)]", "how many are taken is not known"),
    _invalid("sorted(xs)[:100000]", "that is no small heap"),
    _invalid("sorted(xs, reverse=xs[0])[:3]", "the direction is not known"),
    _invalid("sorted(xs, key=LOG.append)[:3]", "the key has effects", "LOG = []\n\n\n"),
    _invalid(
        "sorted(xs)[:3]",
        "comparisons run code of a class here",
        "class X:\n    def __lt__(self, other):\n        return True\n\n\n",
    ),
    _invalid("sorted(xs)[:3]", "sorted is not the builtin", "def sorted(x):\n    return x\n\n\n"),
]
