"""The examples of C24: what it proposes to change, and where it says nothing and why."""

from agents.memory.playbook.rule import Example


def _example(body: str, call: str = "", why: str = "", kind: str = "dict") -> Example:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    before = f"def f(n):\n    held = {{}}\n{lines}"
    after = None if why else before
    return Example(before=before, after=after, function="f", holding="held", holding_type=kind, call=call, why=why)


VALID: list[Example] = [
    _example("for x in range(n):\n    for y in range(n):\n        held[x, y] = 1\nreturn len(held)", "f(4)"),
    _example("for x in range(n):\n    held[(x, 0)] = x\nreturn held.get((0, 1), 5)", "f(4)"),
    _example("for x in range(n):\n    if (x, x) not in held:\n        held[x, x] = 2\nreturn held[0, 0]", "f(4)"),
]

INVALID: list[Example] = [
    _example("held[n] = 1\nreturn held[n]", why="the keys are no pairs"),
    _example("held[n, n, n] = 1\nreturn len(held)", why="the keys are no pairs"),
    _example("held[n, 1] = 1\nreturn held", why="the dict gets out"),
    _example("held[n, 1] = 1\nreturn [x for x, y in held]", why="the keys are taken apart"),
    _example(
        "for x in range(n):\n    for y in range(n):\n        held[x, y] = 1\nreturn len(held)",
        why="it is something else at run time",
        kind="list",
    ),
]
