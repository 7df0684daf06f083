"""D02: the result of an array operation takes the place of an operand that is dead."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.arrays import Arrays
from agents.memory.playbook.array_rules import ArrayRule, Change, described
from agents.memory.playbook.examples import d02 as examples
from agents.memory.playbook.in_place import OWN, into_operand
from agents.memory.playbook.rule import Example, Focus


class OutOperand(ArrayRule):
    """`t = x + y` -> `t = np.add(x, y, out=x)`, where `x` is read no more."""

    id: ClassVar[str] = "D02"
    name: ClassVar[str] = "named intermediate arrays"
    preconditions: ClassVar[Mapping[str, str]] = OWN
    whole: ClassVar[bool] = True

    def changes(self, arrays: Arrays) -> Iterator[Change]:
        """Every operation of two names with a dead operand; the order of association is kept."""
        yield from into_operand(arrays, powers=False)

    def title(self, change: Change, focus: Focus) -> str:
        """Says what is done in place."""
        return f"write `{ast.unparse(change.node)}` in {focus.function} over its dead operand"

    def mechanism(self, change: Change) -> str:
        """Why less is held."""
        return (
            f"`{ast.unparse(change.node)}` is written over an operand that is read no more, instead of into a new array"
        )

    def shown(self, change: Change) -> dict[str, str]:
        """What was found out about the operand."""
        array = change.array
        return {
            "fresh": change.private,
            "same kind": described(array.assumes, f"operand and result are {array.dtype}, of the same shape"),
            "dead": "no read of the operand follows, and no handler or `with` could see it half changed",
        }

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
