"""Copies of arrays that are only read, while nothing writes to the original: what D04, D10 and D15 share."""

import ast
from collections.abc import Iterator

from agents.memory.analysis.array_uses import loads, only_read, quiet
from agents.memory.analysis.arrays import Array, Arrays
from agents.memory.playbook.array_rules import expressions

READ = {
    "same array": "The original is a plain numpy array in C order, so that the copy would be its equal in every way.",
    "only read": "The copy is read where it stands, or by the reads of the one name it is bound to: nothing writes to"
    " it or keeps it.",
    "unchanged": "Nothing in the function writes to an array or calls what is unknown while the copy is in use.",
}
"""The preconditions of reading the original in place of a copy."""


def read_only(arrays: Arrays) -> Iterator[tuple[ast.Call, ast.expr, Array, str]]:
    """Calls with the array they copy: (call, original, what is known of it, evidence that it is only read)."""
    for node in expressions(arrays):
        original = _original(arrays, node)
        if original is None or not isinstance(node, ast.Call):
            continue
        found = arrays.of(original)
        evidence = _only_read(arrays, node)
        if found is not None and found.dims and found.contiguous and evidence is not None:
            yield node, original, found, evidence


def _original(arrays: Arrays, node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Call(func=ast.Attribute(value=value, attr="astype"), args=[_], keywords=[]):
            return value
        case ast.Call(func=ast.Attribute(value=value, attr="flatten"), args=[], keywords=[]):
            return value
        case ast.Call(func=ast.Attribute() as func, args=[value], keywords=[]) if arrays.numpy(func) == "array":
            return value
    return None


def _only_read(arrays: Arrays, call: ast.Call) -> str | None:
    module = arrays.analyst.module
    parent = module.parents[call]
    match parent:
        case ast.Assign(targets=[ast.Name(id=name) as target]):
            if module.bindings(arrays.function).get(name) != [target] or not quiet(arrays):
                return None
            reads = loads(arrays, name)
            stored = any(
                isinstance(module.parents[use], ast.Subscript) and not isinstance(module.parents[use].ctx, ast.Load)  # type: ignore[attr-defined]
                for use in reads
            )
            inside = all(module.frame(use) is arrays.function for use in reads)
            if stored or not inside or not all(only_read(arrays, use) for use in reads):
                return None
            return f"`{name}` is bound once, and its {len(reads)} reads neither write to it nor keep it"
    if not only_read(arrays, call):
        return None
    return f"line {call.lineno}: the copy is read at once by `{ast.unparse(parent)[:50]}`"
