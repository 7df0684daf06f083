"""The examples of A08: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example

_DEFAULT = """\
def build(n):
    found = []
    for i in range(n):
        data = b"x" * (i + 3)
        found.append(lambda k, data=data: k % len(data))
    return found


def use(n):
    return [f(n) for f in build(n)]
"""

_CELL = """\
class Maker:
    def make(self, data):
        parts = data.split()

        @staticmethod
        def wrap(k):
            return k % len(data) + len(parts)

        return wrap


def use(n):
    return [Maker().make("a b c" * (i + 1)).__func__(i) for i in range(n)]
"""

_LAMBDA = """\
def make(n):
    data = tuple(range(n + 1))
    if n:
        # Round and round
        return lambda k: (k % len(data), len(data))
    return None


def use(n):
    return [make(i) and make(i)(7) for i in range(n)]
"""


def _example(before: str, after: str | None, function: str, line: str, kind: str = "bytes", why: str = "") -> Example:
    measured: Mapping[str, object] = {"kind": "captured", "length": 30}
    return Example(
        before=before, after=after, function=function, peak_line=line, holding="data", holding_type=kind,
        measured=measured, call="use(4)" if after else "", why=why,
    )  # fmt: skip


def _default(why: str, old: str = "use", new: str = "use", kind: str = "bytes") -> Example:
    assert old in _DEFAULT
    return _example(_DEFAULT.replace(old, new), None, "build.<lambda>", "lambda", kind, why)


def _cell(why: str, old: str, new: str) -> Example:
    assert old in _LAMBDA
    return _example(_LAMBDA.replace(old, new), None, "make.<lambda>", "lambda", "tuple", why)


VALID: list[Example] = [
    _example(
        _DEFAULT,
        _DEFAULT.replace("data=data: k % len(data)", "data_length=len(data): k % data_length"),
        "build.<lambda>",
        "lambda",
    ),
    _example(
        _CELL,
        _CELL.replace("        @static", "        data_length = len(data)\n        @static").replace(
            "k % len(data)", "k % data_length"
        ),
        "Maker.make.wrap",
        "@staticmethod",
        "str",
    ),
    _example(
        _LAMBDA,
        _LAMBDA.replace("        return lambda", "        data_length = len(data)\n        return lambda").replace(
            "(k % len(data), len(data))", "(k % data_length, data_length)"
        ),
        "make.<lambda>",
        "lambda",
        "tuple",
    ),
]

INVALID: list[Example] = [
    _default("a list may grow", kind="list"),
    _default("the value is read as well", "k % len(data)", "k % len(data) + data[0]"),
    _default("len is something else", "def build", "def len(x):\n    return 2\n\n\ndef build"),
    _default("a caller passes another value", "f(n) for", "f(n, data=b'xy') for"),
    _default("defaults are read", "return found", "return [f.__defaults__ for f in found]"),
    _default("the name is taken", "    found = []", "    found, data_length = [], 3"),
    _default("it is bound in the function", "k % len(data)", "len(data := [k])"),
    _default("no default: every caller passes it", "data=data: k", "data: k"),
    _cell("it is bound twice", "    if n:", "    data += (n,)\n    if n:"),
    _cell("bound in a loop, the last value counts", "    data = tuple(range(n + 1))\n    if n:",
          "    for i in range(3):\n        data = tuple(range(i + 1))\n    if n:"),
    _cell("another function keeps it alive", "    return None", "    return lambda: data"),
    _cell("another function binds it", "    return None", "    def other():\n        nonlocal data\n"
          "        data = ()\n\n    return other"),
    _cell("it is not bound yet", "    if n:\n        # Round and round\n        return lambda",
          "    del data\n    if n:\n        return lambda"),
    _cell("it is a global", "    data = tuple(range(n + 1))\n", "    global data\n    data = tuple(range(n + 1))\n"),
    _cell("no place before it on its line", "    if n:\n        # Round and round\n        return lambda",
          "    if n: return lambda"),
]  # fmt: skip
