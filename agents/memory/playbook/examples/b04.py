"""The examples of B04: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
def f(n):
    numbers = [i * 2 for i in range(n)]
    total = 0
    for number in list(numbers):
        total += number
    return total
""",
        after="""\
def f(n):
    numbers = [i * 2 for i in range(n)]
    total = 0
    for number in numbers:
        total += number
    return total
""",
        function="f",
        focus_line="for number in",
        call="f(10)",
    ),
    Example(
        before="""\
def f(d):
    total = 0
    for k, v in list(d.items()):  # every pair
        total += v
    return total
""",
        after="""\
def f(d):
    total = 0
    for k, v in d.items():  # every pair
        total += v
    return total
""",
        function="f",
        focus_line="for k, v",
        call="f({'a': 1, 'b': 2})",
    ),
    Example(
        before="""\
def f(words):
    counts = {}
    for word in words[:]:
        counts[word] = counts.get(word, 0) + 1
    return counts
""",
        after="""\
def f(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return counts
""",
        function="f",
        focus_line="for word in",
        call="f(['a', 'b', 'a'])",
    ),
    Example(
        before="""\
def f(ys):
    return [y is None for y in tuple(ys)]
""",
        after="""\
def f(ys):
    return [y is None for y in ys]
""",
        function="f",
        focus_line="y is None",
        call="f([1, None])",
    ),
    Example(
        before="""\
import copy


def f(n):
    table = {i: str(i) for i in range(n)}
    return sum(len(key) for key in copy.copy(table).values()), sorted(list(table))
""",
        after="""\
import copy


def f(n):
    table = {i: str(i) for i in range(n)}
    return sum(len(key) for key in copy.copy(table).values()), sorted(table)
""",
        function="f",
        focus_line="sorted(",
        call="f(12)",
    ),
    Example(
        before="""\
import itertools


def f(names):
    found = set()
    for a, b in list(itertools.combinations(names, 2)):
        found.add((b, a))
    return len(found)
""",
        after="""\
import itertools


def f(names):
    found = set()
    for a, b in itertools.combinations(names, 2):
        found.add((b, a))
    return len(found)
""",
        function="f",
        focus_line="for a, b",
        call="f('abcd')",
    ),
    Example(
        before="""\
def f(ys):
    out = []
    for i, y in enumerate(list(y for y in ys if y)):
        out.append((i, y))
    return out
""",
        after="""\
def f(ys):
    out = []
    for i, y in enumerate((y for y in ys if y)):
        out.append((i, y))
    return out
""",
        function="f",
        focus_line="for i, y",
        call="f([0, 1, 2])",
    ),
    Example(
        before="""\
class Table:
    def __init__(self):
        self.rows = [(1, 2), (3, 4)]

    def total(self):
        total = 0
        for row in self.rows.copy():
            total += row[0]
        return total
""",
        after="""\
class Table:
    def __init__(self):
        self.rows = [(1, 2), (3, 4)]

    def total(self):
        total = 0
        for row in self.rows:
            total += row[0]
        return total
""",
        function="Table.total",
        focus_line="for row in",
        call="Table().total()",
    ),
]

