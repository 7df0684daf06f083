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
    Example(
        before="""\
def f(lines):
    it = iter(lines)
    ok = any([x == 'end' for x in it])
    rest = list(it)
    return ok, rest
""",
        why="effects apart: any() would leave elements in the iterator that is read on from",
        function="f",
        focus_line="any([",
    ),
    Example(
        before="""\
def f(h):
    ok = any([x == 'end' for x in h])
    return ok, h.read()
""",
        why="effects apart: h may be a file, and read() would find lines that were used up before",
        function="f",
        focus_line="any([",
    ),
    Example(
        before="""\
def f(m):
    m = map(str, m)
    ok = all([x for x in m])
    return ok, list(m)
""",
        why="effects apart: all() would leave elements in the map object",
        function="f",
        focus_line="all([",
    ),
    Example(
        before="""\
def f(rows):
    hits = (row for row in rows)
    ok = any([row is None for row in rows])
    return ok, sum(hits)
""",
        why="effects apart: rows may be an iterator, and the generator reads on from it",
        function="f",
        focus_line="any([",
    ),
    Example(
        before="""\
def f(it):
    return max([x for x in it], key=lambda x: (x, sum(it)))
""",
        why="effects apart: the key reads on from what may be an iterator",
        function="f",
        focus_line="max([",
    ),
    Example(
        before="""\
from collections import defaultdict


def f(ks):
    d = defaultdict(int)
    ok = all([d[k] for k in ks])
    return ok, dict(d)
""",
        why="effects apart: looking up adds keys to the defaultdict",
        function="f",
        focus_line="all([",
    ),
    Example(
        before="""\
def f(d, ks):
    return all([d[k] for k in ks])
""",
        why="effects apart: d may be a defaultdict, and all() would look up fewer keys",
        function="f",
        focus_line="all([",
    ),
    Example(
        before="""\
class Lru(dict):
    def __getitem__(self, k):
        self.touch(k)
        return super().__getitem__(k)


def f(cache, ks):
    return any([cache[k] for k in ks])
""",
        why="effects apart: __getitem__ does more than look up",
        function="f",
        focus_line="any([",
    ),
    Example(
        before="""\
class Job:
    polls = 0

    @property
    def done(self):
        self.polls += 1
        return True


def f(jobs):
    return any([job.done for job in jobs])
""",
        why="effects apart: done is a property, which any() would read on fewer jobs",
        function="f",
        focus_line="any([",
    ),
    Example(
        before="""\
from functools import cached_property


class Row:
    @cached_property
    def v(self):
        return print('x')


def f(rows):
    return all([row.v for row in rows])
""",
        why="effects apart: v is computed when it is first read",
        function="f",
        focus_line="all([",
    ),
    Example(
        before="""\
class Lazy:
    def __getattr__(self, name):
        print(name)
        return False


def f(rows):
    return any([row.size for row in rows])
""",
        why="effects apart: __getattr__ may stand behind any attribute",
        function="f",
        focus_line="any([",
    ),
    Example(
        before="""\
class Job:
    def __eq__(self, other):
        print('compared')
        return True


def f(jobs):
    return any([job == 1 for job in jobs])
""",
        why="effects apart: __eq__ has effects",
        function="f",
        focus_line="any([",
    ),
    Example(
        before="""\
class Job:
    def __lt__(self, other):
        print('compared')
        return True


def f(jobs):
    return any([job < 1 for job in jobs if job])
""",
        why="effects apart: __lt__ has effects",
        function="f",
        focus_line="any([",
    ),
    Example(
        before="""\
def check(y):
    if y < 0:
        raise ValueError(y)
    return y


def f(ys):
    return any([check(y) for y in ys])
""",
        why="exceptions alike: check() is there to raise, for every element",
        function="f",
        focus_line="any([check",
    ),
    Example(
        before="""\
class A:
    def __add__(self, other):
        D.clear()
        return self

    __radd__ = __add__


D = {1: A()}


def f():
    return sum([v for v in D.values()])
""",
        why="inputs unchanged: the sum runs __add__, which clears the dict",
        function="f",
        focus_line="sum([",
    ),
    Example(
        before="""\
def f(it, ks):
    out = []
    for k in ks:
        out.append(any([x is k for x in it]))
    return out
""",
        why="effects apart: it may be an iterator, and the next round would read on from it",
        function="f",
        focus_line="any([",
    ),
    Example(
        before="""\
def f(it):
    n = 0
    while not any([x is None for x in it]):
        n += 1
    return n
""",
        why="effects apart: it may be an iterator, and the test would read on from it",
        function="f",
        focus_line="any([",
    ),
]
