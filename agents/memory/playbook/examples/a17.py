"""The examples of A17: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

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
]  # fmt: skip
