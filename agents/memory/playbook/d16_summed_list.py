"""D16: the sum of an array as a list: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level


class SummedList(ProposingRule):
    """`sum(a.tolist())` -> `a.sum()`."""

    id: ClassVar[str] = "D16"
    name: ClassVar[str] = "array summed as a list"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        match node:
            case ast.Call(
                func=ast.Name(id="sum"), args=[ast.Call(func=ast.Attribute(attr="tolist"), args=[])], keywords=[]
            ):
                pass
            case _:
                return None
        return Seen(
            node,
            f"sum the array itself, not `{text(node)}`",
            "no list of Python numbers is made of the array",
            f"`{text(node)}`",
            "the last bits of a float sum may change",
        )

    VALID: ClassVar[list[Example]] = proposals.D16_VALID
    INVALID: ClassVar[list[Example]] = proposals.D16_INVALID
