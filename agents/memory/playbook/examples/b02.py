"""The examples of B02: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
def f(n):
    squares = [i * i for i in range(n)]
    total = 0
    for square in squares:
        total += square % 7
    return total
""",
        after="""\
def f(n):
    squares = (i * i for i in range(n))
    total = 0
    for square in squares:
        total += square % 7
    return total
""",
        function="f",
        focus_line="i * i for",
        call="f(100)",
    ),
    Example(
        before="""\
import json


def f(text):
    rows = [
        json.loads(line)  # one a line
        for line in text.splitlines()
        if line
    ]
    total = 0
    for row in rows:
        row['seen'] = True
        total += row['n']
    return total
""",
        after="""\
import json


def f(text):
    rows = (
        json.loads(line)  # one a line
        for line in text.splitlines()
        if line
    )
    total = 0
    for row in rows:
        row['seen'] = True
        total += row['n']
    return total
""",
        function="f",
        focus_line="json.loads(line)",
        call="f('{\"n\": 1}\\n\\n{\"n\": 2}'), f('')",
    ),
    Example(
        before="""\
def f(text):
    cells = [line.split() for line in text.splitlines()]
    lengths = [len(c) for c in cells]
    return lengths
""",
        after="""\
def f(text):
    cells = (line.split() for line in text.splitlines())
    lengths = [len(c) for c in cells]
    return lengths
""",
        function="f",
        focus_line="line.split()",
        call="f('a b\\nc')",
    ),
    Example(
        before="""\
def f(ys):
    ys = [int(y) for y in ys]
    ys = [y + 1 for y in ys]
    return sum(ys)
""",
        after="""\
def f(ys):
    ys = (int(y) for y in ys)
    ys = [y + 1 for y in ys]
    return sum(ys)
""",
        function="f",
        focus_line="int(y)",
        call="f(['1', '2']), f([])",
    ),
    Example(
        before="""\
def f(ys):
    pairs = [(y, len(y)) for y in ys]
    return dict(pairs)
""",
        after="""\
def f(ys):
    pairs = ((y, len(y)) for y in ys)
    return dict(pairs)
""",
        function="f",
        focus_line="len(y)",
        call="f(['a', 'bc'])",
    ),
    Example(
        before="""\
def f(ys):
    groups = {}
    lines = [y.strip() for y in ys]
    for i, line in enumerate(lines):
        groups.setdefault(line[:1], []).append(i)
    return groups
""",
        after="""\
def f(ys):
    groups = {}
    lines = (y.strip() for y in ys)
    for i, line in enumerate(lines):
        groups.setdefault(line[:1], []).append(i)
    return groups
""",
        function="f",
        focus_line="y.strip()",
        call="f([' a', 'b', 'ab '])",
    ),
    Example(
        before="""\
from steps import total


def f(text):
    numbers = [int(part) for part in text.split(',')]
    return total(numbers, 2)
""",
        after="""\
from steps import total


def f(text):
    numbers = (int(part) for part in text.split(','))
    return total(numbers, 2)
""",
        function="f",
        focus_line="int(part)",
        call="f('1,2,3')",
        extra={
            "steps.py": "def total(values, factor):\n    result = 0\n"
            "    for value in values:\n        result += value * factor\n    return result\n"
        },
    ),
    Example(
        before="""\
def parse(text):
    numbers = [float(part) for part in text.splitlines()]
    for number in numbers:
        yield number


def f(text):
    return list(parse(text))
""",
        after="""\
def parse(text):
    numbers = (float(part) for part in text.splitlines())
    for number in numbers:
        yield number


def f(text):
    return list(parse(text))
""",
        function="parse",
        focus_line="float(part)",
        call="f('1\\n2')",
    ),
    Example(
        before="""\
def f(chunks):
    best = []
    for chunk in chunks:
        doubled = [c + c for c in chunk]
        best.append(max(doubled))
    return best
""",
        after="""\
def f(chunks):
    best = []
    for chunk in chunks:
        doubled = (c + c for c in chunk)
        best.append(max(doubled))
    return best
""",
        function="f",
        focus_line="c + c",
        call="f([[1, 2], [3]])",
    ),
    Example(
        before="""\
def f(text, wide):
    if wide:
        rows = [line.upper() for line in text.splitlines()]
    else:
        rows = text.split()
    return sorted(rows)
""",
        after="""\
def f(text, wide):
    if wide:
        rows = (line.upper() for line in text.splitlines())
    else:
        rows = text.split()
    return sorted(rows)
""",
        function="f",
        holding="rows",
        focus_line="line.upper()",
        call="f('b a\\nc', True), f('b a', False)",
    ),
    Example(
        before="""\
def f(xs):
    out = []
    for x in xs:  # in order
        if x is None:
            continue
        # as text
        out.append(str(x))
    total = 0
    for word in out:
        total += len(word)
    return total
""",
        after="""\
def f(xs):
    # in order
    # as text
    out = (str(x) for x in xs if not (x is None))
    total = 0
    for word in out:
        total += len(word)
    return total
""",
        function="f",
        focus_line="str(x)",
        call="f([1, None, 22]), f([])",
    ),
    Example(
        before="""\
def f(n):
    pairs: list[tuple[int, int]] = []
    for i in range(n):
        for j in range(i):
            if i * j % 2 == 0:
                pairs.append((i, j))
    return sum(a * b for a, b in pairs)
""",
        after="""\
def f(n):
    pairs = ((i, j) for i in range(n) for j in range(i) if i * j % 2 == 0)
    return sum(a * b for a, b in pairs)
""",
        function="f",
        focus_line="pairs",
        call="f(6)",
    ),
    Example(
        before="""\
import json


def f(path):
    with open(path) as file: records = [json.loads(line) for line in file]
    return sum(len(record) for record in records)
""",
        after="""\
import json


def f(path):
    with open(path) as file:
        records = (json.loads(line) for line in file)
        return sum(len(record) for record in records)
""",
        function="f",
        focus_line="with open",
        call="f(__import__('keyword').__file__)",
    ),
    Example(
        before="""\
import csv


def f(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return sum(len(row) for row in rows)
""",
        after="""\
import csv


def f(path):
    with open(path, newline="") as file:
        rows = csv.DictReader(file)
        return sum(len(row) for row in rows)
""",
        function="f",
        focus_line="rows = ",
        call="f(__import__('keyword').__file__)",
    ),
]

