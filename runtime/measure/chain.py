"""Finds the functions of a chain again, in the files of a later tree."""

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from runtime.measure.models import FunctionPlace

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def relocated(chain: Sequence[FunctionPlace], root: Path) -> list[FunctionPlace]:
    """The same functions, at the lines where they are now; empty when one is gone, or its name is not the only one.

    Args:
        chain: the functions, in an earlier tree.
        root: the folder of the later tree.
    """
    found: list[FunctionPlace] = []
    for place in chain:
        if place.function == "<module>":
            found.append(place)
            continue
        try:
            tree = ast.parse((root / place.file).read_bytes())
        except (OSError, SyntaxError, ValueError):
            return []
        lines = [line for name, line in _definitions(tree) if name == place.function]
        if len(lines) != 1:
            return []
        found.append(place.model_copy(update={"line": lines[0]}))
    return found


def _definitions(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Qualified name, without `<locals>`, and first line, of a decorator if there is any."""
    todo: list[tuple[str, ast.AST]] = [("", tree)]
    while todo:
        prefix, node = todo.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _DEFINITIONS):
                yield prefix + child.name, min([child.lineno, *(d.lineno for d in child.decorator_list)])
                todo.append((f"{prefix}{child.name}.", child))
            elif not isinstance(child, ast.expr):
                todo.append((prefix, child))
