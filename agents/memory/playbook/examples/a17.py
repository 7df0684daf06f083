"""The examples of A17: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping
from dataclasses import replace

from agents.memory.playbook.rule import Example

_LOG = """\
import math

_history = []


def area(r):
    found = math.pi * r * r
    _history.append((r, found))
    return found


def use(n):
    return [area(i) for i in range(n)]
"""

_BRANCH = """\
SEEN: list[str] = []
OTHER = [1]


def note(word, loud):
    if loud:
        SEEN.append(word)
    else:
        SEEN.append("quiet")
    return len(word) + OTHER[0]
"""

_METHOD = """\
trail = []


class Walker:
    def __init__(self):
        self.at = 0

    def step(self, by):
        step = [self.at, by]
        trail.append(step)
        self.at += by
        return self.at


def use(n):
    walker = Walker()
    return [walker.step(i) for i in range(n)]
"""


_LOCAL = """\
def areas(rows):
    trail = []
    total = 0
    for width, height in rows:
        area = (width, height)
        trail.append(area)
        if height:
            trail.append([width])
        total += width * height
    return total
"""


def _local(after: str | None = None, why: str = "", **measured: object) -> Example:
    """An example of a function's own list."""
    return Example(
        before=_LOCAL,
        after=after,
        function="areas",
        peak_line="total +=",
        holding="trail",
        measured={"contents": ["int", "list", "tuple"]} | measured,
        call="areas([(1, 2), (3, 0)])" if after else "",
        why=why,
    )


def _odd(why: str, old: str, new: str) -> Example:
    """An INVALID example: the function with one thing changed."""
    assert old in _LOCAL
    return replace(_local(why=why), before=_LOCAL.replace(old, new))


_LOCAL_AFTER = """\
def areas(rows):
    total = 0
    for width, height in rows:
        if height:
            pass
        total += width * height
    return total
"""


def _example(
    before: str,
    name: str,
    after: str | None = None,
    call: str = "",
    why: str = "",
    kind: str = "list",
    extra: Mapping[str, str] | None = None,
    library: bool = False,
) -> Example:
    return Example(before=before, after=after, holding=name, holding_type=kind, holding_element="tuple", call=call,
                   why=why, extra=extra or {}, library=library)  # fmt: skip


def _invalid(why: str, old: str = "import math", new: str = "import math", kind: str = "list",
             extra: Mapping[str, str] | None = None) -> Example:  # fmt: skip
    assert old in _LOG
    return _example(_LOG.replace(old, new), "_history", None, "", why, kind, extra)


VALID: list[Example] = [
    _example(_LOG, "_history", _LOG.replace("_history = []\n\n\n", "\n").replace(
        "    _history.append((r, found))\n", ""), "use(4)"),
    _example(_BRANCH, "SEEN", _BRANCH.replace("SEEN: list[str] = []\n", "").replace(
        "SEEN.append(word)", "pass").replace('SEEN.append("quiet")', "pass"), "note('ab', True)"),
    _example(_METHOD, "trail", _METHOD.replace("trail = []\n\n\n", "\n\n").replace(
        "        step = [self.at, by]\n        trail.append(step)\n", ""), "use(4)"),
    _local(_LOCAL_AFTER),
    _local(_LOCAL_AFTER, kind="suspended"),
]  # fmt: skip

INVALID: list[Example] = [
    _invalid("it is no list", kind="collections.deque"),
    _invalid("it is read", "    return [area", "    print(len(_history))\n    return [area"),
    _invalid("it is handed on", "    return [area", "    print(_history)\n    return [area"),
    _invalid("another file reads it", extra={"other.py": "from example import _history\n"}),
    _invalid("a test reads it", extra={"tests/test_it.py": "import example\n\nassert example._history == []\n"}),
    _invalid("a text names it", "import math", "import math\n\n__all__ = ['_history']"),
    _invalid("globals() reaches it", "    return [area", "    print(globals())\n    return [area"),
    _invalid("the value is used up", "(r, found)", "next(r)"),
    _invalid("the value prints", "(r, found)", "print(r)"),
    _invalid("it is bound anew", "def use(n):\n", "def use(n):\n    global _history\n    _history = []\n"),
    _invalid("it begins with something", "_history = []", "_history = [1]"),
    _invalid("the result is asked for", "    _history.append((r, found))", "    print(_history.append((r, found)))"),
    _invalid("a finalizer runs when the values go", "def area(r)", "class R:\n    def __del__(self):\n"
             "        print('gone')\n\n\ndef area(r)"),
    _invalid("it is appended to at the top level, where its name may be rebound", "def use(n)",
             "_history.append(1)\n\n\ndef use(n)"),
    _example(_METHOD, "trail", why="a library's public name may be read by others", library=True),
    _invalid("what it holds is told by its address", "    return [area", "    print(id(n))\n    return [area"),
    _odd("it is read", "return total", "return total, len(trail)"),
    _odd("it is truth-tested", "if height", "if trail"),
    _odd("it is handed on", "total = 0", "total = 0\n    print(trail)"),
    _odd("a lambda sees it", "total = 0", "total = 0\n    print(lambda: trail)"),
    _odd("a nested function appends to it", "total = 0",
         "total = 0\n\n    def note(x):\n        trail.append(x)\n\n    note(1)"),
    _odd("it is another's", "trail = []", "trail = rows"),
    _odd("it is an argument", "trail = []\n", "pass\n"),
    _odd("it is bound anew", "total = 0", "total = 0\n    trail = []"),
    _odd("it may be unbound", "trail = []", "if rows:\n        trail = []"),
    _odd("the value is computed with effects", "append(area)", "append(rows.pop())"),
    _odd("the value may be none at all", "append(area)", "append(rows[9])"),
    _odd("what it reads may be unbound", "area = (width, height)", "if width:\n            area = (width, height)"),
    _odd("the value waits", "append(area)", "append((yield width))"),
    _odd("locals() reaches it", "return total", "return locals()"),
    _odd("addresses tell what it keeps", "area = (width, height)", "area = [width]\n        print(id(area))"),
    _odd("it is a global", "trail = []", "global trail\n    trail = []"),
    _local(why="what goes with it is a file", contents=["_io.FileIO", "list"]),
    _local(why="it is an argument's", kind="argument"),
]  # fmt: skip
