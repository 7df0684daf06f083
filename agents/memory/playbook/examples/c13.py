"""The examples of C13: what it proposes to change, and where it says nothing and why."""

from agents.memory.playbook.rule import Example


def _example(made: str, *, kind: str = "str", size: int = 4_000_076, why: str = "") -> Example:
    before = f"def f(n):\n    held = {made}\n    return len(held)\n"
    return Example(
        before=before,
        after=None if why else before,
        function="f",
        holding="held",
        holding_type=kind,
        measured={"length": 1_000_000, "shallow": size},
        call="" if why else "f(3)",
        why=why,
    )


VALID: list[Example] = [
    _example("'x' * n + chr(128512)"),
    _example("''.join(chr(128512 + i % 3) for i in range(n))"),
    _example("('a' * n).replace('a', chr(128512), 1)", size=3_600_000),
]

INVALID: list[Example] = [
    _example("'x' * n", size=1_000_049, why="its characters take one byte each"),
    _example("chr(1024) * n", size=2_000_074, why="its characters take two bytes each"),
    _example("b'x' * n", kind="bytes", why="it is no text"),
]
