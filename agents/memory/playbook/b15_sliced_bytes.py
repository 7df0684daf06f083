"""B15: bytes that a parser cuts shorter and shorter: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import LOOPS, enclosing, text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level


class SlicedBytes(ProposingRule):
    """`rest = rest[n:]` -> the same on a `memoryview`."""

    id: ClassVar[str] = "B15"
    name: ClassVar[str] = "bytes cut shorter step by step"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """A slice of a local, from an offset on, that takes its place in a loop."""
        match node:
            case ast.Subscript(value=ast.Name(id=name), slice=ast.Slice(lower=ast.expr(), upper=None, step=None)):
                target = _target(analyst, node)
            case _:
                return None
        looped = any(isinstance(a, LOOPS) for a in enclosing(analyst.module, node, analyst.scope))
        if target != name or not looped or not _bytes(analyst, name, focus):
            return None
        advice = f"cut `{name}` as a memoryview instead of copying all that is left at `{text(node)}`"
        mechanism = "a slice of a memoryview refers to the buffer: what is left is not copied at each step"
        open_ = "whatever takes the parts takes any buffer: no bytes methods, no hashing; the buffer lives as long"
        return Seen(node, advice, mechanism, f"`{name} = {text(node)}` in a loop, of bytes", open_)

    VALID: ClassVar[list[Example]] = proposals.B15_VALID
    INVALID: ClassVar[list[Example]] = proposals.B15_INVALID


def _target(analyst: Analyst, node: ast.expr) -> str:
    """The local the expression is bound to, by itself or as one part of a tuple."""
    value: ast.AST = node
    statement = analyst.module.parents[node]
    index = None
    if isinstance(statement, ast.Tuple):
        index, value, statement = statement.elts.index(node), statement, analyst.module.parents[statement]
    if not isinstance(statement, ast.Assign) or statement.value is not value or len(statement.targets) != 1:
        return ""
    target = statement.targets[0]
    if index is not None and isinstance(target, ast.Tuple) and len(target.elts) > index:
        target = target.elts[index]
    return target.id if isinstance(target, ast.Name) else ""


def _bytes(analyst: Analyst, name: str, focus: Focus) -> bool:
    held = focus.seen(name)
    noted = {
        node.annotation.id
        for node in analyst.module.bindings(analyst.scope).get(name, [])
        if isinstance(node, ast.arg) and isinstance(node.annotation, ast.Name)
    }
    return noted == {"bytes"} or (held is not None and held.type == "bytes")
