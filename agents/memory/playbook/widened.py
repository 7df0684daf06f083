"""A with statement over open files that goes on to what follows it, so that a file is still open where it is read."""

import ast

from agents.memory.analysis.handles import handle
from agents.memory.analysis.modules import FUNCTIONS, Module, enclosing
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.single_read import single_read
from agents.memory.playbook.source_edits import span


def widened(analyst: Analyst, node: ast.expr) -> str | None:
    """The file's text with the with around `node` taken on to the end of the statement that reads what it is bound to.

    The lines keep their numbers. None where that is not the statement's place, or where more than the closing of
    files that are only read would come later.
    """
    module, scope = analyst.module, analyst.scope
    assigned = module.statement(node)
    around = module.parents[assigned]
    if not isinstance(assigned, ast.Assign) or not isinstance(around, ast.With) or not isinstance(scope, FUNCTIONS):
        return None
    read = single_read(analyst.project, module, scope, assigned)
    if read is None or not all(_only_read(analyst, item.context_expr) for item in around.items):
        return None
    suite = next(v for _, v in ast.iter_fields(module.parents[around]) if isinstance(v, list) and around in v)
    following = suite[suite.index(around) + 1 :]
    holders = {read.reader, *enclosing(module, read.reader, scope)}
    last = next((index for index, statement in enumerate(following) if statement in holders), None)
    return _indented(module, around, following[: last + 1]) if last is not None else None


def _only_read(analyst: Analyst, context: ast.expr) -> bool:
    file = handle(analyst, context)
    return file is not None and not set(file.mode) & set("wxa+")


def _indented(module: Module, around: ast.With, moved: list[ast.stmt]) -> str | None:
    data = module.source.data
    step = around.body[0].col_offset - around.col_offset
    begin, end = moved[0].lineno, moved[-1].end_lineno or 0
    alone = around.end_lineno is not None and around.end_lineno < begin and around.body[0].lineno > around.lineno
    if not alone or step <= 0 or data.startswith(b"\xef\xbb\xbf") or b"\f" in data:
        return None
    if any(_over_lines(node) for statement in moved for node in ast.walk(statement)):
        return None
    if data[span(module, moved[-1])[1] :].split(b"\n", 1)[0].strip().startswith(b";"):
        return None
    first = around.body[0]
    column = span(module, first)[0]
    written = data[column - first.col_offset + around.col_offset : column]
    if written.strip():
        return None
    lines = data.splitlines(keepends=True)
    for number in range((around.end_lineno or 0) + 1, end + 1):
        lines[number - 1] = written + lines[number - 1] if lines[number - 1].strip() else lines[number - 1]
    try:
        text = b"".join(lines).decode()
        ast.parse(text)
    except (SyntaxError, UnicodeDecodeError):
        return None
    return text


def _over_lines(node: ast.AST) -> bool:
    """Whether the node is a text over several lines, which white space before its lines would change."""
    return isinstance(node, ast.Constant | ast.JoinedStr) and node.lineno != node.end_lineno
