"""Open files: how one was opened, what its lines are then, and who else has a hand on it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agents.memory.analysis.modules import FUNCTIONS, text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Library, Meaning, imported_module, resolve
from agents.memory.analysis.single_read import visible_outside

_OPENERS = {
    "open": ("r", 3), "io.open": ("r", 3), "gzip.open": ("rb", 3), "bz2.open": ("rb", 3), "lzma.open": ("rb", -1),
}  # fmt: skip
"""Function -> its default mode, and the index of its `encoding` argument (-1: by keyword alone)."""
_BINARY = frozenset({"io.BytesIO", "gzip.GzipFile", "bz2.BZ2File", "lzma.LZMAFile"})
_STREAMS = {"sys.stdin": False, "sys.stdin.buffer": True}
_TEXT_NOTES = frozenset({"TextIO", "TextIOBase", "TextIOWrapper", "StringIO"})
_BINARY_NOTES = frozenset({"BinaryIO", "BufferedReader", "BufferedIOBase", "RawIOBase", "BytesIO"})
_READERS = frozenset({"json.load", "pickle.load", "json.dump", "pickle.dump", "shutil.copyfileobj"})
"""Functions that use a file while they run and do not keep it."""
CLOSING = frozenset({"close", "detach"})


@dataclass(frozen=True)
class Handle:
    """A file that an expression gives.

    Args:
        expr: the expression; a local name or the call that opens it.
        binary: whether it gives bytes; None when the bindings differ or it is not known.
        newline: how its lines end: `\\n` (also after translation), or `any` (newline="": untranslated).
        fresh: whether this frame opened it and alone holds it.
        where: the expressions that say which file it is.
        mode: as it was opened; empty when it is not known, or not opened by a mode.
        disk: whether its content may change on disk; not for one in memory.
        assumes: what is not shown about it.
    """

    expr: ast.expr
    binary: bool | None
    newline: str = "\n"
    fresh: bool = True
    where: tuple[ast.expr, ...] = ()
    disk: bool = True
    mode: str = ""
    assumes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The local it is bound to; empty for a call."""
        return self.expr.id if isinstance(self.expr, ast.Name) else ""


def handle(analyst: Analyst, expr: ast.expr) -> Handle | None:
    """The file that `expr` gives; None unless each of its values is known to be one whose lines end as they should."""
    match expr:
        case ast.Call():
            return _opened(analyst, expr)
        case ast.Attribute():
            meaning = resolve(analyst.project, analyst.module, expr)
            stream = meaning.name if isinstance(meaning, Library) else ""
            if stream not in _STREAMS:
                return None
            assumes = (f"{stream} is a file as the interpreter opens it, read by nothing else meanwhile",)
            return Handle(expr, _STREAMS[stream], fresh=False, assumes=assumes)
        case ast.Name():
            return _named(analyst, expr)
    return None


def _named(analyst: Analyst, name: ast.Name) -> Handle | None:
    scope = analyst.module.owner(name, name.id)
    if scope is not analyst.scope or not isinstance(scope, (*FUNCTIONS, ast.Module)):
        return None
    found: list[Handle] = []
    for node in analyst.module.bindings(scope).get(name.id, []):
        one = _binding(analyst, node)
        if one is None:
            return None
        found.append(one)
    if not found:
        return None
    modes = {one.binary for one in found}
    seen = isinstance(scope, ast.Module) and visible_outside(analyst.project, analyst.module, name.id)
    fresh = all(one.fresh for one in found) and not seen
    return Handle(
        name,
        modes.pop() if len(modes) == 1 else None,
        "any" if any(one.newline == "any" for one in found) else "\n",
        fresh and all(not handed_on(analyst, use) for use in uses(analyst, name.id)),
        tuple(where for one in found for where in one.where),
        any(one.disk for one in found),
        found[0].mode if len(found) == 1 else "",
        tuple(dict.fromkeys(line for one in found for line in one.assumes)),
    )


def uses(analyst: Analyst, name: str) -> Iterator[ast.Name]:
    """Every mention of the frame's `name`, also those of functions inside it."""
    for node in ast.walk(analyst.scope):
        if isinstance(node, ast.Name) and node.id == name and analyst.module.owner(node, name) is analyst.scope:
            yield node


def _binding(analyst: Analyst, node: ast.AST) -> Handle | None:
    parent = analyst.module.parents.get(node)
    match parent:
        case ast.withitem(context_expr=made, optional_vars=target) if target is node:
            return _opened(analyst, made) if isinstance(made, ast.Call) else None
        case ast.Assign(targets=[target], value=made) if target is node:
            return handle(analyst, made) if isinstance(made, ast.Call | ast.Attribute) else None
    if isinstance(node, ast.arg) and node.annotation is not None:
        return _annotated(node)
    return None


def _annotated(arg: ast.arg) -> Handle | None:
    noted = arg.annotation
    binary: bool | None = None
    if isinstance(noted, ast.Subscript) and ast.unparse(noted.value) in {"IO", "typing.IO"}:
        binary = {"str": False, "bytes": True}.get(ast.unparse(noted.slice))
    elif noted is not None:
        last = ast.unparse(noted).rpartition(".")[2]
        binary = False if last in _TEXT_NOTES else True if last in _BINARY_NOTES else None
    if binary is None or noted is None:
        return None
    assumes = (f"`{arg.arg}` is a file of io, as its annotation says, whose lines end with \\n",)
    return Handle(ast.Name(arg.arg, ast.Load()), binary, fresh=False, assumes=assumes)


