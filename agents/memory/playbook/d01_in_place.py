"""D01: `x = x * c` of an array that nobody else holds is done in place."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.arrays import Arrays
from agents.memory.playbook.array_rules import ArrayRule, Change, described
from agents.memory.playbook.examples import d01 as examples
from agents.memory.playbook.in_place import OWN, rebound
from agents.memory.playbook.rule import Example, Focus


class InPlace(ArrayRule):
    """`x = x * c` -> `x *= c`; `x = np.sqrt(x)` -> `np.sqrt(x, out=x)`."""

    id: ClassVar[str] = "D01"
    name: ClassVar[str] = "array operation in place"
    preconditions: ClassVar[Mapping[str, str]] = OWN
    whole: ClassVar[bool] = True

    def changes(self, arrays: Arrays) -> Iterator[Change]:
        """Every rebinding of a name to an operation on its own array."""
        yield from rebound(arrays)

    def title(self, change: Change, focus: Focus) -> str:
        """Says what is done in place."""
        return f"do `{ast.unparse(change.node)}` in {focus.function} in place"

    def mechanism(self, change: Change) -> str:
        """Why less is held."""
        return f"`{ast.unparse(change.node)}` writes over the array it reads instead of making another of its size"

    def shown(self, change: Change) -> dict[str, str]:
        """What was found out about the operand."""
        array = change.array
        return {
            "fresh": change.private,
            "same kind": described(array.assumes, f"operand and result are {array.dtype}, of the same shape"),
            "dead": "the name is bound to the result; no handler or `with` could see the array half changed",
        }

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
