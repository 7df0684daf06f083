"""D03: an array of doubles made without a dtype: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.external import library_function
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class Float32(ProposingRule):
    """`np.zeros(n)` -> `np.zeros(n, dtype="f4")`."""

    id: ClassVar[str] = "D03"
    name: ClassVar[str] = "doubles where singles may do"
    strategy: ClassVar[Strategy] = "quantization"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        if not isinstance(node, ast.Call):
            return None
        if (
            library_function(analyst, node, "numpy") not in ("zeros", "ones", "empty", "linspace")
            or node.keywords
            or len(node.args) > 1 + (library_function(analyst, node, "numpy") == "linspace")
        ):
            return None
        return Seen(
            node,
            f"make `{text(node)}` of float32",
            "4 bytes an element in place of 8",
            f"`{text(node)}`",
            "single precision (7 digits) is enough for every result",
        )

    VALID: ClassVar[list[Example]] = proposals.D03_VALID
    INVALID: ClassVar[list[Example]] = proposals.D03_INVALID
