"""A memo that lives as long as one call of a function: the edit that makes it before the outermost loop."""

import ast
from collections.abc import Mapping, Sequence

from agents.memory.analysis.lifetime import COMPILING_DECORATORS
from agents.memory.analysis.modules import FUNCTIONS, Module, outermost_loop
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.uses import last_name
from agents.memory.playbook.source_edits import span, spliced
from agents.memory.playbook.streamed import fresh_name, with_helper
from messaging.contents import EditedFile

LIMIT = 10_000
"""Values remembered: the memo never grows beyond them."""


def memo_edit(
    analyst: Analyst, anchor: ast.stmt, wanted: str, changes: Mapping[ast.expr, str], helper: str, arguments: str = ""
) -> EditedFile | None:
    """The file with the memo made before `anchor`, and what uses it; None where it cannot be put there.

    Args:
        anchor: the statement of the function before which (before whose outermost loop) the memo is made.
        wanted: the local that holds it, by another name where that is used.
        changes: expressions and what takes their place; `{memo}` is the local, `{{` and `}}` are braces.
        helper: the function, for the top of the module, whose call makes the memo.
        arguments: what it is called with.
    """
    module, scope = analyst.module, analyst.scope
    start = _start(module, anchor, scope)
    if start is None or introspected(scope) or _compiled(scope):
        return None
    name = fresh_name(analyst, wanted)
    made = f"{name} = {helper.partition('(')[0].removeprefix('def ').strip()}({arguments})"
    before = ast.AST()
    before.lineno, before.col_offset = start.lineno, start.col_offset  # type: ignore[attr-defined]
    before.end_lineno, before.end_col_offset = start.lineno, start.col_offset  # type: ignore[attr-defined]
    separator = _separator(module, start)
    if separator is None:
        return None
    written = [(node, text.format(memo=name)) for node, text in changes.items()]
    edit = spliced(module, [(before, made + separator), *written])
    return edit and with_helper(analyst, edit, start, helper)


def made_by(analyst: Analyst, func: ast.expr, helper: str) -> bool:
    """Whether the function that is called is the memo of `helper`, put there before."""
    if not isinstance(func, ast.Name):
        return False
    scope = analyst.module.owner(func, func.id)
    nodes = analyst.module.bindings(scope).get(func.id, []) if scope is not None else []
    wanted = helper.partition("(")[0].removeprefix("def ").strip()
    return any(
        isinstance(made, ast.Assign) and isinstance(made.value, ast.Call) and last_name(made.value.func) == wanted
        for made in map(analyst.module.parents.get, nodes)
    )


def builtin_names(analyst: Analyst, names: Sequence[str]) -> bool:
    """Whether the names mean the builtins in a function at the top of the module."""
    for name in names:
        node = ast.Name(name, ast.Load())
        analyst.module.parents[node] = analyst.module.tree
        if resolve(analyst.project, analyst.module, node) != Builtin(name):
            return False
    return True


def _start(module: Module, anchor: ast.stmt, scope: ast.AST) -> ast.stmt | None:
    """The statement before which a line may be put, so that it runs once for all the runs of the anchor."""
    loop = outermost_loop(module, anchor, scope)
    start: ast.AST = loop if loop is not None else anchor
    while isinstance(start, ast.If) and module.source.data[span(module, start)[0] :].startswith(b"elif"):
        start = module.parents[start]
    return start if isinstance(start, ast.stmt) else None


def _separator(module: Module, start: ast.stmt) -> str | None:
    """What stands between the memo's assignment and the statement."""
    data, begin = module.source.data, span(module, start)[0]
    line = max(data.rfind(b"\n", 0, begin), data.rfind(b"\r", 0, begin)) + 1
    indent = data[line:begin]
    if indent.strip():
        return "; " if isinstance(start, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr | ast.AugAssign) else None
    if data[:line].rstrip(b"\r\n").endswith(b"\\"):
        return None
    return ("\r\n" if b"\r\n" in data else "\n") + indent.decode()


def _compiled(scope: ast.AST) -> bool:
    decorators = scope.decorator_list if isinstance(scope, FUNCTIONS) else []
    return any(last_name(decorator) in COMPILING_DECORATORS for decorator in decorators)
