"""Whether a file may be read piece by piece while the pieces are consumed, instead of whole before."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from agents.memory.analysis.consumers import conditions, consumption, evaluated_here
from agents.memory.analysis.effects import Effects
from agents.memory.analysis.handles import CLOSING, Handle, handle, uses
from agents.memory.analysis.laziness import Region
from agents.memory.analysis.modules import LOOPS, FunctionNode, enclosing, text
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import between, catches, earlier, harmless
from agents.memory.analysis.resolution import Builtin, Class, Function, Library, resolve
from agents.memory.analysis.sharing import frozen_while_yielding
from agents.memory.analysis.single_read import single_read

_FILE_METHODS = frozenset(
    {"open", "write_text", "write_bytes", "unlink", "rename", "truncate", "touch", "symlink_to", "hardlink_to"}
)
_FILE_MODULES = frozenset({"os", "shutil", "subprocess", "tempfile", "fileinput", "sqlite3", "multiprocessing"})
_HARMLESS_OS = frozenset({"os.getcwd", "os.getenv", "os.getpid", "os.fspath", "os.stat", "os.listdir", "os.urandom"})
_OPENED = re.compile(r"(^|[.\s])(open|write_text|write_bytes|unlink|rename|truncate|system|remove)\(")
_UNREAD = frozenset(
    {
        *("FileNotFoundError", "PermissionError", "FileExistsError", "NotADirectoryError", "IsADirectoryError"),
        *("KeyError", "IndexError", "AttributeError", "TypeError", "StopIteration", "ZeroDivisionError"),
        *("ImportError", "ModuleNotFoundError", "KeyboardInterrupt", "JSONDecodeError"),
    }
)
"""Exceptions that reading on from an open file does not raise."""


@dataclass(frozen=True)
class Taken:
    """How the value of an expression is iterated over once.

    Args:
        region: what runs between its making and the end of the pass.
        first: the statement that makes it.
        reader: the statement that consumes it.
        users: `file:line name` of the project functions it goes through.
        files: paths of the files those stand in.
        name: the local it is bound to in between; empty when it is a temporary.
    """

    region: Region
    first: ast.stmt
    reader: ast.stmt
    users: tuple[str, ...]
    files: frozenset[str]
    name: str = ""


@dataclass
class Streaming:
    """The proof that a file may be read while its pieces are consumed; or the reason why not."""

    veto: str = ""
    alone: str = ""
    exceptions: str = ""
    assumes: list[str] = field(default_factory=list)


def taken(analyst: Analyst, node: ast.expr) -> Taken | None:
    """The one pass over the value of `node`: at once, through a local, or through a generator over it."""
    module, first = analyst.module, analyst.module.statement(node)
    if not evaluated_here(module, node, first) or introspected(analyst.scope):
        return None
    at_once = consumption(analyst, node)
    if at_once is not None:
        stops = (*conditions(module, node, first), *at_once.stops)
        region = Region(at_once.effects, at_once.what, stops, catches(analyst, first), at_once.catches)
        return Taken(region, first, first, at_once.users, at_once.files | at_once.effects.files)
    value, stepped = _through_generator(analyst, node)
    assigned = module.parents[value]
    if not isinstance(assigned, ast.Assign) or assigned.value is not value:
        return None
    scope = analyst.scope
    assert isinstance(scope, FunctionNode | ast.Module)
    read = single_read(analyst.project, module, scope, assigned)
    passed = consumption(analyst, read.read) if read is not None else None
    if read is None or passed is None:
        return None
    way = between(analyst, assigned, read.reader)
    if way.veto:
        return None
    effects = way.effects | earlier(analyst, read.read, read.reader) | passed.effects | stepped
    stops = (*way.stops, *conditions(module, read.read, read.reader), *passed.stops)
    handlers = (*way.catches_consumer, *passed.catches)
    region = Region(effects, passed.what, stops, catches(analyst, assigned), handlers)
    return Taken(region, assigned, read.reader, passed.users, passed.files | effects.files, read.name)


def _through_generator(analyst: Analyst, node: ast.expr) -> tuple[ast.expr, Effects]:
    """The generator expression that iterates over `node` first of all, with the effects of its steps; else `node`."""
    clause = analyst.module.parents[node]
    outer = analyst.module.parents.get(clause)
    if not isinstance(clause, ast.comprehension) or not isinstance(outer, ast.GeneratorExp):
        return node, Effects()
    if outer.generators[0] is not clause or any(g.is_async for g in outer.generators):
        return node, Effects()
    return outer, analyst.step(outer)


def streaming(analyst: Analyst, file: Handle, node: ast.expr, taken: Taken) -> Streaming:
    """Whether the file may be read on while the value of `node`, all its content, is consumed as `taken` says."""
    proof = Streaming()
    named = f"`{text(file.expr)}`"
    rest = list(_rest(analyst, node, taken))
    effects = _foreign(analyst, node, file, taken)
    region = taken.region
    late = bool(region.stops or region.effects.leaves or region.catches or region.catches_consumer)
    proof.veto = (
        _mentioned(analyst, file, node, taken, rest, late=late)
        or (_writing(analyst, file, rest, effects) if file.disk else "")
        or handled(analyst, taken.first)
        or (f"{region.catches_consumer[0]} would catch what reading raises" if region.catches_consumer else "")
        or frozen_while_yielding(analyst, taken.first)
    )
    if not proof.veto and file.disk:
        proof.veto = _appended_to(analyst, file)
    if proof.veto:
        return proof
    asking = next((p for p in effects.writes if p.text.endswith("input()") or "stdin" in p.text), None)
    if asking is not None and isinstance(file.expr, ast.Attribute):
        proof.veto = f"{asking.text} at line {asking.line} reads from {named} too"
        return proof
    outside = sorted(p.text for p in effects.writes if p.text != "print()")
    if outside and not file.fresh and file.name:
        proof.veto = f"{outside[0]} may read on from {named}, which others hold"
        return proof
    disturbed = bool(outside or region.effects.leaves)
    if disturbed and file.disk:
        proof.assumes.append(f"nothing writes to the file behind {named} before it is read to its end")
    if effects.raises or effects.writes or region.stops or region.effects.leaves:
        proof.assumes.append(f"{named} can be read to its end without an error")
    proof.alone = f"{region.what} reads the pieces alone: nothing in between mentions {named} or writes files"
    proof.exceptions = f"no handler around expects that reading {named} fails"
    return proof


def _rest(analyst: Analyst, node: ast.expr, taken: Taken) -> Iterator[ast.AST]:
    """The nodes of the frame between the making of the value and the end of its pass, without `node` itself."""
    apart = set(ast.walk(node)) | _other_branches(analyst, taken)
    begin = (taken.first.lineno, taken.first.col_offset)
    end = (taken.reader.end_lineno, taken.reader.end_col_offset)
    for found in ast.walk(analyst.scope):
        at = (getattr(found, "lineno", 0), getattr(found, "col_offset", 0))
        if begin <= at < end and found not in apart and found is not taken.first:
            yield found


def _other_branches(analyst: Analyst, taken: Taken) -> set[ast.AST]:
    """The nodes of the suites that do not run in the same round as the statement that makes the value."""
    found: set[ast.AST] = set()
    child: ast.AST = taken.first
    for around in enclosing(analyst.module, taken.first, analyst.scope):
        if isinstance(around, ast.If):
            other = around.orelse if child in around.body else around.body
            found.update(node for statement in other for node in ast.walk(statement))
        child = around
    return found


def _foreign(analyst: Analyst, node: ast.expr, file: Handle, taken: Taken) -> Effects:
    """Effects of the region but for those of `node`, and of what only this frame can see."""
    calls = [inner for inner in ast.walk(node) if isinstance(inner, ast.Call)]
    own = {text(call) for call in calls} | {f"{text(call.func)}()" for call in calls}
    own |= {f"reading {text(file.expr)}"}
    found = taken.region.effects
    writes = (p for p in found.writes if p.text not in own and not (file.name and p.root == file.name))
    return Effects(
        writes=frozenset(p for p in writes if not owned(analyst, p, taken.reader)),
        raises=tuple(one for one in found.raises if one not in own),
        leaves=found.leaves,
    )


def _mentioned(
    analyst: Analyst, file: Handle, node: ast.expr, taken: Taken, rest: Iterable[ast.AST], *, late: bool
) -> str:
    """Why the file's name is a danger: the region mentions it, or something reads on from what is left of it."""
    if not file.name:
        shown = text(file.expr)
        again = (n for n in rest if isinstance(n, ast.Attribute | ast.Name) and text(n) in {shown, "input"})
        other = next(again, None) if isinstance(file.expr, ast.Attribute) else None
        return f"line {other.lineno} reads {shown} too" if other is not None else ""
    inside, own = set(rest), set(ast.walk(node)) | _other_branches(analyst, taken)
    for use in uses(analyst, file.name):
        if analyst.module.frame(use) is not analyst.scope:
            return f"a function inside uses `{file.name}`"
        if use in own:
            continue
        if use in inside:
            return f"line {use.lineno} uses `{file.name}` before it is read to its end"
        parent = analyst.module.parents[use]
        closing = isinstance(parent, ast.Attribute) and parent.attr in CLOSING
        if late and not closing and use.lineno > taken.first.lineno:
            return f"line {use.lineno} may find `{file.name}` not read to its end"
    if late:
        bound = analyst.module.bindings(analyst.scope).get(file.name, [])
        for loop in enclosing(analyst.module, taken.first, analyst.scope):
            if isinstance(loop, LOOPS) and not all(b in set(ast.walk(loop)) for b in bound):
                return f"the loop at line {loop.lineno} comes back to `{file.name}`"
    return ""


