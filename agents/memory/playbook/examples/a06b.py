"""The examples of A06B: what it proposes, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TREE = """\
class Node:
    def __init__(self, size, {parameter}=None):
        self.{attribute} = {value}
        self.data = [0] * size
        self.children = []

    def add(self, size):
        self.children.append(Node(size, {passed}))


def total(n):
    found = 0
    for size in range(n):
        root = Node(size)
        root.add(size)
        found += len(root.data)
    return found
"""


def _example(
    attribute: str = "parent",
    parameter: str = "parent",
    *,
    value: str = "",
    passed: str = "self",
    kind: str = "cycle",
    holding_type: str = "example.Node",
    why: str = "",
) -> Example:
    text = _TREE.format(attribute=attribute, parameter=parameter, value=value or parameter, passed=passed)
    return Example(
        before=text,
        after=None if why else text,
        function="total",
        focus_line="root = Node",
        peak_line="root = Node",
        holding="cycles of Node",
        holding_type=holding_type,
        measured={"kind": kind, "length": 60},
        call="[total(n) for n in (0, 1, 5)]",
        why=why,
    )


VALID: list[Example] = [
    _example(),
    _example("_owner", "owner", passed="[self]"),
    _example("before", "other"),
]

INVALID: list[Example] = [
    _example("before", "other", passed="[self]", why="nothing tells that it refers back"),
    _example(value="bool(parent)", why="it keeps something else"),
    _example(kind="local", why="a name holds the bytes"),
    _example(holding_type="other.Leaf", why="the class is not of this project"),
]
