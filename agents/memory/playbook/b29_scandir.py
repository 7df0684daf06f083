"""B29: a list of paths that is iterated over: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import proposals
from agents.memory.playbook.proposed import ProposingRule, Seen, called, iterated
from agents.memory.playbook.rule import Example, Focus, Level

_LAZY = {"glob.glob": "glob.iglob", "os.listdir": "os.scandir"}


class ScanDir(ProposingRule):
    """`glob.glob()` and `os.listdir()` -> `glob.iglob()` and `os.scandir()`."""

    id: ClassVar[str] = "B29"
    name: ClassVar[str] = "list of paths iterated over"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """A list of paths that a loop goes over."""
        lazy = _LAZY.get(called(analyst, node))
        if lazy is None or not iterated(analyst, node):
            return None
        advice = f"go over {lazy}() instead of `{text(node)}`"
        mechanism = "the list of all paths is not made"
        return Seen(node, advice, mechanism, f"a loop over `{text(node)}`", "the loop changes nothing in the folder")

    VALID: ClassVar[list[Example]] = proposals.B29_VALID
    INVALID: ClassVar[list[Example]] = proposals.B29_INVALID
