"""A12: a small part of an array that goes on living keeps the whole array alive: it is copied."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.array_uses import dead_after, loads, private, undisturbed
from agents.memory.analysis.arrays import Arrays
from agents.memory.playbook.array_rules import ArrayRule, Change, described, expressions
from agents.memory.playbook.examples import a12 as examples
from agents.memory.playbook.rule import Example, Focus, Strategy
from agents.memory.playbook.source_edits import source


class CopiedSlice(ArrayRule):
    """`heads.append(a[:4])` -> `heads.append(a[:4].copy())`, where nobody else could see that the data was shared."""

    id: ClassVar[str] = "A12"
    name: ClassVar[str] = "small slice of a large array"
    strategy: ClassVar[Strategy] = "reordering"
    preconditions: ClassVar[Mapping[str, str]] = {
        "kept": "A slice with a constant length of a contiguous array is appended to a list.",
        "fresh": "The array is made in the function, and only its name and this slice ever share its data.",
        "dead": "The array itself is read no more afterwards, so nothing can write through to the slice.",
    }

    def changes(self, arrays: Arrays) -> Iterator[Change]:
        """Every appended slice of a fresh array that is dead afterwards."""
        module = arrays.analyst.module
        for node in expressions(arrays):
            match node:
                case ast.Subscript(
                    value=ast.Name(id=name) as whole,
                    slice=ast.Slice(lower=None, upper=ast.Constant(value=int()), step=None),
                ) if isinstance(node.ctx, ast.Load):
                    pass
                case _:
                    continue
            match module.parents[node]:
                case ast.Call(func=ast.Attribute(attr="append"), args=[_], keywords=[]) as call:
                    statement = module.parents[call]
                case _:
                    continue
            array = arrays.of(whole)
            if array is None or not array.fresh or not array.contiguous or not array.dims:
                continue
            if not isinstance(statement, ast.Expr) or not undisturbed(arrays, statement):
                continue
            others = [use for use in loads(arrays, name) if use is not whole]
            shared = private(arrays, name, statement, but=whole)
            if shared is None or any(module.statement(use) is statement for use in others):
                continue
            if dead_after(arrays, name, statement):
                yield Change(node, f"{source(module, node)}.copy()", array, shared)

    def title(self, change: Change, focus: Focus) -> str:
        """Names the slice."""
        return f"keep a copy of `{ast.unparse(change.node)}` in {focus.function}, not the whole array"

    def mechanism(self, change: Change) -> str:
        """Why less is held."""
        return f"`{ast.unparse(change.node)}` is a view that keeps its whole array alive; its copy is as small as it is"

    def shown(self, change: Change) -> dict[str, str]:
        """What was found out about the array."""
        array = change.array
        return {
            "kept": described(array.assumes, f"`{ast.unparse(change.node)}` of {array.dtype} in C order is appended"),
            "fresh": change.private,
            "dead": "no read of the array follows before its name is bound again",
        }

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
