"""B13: lists that are added only to be iterated over are iterated over one after the other."""

import ast
from collections.abc import Mapping
from typing import ClassVar

from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import b13 as examples
from agents.memory.playbook.lazy_edits import PROOF
from agents.memory.playbook.rule import Example
from agents.memory.playbook.source_edits import source
from agents.memory.playbook.temporaries import TemporaryRule


class AddedLists(TemporaryRule):
    """`for x in a + b:` -> `for x in itertools.chain(a, b):`: the sum is never built."""

    id: ClassVar[str] = "B13"
    name: ClassVar[str] = "lists added to iterate over"
    preconditions: ClassVar[Mapping[str, str]] = {
        "lists": "What is added are lists, or are tuples: nothing that `+` means something else for.",
        "single pass": "It is a temporary that its reader iterates over once and does nothing else with.",
        **PROOF,
    }
    function: ClassVar[str] = "itertools.chain"

    def parts(self, node: ast.expr) -> list[ast.expr] | None:
        """The operands of `a + b + c`, in order."""
        if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
            return None
        left = self.parts(node.left)
        return [*(left if left is not None else [node.left]), node.right]

    def agree(self, kinds: set[str]) -> bool:
        """A list and a tuple cannot be added."""
        return len(kinds) == 1

    def arguments(self, analyst: Analyst, node: ast.expr, parts: list[ast.expr]) -> str:
        """The operands as they are written."""
        return ", ".join(source(analyst.module, part) for part in parts)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
