"""B44: `f.read().split()`: the words are taken from one line after the other."""

import ast
from typing import ClassVar

from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import b44 as examples
from agents.memory.playbook.rule import Example, Level
from agents.memory.playbook.streamed import Pieces, StreamingRule, Whole, fresh_name, text_of
from agents.memory.playbook.whole_reads import told, whole_read


class WordsByLine(StreamingRule):
    """`Counter(f.read().lower().split())`: the text, its copies and the list of words are never whole."""

    id: ClassVar[str] = "B44"
    name: ClassVar[str] = "whole file read to be cut into words"
    level: ClassVar[Level] = "A"

    def whole(self, analyst: Analyst, node: ast.expr) -> Whole | None:
        """A whole read that is cut at any white space."""
        found = whole_read(analyst, node, "split", spaces=True)
        if found is None or found.cut.args or found.cut.keywords:
            return None
        line = fresh_name(analyst, "line")
        pieces = Pieces(text_of(analyst, found.file.expr), line, f"{line}{found.steps}.split()", "word")
        same = "split() cuts at every line break too, and what is done before it never looks over one"
        return Whole(node, pieces, told(found.file), same, (found.file,), smaller=True)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