def _writing(analyst: Analyst, file: Handle, rest: Iterable[ast.AST], effects: Effects) -> str:
    """A call in the region that may change the file on disk: one that opens or removes files, or is told its name."""
    told = (ast.Name, ast.Attribute, ast.Constant)
    names = {text(n) for w in file.where for n in ast.walk(w) if isinstance(n, told)} - {"self"}
    for call in rest:
        if not isinstance(call, ast.Call):
            continue
        meaning = resolve(analyst.project, analyst.module, call.func)
        if _touches_files(call, meaning):
            return f"{text(call.func)}() at line {call.lineno} may change files"
        if isinstance(meaning, Builtin | Class):
            continue
        for arg in [*call.args, *(k.value for k in call.keywords)]:
            if any(isinstance(n, told) and text(n) in names for n in ast.walk(arg)):
                return f"{text(call.func)}() at line {call.lineno} is told which file it is"
    opened = next((p for p in effects.writes if _OPENED.search(p.text)), None)
    return f"{opened.text} at line {opened.line} may change files" if opened else ""


def _appended_to(analyst: Analyst, file: Handle) -> str:
    """A file of the same name that the frame opens to write to it: what goes there would be read, without an end."""
    same = {text(where) for where in file.where}
    for call in ast.walk(analyst.scope):
        if not isinstance(call, ast.Call) or analyst.module.frame(call) is not analyst.scope:
            continue
        other = handle(analyst, call)
        if other is not None and set(other.mode) & set("wxa+") and same & {text(where) for where in other.where}:
            return f"line {call.lineno} opens it to write"
    return ""


