"""The examples of B01: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
def f(n):
    return sum([i * i for i in range(n)])
""",
        after="""\
def f(n):
    return sum(i * i for i in range(n))
""",
        function="f",
        focus_line="i * i for",
        call="f(10)",
    ),
    Example(
        before="""\
def f(ys):
    return max([len(y) for y in ys], default=0)
""",
        after="""\
def f(ys):
    return max((len(y) for y in ys), default=0)
""",
        function="f",
        focus_line="len(y)",
        call="f(['a', 'bcd']), f([])",
    ),
    Example(
        before="""\
def f(ys):
    # The smallest.
    return min([
        # by weight
        y * 2 for y in ys if y
    ])
""",
        after="""\
def f(ys):
    # The smallest.
    return min(
        # by weight
        y * 2 for y in ys if y
    )
""",
        function="f",
        focus_line="y * 2",
        call="f([])",
    ),
    Example(
        before="""\
def f(ys):
    return any([y is None for y in ys])
""",
        after="""\
def f(ys):
    return any(y is None for y in ys)
""",
        function="f",
        focus_line="y is None",
        call="f([1, None]), f([])",
    ),
    Example(
        before="""\
def weight(row):
    return row['w'] + 1


class Report:
    rows = [{'w': 1}, {'w': 2.5}]

    def total(self, start):
        return sum([weight(row) for row in self.rows], start)
""",
        after="""\
def weight(row):
    return row['w'] + 1


class Report:
    rows = [{'w': 1}, {'w': 2.5}]

    def total(self, start):
        return sum((weight(row) for row in self.rows), start)
""",
        function="Report.total",
        focus_line="weight(row) for",
        call="Report().total(0.5)",
    ),
    Example(
        before="""\
def f(ys):
    first = lambda rows: sum([r[0] for r in rows])
    return first(ys)
""",
        after="""\
def f(ys):
    first = lambda rows: sum(r[0] for r in rows)
    return first(ys)
""",
        function="f.<lambda>",
        focus_line="r[0] for",
        call="f([(1, 2), (3, 4)])",
    ),
    Example(
        before="""\
from weights import weigh


def f(ys):
    return sum([weigh(y) for y in ys])
""",
        after="""\
from weights import weigh


def f(ys):
    return sum(weigh(y) for y in ys)
""",
        function="f",
        focus_line="weigh(y)",
        call="f('ab')",
        extra={"weights.py": "TABLE = {'a': 1, 'b': 2}\n\n\ndef weigh(letter):\n    return TABLE[letter]\n"},
    ),
]

INVALID: list[Example] = [
    Example(
        before="""\
from numpy import *


def f(ys):
    return sum([y for y in ys])
""",
        function="f",
        focus_line="sum([",
        why="consumer: the star import may bind another sum",
    ),
    Example(
        before="""\
def f(ys, sum):
    return sum([y for y in ys])
""",
        function="f",
        focus_line="sum([",
        why="consumer: sum is a parameter",
    ),
    Example(
        before="""\
def sum(rows):
    return rows[0]


def f(ys):
    return sum([y for y in ys])
""",
        function="f",
        focus_line="sum([y",
        why="consumer: the module defines sum",
    ),
    Example(
        before="""\
def f(ys):
    return sorted([y for y in ys])
""",
        function="f",
        focus_line="sorted(",
        why="consumer: sorted() builds the list anyway",
    ),
    Example(
        before="""\
def f(ys):
    return ','.join([str(y) for y in ys])
""",
        function="f",
        focus_line="join(",
        why="consumer: join() builds the list anyway",
    ),
    Example(
        before="""\
def f(ys):
    return max([y for y in ys], [1])
""",
        function="f",
        focus_line="max(",
        why="consumer: with two arguments max compares the list itself",
    ),
    Example(
        before="""\
def f(ys):
    return min([y for y in ys], key=lambda y: ys.append(y))
""",
        function="f",
        focus_line="min(",
        why="inputs unchanged: the key changes what the comprehension iterates over",
    ),
    Example(
        before="""\
def f(ys):
    k = 1
    return sum([y * k for y in ys], (k := 5))
""",
        function="f",
        focus_line="sum(",
        why="inputs unchanged: the call rebinds k before the sum begins",
    ),
    Example(
        before="""\
def f(ys, seen):
    return all([seen.add(y) for y in ys])
""",
        function="f",
        focus_line="all(",
        why="effects apart: all() stops at the first None, and the other elements are not added",
    ),
    Example(
        before="""\
def f(jobs):
    return any([job.run() for job in jobs])
""",
        function="f",
        focus_line="any(",
        why="effects apart: any() would leave the later jobs undone",
    ),
    Example(
        before="""\
LOG = []


def note(y):
    LOG.append(y)
    return y


def f(ys):
    return max([note(y) for y in ys], key=lambda y: len(LOG))
""",
        function="f",
        focus_line="max(",
        why="effects apart: the key sees what note() has done so far",
    ),
    Example(
        before="""\
OUT = []


def f(ys):
    return max([int(y) for y in ys], key=lambda y: OUT.append(y) or 0)
""",
        function="f",
        focus_line="max(",
        why="exceptions alike: when int() raises, OUT holds values it would not have held",
    ),
    Example(
        before="""\
def f(ys):
    return sum([next(y) for y in ys])
""",
        function="f",
        focus_line="sum(",
        why="plain body: StopIteration of next() becomes a RuntimeError",
    ),
    Example(
        before="""\
def head(y):
    return next(iter(y))


def f(ys):
    return sum([head(y) for y in ys])
""",
        function="f",
        focus_line="sum([",
        why="plain body: head() may raise StopIteration",
    ),
    Example(
        before="""\
async def f(ys):
    return sum([await y for y in ys])
""",
        function="f",
        focus_line="sum(",
        why="plain body: await makes an asynchronous generator",
    ),
    Example(
        before="""\
async def f(ys):
    return sum([y async for y in ys])
""",
        function="f",
        focus_line="sum(",
        why="plain body: async for makes an asynchronous generator",
    ),
    Example(
        before="""\
def f(ys):
    return sum([(last := y) for y in ys]), last
""",
        function="f",
        focus_line="sum(",
        why="plain body: `:=` binds a name of the function",
    ),
    Example(
        before="""\
class A:
    def f(self, ys):
        return sum([super().weigh(y) for y in ys])
""",
        function="A.f",
        focus_line="sum(",
        why="plain body: super() without arguments works otherwise in a generator",
    ),
    Example(
        before="""\
def f(ys):
    return sum([len(locals()) for y in ys])
""",
        function="f",
        focus_line="sum(",
        why="plain body: the comprehension reads its own frame",
    ),
]
