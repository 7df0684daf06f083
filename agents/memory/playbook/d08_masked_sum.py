"""D08: a sum over a masked copy: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level


class MaskedSum(ProposingRule):
    """`a[mask].sum()` -> `np.sum(a, where=mask)`."""

    id: ClassVar[str] = "D08"
    name: ClassVar[str] = "sum over a masked copy"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Subscript(slice=ast.Compare()), attr="sum"), args=[], keywords=[]
            ):
                pass
            case _:
                return None
        return Seen(
            node,
            f"reduce `{text(node)}` with `where=` instead of a copy",
            "the elements under the mask are added up where they are",
            f"`{text(node)}`",
            "the last bits of a float sum may change",
        )

    VALID: ClassVar[list[Example]] = proposals.D08_VALID
    INVALID: ClassVar[list[Example]] = proposals.D08_INVALID