INVALID: list[Example] = [
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    return sum(xs) / len(xs)
""",
        why="single consumer: xs is read twice",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    return len(xs)
""",
        why="single consumer: len() does not iterate",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    return xs
""",
        why="single consumer: the caller gets the list",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    return xs[0]
""",
        why="single consumer: a generator has no index",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    if xs:
        return 1
    return 0
""",
        why="single consumer: the truth of a generator is always true",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    return xs == [2]
""",
        why="single consumer: a generator equals nothing",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    print(xs)
""",
        why="single consumer: print() shows the list",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(self, ys):
    xs = [y * 2 for y in ys]
    self.xs = xs
""",
        why="single consumer: the list is kept",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    return lambda: sum(xs)
""",
        why="single consumer: the lambda may run several times",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    total = 0
    for _ in range(2):
        for x in xs:
            total += x
    return total
""",
        why="single consumer: the second round would find nothing",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    total = 0
    while total < sum(xs):
        total += 1
    return total
""",
        why="single consumer: the test of a while runs many times",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(chunks):
    total = 0
    for chunk in chunks:
        if chunk:
            xs = [c for c in chunk]
        total += sum(xs)
    return total
""",
        why="single consumer: an empty chunk reads the list of the chunk before",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys, keep):
    xs = [y * 2 for y in ys]
    keep(xs)
""",
        why="single consumer: nothing is known of keep()",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
from steps import spread


def f(ys):
    xs = [y * 2 for y in ys]
    return spread(xs)
""",
        why="single consumer: spread() iterates over its parameter twice",
        extra={"steps.py": "def spread(values):\n    return max(values) - min(values)\n"},
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    return ','.join(xs)
""",
        why="single consumer: join() builds the list anyway",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    xs += [1]
    return sum(xs)
""",
        why="single consumer: the list is extended",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs: list[int] = [y * 2 for y in ys]
    return sum(xs)