INVALID: list[Example] = [
    Example(
        before="""\
def list(xs):
    return xs[1:]


def f(xs):
    return [x for x in list(xs)]
""",
        why="copy: the module defines list",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(xs):
    return [x for x in xs[1:]]
""",
        why="copy: a part is no copy",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(xs):
    return [x for x in sorted(xs)]
""",
        why="copy: sorted() changes the order",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
import copy


def f(xs):
    return [x for x in copy.deepcopy(xs)]
""",
        why="copy: the elements are copied too",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(xs):
    ys = list(xs)
    for x in ys:
        print(x, len(ys))
""",
        why="single pass: the copy has a name and is read again",
        focus_line="ys = list",
        function="f",
    ),
    Example(
        before="""\
def f(xs):
    for x in xs:
        return len(list(x))
""",
        why="single pass: len() does not iterate",
        focus_line="return len",
        function="f",
    ),
    Example(
        before="""\
def f(d):
    return dict(list(d))
""",
        why="single pass: dict() takes a mapping otherwise than a list of pairs",
        focus_line="dict(",
        function="f",
    ),
    Example(
        before="""\
def f(xs):
    for x in list(xs):
        xs.remove(x)
""",
        why="inputs unchanged: the loop removes from the list it would iterate over",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(d):
    for x in list(d):
        if not x:
            del d[x]
""",
        why="inputs unchanged: the dict changes its size during iteration",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(d):
    for x in list(d.items()):
        d[x[0] + 1] = x
""",
        why="inputs unchanged: the dict grows during iteration",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(n):
    xs = [i for i in range(n)]
    ys = xs
    for x in list(xs):
        ys.append(x)
    return xs
""",
        why="inputs unchanged: ys is the same list",
        focus_line="for x in list",
        function="f",
    ),
    Example(
        before="""\
class A:
    def f(self):
        for x in list(self.items):
            self.remove(x)

    def remove(self, x):
        self.items.remove(x)
""",
        why="inputs unchanged: remove() can reach the list",
        function="A.f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(xs, call):
    for x in xs[:]:
        call(x)
""",
        why="inputs unchanged: call() may reach the list",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
class A:
    def f(self):
        for x in self.items.copy():
            x.close()
""",
        why="inputs unchanged: close() may take the element out of the list",
        function="A.f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as lines:
        for x in list(lines):
            lines.readline()
""",
        why="effects apart: both sides read the same file",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(ys):
    for x in list(map(print, ys)):
        print(x)
""",
        why="effects apart: the two prints would take turns",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(path, out):
    with open(path) as lines:
        for x in list(lines):
            out.append(x)
""",
        why="exceptions alike: when reading fails, out holds lines it would not have held",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(ys):
    for x in list(next(y) for y in ys):
        return x
""",
        why="plain body: what next() leaks ends otherwise inside the loop",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
import threading

ITEMS = {}


def feed():
    while True:
        ITEMS[len(ITEMS)] = 1


def f():
    total = 0
    for x in list(ITEMS):
        total += x
    return total
""",
        why="inputs unchanged: another thread feeds the global",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
import threading

ITEMS = {}


def feed():
    while True:
        ITEMS[len(ITEMS)] = 1


def f():
    return sum(list(ITEMS))
""",
        why="inputs unchanged: another thread feeds the global during the sum",
        function="f",
        focus_line="return sum",
    ),
    Example(
        before="""\
class A:
    def f(self):
        total = 0
        for x in list(self.items):
            total += x
        return total
""",
        why="inputs unchanged: a thread of another file may feed the attribute",
        function="A.f",
        focus_line="for x in",
        extra={"feed.py": "import threading\n\n\ndef start(a):\n    threading.Thread(target=a.feed).start()\n"},
    ),
    Example(
        before="""\
import weakref

ALL = weakref.WeakSet()


def f():
    n = 0
    for x in list(ALL):
        n += 1
    return n
""",
        why="inputs unchanged: the garbage collector takes elements away",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
import sys


def f():
    total = 0
    for x in list(sys.modules):
        total += len(x)
    return total
""",
        why="inputs unchanged: an import anywhere adds to sys.modules",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
class A:
    def f(self):
        for x in list(self.items):
            yield x
""",
        why="inputs unchanged: the callers run between the elements",
        function="A.f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(xs):
    it = iter(xs)
    return list(zip(list(it), it))
""",
        why="effects apart: zip() would take turns on one iterator",
        function="f",
        focus_line="return",
    ),
    Example(
        before="""\
def f(it):
    for x in list(it):
        if x:
            break
    return sum(it)
""",
        why="effects apart: the loop would leave elements in what may be an iterator",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
from collections import defaultdict


def f(rows):
    d = defaultdict(list)
    n = 0
    for x in list(d):
        n += len(d[x + 1])
    return n
""",
        why="inputs unchanged: looking up adds a key to the defaultdict",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
def f(d):
    n = 0
    for x in list(d):
        n += len(d[x + 1])
    return n
""",
        why="inputs unchanged: d may be a defaultdict",
        function="f",
        focus_line="for x in",
    ),
    Example(
        before="""\
class C:
    def f(self):
        total = 0
        for x in list(self.items):
            total += x.size
        return total


class X:
    @property
    def size(self):
        self.owner.items.remove(self)
        return 1
""",
        why="inputs unchanged: the property takes the element out of the list",
        function="C.f",
        focus_line="for x in",
    ),
]
