"""D09: all pairs of rows broadcast at once: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level


class PairwiseChunks(ProposingRule):
    """`((X[:, None] - X[None]) ** 2).sum(-1)` -> row chunks."""

    id: ClassVar[str] = "D09"
    name: ClassVar[str] = "pairwise broadcast"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        match node:
            case ast.Call(func=ast.Attribute(value=value, attr="sum"), args=[ast.UnaryOp()]):
                pass
            case _:
                return None
        if sum(_new_axis(inner) for inner in ast.walk(value)) < 2:
            return None
        return Seen(
            node,
            f"do `{text(node)}` for some rows at a time",
            "only some rows of the pairs are there at once",
            f"`{text(node)}`",
            "the result is used row by row, or its last bits do not matter",
        )

    VALID: ClassVar[list[Example]] = proposals.D09_VALID
    INVALID: ClassVar[list[Example]] = proposals.D09_INVALID


def _new_axis(node: ast.AST) -> bool:
    """Whether the node is `x[:, None]` or the like."""
    if not isinstance(node, ast.Subscript) or not isinstance(node.slice, ast.Tuple):
        return False
    return any(isinstance(part, ast.Constant) and part.value is None for part in node.slice.elts)
