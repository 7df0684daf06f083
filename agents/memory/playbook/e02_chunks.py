"""E02: a CSV file read whole: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.external import library_function
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import array_proposals as proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class Chunks(ProposingRule):
    """`pd.read_csv(p)` -> `chunksize=`, and the results combined."""

    id: ClassVar[str] = "E02"
    name: ClassVar[str] = "CSV file read whole"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for such a call."""
        if not isinstance(node, ast.Call):
            return None
        if library_function(analyst, node, "pandas") != "read_csv" or any(
            k.arg in ("chunksize", "iterator") for k in node.keywords
        ):
            return None
        return Seen(
            node,
            f"read `{text(node)}` in chunks",
            "one chunk of rows is there at a time",
            f"`{text(node)}`",
            "the rows are only reduced, by sums, counts or extremes; the order of a float sum does not matter",
        )

    VALID: ClassVar[list[Example]] = proposals.E02_VALID
    INVALID: ClassVar[list[Example]] = proposals.E02_INVALID
