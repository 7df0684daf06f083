"""D15: an array made of an array that is only read."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.arrays import Arrays
from agents.memory.playbook.array_rules import ArrayRule, Change, described
from agents.memory.playbook.copied_arrays import READ, read_only
from agents.memory.playbook.examples import d15 as examples
from agents.memory.playbook.rule import Example, Focus
from agents.memory.playbook.source_edits import source


class AsArray(ArrayRule):
    """`np.array(x)` -> `np.asarray(x)`."""

    id: ClassVar[str] = "D15"
    name: ClassVar[str] = "array of an array"
    preconditions: ClassVar[Mapping[str, str]] = READ

    def changes(self, arrays: Arrays) -> Iterator[Change]:
        """Every numpy.array() of an array."""
        module = arrays.analyst.module
        for call, original, array, evidence in read_only(arrays):
            if isinstance(call.func, ast.Attribute) and arrays.numpy(call.func) == "array":
                package = source(module, call.func.value)
                yield Change(call, f"{package}.asarray({source(module, original)})", array, evidence)

    def title(self, change: Change, focus: Focus) -> str:
        """Names the copy."""
        return f"read the array itself in {focus.function}, not `{ast.unparse(change.node)}`"

    def mechanism(self, change: Change) -> str:
        """Why less is held."""
        return f"`{change.new}` gives the array itself, or its data, where the copy was as big as the array"

    def shown(self, change: Change) -> dict[str, str]:
        """What was found out about the original and the copy's readers."""
        array = change.array
        return {
            "same array": described(array.assumes, f"{array.dtype}, {array.dims} dimensions, in C order"),
            "only read": change.private,
            "unchanged": "no store into an array, no unknown call, no yield while the copy is in use",
        }

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
