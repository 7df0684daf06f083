"""B05: `f.readlines()` that is iterated over once: the file itself is iterated over."""

import ast
from typing import ClassVar

from agents.memory.analysis.handles import handle
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import b05 as examples
from agents.memory.playbook.rule import Example, Level
from agents.memory.playbook.streamed import Pieces, StreamingRule, Whole, text_of
from agents.memory.playbook.whole_reads import told


class Readlines(StreamingRule):
    """`for line in f.readlines():` -> `for line in f:`."""

    id: ClassVar[str] = "B05"
    name: ClassVar[str] = "readlines() iterated over once"
    level: ClassVar[Level] = "A"

    def whole(self, analyst: Analyst, node: ast.expr) -> Whole | None:
        """A readlines() without an argument."""
        match node:
            case ast.Call(func=ast.Attribute(value=opened, attr="readlines"), args=[], keywords=[]):
                file = handle(analyst, opened)
                if file is None:
                    return None
                same = "readlines() is the list of what iterating over the file gives"
                return Whole(node, Pieces(text_of(analyst, opened)), told(file), same, (file,))
        return None

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
