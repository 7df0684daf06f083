"""The examples of C06: what it proposes to change, and where it says nothing and why."""

from agents.memory.playbook.rule import Example


def _example(body: str, call: str = "", why: str = "", kind: str = "set") -> Example:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    before = f"def f(n):\n    held = set()\n{lines}"
    after = None if why else before
    return Example(before=before, after=after, function="f", holding="held", holding_type=kind, call=call, why=why)


VALID: list[Example] = [
    _example("for i in range(0, n, 2):\n    held.add(i)\nreturn sum(1 for i in range(n) if i in held)", "f(9)"),
    _example("for i in range(n):\n    if i * i not in held:\n        held.add(i)\nreturn len(held)", "f(9)"),
    _example("for i in range(n):\n    held.add(i % 7)\nheld.discard(3)\nreturn 3 in held", "f(9)"),
]

INVALID: list[Example] = [
    _example("held.add(n)\nreturn len(held)", why="nothing tells that the keys are ints"),
    _example("held.add(1)\nreturn held", why="the set gets out"),
    _example("held.add(1)\nreturn sorted(held)", why="a bitmap is iterated over in another way"),
    _example("held.add(1)\nreturn held | {2}", why="sets are joined"),
    _example(
        "for i in range(0, n, 2):\n    held.add(i)\nreturn sum(1 for i in range(n) if i in held)",
        why="it is something else at run time",
        kind="list",
    ),
]
