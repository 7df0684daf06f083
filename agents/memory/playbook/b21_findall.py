"""B21: `re.findall()` that is iterated over once: `re.finditer()`, with the same strings."""

import ast
import re
import warnings
from typing import ClassVar

from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Library, imported_module, resolve
from agents.memory.playbook.examples import b21 as examples
from agents.memory.playbook.rule import Example, Level
from agents.memory.playbook.streamed import Pieces, StreamingRule, Whole, text_of


class FindAll(StreamingRule):
    """`for word in re.findall(p, s):` -> one match at a time."""

    id: ClassVar[str] = "B21"
    name: ClassVar[str] = "findall() iterated over once"
    level: ClassVar[Level] = "A"

    def whole(self, analyst: Analyst, node: ast.expr) -> Whole | None:
        """A findall() of the library's re, with a pattern that is written there."""
        match node:
            case ast.Call(func=ast.Attribute(attr="findall"), keywords=[]) if not _starred(node):
                pattern = _pattern(analyst, node)
            case _:
                return None
        if pattern is None:
            return None
        if isinstance(pattern.pattern, bytes):
            kind = analyst.kinds.of(node.args[-1] if len(node.args) == 1 else node.args[1])
            if kind is None or kind.name != "text":
                return None  # A bytearray or mmap might change while it is searched.
        assert isinstance(node.func, ast.Attribute)
        arguments = ", ".join(text_of(analyst, arg) for arg in node.args)
        each = f"{text_of(analyst, node.func.value)}.finditer({arguments})"
        groups = "no group" if not pattern.groups else f"{pattern.groups} group{'s' * (pattern.groups > 1)}"
        same = f"the pattern has {groups}: findall() gives the same of each match, empty where a group took no part"
        source = f"finditer() finds the matches that findall() finds, in the same order: `{pattern.pattern!r}`"
        return Whole(node, Pieces(each, "match", elt=_element(pattern)), source, same)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _starred(call: ast.Call) -> bool:
    return any(isinstance(arg, ast.Starred) for arg in call.args)


def _pattern(analyst: Analyst, call: ast.Call) -> "re.Pattern[str] | re.Pattern[bytes] | None":
    """The compiled pattern of `re.findall(p, s)` or of `NAME.findall(s)` with `NAME = re.compile(p)`."""
    assert isinstance(call.func, ast.Attribute)
    if imported_module(analyst.project, analyst.module, call.func.value) == "re" and 2 <= len(call.args) <= 3:
        return _compiled(analyst, call.args[0], call.args[2:])
    if not isinstance(call.func.value, ast.Name) or not call.args:
        return None
    scope = analyst.module.owner(call.func.value, call.func.value.id)
    nodes = analyst.module.bindings(scope).get(call.func.value.id, []) if scope is not None else []
    made = analyst.module.parents.get(nodes[0]) if len(nodes) == 1 else None
    match made:
        case ast.Assign(targets=[_], value=ast.Call(args=[written, *flags], keywords=[]) as compiled):
            if resolve(analyst.project, analyst.module, compiled.func) == Library("re.compile"):
                return _compiled(analyst, written, flags)
    return None


def _compiled(
    analyst: Analyst, written: ast.expr, flags: list[ast.expr]
) -> "re.Pattern[str] | re.Pattern[bytes] | None":
    value = _flags(analyst, flags[0]) if flags else 0
    if value is None or not isinstance(written, ast.Constant) or not isinstance(written.value, str | bytes):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.compile(written.value, value)
    except (re.error, ValueError, OverflowError, RecursionError):
        return None


def _flags(analyst: Analyst, expr: ast.expr) -> int | None:
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.BitOr):
        left, right = _flags(analyst, expr.left), _flags(analyst, expr.right)
        return None if left is None or right is None else left | right
    meaning = resolve(analyst.project, analyst.module, expr)
    name = meaning.name.partition(".")[2] if isinstance(meaning, Library) and meaning.name.startswith("re.") else ""
    flag = getattr(re, name, None) if name.isupper() else None
    return int(flag) if isinstance(flag, re.RegexFlag) and flag != re.DEBUG else None


def _element(pattern: "re.Pattern[str] | re.Pattern[bytes]") -> str:
    empty = '""' if isinstance(pattern.pattern, str) else 'b""'
    if not pattern.groups:
        return "match.group()"
    return f"match.group(1) or {empty}" if pattern.groups == 1 else f"match.groups({empty})"