""",
        why="single consumer: the annotation says list",
        focus_line="xs: list",
        function="f",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]
    if len(ys) > 3:
        return sum(xs)
    return eval('xs')
""",
        why="single consumer: eval() may read the local",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
xs = [y * 2 for y in range(9)]
total = sum(xs)
""",
        why="single consumer: another file imports the global",
        function="<module>",
        extra={"other.py": "from example import xs\n\nprint(len(xs))\n"},
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as lines:
        xs = [line for line in lines]
    n = len(path)
    return [x.strip() for x in xs], n
""",
        why="same suite: the file is closed before the first element is read",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    try:
        xs = [int(y) for y in ys]
    except ValueError:
        return 0
    return sum(xs)
""",
        why="same suite: the handler would not catch the ValueError any more",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    k = 2
    xs = [y is k for y in ys]
    k = 3
    return sum(xs)
""",
        why="inputs unchanged: k is rebound before xs is consumed",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(n):
    ys = [0, 1]
    xs = [y is None for y in ys]
    for x in xs:
        if len(ys) < n:
            ys.append(x)
    return ys
""",
        why="inputs unchanged: the loop appends to the list the comprehension iterates over",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(rows, scale):
    xs = [row is scale.unit for row in rows]
    for x in xs:
        scale.unit = x
""",
        why="inputs unchanged: the loop stores the attribute the comprehension reads",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
class A:
    def f(self, rows):
        xs = [row is self.last for row in rows]
        for x in xs:
            self.push(x)

    def push(self, x):
        self.last = x
""",
        why="inputs unchanged: push() stores what the comprehension reads",
        function="A.f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(rows):
    xs = [row for row in rows if row.n == 0]
    for x in xs:
        x.n += 1
""",
        why="inputs unchanged: the elements belong to rows, and the condition reads what the loop changes",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys, log):
    xs = [log(y) for y in ys]
    for x in xs:
        print(x)
""",
        why="effects apart: log() and print() would take turns",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as lines:
        xs = [line for line in lines]
        for x in xs:
            lines.readline()
""",
        why="effects apart: both sides read the same file",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys, out):
    xs = [int(y) for y in ys.split()]
    for x in xs:
        out.append(x)
""",
        why="exceptions alike: when int() raises, out holds values it would not have held",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    total = 0
    try:
        xs = [int(y) for y in ys.split()]
        for x in xs:
            total += x
    except ValueError:
        return total
    return 0
""",
        why="exceptions alike: the handler sees how far the loop came",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [int(y) for y in ys.split()]
    try:
        return sum(xs)
    except ValueError:
        return 0
""",
        why="exceptions alike: the handler would catch what int() raises",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [next(y) for y in ys]
    return sum(xs)
""",
        why="plain body: StopIteration of next() becomes a RuntimeError",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
async def f(ys):
    xs = [await y for y in ys]
    return sum(xs)
""",
        why="plain body: await makes an asynchronous generator",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [(last := y) for y in ys]
    return sum(xs), last
""",
        why="plain body: `:=` binds a name of the function",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(n):
    xs = [lambda: i for i in range(n)]
    return [x() for x in xs]
