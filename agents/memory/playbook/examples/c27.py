"""The examples of C27: what it proposes, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _class(
    body: str, *, why: str = "", after: str = "", head: str = "class Point:", call: str = "Point(1, 2).x"
) -> Example:
    text = f"{head}\n    def __init__(self, x, y=0):\n        self.x = x\n        self.y = y\n{body}{after}"
    return Example(before=text, after=None if why else text, class_name="Point", call=call, why=why)


VALID: list[Example] = [
    _class(""),
    _class("\n    def total(self):\n        return self.x + self.y\n", call="Point(1, 2).total()"),
    _class("        self.sum: int = x + y\n", after="\n\nFIRST = Point(0)\n"),
]

INVALID: list[Example] = [
    _class("\n    def move(self):\n        self.x += 1\n", why="an attribute is changed"),
    _class("        if y:\n            self.z = y\n", why="one is not always there"),
    _class("", after="\n\ndef move(p):\n    p.y = 3\n", why="a function changes it"),
    _class("", after="\n\nclass Other(Point):\n    pass\n", why="a class derives from it"),
    _class("", head="class Base:\n    pass\n\n\nclass Point(Base):", why="it has a base"),
    _class("\n    def __eq__(self, other):\n        return self is other\n", why="it has an equality of its own"),
    _class("", after="\n\ndef f(p):\n    return vars(p)\n", why="the dict of an instance is read"),
]
