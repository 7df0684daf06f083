"""What a statement is called in a stage table, from its syntax alone. Stdlib only, Python 3.9 and later."""

from __future__ import annotations

import ast
import os

CUT = 60
"""Characters of source text a stage's name keeps (runtime.measure.reports.Stage)."""

_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)
_SOURCE_FOLDERS = ("", "src", "lib")
_HEADERS = {
    "For": ("target", "iter"),
    "AsyncFor": ("target", "iter"),
    "While": ("test",),
    "If": ("test",),
    "With": ("items",),
    "AsyncWith": ("items",),
    "Match": ("subject",),
    "Try": (),
    "TryStar": (),
    "FunctionDef": ("decorator_list", "args", "returns"),
    "AsyncFunctionDef": ("decorator_list", "args", "returns"),
    "ClassDef": ("decorator_list", "bases", "keywords"),
}
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class Names:
    """The names by which one file calls the project's own functions.

    Args:
        tree: the parsed file.
        export: absolute path of the export; an imported module is the project's when it lies in it.
    """

    def __init__(self, tree: ast.Module, export: str) -> None:
        self._defined = set()
        self._imported = set()
        self._modules = set()
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                self._defined.add(node.name)
            elif isinstance(node, ast.ImportFrom):
                if node.level or _inside(export, node.module):
                    self._imported.update(alias.asname or alias.name for alias in node.names)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if _inside(export, alias.name):
                        self._modules.add(alias.asname or alias.name.split(".")[0])

    def of_project(self, callee: ast.expr) -> bool:
        """True when the expression `callee` is seen to name a function or class of the project."""
        if isinstance(callee, ast.Name):
            return callee.id in self._defined or callee.id in self._imported
        if not isinstance(callee, ast.Attribute):
            return False
        if callee.attr in self._defined:
            return True
        root = callee.value
        while isinstance(root, ast.Attribute):
            root = root.value
        return isinstance(root, ast.Name) and root.id in self._modules | self._imported


def _inside(export: str, module: str | None) -> bool:
    top = (module or "").split(".")[0]
    return any(
        os.path.exists(os.path.join(export, folder, name))
        for folder in _SOURCE_FOLDERS
        for name in (top, top + ".py")
        if top
    )


def describe(statement: ast.stmt, lines: list[bytes], names: Names) -> dict[str, object]:
    """Name, first line, last line and calls of a stage.

    Args:
        statement: the statement, before it is instrumented.
        lines: the file's source lines, as UTF-8 bytes.
        names: what the file calls the project's functions.

    Returns:
        A dict of the keys `name`, `line`, `end_line`, `calls`, `loop` of models.Stage.
    """
    callee = _only_call(statement)
    known = callee is not None and names.of_project(callee)
    name = dotted(callee) if known else _text(statement, lines)
    return {
        "name": name[:CUT],
        "line": statement.lineno,
        "end_line": statement.end_lineno or statement.lineno,
        "calls": _calls(statement),
        "loop": isinstance(statement, (ast.For, ast.AsyncFor, ast.While)),
    }


def dotted(callee: ast.expr) -> str:
    """`self.table.add` for a chain of plain names, else the last name."""
    parts = []
    while isinstance(callee, ast.Attribute):
        parts.append(callee.attr)
        callee = callee.value
    if isinstance(callee, ast.Name):
        parts.append(callee.id)
    else:
        del parts[1:]
    return ".".join(reversed(parts))


def _only_call(statement: ast.stmt) -> ast.expr | None:
    """The callee, when the statement is one call whose value is kept, returned or dropped."""
    if not isinstance(statement, _SIMPLE):
        return None
    value = statement.value
    if isinstance(value, (ast.Await, ast.YieldFrom)):
        value = value.value
    return value.func if isinstance(value, ast.Call) else None


def _calls(statement: ast.stmt) -> list[str]:
    """Callees by name, outermost first; of a compound statement those of its header."""
    fields = _HEADERS.get(type(statement).__name__)
    if fields is None:
        level = [statement]
    else:
        level = []
        for field in fields:
            value = getattr(statement, field)
            level.extend(value if isinstance(value, list) else [value] if value is not None else [])
    found = []
    while level:
        for node in level:
            if isinstance(node, ast.Call):
                name = dotted(node.func)
                if name and name not in found:
                    found.append(name)
        level = [child for node in level if not isinstance(node, _SCOPES) for child in ast.iter_child_nodes(node)]
    return found


def _text(statement: ast.stmt, lines: list[bytes]) -> str:
    """The statement's source, or its header's, on one line."""
    line, column = statement.end_lineno, statement.end_col_offset
    if type(statement).__name__ in _HEADERS:
        inner = getattr(statement, "body", None) or getattr(statement, "cases", None)
        first = inner[0]
        if hasattr(first, "pattern"):
            first = first.pattern
        line, column = first.lineno, first.col_offset
        decorators = getattr(first, "decorator_list", [])
        if decorators:
            line, column = decorators[0].lineno, 0
    start = statement.lineno - 1
    taken = lines[start:line]
    if not taken:
        return type(statement).__name__
    if line == statement.lineno:
        taken[-1] = taken[-1][statement.col_offset : column]
    else:
        taken[-1] = taken[-1][:column]
        taken[0] = taken[0][statement.col_offset :]
    text = " ".join(b"\n".join(taken).decode("utf-8", "replace").split())
    return text[:-5].rstrip() if type(statement).__name__ == "Match" and text.endswith(" case") else text