""",
        why="plain body: the lambdas see the last i, a generator's the current one",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y * 2 for y in ys]  # type: list[int]
    return sum(xs)
""",
        function="f",
        focus_line="xs = [",
        why="single consumer: the type comment says list",
    ),
    Example(
        before="""\
def f(ys):
    k = 1

    def move():
        nonlocal k
        k += 1

    xs = [y is k for y in ys]
    for x in xs:
        move()
""",
        function="f",
        focus_line="xs = [",
        why="inputs unchanged: move() rebinds k",
    ),
    Example(
        before="""\
def head(y):
    if not y:
        raise StopIteration
    return y


def f(ys):
    xs = [head(y) for y in ys]
    return sum(xs)
""",
        function="f",
        focus_line="xs = [",
        why="plain body: head() raises StopIteration",
    ),
    Example(
        before="""\
from contextlib import suppress


def f(ys):
    total = []
    with suppress(ValueError):
        xs = [int(y) for y in ys.split()]
        for x in xs:
            total.append(x)
    return total
""",
        function="f",
        focus_line="xs = [",
        why="exceptions alike: suppress() lets code go on that sees how far the loop came",
    ),
    Example(
        before="""\
def f(ys):
    xs = [y is None for y in ys]
    with open('out') as xs.handle:
        return sum(xs)
""",
        function="f",
        focus_line="xs = [",
        why="single consumer: xs is read twice, once for an attribute",
    ),
    Example(
        before="""\
def f(groups):
    for name in groups:
        xs = [int(y) for y in groups[name]]
        groups[name] = sum(xs)
        groups.pop(name, None)
    return lambda: xs
""",
        function="f",
        focus_line="xs = [",
        why="single consumer: the lambda keeps the list",
    ),
    Example(
        before="""\
def f(ys):
    it = iter(ys)
    xs = [y for y in it]
    return list(zip(it, xs))
""",
        why="effects apart: zip() would take turns on one iterator",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(it):
    xs = [y for y in it]
    total = 0
    for x in xs:
        total += len(list(it))
    return total
""",
        why="effects apart: it may be an iterator, which the loop reads on from",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(ys):
    it = iter(ys)
    xs = [y for y in it]
    for x in xs:
        if x is None:
            break
    return list(it)
""",
        why="effects apart: the loop would leave elements in the iterator",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(self):
    with self.lock:
        xs = [y for y in self.rows]
        for x in xs:
            yield x
""",
        why="inputs unchanged: the callers run between the elements, while the lock is held",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(d, ks):
    xs = [d[k] for k in ks]
    total = 0
    for x in xs:
        total += len(d)
    return total
""",
        why="effects apart: d may be a defaultdict, and the loop looks at its size",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
class Row:
    @property
    def n(self):
        self.owner.rows.remove(self)
        return 1


def f(rows):
    xs = [row for row in rows]
    total = 0
    for x in xs:
        total += x.n
    return total
""",
        why="inputs unchanged: the property takes the row out of the list",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
class A:
    def __lt__(self, other):
        D.clear()
        return True


D = {}


def f():
    xs = [v for v in D.values()]
    return min(xs)
""",
        why="inputs unchanged: min() runs __lt__, which clears the dict",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="""\
def f(d, ks):
    xs = [d[k] for k in ks]
    for x in xs:
        if x:
            break
    return len(ks)
""",
        why="effects apart: d may be a defaultdict, and the loop would look up fewer keys",
        function="f",
        focus_line="xs = [",
    ),
    Example(
        before="def f(xs):\n    out = []\n    for x in xs:\n        out.append(x)\n    return sum(out) + x\n",
        function="f",
        focus_line="out.append",
        why="the loop's variable is read after it",
    ),
    Example(
        before="def f(xs):\n    out = []\n    for x in xs:\n        out.append(len(out) + x)\n    return sum(out)\n",
        function="f",
        focus_line="out.append",
        why="the elements depend on the list",
    ),
    Example(
        before="def f(xs):\n    out = []\n    for x in xs:\n        if x > 9:\n            break\n"
        "        out.append(x)\n    return sum(out)\n",
        function="f",
        focus_line="out.append",
        why="the loop may stop early",
    ),
    Example(
        before="def f(xs):\n    out = []\n    for x in xs:\n        out.append(lambda: x)\n"
        "    return sum(g() for g in out)\n",
        function="f",
        focus_line="out.append",
        why="the closures share one variable",
    ),
    Example(
        before="def f(xs):\n    x = 0\n    out = []\n    for x in xs:\n        out.append(x)\n"
        "    g = lambda: x\n    return sum(out) + g()\n",
        function="f",
        focus_line="out.append",
        why="a closure reads the loop's variable",
    ),
]
