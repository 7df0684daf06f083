"""The examples of A03: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_CHUNKS = """\
def chunk(i):
    return bytes([i % 251]) * 3000


def total(n):
    found = 0
    for i in range(n):
        data = chunk(i)
        found += len(data)
    return found
"""

_TARGET = """\
def chunks(n):
    for i in range(n):
        yield [i] * 1000


def total(n):
    found = []
    for data in chunks(n):
        if len(data) > 2:
            found.append(data[0])

        # The rest of the pass.
        found.append(None)
    else:
        found.append("end")
    return found
"""

_WHILE = """\
def total(n):
    found = 0
    while n:
        n -= 1
        if n % 3 == 0:
            continue
        data = list(range(n))
        try:
            found += data[2]
        except IndexError:
            found += 1
        if found > 50:
            break
    return found
"""


def _example(
    before: str, after: str | None = None, why: str = "", peak: str = "data =", kind: str = "bytes"
) -> Example:
    return Example(
        before=before,
        after=after,
        function="total",
        peak_line=peak,
        holding="data",
        holding_type=kind,
        call="[total(n) for n in (0, 1, 5, 20)]" if after else "",
        why=why,
    )


def _invalid(why: str, old: str, new: str, kind: str = "bytes") -> Example:
    assert old in _CHUNKS
    return _example(_CHUNKS.replace(old, new), None, why, kind=kind)


VALID: list[Example] = [
    _example(_CHUNKS, _CHUNKS.replace("len(data)\n", "len(data)\n        del data\n")),
    _example(
        _TARGET,
        _TARGET.replace("data[0])\n", "data[0])\n        del data\n"),
        peak="for data in",
        kind="list",
    ),
    _example(
        _WHILE,
        _WHILE.replace("            found += 1\n", "            found += 1\n        del data\n"),
        kind="list",
    ),
]

INVALID: list[Example] = [
    _invalid("it is read after the loop", "return found", "return found, data"),
    _invalid("it is read in the loop's else", "    return found", "    else:\n        print(data)\n    return found"),
    _invalid(
        "a pass may read that of the one before",
        "        data = chunk(i)\n        found += len(data)",
        "        if i:\n            found += len(data)\n        data = chunk(i)",
    ),
    _invalid(
        "not each pass binds it",
        "        data = chunk(i)\n        found",
        "        if not i % 2:\n            data = chunk(i)\n        found",
    ),
    _invalid("a closure keeps it", "len(data)", "(lambda: len(data))()"),
    _invalid("it may be read by name", "len(data)", "len(data) + len(locals())"),
    _invalid(
        "a finalizer would run earlier",
        "def chunk",
        "class Lock:\n    def __del__(self):\n        print(1)\n\n\ndef chunk",
        kind="list",
    ),
    _invalid("it is an argument", "def total(n)", "def total(n, data=b'')"),
    _invalid("it is a global", "    found = 0", "    global data\n    found = 0"),
    _invalid(
        "the loop does not bind it",
        "    for i in range(n):\n        data = chunk(i)",
        "    data = chunk(n)\n    for i in range(n):\n        pass",
    ),
    Example(
        before=_CHUNKS,
        function="total",
        peak_line="data =",
        holding="data",
        holding_type="bytes",
        refcounts={"data": 2},
        why="something else holds it too",
    ),
    Example(
        before=_CHUNKS.replace("len(data)\n", "len(data)\n        found += len([0] * 99)\n"),
        function="total",
        peak_line="[0] * 99",
        holding="data",
        holding_type="bytes",
        why="the peak comes after its last use in the pass: an early del is meant",
    ),
]
