"""Array operations whose result may take the place of an operand that is dead: what D01, D02 and D17 share."""

import ast
from collections.abc import Iterator

from agents.memory.analysis.array_uses import dead_after, private, undisturbed
from agents.memory.analysis.arrays import BINARY, PAIRING, ROUNDING, Array, Arrays
from agents.memory.analysis.external import known_scalar, spelled
from agents.memory.playbook.array_rules import Change, statements
from agents.memory.playbook.source_edits import source

_SYMBOLS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
OWN = {
    "fresh": "The array is made in the function and nothing else holds it, or anything that shares its data.",
    "same kind": "The result has the array's own dtype and shape, and at least one dimension.",
    "dead": "The array's old values are read by nothing afterwards, not even when the operation raises.",
}
"""The preconditions of an operation in place."""


def rebound(arrays: Arrays) -> Iterator[Change]:
    """`x = x * c` -> `x *= c`; `x = np.sqrt(x)` -> `np.sqrt(x, out=x)`."""
    for statement in statements(arrays):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case _:
                continue
        operand = _leftmost(value) if isinstance(value, ast.BinOp) else _first(value)
        if operand is None or operand.id != name or not undisturbed(arrays, statement):
            continue
        old, new = arrays.of(operand), arrays.of(value)
        lines = _in_place(arrays, name, value)
        shared = private(arrays, name, statement)
        if old is None or new is None or lines is None or shared is None or not _alike(old, new, fresh=True):
            continue
        yield Change(statement, _stacked(arrays, statement, lines), new, shared)


def _alike(old: Array, new: Array, *, fresh: bool) -> bool:
    return (old.fresh or not fresh) and bool(old.dims) and old.dtype == new.dtype and old.dims == new.dims


def _leftmost(value: ast.expr) -> ast.Name | None:
    while isinstance(value, ast.BinOp):
        value = value.left
    return value if isinstance(value, ast.Name) else None


def _first(value: ast.expr) -> ast.Name | None:
    match value:
        case ast.Call(args=[ast.Name() as name, *_], keywords=[]):
            return name
    return None


def _in_place(arrays: Arrays, name: str, value: ast.expr) -> list[str] | None:
    """The statements that do in place what `value` does, one for each operation; None when that cannot be told."""
    module = arrays.analyst.module
    match value:
        case ast.Call(func=func, args=[ast.Name(), *others], keywords=[]):
            called = arrays.numpy(func)
            if (called in ROUNDING and not others) or (
                called in PAIRING and len(others) == 1 and _fits(arrays, name, others[0])
            ):
                return [f"{source(module, value)[:-1].rstrip().rstrip(',')}, out={name})"]
            return None
    lines: list[str] = []
    while isinstance(value, ast.BinOp):
        if type(value.op) not in _SYMBOLS or not _fits(arrays, name, value.right):
            return None
        lines.append(f"{name} {_SYMBOLS[type(value.op)]}= {source(module, value.right)}")
        value = value.left
    return lines[::-1]


def _fits(arrays: Arrays, name: str, operand: ast.expr) -> bool:
    """Whether the other operand is a number, or another array of the same shape, that the operation does not change."""
    if any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(operand)):
        return False
    if known_scalar(arrays.analyst, operand):
        return True
    if not isinstance(operand, ast.Name):
        return False
    other, own = arrays.of(operand), _named(arrays, name)
    return other is not None and own is not None and bool(own.shape) and own.shape == other.shape


def _named(arrays: Arrays, name: str) -> Array | None:
    for node in ast.walk(arrays.function):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
            return arrays.of(node)
    return None


def _stacked(arrays: Arrays, statement: ast.stmt, lines: list[str]) -> str:
    """The lines as they stand in the statement's suite."""
    text = arrays.analyst.module.source.text.splitlines()[statement.lineno - 1]
    before = text.encode()[: statement.col_offset].decode()
    return ("\n" + before if not before.strip() else "; ").join(lines)


def into_operand(arrays: Arrays, *, powers: bool) -> Iterator[Change]:
    """`t = x + y` -> `t = np.add(x, y, out=x)`, where `x` is dead afterwards.

    Args:
        powers: `e ** 2` only; else everything but that.
    """
    module = arrays.analyst.module
    for statement in statements(arrays):
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                pass
            case _:
                continue
        called = _as_call(arrays, value, powers)
        if called is None or not undisturbed(arrays, statement):
            continue
        function, operands = called
        new = arrays.of(value)
        for operand in operands:
            if new is None or not isinstance(operand, ast.Name) or operand.id == target:
                continue
            old = arrays.of(operand)
            shared = private(arrays, operand.id, statement)
            if old is None or shared is None or not dead_after(arrays, operand.id, statement):
                continue
            if not _alike(old, new, fresh=True) or not old.shape or old.shape != new.shape:
                continue
            written = ", ".join(source(module, one) for one in operands)
            assumed = Array(new.dtype, assumes=new.with_(old))
            yield Change(value, f"{function}({written}, out={operand.id})", assumed, shared)
            break


def _as_call(arrays: Arrays, value: ast.expr, powers: bool) -> tuple[str, list[ast.expr]] | None:
    """The ufunc, as the code names it, and its operands."""
    module = arrays.analyst.module
    match value:
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=2)):
            name, operands, power = "square", [left], True
        case ast.BinOp(left=left, op=op, right=right) if type(op) in BINARY:
            name, operands, power = BINARY[type(op)], [left, right], False
        case ast.Call(func=func, args=args, keywords=[]) if arrays.numpy(func) in ROUNDING | PAIRING:
            return None if powers else (source(module, func), list(args))
        case _:
            return None
    spelling = spelled(arrays.analyst.project, module, value, "numpy")
    if spelling is None or power != powers or not all(isinstance(o, ast.Name | ast.Constant) for o in operands):
        return None
    return f"{spelling}.{name}", operands
