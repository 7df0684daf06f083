"""The examples of B39: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TREE = """\
class Node:
    def __init__(self, value, left=None, right=None):
        self.value, self.left, self.right = value, left, right


TREE = Node(2, Node(1), Node(4, Node(3)))


"""
_USE = "\n\ndef f(t):\n    return [x * 2 for x in walk(t)]\n"
_WALK = "def walk(t):\n    return [] if t is None else walk(t.left) + [t.value] + walk(t.right)\n"


def _invalid(walk: str, why: str, use: str = _USE, *, library: bool = False) -> Example:
    return Example(before=_TREE + walk + use, function="walk", focus_line="def walk", why=why, library=library)


VALID: list[Example] = [
    Example(
        before=_TREE + "def walk(t): return [] if t is None else walk(t.left) + [t.value] + walk(t.right)\n" + _USE,
        after=f"""\
{_TREE}def walk(t):
    if not (t is None):
        yield from walk(t.left)
        yield t.value
        yield from walk(t.right)
{_USE}""",
        function="walk",
        focus_line="def walk",
        call="f(TREE), f(None)",
    ),
    Example(
        before=f"""\
{_TREE}def walk(t):
    if t is None: return []
    else: return walk(t.left) + [t.value] + walk(t.right)
    return []
{_USE}""",
        after=f"""\
{_TREE}def walk(t):
    if t is None:
        return
    else:
        yield from walk(t.left)
        yield t.value
        yield from walk(t.right)
        return
    return
{_USE}""",
        function="walk",
        focus_line="def walk",
        call="f(TREE), f(None)",
    ),
    Example(
        before=_TREE + _WALK + _USE,
        after=f"""\
{_TREE}def walk(t):
    if not (t is None):
        yield from walk(t.left)
        yield t.value
        yield from walk(t.right)
{_USE}""",
        function="walk",
        focus_line="def walk",
        call="f(TREE), f(None)",
    ),
    Example(
        before=f"""\
{_TREE}def walk(t):
    if t is None:
        return []
    return [t.value, 0] + walk(t.left) + walk(t.right)  # preorder
{_USE}""",
        after=f"""\
{_TREE}def walk(t):
    if t is None:
        return
    yield t.value
    yield 0
    yield from walk(t.left)
    yield from walk(t.right)  # preorder
{_USE}""",
        function="walk",
        focus_line="def walk",
        call="f(TREE), f(None)",
    ),
    Example(
        before=f"""\
{_TREE}def walk(t: "Node | None", deep: int = 0) -> list[int]:
    if t is None or deep > 1:
        return []
    return walk(t.left, deep + 1) + [t.value]
{_USE}""",
        after=f"""\
from collections.abc import Iterator


{_TREE}def walk(t: "Node | None", deep: int = 0) -> Iterator[int]:
    if t is None or deep > 1:
        return
    yield from walk(t.left, deep + 1)
    yield t.value
{_USE}""",
        function="walk",
        focus_line="def walk",
        call="f(TREE), f(None)",
    ),
]

INVALID: list[Example] = [
    _invalid(_WALK, "a caller counts it", "\n\ndef f(t):\n    return len(walk(t))\n"),
    _invalid(_WALK, "a caller adds to it", "\n\ndef f(t):\n    return walk(t) + [1]\n"),
    _invalid(_WALK, "nobody is seen to call it but itself", ""),
    _invalid(_WALK, "it is public in a library", library=True),
    _invalid("def walk(t):\n    return [t]\n", "it is no recursion"),
    _invalid(
        "def walk(t): n = 0; return [] if t is None else walk(t.left) + [n] + walk(t.right)\n",
        "another statement stands on the line",
    ),
    _invalid(
        "def walk(t):\n    return [] if t is None else walk(t.left) + [t.value] + t.more\n",
        "what else it adds may be no list",
    ),
    _invalid(
        "def walk(t):\n    if t is None:\n        return\n    return walk(t.left) + [t.value]\n", "it may return None"
    ),
    _invalid(
        "LOG = []\n\n\ndef walk(t):\n    LOG.append(t)\n    return [] if t is None else walk(t.left) + [t.value]\n",
        "callers see what it does in between",
        "\n\ndef f(t):\n    return [len(LOG) for x in walk(t)]\n",
    ),
]
