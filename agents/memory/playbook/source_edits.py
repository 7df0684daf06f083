"""Edits of source text by abstract nodes: expressions put in place of others, library names, and their imports."""

import ast
import builtins
import re
from collections.abc import Sequence

from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import project_path
from messaging.contents import EditedFile

_LINE = re.compile(rb"\r\n?|\n")
_FOR = re.compile(rb"\b(async\s+)?for\b")
_CLOSED = (
    ast.Name, ast.Call, ast.Attribute, ast.Subscript, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.GeneratorExp, ast.Constant,
)  # fmt: skip
"""Expressions that may stand anywhere without parentheses of their own."""


def span(module: Module, node: ast.AST) -> tuple[int, int]:
    """First byte of the node and the byte after its last."""
    starts = [0, *(found.end() for found in _LINE.finditer(module.source.data))]
    first, last = getattr(node, "lineno", 1), getattr(node, "end_lineno", 1)
    return starts[first - 1] + getattr(node, "col_offset", 0), starts[last - 1] + getattr(node, "end_col_offset", 0)


def source(module: Module, node: ast.expr | ast.stmt) -> str:
    """The text of an expression (without parentheses around it) or statement as it is written."""
    start, end = span(module, node)
    return module.source.data[start:end].decode()


def atom(module: Module, node: ast.expr) -> str:
    """As `source`, in parentheses where the expression needs them next to an operator, `in` or a dot."""
    written = source(module, node)
    number = isinstance(node, ast.Constant) and not isinstance(node.value, str | bytes)
    closed = isinstance(node, _CLOSED) or (isinstance(node, ast.Tuple) and written.startswith("("))
    return written if closed and not number else f"({written})"


def clauses(module: Module, node: ast.ListComp | ast.GeneratorExp) -> str:
    """The `for ... in ... if ...` of a comprehension as it is written."""
    data = module.source.data
    end = span(module, node)[1]
    after, target = span(module, node.elt)[1], span(module, node.generators[0].target)[0]
    words = list(_FOR.finditer(data, after, target))
    return data[words[-1].start() : end - 1].decode().rstrip()


class Stretch(ast.AST):
    """The text from the first of two statements to the end of the other."""

    def __init__(self, first: ast.stmt, last: ast.stmt) -> None:
        super().__init__()
        self.lineno, self.col_offset = first.lineno, first.col_offset
        self.end_lineno, self.end_col_offset = last.end_lineno, last.end_col_offset


def spliced(module: Module, changes: Sequence[tuple[ast.AST, str]], imports: Sequence[str] = ()) -> EditedFile | None:
    """The file with each node's text replaced, and `import m` (`from m import n` for `m:n`) put at its top.

    An empty text takes a statement's lines out. None when the file is not UTF-8 or begins with a byte order mark,
    when a comment would be lost, or when the result does not parse.
    """
    data = module.source.data
    if data.startswith(b"\xef\xbb\xbf") or b"\f" in data:
        return None
    try:
        data.decode()
    except UnicodeDecodeError:
        return None
    for start, end, new in sorted(((*span(module, node), new) for node, new in changes), reverse=True):
        if data[start:end].count(b"#") > new.encode().count(b"#"):
            return None
        if not new:
            line = _whole_line(data, start, end)
            if line is None:
                return None
            data = data[: line[0]] + data[line[1] :]
        else:
            data = data[:start] + new.encode() + data[end:]
    text = data.decode()
    for name in sorted(imports):
        text = _with_import(text, name)
    try:
        ast.parse(text)
    except SyntaxError:
        return None
    return EditedFile(path=module.path, blob=module.source.blob, text=text) if data != module.source.data else None


def _whole_line(data: bytes, start: int, end: int) -> tuple[int, int] | None:
    """The lines from `start` to `end` with their newline; None when something else stands there too."""
    first = max(data.rfind(b"\n", 0, start), data.rfind(b"\r", 0, start)) + 1
    ended = _LINE.search(data, end)
    last = ended.end() if ended else len(data)
    return None if data[first:start].strip() or data[end:last].strip() else (first, last)


def library(project: Project, module: Module, at: ast.AST, name: str) -> tuple[str, tuple[str, ...]] | None:
    """How code at `at` names a standard library function: its text, and the modules to import for that.

    None when the module is hidden: by a file of the project, by another binding of its name, by a star import.
    """
    dotted, _, member = name.rpartition(".")
    line = getattr(at, "lineno", 0)
    if project_path(project, module, dotted) is not None:
        return None
    for bound, nodes in module.bindings(module.tree).items():
        if len(nodes) != 1 or module.parents.get(nodes[0]) is not module.tree or module.owner(at, bound) is None:
            continue
        node = nodes[0]
        if module.owner(at, bound) is not module.tree or getattr(node, "lineno", line) >= line:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == dotted and (alias.asname or alias.name) == bound:
                    return f"{bound}.{member}", ()
        if isinstance(node, ast.ImportFrom) and not node.level and node.module == dotted:
            for alias in node.names:
                if alias.name == member and (alias.asname or alias.name) == bound:
                    return bound, ()
    hidden = module.star_import or hasattr(builtins, dotted) or "." in dotted
    taken = module.owner(at, dotted) is not None or dotted in module.bindings(module.tree)
    return None if hidden or taken else (f"{dotted}.{member}", (dotted,))


def _with_import(text: str, name: str) -> str:
    """The text with `import name` among the imports at its top, by name where those are sorted."""
    tree = ast.parse(text)
    body = tree.body
    documented = bool(body) and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
    rest = body[1:] if documented else body
    future = [n for n in rest if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
    rest = rest[len(future) :]
    newline = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    leading: list[ast.stmt] = []
    for node in rest:
        if not isinstance(node, ast.Import | ast.ImportFrom):
            break
        leading.append(node)
    before = next((n for n in leading if isinstance(n, ast.ImportFrom) or n.names[0].name > name), None)  # type: ignore[attr-defined]
    dotted, _, member = name.partition(":")
    added = f"from {dotted} import {member}{newline}" if member else f"import {name}{newline}"
    if before is not None:
        return "".join([*lines[: before.lineno - 1], added, *lines[before.lineno - 1 :]])
    after = leading[-1] if leading else future[-1] if future else body[0] if documented else None
    if after is None:
        first = min([rest[0].lineno, *(d.lineno for d in getattr(rest[0], "decorator_list", []))]) if rest else 1
        return "".join([*lines[: first - 1], added, newline, newline, *lines[first - 1 :]])
    at = after.end_lineno or after.lineno
    return "".join([*lines[:at], *([] if leading else [newline]), added, *lines[at:]])
