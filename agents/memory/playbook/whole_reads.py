"""`f.read()` and what is done to the text before it is cut: which of it can be done line by line, with equal pieces."""

import ast
import codecs
from dataclasses import dataclass

from agents.memory.analysis.handles import Handle, handle
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Library, resolve
from agents.memory.analysis.single_read import visible_outside

_BY_LINE = frozenset({"lower", "upper", "casefold", "swapcase", "title"})
"""Methods whose result for a text is that for its lines put together: no line break takes part in what they look at."""
_SELF_CONTAINED = frozenset(
    {"utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252", "cp1250", "cp1251", "iso8859-2", "koi8-r"}
)
"""Encodings in which the byte 0x0A is a line break, always, and which keep no state."""
_BREAKLESS = frozenset(
    {"string.punctuation", "string.digits", "string.ascii_letters", "string.ascii_uppercase", "string.ascii_lowercase"}
)
"""Constants of the library without a line break in them."""


@dataclass(frozen=True)
class WholeRead:
    """`f.read()`, the methods called on it, and the last of them, which cuts it.

    Args:
        file: where it is read from.
        steps: source of the methods but the last, to be put after a line: `.decode().lower()`.
        cut: the call that cuts.
        decoded: whether bytes are decoded on the way.
    """

    file: Handle
    steps: str
    cut: ast.Call
    decoded: bool


def whole_read(analyst: Analyst, node: ast.expr, cut: str, *, spaces: bool = False) -> WholeRead | None:
    """The whole read that `node` cuts by its method `cut`; None when lines could not take its place.

    Args:
        analyst: for the frame.
        node: an expression.
        cut: `splitlines` or `split`.
        spaces: whether the cut takes any white space for a border, so that one may be put in place of another.
    """
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or node.func.attr != cut:
        return None
    steps: list[str] = []
    decoded = False
    still = spaces
    inner = node.func.value
    while not _is_read(inner):
        if not isinstance(inner, ast.Call) or not isinstance(inner.func, ast.Attribute):
            return None
        if inner.func.attr == "decode" and _is_read(inner.func.value) and _self_contained(inner):
            decoded = True
        elif not _by_line(analyst, inner, spaces=still):
            return None
        still = still and _leaves_spaces(analyst, inner)
        arguments = ", ".join(ast.unparse(a) for a in [*inner.args, *inner.keywords])
        steps.append(f".{inner.func.attr}({arguments})")
        inner = inner.func.value
    assert isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute)
    file = handle(analyst, inner.func.value)
    if file is None or (decoded and file.binary is not True):
        return None
    return WholeRead(file, "".join(reversed(steps)), node, decoded)


def _is_read(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr="read"), args=[], keywords=[]):
            return True
    return False


