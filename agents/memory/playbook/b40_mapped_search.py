"""B40: a binary file that is read whole to be searched: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.handles import handle
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import proposals
from agents.memory.playbook.proposed import ProposingRule, Seen, called
from agents.memory.playbook.rule import Example, Focus, Level, Strategy

_SEARCHES = frozenset({"re.search", "re.match", "re.fullmatch", "re.finditer", "re.findall"})


class MappedSearch(ProposingRule):
    """`re.search(p, f.read())` -> a search in an `mmap` of the file."""

    id: ClassVar[str] = "B40"
    name: ClassVar[str] = "binary file read whole to be searched"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """A search in all that a binary file holds."""
        match node:
            case ast.Call(args=[_, ast.Call(func=ast.Attribute(value=opened, attr="read"), args=[]), *_]):
                file = handle(analyst, opened)
            case _:
                return None
        if called(analyst, node) not in _SEARCHES or file is None or file.binary is not True or not file.disk:
            return None
        advice = f"search an mmap of `{text(opened)}` instead of `{text(node)}`"
        mechanism = "the file is mapped instead of copied to the heap; its pages still count as resident while in use"
        return Seen(node, advice, mechanism, f"`{text(node)}`", "it is a real file that nothing truncates meanwhile")

    VALID: ClassVar[list[Example]] = proposals.B40_VALID
    INVALID: ClassVar[list[Example]] = proposals.B40_INVALID
