"""D17: the square of an array that is dead afterwards is computed in place."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.arrays import Arrays
from agents.memory.playbook.array_rules import ArrayRule, Change, described
from agents.memory.playbook.examples import d17 as examples
from agents.memory.playbook.in_place import OWN, into_operand
from agents.memory.playbook.rule import Example, Focus


class SquareInPlace(ArrayRule):
    """`s = e ** 2` -> `s = np.square(e, out=e)`, where `e` is read no more."""

    id: ClassVar[str] = "D17"
    name: ClassVar[str] = "square of a dead array"
    preconditions: ClassVar[Mapping[str, str]] = OWN
    whole: ClassVar[bool] = True

    def changes(self, arrays: Arrays) -> Iterator[Change]:
        """Every square of a name that is dead afterwards."""
        yield from into_operand(arrays, powers=True)

    def title(self, change: Change, focus: Focus) -> str:
        """Says what is done in place."""
        return f"square `{ast.unparse(change.node)}` in {focus.function} in place"

    def mechanism(self, change: Change) -> str:
        """Why less is held."""
        return f"`{ast.unparse(change.node)}` is written over the array itself, which is read no more"

    def shown(self, change: Change) -> dict[str, str]:
        """What was found out about the operand."""
        array = change.array
        return {
            "fresh": change.private,
            "same kind": described(array.assumes, f"operand and result are {array.dtype}, of the same shape"),
            "dead": "no read of the array follows, and no handler or `with` of the function could see it half changed",
        }

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
