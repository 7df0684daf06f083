"""The examples of A01: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

from agents.memory.playbook.examples.quiet_end import NOTICED
from agents.memory.playbook.rule import Example


def _invalid(
    body: str,
    why: str,
    holding: str = "data",
    holding_type: str = "list",
    refcounts: Mapping[str, int] | None = None,
) -> Example:
    """An INVALID example: a function `f(rows)` with this body; the peak is the line that binds `big`."""
    return Example(
        before=f"def f(rows):\n    {body}\n",
        function="f",
        peak_line="big =",
        holding=holding,
        holding_type=holding_type,
        refcounts=refcounts or {},
        why=why,
    )


TOGETHER = """\
import csv
import io
import tempfile


def load(text):
    try:
        contents = io.StringIO(text)
        reader = csv.reader(contents)
        rows = tuple(reader)
    finally:
        print("read")
    return sum([len(row) for row in rows])
"""
"""Two locals hold one object: neither alone frees it."""
HELD_TOGETHER = {
    "held_with": ["reader"],
    "group": 2**20,
    "contents": ["_csv.Dialect", "_csv.reader", "_io.StringIO", "list"],
}


def _together(old: str, new: str, why: str, **measured: object) -> Example:
    """An INVALID example: `load` with one thing changed."""
    return Example(
        before=TOGETHER.replace(old, new),
        function="load",
        peak_line="return sum",
        holding="contents",
        holding_type="_io.StringIO",
        measured=HELD_TOGETHER | measured,
        why=why,
    )


SUSPENDED = {"kind": "suspended", "refcount": 1, "own": 2**20, "group": 2**20, "contents": ["bytes"]}
"""A generator or coroutine holds it while it waits."""


def _suspended(body: str, peak_line: str, why: str, **measured: object) -> Example:
    """An INVALID example: a generator with this body."""
    return Example(
        before=f"def parts(n):\n{body}",
        function="parts",
        peak_line=peak_line,
        holding="raw",
        holding_type="bytes",
        measured=SUSPENDED | measured,
        why=why,
    )


VALID: list[Example] = [
    Example(
        before="""\
def build(n):
    raw = [i * 1.5 for i in range(n)]
    total = sum(raw)

    # The large one.
    scaled = [total / (i + 1) for i in range(n)]
    return sum(scaled)
""",
        after="""\
def build(n):
    raw = [i * 1.5 for i in range(n)]
    total = sum(raw)
    del raw

    # The large one.
    scaled = [total / (i + 1) for i in range(n)]
    return sum(scaled)
""",
        function="build",
        peak_line="scaled = [",
        holding="raw",
        refcounts={"raw": 1},
        call="build(9)",
    ),
    Example(
        before="""\
def total(path):
    with open(path) as f:
        text: str = f.read()
        count = len(text)
        return [i for i in range(count)]
""",
        after="""\
def total(path):
    with open(path) as f:
        text: str = f.read()
        count = len(text)
        del text
        return [i for i in range(count)]
""",
        function="total",
        peak_line="return [",
        holding="text",
        holding_type="str",
        call="len(total(__file__)) > 0 or total('/nowhere')",
    ),
    Example(
        before="""\
class Report:
    def render(self, n, *extra):
        rows = [[i] for i in range(n)]
        for row in rows:
            row.append(1)
        found = sum(len(row) for row in rows)
        out = []
        while len(out) < found:
            out.append("x" * 100)
        return out
""",
        after="""\
class Report:
    def render(self, n, *extra):
        rows = [[i] for i in range(n)]
        for row in rows:
            row.append(1)
        found = sum(len(row) for row in rows)
        del rows
        out = []
        while len(out) < found:
            out.append("x" * 100)
        return out
""",
        function="Report.render",
        peak_line="out.append",
        holding="rows",
        holding_element="list",
        call="Report().render(3, 4)",
    ),
    Example(
        before="""\
def parse(n):
    for size in (n, n + 1):
        data = list(range(size))
        if len(data) > 3:
            out = [1] * size
        elif size:
            out = [2] * size
    return out
""",
        after="""\
def parse(n):
    for size in (n, n + 1):
        data = list(range(size))
        if len(data) > 3:
            out = [1] * size
        elif size:
            del data
            out = [2] * size
    return out
""",
        function="parse",
        peak_line="out = [2]",
        holding="data",
        call="[parse(n) for n in (1, 2, 3, 9)]",
    ),
    Example(
        before="""\
def twice(n):
    rows = list(range(n)); total = sum(rows); rows = [total] * n
    return rows
""",
        after="""\
def twice(n):
    rows = list(range(n)); total = sum(rows); del rows; rows = [total] * n
    return rows
