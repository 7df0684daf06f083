"""The examples of C17: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
def f(n):
    window = []
    best = 0
    for i in range(n):
        window.append(i * 7 % 11)
        best = max(best, sum(window[-5:]))
    return best
""",
        after="""\
import collections


def f(n):
    window = collections.deque(maxlen=5)
    best = 0
    for i in range(n):
        window.append(i * 7 % 11)
        best = max(best, sum(window))
    return best
""",
        function="f",
        focus_line="window.append",
        call="f(0), f(3), f(40)",
    ),
    Example(
        before="""\
from collections import deque


def f(rows):
    seen = []
    for row in rows:
        if seen:
            print(seen[-1])
        seen.append(row)
    return seen[-2:], deque
""",
        after="""\
from collections import deque


def f(rows):
    seen = deque(maxlen=2)
    for row in rows:
        if seen:
            print(seen[-1])
        seen.append(row)
    return list(seen), deque
""",
        function="f",
        focus_line="seen.append",
        call="f([])[0], f('abc')[0], f('a')[0]",
    ),
    Example(
        before="""\
import collections


def f(rows):
    tails = []
    seen = []
    for row in rows:
        seen.append(row)
        tails.append(seen[-3:])
    return tails, collections
""",
        after="""\
import collections


def f(rows):
    tails = []
    seen = collections.deque(maxlen=3)
    for row in rows:
        seen.append(row)
        tails.append(list(seen))
    return tails, collections
""",
        function="f",
        focus_line="seen.append",
        call="f([])[0], f('abcde')[0]",
    ),
]

INVALID: list[Example] = [
    Example(before=f"def f(xs, k):\n    w = []\n    for x in xs:\n        w.append(x)\n{body}\n", function="f",
            focus_line="append", why=why)
    for body, why in (
        ("    return w[-5:], w[-3:]", "the ends differ in length"),
        ("    return w[-k:]", "the length is not known"),
        ("    return w[-5:], len(w)", "its length is asked for"),
        ("    return w[-5:], w[0]", "the beginning is read"),
        ("    return w[-5:], w[-6]", "what lies further back is read"),
        ("    return w[5:]", "the beginning is left out, not the end taken"),
        ("    return w[-5:], w", "the list is returned"),
        ("    w[-1] = 0\n    return w[-5:]", "an element is changed"),
    )
]  # fmt: skip
INVALID += [
    Example(
        before="""\
def f(xs):
    last = []
    for x in xs:
        last.append(x)
        last[-3:] = [x]
    return last[-3:]
""",
        function="f",
        focus_line="append",
        why="the end is stored to",
    ),
    Example(
        before="""\
def f(xs):
    last = []
    for x in xs:
        last.append(x)
        del last[-3:]
    return last[-3:]
""",
        function="f",
        focus_line="append",
        why="the end is deleted",
    ),
    Example(
        before="""\
def f(xs):
    last = []
    for x in xs:
        last.append(x)
    return last[-99999999999999999999:]
""",
        function="f",
        focus_line="append",
        why="no deque is told to keep that many",
    ),
]
