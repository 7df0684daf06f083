"""D11: an array file read whole: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.external import library_function
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class MappedLoad(ProposingRule):
    """`np.load(p)` -> `np.load(p, mmap_mode="r")`."""

    id: ClassVar[str] = "D11"
    name: ClassVar[str] = "array file read whole"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        if not isinstance(node, ast.Call):
            return None
        if library_function(analyst, node, "numpy") != "load" or len(node.args) != 1 or node.keywords:
            return None
        return Seen(
            node,
            f"map the file of `{text(node)}`",
            "only the parts that are read come into memory",
            f"`{text(node)}`",
            "the array is only read, and in parts, while the file stays",
        )

    VALID: ClassVar[list[Example]] = proposals.D11_VALID
    INVALID: ClassVar[list[Example]] = proposals.D11_INVALID
