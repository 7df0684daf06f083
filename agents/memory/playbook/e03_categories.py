"""E03: text columns of few values: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.external import library_function
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class Categories(ProposingRule):
    """`pd.read_csv(p, dtype={"city": "category"})`."""

    id: ClassVar[str] = "E03"
    name: ClassVar[str] = "text columns of few values"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        if not isinstance(node, ast.Call):
            return None
        if library_function(analyst, node, "pandas") != "read_csv" or any(k.arg == "dtype" for k in node.keywords):
            return None
        return Seen(
            node,
            f"read text columns of few values in `{text(node)}` as categories",
            "each text is kept once, and a small number for each row",
            f"`{text(node)}`",
            "the columns are only grouped by (observed=True), compared or looked up",
        )

    VALID: ClassVar[list[Example]] = proposals.E03_VALID
    INVALID: ClassVar[list[Example]] = proposals.E03_INVALID