""",
        function="twice",
        peak_line="rows = [",
        holding="rows",
        call="twice(4)",
    ),
    Example(
        before="""\
def steps(n):
    while chunk := list(range(n)):
        try:
            total = sum(chunk)
        finally:
            n -= 1
        yield [total] * n
""",
        after="""\
def steps(n):
    while chunk := list(range(n)):
        try:
            total = sum(chunk)
        finally:
            n -= 1
        del chunk
        yield [total] * n
""",
        function="steps",
        peak_line="yield",
        holding="chunk",
        call="list(steps(4))",
    ),
    Example(
        before="""\
rows = [str(i) for i in range(9)]
total = len(rows)
if __name__ != "nowhere":
    out = [total] * 9
""",
        after="""\
rows = [str(i) for i in range(9)]
total = len(rows)
del rows
if __name__ != "nowhere":
    out = [total] * 9
""",
        peak_line="out = [",
        holding="rows",
        call="out",
    ),
    Example(
        before=TOGETHER,
        after=TOGETHER.replace("    return sum", "    del contents, reader\n    return sum"),
        function="load",
        peak_line="return sum",
        holding="contents",
        holding_type="_io.StringIO",
        refcounts={"contents": 2},
        measured=HELD_TOGETHER,
        call="load('a,b\\nc,d\\n')",
    ),
    Example(
        before="""\
def parts(n):
    raw = bytes(n)
    size = len(raw)
    shown = yield size
    yield shown


async def fetch(n):
    async for one in asked(n):
        print(one)


async def asked(n):
    yield n
""",
        after="""\
def parts(n):
    raw = bytes(n)
    size = len(raw)
    del raw
    shown = yield size
    yield shown


async def fetch(n):
    async for one in asked(n):
        print(one)


async def asked(n):
    yield n
""",
        function="parts",
        peak_line="shown = yield",
        holding="raw",
        holding_type="bytes",
        measured=SUSPENDED,
        call="list(parts(9))",
    ),
    Example(
        before="""\
import asyncio


async def fetch(n):
    body = bytes(n)
    size = len(body)
    async with asyncio.Lock():
        await asyncio.sleep(0)
    return size
""",
        after="""\
import asyncio


async def fetch(n):
    body = bytes(n)
    size = len(body)
    del body
    async with asyncio.Lock():
        await asyncio.sleep(0)
    return size
""",
        function="fetch",
        peak_line="await",
        holding="body",
        holding_type="bytes",
        measured=SUSPENDED,
        call="asyncio.run(fetch(9))",
    ),
    Example(
        before="""\
class Node:
    def __repr__(self):
        return f"<Node {id(self):x}>"


def f(rows):
    nodes = [Node() for _ in rows]
    same = id(nodes[0]) == id(nodes[-1])
    big = [same for _ in rows]
    return big
""",
        function="f",
        peak_line="big =",
        holding="nodes",
        measured={"contents": ["list", "example.Node"]},
        call="f([1, 2]), f([1])",
        after="""\
class Node:
    def __repr__(self):
        return f"<Node {id(self):x}>"


def f(rows):
    nodes = [Node() for _ in rows]
    same = id(nodes[0]) == id(nodes[-1])
    del nodes
    big = [same for _ in rows]
    return big
""",
    ),
]

INVALID: list[Example] = [
    Example(
        before="""\
class Node:
    pass


def f(rows):
    nodes = [Node() for _ in rows]
    known = {id(node) for node in nodes}
    big = [Node() for _ in rows]
    return [id(node) in known for node in big]