def _self_contained(call: ast.Call) -> bool:
    """Whether decoding line by line gives what decoding all at once does."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    encoding = call.args[0] if call.args else given.get("encoding", ast.Constant("utf-8"))
    errors = call.args[1] if len(call.args) > 1 else given.get("errors", ast.Constant("strict"))
    if not isinstance(encoding, ast.Constant) or not isinstance(encoding.value, str):
        return False
    if not isinstance(errors, ast.Constant) or errors.value not in {"strict", "ignore", "replace"}:
        return False
    try:
        return codecs.lookup(encoding.value).name in _SELF_CONTAINED
    except LookupError:
        return False


def _leaves_spaces(analyst: Analyst, call: ast.Call) -> bool:
    """Whether white space before the step is white space after it, and stands between what the step looks at."""
    assert isinstance(call.func, ast.Attribute)
    match call.func.attr, call.args:
        case "replace", [ast.Constant(value=str() | bytes() as old), ast.Constant(value=str() | bytes() as new)]:
            return not _spaced(old) or (old.isspace() and new.isspace())
        case "translate", [table]:
            parts = _parts(analyst, table) or [table]
            return all(_unspaced(analyst, part) for part in [*parts[:1], *parts[2:]])
    return True


def _spaced(written: str | bytes) -> bool:
    return any(written[at : at + 1].isspace() for at in range(len(written)))


def _unspaced(analyst: Analyst, part: ast.expr) -> bool:
    if isinstance(part, ast.Constant):
        return isinstance(part.value, str) and not _spaced(part.value)
    meaning = resolve(analyst.project, analyst.module, part)
    return isinstance(meaning, Library) and meaning.name in _BREAKLESS


def _by_line(analyst: Analyst, call: ast.Call, *, spaces: bool) -> bool:
    assert isinstance(call.func, ast.Attribute)
    if call.keywords:
        return False
    match call.func.attr, call.args:
        case name, [] if name in _BY_LINE:
            return True
        case "replace", [ast.Constant(value=str() | bytes() as old), ast.Constant(value=str() | bytes() as new)]:
            return _replaced(old, new, spaces=spaces)
        case "translate", [table]:
            return _table(analyst, table)
        case (("strip" | "lstrip" | "rstrip"), []):
            return spaces
    return False


def _replaced(old: str | bytes, new: str | bytes, *, spaces: bool) -> bool:
    if not old:
        return False
    one = "\n\r" if isinstance(old, str) else b"\n\r"
    if any(sign in old for sign in (one[:1], one[1:])):  # type: ignore[operator]
        return spaces and old.isspace() and new.isspace()
    return not any(sign in new for sign in (one[:1], one[1:])) if type(new) is type(old) else False  # type: ignore[operator]


def _table(analyst: Analyst, table: ast.expr) -> bool:
    """Whether a translation table says nothing of line breaks: `str.maketrans` of constants without any."""
    parts = _parts(analyst, table)
    return len(parts) > 1 and all(_breakless(analyst, part) for part in parts)


def _parts(analyst: Analyst, table: ast.expr) -> list[ast.expr]:
    """The arguments of the `str.maketrans` that made the table, which nothing changed since; none for another."""
    if isinstance(table, ast.Name):
        scope = analyst.module.owner(table, table.id)
        nodes = analyst.module.bindings(scope).get(table.id, []) if scope is not None else []
        bound = analyst.module.parents.get(nodes[0]) if len(nodes) == 1 else None
        if not isinstance(bound, ast.Assign) or isinstance(bound.value, ast.Name) or len(bound.targets) != 1:
            return []
        global_ = isinstance(scope, ast.Module) and visible_outside(analyst.project, analyst.module, table.id)
        return [] if global_ or not _only_translates(analyst, scope, table.id) else _parts(analyst, bound.value)
    match table:
        case ast.Call(func=ast.Attribute(value=owner, attr="maketrans"), args=parts, keywords=[]):
            return parts if resolve(analyst.project, analyst.module, owner) == Builtin("str") else []
    return []


def _only_translates(analyst: Analyst, scope: ast.AST | None, name: str) -> bool:
    """Whether every read of the name is the argument of a translate()."""
    for node in ast.walk(scope or analyst.module.tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            call = analyst.module.parents[node]
            if not isinstance(call, ast.Call) or node not in call.args:
                return False
            if not isinstance(call.func, ast.Attribute) or call.func.attr != "translate":
                return False
    return True


def _breakless(analyst: Analyst, part: ast.expr) -> bool:
    if isinstance(part, ast.Constant):
        return isinstance(part.value, str) and len((part.value + "x").splitlines()) == 1
    match part:
        case ast.BinOp(left=ast.Constant(), op=ast.Mult(), right=right):
            return _breakless(analyst, part.left) and isinstance(right, ast.Constant | ast.Call)
    meaning = resolve(analyst.project, analyst.module, part)
    return isinstance(meaning, Library) and meaning.name in _BREAKLESS


def told(file: Handle) -> str:
    """Evidence of what file it is."""
    kind = {True: "bytes", False: "text", None: "text or bytes"}[file.binary]
    ends = "\\n" if file.newline == "\n" else "\\n, \\r or \\r\\n, never cut in two"
    return f"`{text(file.expr)}` is a file opened for {kind} whose lines end with {ends}"


def _helper(name: str, kind: str, end: str, empty: str) -> str:
    return f'''
def {name}(lines):
    """The pieces between the line ends of `lines`, as {kind}.split({end}) gives them."""
    ended = True
    for line in lines:
        ended = line.endswith({end})
        yield line[:-1] if ended else line
    if ended:
        yield {empty}
'''


SPLIT_LINES = {
    False: ("_split_lines", _helper("_split_lines", "str", '"\\n"', '""')),
    True: ("_split_byte_lines", _helper("_split_byte_lines", "bytes", 'b"\\n"', 'b""')),
}
"""Whether of bytes -> name and source of the function that takes the line ends off."""
