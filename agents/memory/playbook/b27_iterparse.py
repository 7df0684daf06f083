"""B27: an XML document that is parsed whole: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import proposals
from agents.memory.playbook.proposed import ProposingRule, Seen, called
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class IterParse(ProposingRule):
    """`ElementTree.parse(path)` -> `iterparse(path)` with `clear()`."""

    id: ClassVar[str] = "B27"
    name: ClassVar[str] = "XML document parsed whole"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """A parse() of the library's ElementTree."""
        if called(analyst, node) != "xml.etree.ElementTree.parse":
            return None
        advice = f"take `{text(node)}` element by element with iterparse(), and clear() each"
        mechanism = "the tree of the whole document is not kept: only the element at hand"
        return Seen(node, advice, mechanism, f"`{text(node)}`", "one level of elements is used")

    VALID: ClassVar[list[Example]] = proposals.B27_VALID
    INVALID: ClassVar[list[Example]] = proposals.B27_INVALID
