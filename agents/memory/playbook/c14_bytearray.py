"""C14: bytes that a loop adds to: a bytearray, which grows in place."""

import ast
from typing import ClassVar

from agents.memory.analysis.accumulators import Accumulator, looped
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, methods, resolve
from agents.memory.playbook.accumulated import AccumulatorRule, Replaced
from agents.memory.playbook.examples import c14 as examples
from agents.memory.playbook.rule import Example, Level, Strategy
from agents.memory.playbook.source_edits import source

_ALIKE = frozenset({"startswith", "endswith", "find", "rfind", "index", "rindex", "count", "decode", "hex", "isdigit"})
"""Methods that give the same for bytes and for a bytearray."""

_TEXT = frozenset({"text", "str"})


class GrowingBytes(AccumulatorRule):
    """`data = b""` ... `data += chunk` in a loop, without a second copy at each step."""

    id: ClassVar[str] = "C14"
    name: ClassVar[str] = "bytes that a loop adds to"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"

    def replaced(self, analyst: Analyst, found: Accumulator) -> Replaced | None:
        """For `b""` that a loop adds to and that is read as it is, or taken as bytes after the loop."""
        empty = isinstance(found.value, ast.Constant) and found.value.value == b""
        if not empty or not isinstance(found.begin, ast.Assign) or {"__radd__"} & set(methods(analyst.project)):
            return None
        if not any(looped(analyst, statement, found.begin) for statement in found.added):
            return None
        bytearray_ = ast.copy_location(ast.Name("bytearray", ast.Load()), found.value)
        analyst.module.parents[bytearray_] = found.begin
        hidden = resolve(analyst.project, analyst.module, bytearray_) != Builtin("bytearray")
        del analyst.module.parents[bytearray_]
        if hidden:
            return None
        changes: list[tuple[ast.AST, str]] = [(found.value, "bytearray()")]
        parts: list[ast.expr] = []
        for statement in found.added:
            match statement:
                case ast.Assign(value=ast.BinOp(right=part)):
                    changes.append((statement, f"{found.name} += {source(analyst.module, part)}"))
                case ast.AugAssign(value=part):
                    pass
                case _:
                    return None
            parts.append(part)
        taken = 0
        for use in found.uses:
            if _alike(analyst, use):
                continue
            if looped(analyst, use, found.begin):
                return None
            taken += 1
            changes.append((use, f"bytes({found.name})"))
        kinds = [analyst.kinds.of(part) for part in parts]
        if any(kind is not None and kind.name not in _TEXT for kind in kinds):
            return None  # A bytearray takes any iterable of numbers.
        unsure = [part for part, kind in zip(parts, kinds, strict=True) if kind is None]
        if unsure and any(catches(analyst, statement) for statement in found.added):
            return None
        return Replaced(
            changes,
            f"let `{found.name}` grow as a bytearray",
            f"`{found.name}` grows in place: adding to bytes makes a second object of all there is at each step",
            f"`{found.name}` is read where a bytearray answers alike, and taken as bytes {taken} times after the loop",
            f"what is added: {', '.join(sorted({text(p) for p in parts}))}",
            tuple(f"`{text(p)}` is bytes" for p in unsure),
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _alike(analyst: Analyst, use: ast.Name) -> bool:
    """Whether this read gives the same for a bytearray and nobody keeps the object."""
    parent = analyst.module.parents[use]
    match parent:
        case ast.Call(args=[_], keywords=[]) if use in parent.args:
            meaning = resolve(analyst.project, analyst.module, parent.func)
            return isinstance(meaning, Builtin) and meaning.name in {"len", "bytes", "sum", "bool"}
        case ast.Attribute(attr=attr):
            above = analyst.module.parents[parent]
            return attr in _ALIKE and isinstance(above, ast.Call) and above.func is parent
        case ast.Subscript(value=value, slice=index):
            return value is use and isinstance(parent.ctx, ast.Load) and _number(index)
        case ast.If() | ast.While() | ast.IfExp():
            return parent.test is use
        case ast.UnaryOp(op=ast.Not()):
            return True
    return False


def _number(index: ast.expr) -> bool:
    match index:
        case ast.Constant(value=int()) | ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int())):
            return True
    return False
