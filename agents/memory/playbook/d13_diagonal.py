"""D13: a product with a diagonal matrix: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.external import library_function
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level


class Diagonal(ProposingRule):
    """`np.diag(v) @ M` -> `v[:, None] * M`."""

    id: ClassVar[str] = "D13"
    name: ClassVar[str] = "product with a diagonal matrix"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        parent = analyst.module.parents[node]
        product = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult) and parent.left is node
        if library_function(analyst, node, "numpy") != "diag" or not product:
            return None
        return Seen(
            node,
            f"multiply by a column instead of `{text(node)}`",
            "the square matrix of zeros is not made",
            f"`{text(node)}`",
            "the vector has one dimension; no NaN, infinity or negative zero matters",
        )

    VALID: ClassVar[list[Example]] = proposals.D13_VALID
    INVALID: ClassVar[list[Example]] = proposals.D13_INVALID
