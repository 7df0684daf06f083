"""E04: numeric columns of 8 bytes: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.external import library_function
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class Downcast(ProposingRule):
    """`pd.read_csv(p, dtype={"qty": "int8"})`."""

    id: ClassVar[str] = "E04"
    name: ClassVar[str] = "numeric columns of 8 bytes"
    strategy: ClassVar[Strategy] = "quantization"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        if not isinstance(node, ast.Call):
            return None
        if library_function(analyst, node, "pandas") != "read_csv" or any(k.arg == "dtype" for k in node.keywords):
            return None
        return Seen(
            node,
            f"read numeric columns in `{text(node)}` by smaller types",
            "1 to 4 bytes a value in place of 8",
            f"`{text(node)}`",
            "every value of every file fits, and no later sum overflows or needs more digits",
        )

    VALID: ClassVar[list[Example]] = proposals.E04_VALID
    INVALID: ClassVar[list[Example]] = proposals.E04_INVALID
