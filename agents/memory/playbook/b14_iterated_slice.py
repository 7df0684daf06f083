"""B14: a slice that is only iterated over is skipped to instead of copied."""

import ast
from collections.abc import Mapping
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import b14 as examples
from agents.memory.playbook.lazy_edits import PROOF
from agents.memory.playbook.rule import Example
from agents.memory.playbook.source_edits import source
from agents.memory.playbook.temporaries import TemporaryRule


class IteratedSlice(TemporaryRule):
    """`for x in a[1:]:` -> `for x in itertools.islice(a, 1, None):`: the slice is never built."""

    id: ClassVar[str] = "B14"
    name: ClassVar[str] = "slice to iterate over"
    preconditions: ClassVar[Mapping[str, str]] = {
        "slice": "A list or tuple is sliced from and to constants that are not negative, without a step.",
        "single pass": "It is a temporary that its reader iterates over once and does nothing else with.",
        **PROOF,
    }
    function: ClassVar[str] = "itertools.islice"

    def parts(self, node: ast.expr) -> list[ast.expr] | None:
        """The sliced sequence, in a list."""
        match node:
            case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None), ctx=ast.Load()):
                ends = [end for end in (lower, upper) if end is not None]
                return [value] if ends and all(_constant(end) for end in ends) else None
        return None

    def arguments(self, analyst: Analyst, node: ast.expr, parts: list[ast.expr]) -> str:
        """The sequence, and the ends as islice() takes them."""
        assert isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)
        first, last = (text(end) if end is not None else "" for end in (node.slice.lower, node.slice.upper))
        ends = f"{first or 0}, {last or None}" if first or not last else last
        return f"{source(analyst.module, node.value)}, {ends}"

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _constant(end: ast.expr) -> bool:
    return isinstance(end, ast.Constant) and type(end.value) is int and end.value >= 0