def _touches_files(call: ast.Call, meaning: object) -> bool:
    if isinstance(meaning, Builtin):
        return meaning.name in {"open", "exec", "eval", "input", "breakpoint"}
    if isinstance(meaning, Library):
        module = meaning.name.partition(".")[0]
        quiet = meaning.name.startswith("os.path.") or meaning.name in _HARMLESS_OS
        return (module in _FILE_MODULES and not quiet) or meaning.name.endswith(".open")
    if isinstance(meaning, Function | Class) or not isinstance(call.func, ast.Attribute):
        return False
    one = call.func.attr == "replace" and len(call.args) == 1
    return one or call.func.attr in _FILE_METHODS


def handled(analyst: Analyst, statement: ast.stmt) -> str:
    """A handler around the statement that may be there for what reading raises; or ""."""
    child: ast.AST = statement
    for around in enclosing(analyst.module, statement, analyst.scope):
        if isinstance(around, ast.Try | ast.TryStar) and child in around.body:
            for handler in around.handlers:
                if not _unread(handler.type):
                    return f"the handler at line {handler.lineno} may expect that reading fails"
        if isinstance(around, ast.AsyncWith):
            return f"the async with at line {around.lineno} may catch what reading raises"
        if isinstance(around, ast.With) and not all(harmless(analyst, item.context_expr) for item in around.items):
            return f"the with at line {around.lineno} may catch what reading raises"
        child = around
    return ""


def _unread(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return all(_unread(one) for one in caught.elts)
    return caught is not None and ast.unparse(caught).rpartition(".")[2] in _UNREAD
