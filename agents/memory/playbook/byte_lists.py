"""What C05 and C25 share: `[False] * n` and `[0] * n`, and whether all that is done with one works for a bytearray."""

import ast
from collections.abc import Iterator

from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.kinds import NUMBERS
from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Library, resolve
from agents.memory.analysis.sequence_holders import SequenceUse, Spread
from agents.memory.analysis.sequence_uses import enumerated, only_tested

BYTE_USES = frozenset({"index", "store", "slice-store", "iterate", "length", "truth", "none"})
_COUNTING = frozenset({"sum", "any", "all"})
_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Div, ast.Mod, ast.LShift, ast.RShift)
"""Operators that give the same for True as for 1, and an int or float for both."""


def repeated(value: ast.expr) -> tuple[ast.List, int | bool, ast.expr] | None:
    """The display, its one element and the factor of `[c] * n` or `n * [c]`, where c is a flag or 0 to 255."""
    match value:
        case ast.BinOp(left=ast.List(elts=[ast.Constant(value=int(first))]) as display, op=ast.Mult(), right=factor):
            pass
        case ast.BinOp(left=factor, op=ast.Mult(), right=ast.List(elts=[ast.Constant(value=int(first))]) as display):
            pass
        case _:
            return None
    return (display, first, factor) if 0 <= first <= 255 else None


def bytearray_known(module: Module) -> bool:
    """Whether `bytearray` is the builtin in all of the file."""
    bound = {n.id for n in ast.walk(module.tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    named = {getattr(n, "name", getattr(n, "arg", None)) for n in ast.walk(module.tree)}
    return not module.star_import and "bytearray" not in bound | named | set(module.bindings(module.tree))


def whole(project: Project, module: Module, factor: ast.expr) -> list[str]:
    """What is assumed of the factor: that it is an int, where the source does not tell."""
    kind = Kinds(project, module).of(factor)
    known = kind is not None and kind.name in NUMBERS
    return [] if known else [f"`{ast.unparse(factor)}` is an int or no factor of a list at all"]


def fits(project: Project, flow: Spread, flags: bool) -> bool:
    """Whether every use does the same with a bytearray: what is stored, and for flags that only their truth is read."""
    if flow.unknown or not flow.kinds <= BYTE_USES:
        return False
    for use in flow.uses:
        if use.kind == "store" and not _storable(project, use.module, use.other, flags):
            return False
        if use.kind == "slice-store" and not _storable_list(use.other, flags):
            return False
        if flags and use.kind == "index" and not _index_is_flag(project, use):
            return False
        if flags and use.kind == "iterate" and not _iterated_as_flags(project, use):
            return False
    return True


def _storable(project: Project, module: Module, value: ast.expr | None, flags: bool) -> bool:
    if isinstance(value, ast.Constant) and isinstance(value.value, int):
        return 0 <= value.value <= 255 and isinstance(value.value, bool) == flags
    kind = Kinds(project, module).of(value) if value is not None else None
    return flags and kind is not None and kind.name == "bool"


def _storable_list(value: ast.expr | None, flags: bool) -> bool:
    found = repeated(value) if value is not None else None
    return found is not None and isinstance(found[1], bool) == flags


def _index_is_flag(project: Project, use: SequenceUse) -> bool:
    """Whether the subscript is stored to, or read for its truth alone. An index of it is no concern here."""
    subscript = use.module.parents[use.node]
    if not isinstance(subscript, ast.Subscript) or not isinstance(subscript.ctx, ast.Load):
        return True
    return _is_flag(project, use.module, subscript)


def _is_flag(project: Project, module: Module, node: ast.expr) -> bool:
    """Whether 1 does for True where the expression stands."""
    if only_tested(module, node):
        return True
    parent = module.parents[node]
    match parent:
        case ast.BinOp(op=op):
            other = parent.right if parent.left is node else parent.left
            kind = Kinds(project, module).of(other)
            return isinstance(op, _ARITHMETIC) and kind is not None and kind.name in NUMBERS
        case ast.AugAssign(op=ast.Add() | ast.Sub(), target=ast.Name(), value=value) if value is node:
            kind = Kinds(project, module).of(parent.target)
            return kind is not None and kind.name in ("int", "number")
        case ast.Compare(left=left, ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
            other = right if left is node else left
            return isinstance(other, ast.Constant) and isinstance(other.value, int)
        case ast.Call(args=[given]) if given is node:
            return resolve(project, module, parent.func) in (Builtin("bool"), Builtin("int"))
        case ast.GeneratorExp(elt=elt) | ast.ListComp(elt=elt) if elt is node:
            reader = module.parents[parent]
            return isinstance(reader, ast.Call) and _counts(project, module, reader) and reader.args == [parent]
        case ast.Expr():
            return True
    return False


def _counts(project: Project, module: Module, call: ast.Call) -> bool:
    meaning = resolve(project, module, call.func)
    return isinstance(meaning, Builtin) and meaning.name in _COUNTING


def _iterated_as_flags(project: Project, use: SequenceUse) -> bool:
    module, parent = use.module, use.module.parents[use.node]
    if isinstance(parent, ast.For | ast.comprehension):
        return _target_is_flag(project, module, parent.target)
    if not isinstance(parent, ast.Call):
        return False
    target = enumerated(project, module, parent)
    if target is not None:
        return _target_is_flag(project, module, target)
    if _counts(project, module, parent):
        return len(parent.args) == 1
    compress = resolve(project, module, parent.func) == Library("itertools.compress")
    return compress and parent.args[1:] == [use.node]


def _target_is_flag(project: Project, module: Module, target: ast.expr) -> bool:
    if not isinstance(target, ast.Name):
        return False
    return all(_is_flag(project, module, node) for node in _loads(module, target))


def _loads(module: Module, target: ast.Name) -> Iterator[ast.Name]:
    scope = module.owner(target, target.id)
    for node in ast.walk(scope or module.tree):
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        if node.id == target.id and module.owner(node, node.id) is scope:
            yield node