def _opened(analyst: Analyst, call: ast.Call) -> Handle | None:
    if any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords):
        return None
    meaning = resolve(analyst.project, analyst.module, call.func)
    name = meaning.name if isinstance(meaning, Builtin | Library) else ""
    given = {k.arg: k.value for k in call.keywords}
    if name in _OPENERS and isinstance(meaning, Builtin if name == "open" else Library):
        default, encoding = _OPENERS[name]
        if name in {"open", "io.open"} and (len(call.args) > 2 or not _buffered(given)):
            return None
        mode = call.args[1] if len(call.args) > 1 else given.get("mode")
        if len(call.args) > encoding > 0:
            return None
        return _by_mode(call, mode, default, given, call.args[:1])
    if name in _BINARY and isinstance(meaning, Library):
        disk = name != "io.BytesIO"
        return Handle(call, True, where=tuple(call.args[:1]) if disk else (), disk=disk)
    if name == "io.StringIO" and len(call.args) <= 1 and not given:
        return Handle(call, False, disk=False)
    if name == "io.TextIOWrapper" and len(call.args) == 1:
        ends = _newline(given)
        return Handle(call, False, ends, where=tuple(call.args)) if ends else None
    if isinstance(call.func, ast.Attribute) and call.func.attr == "open":
        return _by_method(analyst, call, call.func, meaning, given)
    return None


def _by_method(
    analyst: Analyst, call: ast.Call, func: ast.Attribute, meaning: Meaning, given: dict[str | None, ast.expr]
) -> Handle | None:
    """`path.open()`, `archive.open(name)` and the like."""
    if _made_by(analyst, func.value, "zipfile.ZipFile"):
        plain = len(call.args) == 1 and not given
        return Handle(call, True, where=(func.value,)) if plain else None
    if meaning is not None or imported_module(analyst.project, analyst.module, func.value) is not None:
        return None  # Another module's open(): os.open, webbrowser.open, codecs.open.
    if len(call.args) > 1 or not _buffered(given):
        return None
    mode = call.args[0] if call.args else given.get("mode")
    found = _by_mode(call, mode, "r", given, [func.value])
    if found is None or _is_path(analyst, func.value):
        return found
    return replace(found, assumes=(f"{text(call)} gives a file of io, gzip, bz2, lzma or zipfile",))


def _is_path(analyst: Analyst, expr: ast.expr) -> bool:
    if isinstance(expr, ast.BinOp) and isinstance(expr.op, ast.Div):
        return _is_path(analyst, expr.left)
    return _made_by(analyst, expr, "pathlib.Path")


def _made_by(analyst: Analyst, expr: ast.expr, callee: str) -> bool:
    """Whether the value of `expr`, a call or a local of calls alone, is made by the library's `callee`."""
    if isinstance(expr, ast.Call):
        return resolve(analyst.project, analyst.module, expr.func) == Library(callee)
    if not isinstance(expr, ast.Name):
        return False
    scope = analyst.module.owner(expr, expr.id)
    nodes = analyst.module.bindings(scope).get(expr.id, []) if scope is not None else []
    made = [_value(analyst, node) for node in nodes]
    return bool(made) and all(isinstance(one, ast.Call) and _made_by(analyst, one, callee) for one in made)


def _value(analyst: Analyst, node: ast.AST) -> ast.expr | None:
    match analyst.module.parents.get(node):
        case ast.Assign(targets=[target], value=made) if target is node:
            return made
        case ast.withitem(context_expr=made, optional_vars=target) if target is node:
            return made
    return None


def _by_mode(
    call: ast.Call, mode: ast.expr | None, default: str, given: dict[str | None, ast.expr], where: list[ast.expr]
) -> Handle | None:
    if mode is not None and not (isinstance(mode, ast.Constant) and isinstance(mode.value, str)):
        return None
    written = mode.value if isinstance(mode, ast.Constant) else default
    assert isinstance(written, str)
    ends = _newline(given)
    if ends is None or "U" in written:
        return None
    # gzip, bz2 and lzma read bytes unless told otherwise, open() text.
    binary = "b" in written or ("b" in default and "t" not in written) or (default == "rb" and "t" not in written)
    return Handle(call, binary, "\n" if binary else ends, where=tuple(where), mode=written)


def _newline(given: dict[str | None, ast.expr]) -> str | None:
    """How lines end with these arguments; None where a line may begin in the middle of `\\r\\n`, or it is unknown."""
    value = given.get("newline")
    if value is None:
        return "\n"
    if not isinstance(value, ast.Constant):
        return None
    return {None: "\n", "\n": "\n", "": "any"}.get(value.value if isinstance(value.value, str) else None)


def _buffered(given: dict[str | None, ast.expr]) -> bool:
    return not {"buffering", "opener", "closefd"} & set(given)


def handed_on(analyst: Analyst, use: ast.Name) -> bool:
    """Whether this mention may let other code read from the file too."""
    parent = analyst.module.parents.get(use)
    match parent:
        case _ if not isinstance(use.ctx, ast.Load):
            return False
        case ast.Attribute():
            above = analyst.module.parents[parent]
            return not (isinstance(above, ast.Call) and above.func is parent)
        case ast.For() | ast.comprehension():
            return parent.iter is not use
        case ast.Call() if use in parent.args:
            meaning = resolve(analyst.project, analyst.module, parent.func)
            wrapped = analyst.module.parents[parent]
            if meaning == Library("io.TextIOWrapper"):
                return not (isinstance(wrapped, ast.Assign) and ast.unparse(wrapped.targets[0]) == use.id)
            kept = not (isinstance(meaning, Library) and meaning.name in _READERS)
            return kept and meaning != Builtin("next")
    return True
