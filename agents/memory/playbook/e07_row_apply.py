"""E07: a function applied to each row: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level


class RowApply(ProposingRule):
    """`d.apply(f, axis=1)` -> arithmetic on columns."""

    id: ClassVar[str] = "E07"
    name: ClassVar[str] = "function applied to each row"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        match node:
            case ast.Call(func=ast.Attribute(attr="apply"), args=[_], keywords=[keyword]) if keyword.arg == "axis":
                rows = isinstance(keyword.value, ast.Constant) and keyword.value.value in (1, "columns")
            case _:
                return None
        if not rows:
            return None
        return Seen(
            node,
            f"do `{text(node)}` on whole columns",
            "no Series is made for each row",
            f"`{text(node)}`",
            "the function is arithmetic on columns; dtypes and missing values come out alike",
        )

    VALID: ClassVar[list[Example]] = proposals.E07_VALID
    INVALID: ClassVar[list[Example]] = proposals.E07_INVALID
