"""The examples of C16: what it proposes to change, and where it says nothing and why."""

from agents.memory.playbook.rule import Example


def _example(body: str, call: str = "", why: str = "", kind: str = "dict") -> Example:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    before = f"def f(n):\n    held = {{}}\n{lines}"
    after = None if why else before
    return Example(before=before, after=after, function="f", holding="held", holding_type=kind, call=call, why=why)


VALID: list[Example] = [
    _example("for i in range(n):\n    held[i] = i % 100\nreturn sum(held[i] for i in range(n))", "f(9)"),
    _example("for i in range(n):\n    held[i] = held.get(i - 1, 0) + i\nreturn len(held)", "f(9)"),
    _example(
        "for i in range(n):\n    if i not in held:\n        held[i] = 0\n    held[i] += 1\nreturn len(held)",
        "f(9)",
    ),
]

INVALID: list[Example] = [
    _example("held[n] = 1\nreturn held[n]", why="nothing tells that the keys are ints"),
    _example("held[1] = 1\nreturn held", why="the dict gets out"),
    _example("held[1] = 1\nreturn list(held.items())", why="the order of the keys shows"),
    _example("held[1] = 1\nreturn held.pop(1)", why="an entry is taken out"),
    _example(
        "for i in range(n):\n    held[i] = i % 100\nreturn sum(held[i] for i in range(n))",
        why="it is something else at run time",
        kind="list",
    ),
]
