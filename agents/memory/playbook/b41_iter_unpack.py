"""B41: `struct.unpack()` of a whole buffer of one kind of number, iterated over once: `struct.iter_unpack()`."""

import ast
import re
import struct
from typing import ClassVar

from agents.memory.analysis.handles import uses
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, imported_module, resolve
from agents.memory.playbook.examples import b41 as examples
from agents.memory.playbook.rule import Example, Level
from agents.memory.playbook.streamed import Pieces, StreamingRule, Whole, text_of

_CODE = re.compile(r"[?cbBhHiIqQefd]")
"""Codes of one value each, of the same size on every platform."""

_CHANGING = frozenset({"append", "extend", "insert", "pop", "remove", "reverse", "clear", "release", "close", "resize"})


class IterUnpack(StreamingRule):
    """`sum(struct.unpack(f"<{len(b) // 8}d", b))`: one number at a time."""

    id: ClassVar[str] = "B41"
    name: ClassVar[str] = "buffer unpacked whole and iterated over once"
    level: ClassVar[Level] = "A"

    def whole(self, analyst: Analyst, node: ast.expr) -> Whole | None:
        """An unpack() whose format says: as many of one code as the buffer holds."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=module, attr="unpack"), args=[form, ast.Name() as buffer], keywords=[]
            ) if imported_module(analyst.project, analyst.module, module) == "struct":
                code = _code(analyst, form, buffer.id)
            case _:
                return None
        if code is None:
            return None
        each = f"{text_of(analyst, module)}.iter_unpack({code!r}, {buffer.id})".replace("'", '"')
        kind = analyst.kinds.of(buffer)
        known = kind is not None and kind.name == "text"
        if not known and any(_changed(analyst, use) for use in uses(analyst, buffer.id)):
            return None
        assumes = () if known else (f"`{buffer.id}` is bytes, or the like that does not change meanwhile",)
        same = f"the format says as many {code} as there are; both refuse a buffer that ends within one"
        source = f"`{text(form)}` is {code} for all of `{buffer.id}`"
        return Whole(node, Pieces(each, "(value,)", elt="value"), source, same, assumes=assumes)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _changed(analyst: Analyst, use: ast.Name) -> bool:
    """Whether this mention changes, or may change, what a bytearray holds or lets go of its memory."""
    parent = analyst.module.parents[use]
    match parent:
        case ast.AugAssign(target=target):
            return target is use
        case ast.Subscript():
            return not isinstance(parent.ctx, ast.Load)
    return isinstance(parent, ast.Attribute) and parent.attr in _CHANGING


def _code(analyst: Analyst, form: ast.expr, buffer: str) -> str | None:
    """`<d` of `f"<{len(b) // 8}d"` and of `"<%dd" % (len(b) // 8)`, when 8 is the size of `<d`."""
    match form:
        case ast.JoinedStr(values=[*before, ast.FormattedValue(value=count, conversion=-1, format_spec=None), last]):
            first = before[0] if before else ast.Constant("")
            if len(before) > 1 or not isinstance(first, ast.Constant) or not isinstance(last, ast.Constant):
                return None
            order, code = str(first.value), str(last.value)
        case ast.BinOp(left=ast.Constant(value=str() as written), op=ast.Mod(), right=count):
            order, sign, code = written.partition("%d")
            if not sign:
                return None
        case _:
            return None
    if order not in {"", "<", ">", "=", "!", "@"} or not _CODE.fullmatch(code) or (order in {"", "@"} and code == "e"):
        return None
    match count:
        case ast.BinOp(
            left=ast.Call(func=ast.Name(id="len") as measured, args=[ast.Name(id=name)]),
            op=ast.FloorDiv(),
            right=ast.Constant(value=size),
        ) if name == buffer and size == struct.calcsize(order + code):
            builtin = resolve(analyst.project, analyst.module, measured) == Builtin("len")
            return order + code if builtin else None
    return None