""",
        function="f",
        peak_line="big =",
        holding="nodes",
        measured={"contents": ["list", "example.Node"]},
        why="the addresses of the nodes are kept: a later object may get one of them",
    ),
    _invalid("rows = rows + [1]\n    out = sum(rows)\n    big = [0] * 9", "`rows` is an argument", "rows"),
    _invalid("global data\n    data = [1]\n    big = [0] * 9", "a global"),
    _invalid("import json as data\n    data.dumps(1)\n    big = [0] * 9", "an import"),
    _invalid(
        "try:\n        1 / 0\n    except ValueError as data:\n        print(data)\n        big = [0] * 9",
        "an exception name: the end of the handler deletes it",
    ),
    _invalid("data = [1]\n    out = sum(data)\n    big = [0] * 9", "held elsewhere too", refcounts={"data": 2}),
    _invalid(
        "data = [1]\n    key = lambda: data\n    out = sum(data)\n    big = [0] * 9\n    key()",
        "a lambda reads it later",
    ),
    _invalid(
        "data = [1]\n    later = (x in data for x in rows)\n    big = [0] * 9\n    list(later)",
        "a generator expression reads it later",
    ),
    _invalid(
        "sum = list\n    data = [1]\n    later = sum(x in data for x in rows)\n    big = [0] * 9",
        "`sum` is not the builtin: what it keeps may read the name later",
    ),
    _invalid("data = [1]\n    print(data)\n    big = [0] * 9\n    return locals()", "locals() shows it"),
    _invalid("data = [1]\n    print(data)\n    big = rows.query('x in @data')", "the callee reads the frame"),
    _invalid("data = [1]\n    print(data)\n    big = [0] * 9\n    return data", "it is returned"),
    _invalid("data = [1]\n    print(data)\n    big = [0] * 9\n    del data", "it is deleted later"),
    _invalid(
        "data = [1]\n    for row in rows:\n        print(data)\n        big = [0] * 9",
        "the next pass reads it",
    ),
    _invalid(
        "data = [1]\n    print(data)\n    for row in rows:\n        big = [0] * 9\n        data = [row]",
        "at the peak it holds the value of the pass before, bound after it",
    ),
    _invalid(
        "data = [1]\n    try:\n        print(data)\n        big = [0] * 9\n"
        "    except MemoryError:\n        print(data)",
        "the handler reads it",
    ),
    _invalid(
        "data = [1]\n    try:\n        print(data)\n        big = [0] * 9\n    finally:\n        print(data)",
        "the finally suite reads it",
    ),
    _invalid("for data in rows:\n        print(data)\n    big = [0] * 9", "without rows it is not bound"),
    _invalid("if rows:\n        data = [1]\n        print(data)\n    big = [0] * 9", "bound in one branch only"),
    _invalid(
        "data = open(str(rows))\n    text = data.read()\n    big = [0] * 9",
        "closing a file can be noticed",
        holding_type="_io.TextIOWrapper",
    ),
    Example(
        before="class Lock:\n    def __del__(self):\n        print('gone')\n\n\n"
        "def f(n):\n    data = [Lock()]\n    print(data)\n    big = [0] * n\n    return big\n",
        function="f",
        peak_line="big =",
        holding="data",
        holding_element="example.Lock",
        why="the finalizer would run earlier",
    ),
    Example(
        before="from numba import njit\n\n\n@njit\ndef f(n):\n    data = [1]\n    out = sum(data)\n"
        "    big = [0] * n\n    return big, out\n",
        function="f",
        peak_line="big =",
        holding="data",
        why="a compiler reads the function's source",
    ),
    Example(
        before="data = [1]\nprint(data)\nbig = [0] * 9\n",
        peak_line="big =",
        holding="data",
        extra={"other.py": "from example import data\n"},
        why="another file imports the global",
    ),
    Example(
        before="data = [1]\nprint(data)\nbig = [0] * 9\n\n\ndef show():\n    return data\n",
        peak_line="big =",
        holding="data",
        why="a function of the file reads the global",
    ),
    Example(
        before="def f(n):\n    total = n\n    big = [0] * n\n    data = [1]\n    return big, data\n",
        function="f",
        peak_line="big =",
        holding="data",
        why="not bound before the peak",
    ),
    Example(
        before="def f(n):\n    data = [1] * n\n    if len(data) > 9:\n        return 0\n    elif sum([0] * n):\n"
        "        return 1\n    return 2\n",
        function="f",
        peak_line="elif",
        holding="data",
        why="nothing can be put before an elif",
    ),
    _suspended("    raw = bytes(n)\n    yield len(raw)\n", "yield", "what is yielded reads it"),
    _suspended("    raw = bytes(n)\n    yield n\n    yield raw\n", "yield n", "it is read after the wait"),
    _suspended(
        "    raw = bytes(n)\n    try:\n        yield n\n    finally:\n        print(raw)\n",
        "yield n",
        "it is read when the generator is closed",
    ),
    _suspended(
        "    for i in range(n):\n        if i:\n            print(raw)\n        raw = bytes(i)\n        yield i\n",
        "yield i",
        "it is read when the generator goes on",
    ),
    _suspended("    raw = bytes(n)\n    size = n\n    yield size\n", "yield", "others hold it too", refcount=2),
    _together("for row in rows]", "for row in reader]", "the other name that holds it is read at the peak"),
    _together("tuple(reader)", "[lambda: reader]", "a closure keeps the other name"),
    _together("return sum", "reader.line_num\n    return sum", "not held together", held_with=["nobody"]),
    _together("return sum", "return sum", "a file among what goes is closed", contents=["_io.FileIO", "_io.StringIO"]),
    _together("import tempfile", "import weakref", "the stream may be referred to weakly"),
    *NOTICED,
]
