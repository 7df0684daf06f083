"""The examples of C12: what it proposes to change, and where it says nothing and why."""

from agents.memory.playbook.rule import Example


def _example(made: str, *, kind: str = "dict", element: str = "set", why: str = "") -> Example:
    before = f"def f(n):\n    held = {made}\n    return len(held)\n"
    return Example(
        before=before,
        after=None if why else before,
        function="f",
        holding="held",
        holding_type=kind,
        holding_element=element,
        call="" if why else "f(3)",
        why=why,
    )


VALID: list[Example] = [
    _example("{i: {i} for i in range(n)}"),
    _example("{i: [i] for i in range(n)}"),
    _example("dict.fromkeys(range(n), [1])"),
]

INVALID: list[Example] = [
    _example("[n]", element="int", why="it holds other things"),
    _example("(n,)", kind="example.Table", why="it is no plain container"),
]
