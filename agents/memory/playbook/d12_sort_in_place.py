"""D12: an array that nobody else holds is sorted in place."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.array_uses import private, undisturbed
from agents.memory.analysis.arrays import Arrays
from agents.memory.playbook.array_rules import ArrayRule, Change, described, statements
from agents.memory.playbook.examples import d12 as examples
from agents.memory.playbook.in_place import OWN
from agents.memory.playbook.rule import Example, Focus


class SortInPlace(ArrayRule):
    """`a = np.sort(a)` -> `a.sort()`."""

    id: ClassVar[str] = "D12"
    name: ClassVar[str] = "sorted copy of an array"
    preconditions: ClassVar[Mapping[str, str]] = OWN

    def changes(self, arrays: Arrays) -> Iterator[Change]:
        """Every rebinding of a name to its own array, sorted along the last axis."""
        for statement in statements(arrays):
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id=name)], value=ast.Call(func=func, args=[ast.Name() as of], keywords=[])
                ) if of.id == name and arrays.numpy(func) == "sort":
                    array, shared = arrays.of(of), private(arrays, name, statement)
                    if array is None or shared is None or not array.fresh or not array.dims:
                        continue
                    if undisturbed(arrays, statement):
                        yield Change(statement, f"{name}.sort()", array, shared)

    def title(self, change: Change, focus: Focus) -> str:
        """Names the statement."""
        return f"do `{ast.unparse(change.node)}` in {focus.function} in place"

    def mechanism(self, change: Change) -> str:
        """Why less is held."""
        return f"`{change.new}` moves the elements within the array; np.sort() makes another of its size"

    def shown(self, change: Change) -> dict[str, str]:
        """What was found out about the array."""
        array = change.array
        return {
            "fresh": change.private,
            "same kind": described(array.assumes, f"{array.dtype}, {array.dims} dimensions"),
            "dead": "the name is bound to the result; no handler or `with` of the function could see it half sorted",
        }

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
