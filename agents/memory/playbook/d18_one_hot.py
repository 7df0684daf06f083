"""D18: a one-hot matrix: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.external import library_function
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class OneHot(ProposingRule):
    """`np.eye(k)[y].sum(0)` -> `np.bincount(y, minlength=k)`."""

    id: ClassVar[str] = "D18"
    name: ClassVar[str] = "one-hot matrix"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        parent = analyst.module.parents[node]
        if (
            library_function(analyst, node, "numpy") != "eye"
            or not isinstance(parent, ast.Subscript)
            or parent.value is not node
        ):
            return None
        return Seen(
            node,
            f"keep the labels, not rows of `{text(node)}`",
            "one integer a label in place of a row",
            f"`{text(node)}`",
            "the matrix is only summed by column or searched for its ones",
        )

    VALID: ClassVar[list[Example]] = proposals.D18_VALID
    INVALID: ClassVar[list[Example]] = proposals.D18_INVALID
