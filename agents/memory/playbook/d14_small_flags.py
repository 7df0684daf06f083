"""D14: an array of 8-byte integers made of zeros: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.external import external, library_function
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class SmallFlags(ProposingRule):
    """`np.zeros(n, dtype=int)` -> `dtype=np.uint8`."""

    id: ClassVar[str] = "D14"
    name: ClassVar[str] = "integers of 8 bytes"
    strategy: ClassVar[Strategy] = "quantization"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        named = [k.value for k in getattr(node, "keywords", []) if k.arg == "dtype"]
        if (
            library_function(analyst, node, "numpy") not in ("zeros", "ones", "full")
            or len(named) != 1
            or not _wide(analyst, named[0])
        ):
            return None
        return Seen(
            node,
            f"make `{text(node)}` of a smaller integer type",
            "1 byte an element in place of 8",
            f"`{text(node)}`",
            "every value fits, and no operation on the array overflows",
        )

    VALID: ClassVar[list[Example]] = proposals.D14_VALID
    INVALID: ClassVar[list[Example]] = proposals.D14_INVALID


def _wide(analyst: Analyst, dtype: ast.expr) -> bool:
    """Whether the dtype is that of Python's int, or int64."""
    named = isinstance(dtype, ast.Name) and dtype.id == "int"
    return named or external(analyst.project, analyst.module, dtype) == "numpy.int64"
