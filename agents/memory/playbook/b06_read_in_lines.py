"""B06: `f.read().splitlines()` and `f.read().split("\\n")` taken line by line from the file: the very same lines."""

import ast
from typing import ClassVar

from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import b06 as examples
from agents.memory.playbook.rule import Example, Level
from agents.memory.playbook.streamed import Pieces, StreamingRule, Whole, fresh_name, text_of
from agents.memory.playbook.whole_reads import SPLIT_LINES, WholeRead, told, whole_read


class ReadInLines(StreamingRule):
    """`for line in f.read().splitlines():`: the text and the list of its lines are never whole."""

    id: ClassVar[str] = "B06"
    name: ClassVar[str] = "whole file read to be cut into lines"
    level: ClassVar[Level] = "A"
    decoded: ClassVar[bool] = False
    """Whether the rule is for bytes that are decoded first."""

    def whole(self, analyst: Analyst, node: ast.expr) -> Whole | None:
        """A whole read that is cut at line breaks."""
        found = whole_read(analyst, node, "splitlines")
        if found is not None and found.decoded is self.decoded:
            return self._lines(analyst, found)
        found = whole_read(analyst, node, "split")
        if found is not None and found.decoded is self.decoded:
            return self._split(analyst, found)
        return None

    def _lines(self, analyst: Analyst, found: WholeRead) -> Whole | None:
        arguments = [*found.cut.args, *(keyword.value for keyword in found.cut.keywords)]
        if not all(isinstance(argument, ast.Constant) for argument in arguments):
            return None
        chunk = fresh_name(analyst, "chunk")
        ends = ", ".join(ast.unparse(a) for a in [*found.cut.args, *found.cut.keywords])
        part = f"{chunk}{found.steps}.splitlines({ends})"
        pieces = Pieces(text_of(analyst, found.file.expr), chunk, part, "line")
        same = "each line of the file ends where splitlines() cuts, so cutting it gives the lines of the whole"
        return Whole(found.cut, pieces, told(found.file), same, (found.file,), smaller=True)

    def _split(self, analyst: Analyst, found: WholeRead) -> Whole | None:
        match found.cut:
            case ast.Call(args=[ast.Constant(value="\n" | b"\n" as sign)], keywords=[]) if found.file.newline == "\n":
                name, helper = SPLIT_LINES[isinstance(sign, bytes)]
            case _:
                return None
        if (found.file.binary is True and not found.decoded) is not isinstance(sign, bytes):
            return None
        opened = text_of(analyst, found.file.expr)
        each = f"{name}(line{found.steps} for line in {opened})" if found.steps else f"{name}({opened})"
        same = f"`{name}` takes the \\n off each line, and gives the last piece, empty after a \\n"
        return Whole(found.cut, Pieces(each, helper=helper), told(found.file), same, (found.file,), smaller=True)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
