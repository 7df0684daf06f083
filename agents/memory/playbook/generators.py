"""A function that builds one list and returns it, said as a generator function: `out.append(x)` as `yield x`."""

import ast
from collections.abc import Iterator

from agents.memory.analysis.consumers import loads
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, enclosing, own_nodes
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import harmless
from agents.memory.playbook.source_edits import atom, source

Changes = list[tuple[ast.AST, str]]


def collected(project: Project, module: Module, node: FunctionNode) -> tuple[str, Changes] | None:
    """The list's name and the changes of text that leave no list; None when it is used for anything else."""
    if not _plain(node) or not isinstance(last := node.body[-1], ast.Return) or not isinstance(last.value, ast.Name):
        return None
    name = last.value.id
    bindings = module.bindings(node).get(name, [])
    statement = module.parents.get(bindings[0]) if len(bindings) == 1 else None
    match statement:
        case ast.Assign(targets=[_], value=ast.List(elts=[])) | ast.AnnAssign(value=ast.List(elts=[])):
            pass
        case _:
            return None
    changes: Changes = [(statement, "")]
    yields = 0
    for read in loads(module, node, name):
        use = _use(module, read)
        if use is None or module.frame(read) is not node:
            return None
        where, new = use
        if new.startswith("yield"):
            yields += 1
            if not _may_yield(project, module, node, where) or where.lineno <= statement.lineno:
                return None
        changes.append((where, new))
    for inner in own_nodes(node):
        if isinstance(inner, ast.Return) and not (isinstance(inner.value, ast.Name) and inner.value.id == name):
            if not (isinstance(inner.value, ast.List) and not inner.value.elts):
                return None
            changes.append((inner, "return"))
    return (name, changes) if yields and not introspected(node) else None


def _use(module: Module, read: ast.Name) -> tuple[ast.stmt, str] | None:
    """The statement around a read, and what it is in a generator."""
    above = module.parents[read]
    if isinstance(above, ast.Return):
        final = module.parents[above]
        return above, "" if isinstance(final, FUNCTIONS) and final.body[-1] is above else "return"
    if not isinstance(above, ast.Attribute) or above.attr not in {"append", "extend"}:
        return None
    call = module.parents[above]
    statement = module.parents[call]
    if not isinstance(call, ast.Call) or call.func is not above or not isinstance(statement, ast.Expr):
        return None
    if len(call.args) != 1 or call.keywords or isinstance(call.args[0], ast.Starred | ast.NamedExpr):
        return None
    word = "yield" if above.attr == "append" else "yield from"
    return statement, f"{word} {_argument(module, call.args[0])}"


def _argument(module: Module, argument: ast.expr) -> str:
    written = source(module, argument)
    return atom(module, argument) if "\n" in written else written


def _plain(node: FunctionNode) -> bool:
    leaving = (ast.Yield, ast.YieldFrom, ast.Await, ast.Global, ast.Nonlocal)
    return (
        isinstance(node, ast.FunctionDef)
        and not node.decorator_list
        and not any(isinstance(n, leaving) for n in own_nodes(node))
        and not (node.name.startswith("__") and node.name.endswith("__"))
    )


def _may_yield(project: Project, module: Module, node: FunctionNode, statement: ast.stmt) -> bool:
    """Whether the frame may be left at the statement: no lock is held there, no handler would see it closed."""
    analyst = Analyst(project, module, node)
    for around in enclosing(module, statement, node):
        if isinstance(around, ast.Try | ast.TryStar | ast.AsyncWith):
            return False
        if isinstance(around, ast.With) and not all(harmless(analyst, item.context_expr) for item in around.items):
            return False
        if isinstance(around, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            return False
    return True


def concatenated(module: Module, node: FunctionNode) -> Changes | None:
    """The changes that yield what the function returns as lists added to each other; None for any other function."""
    if not _plain(node):
        return None
    changes: Changes = []
    returns = [n for n in own_nodes(node) if isinstance(n, ast.Return)]
    ends = isinstance(node.body[-1], ast.Return)
    recursive = False
    for found in returns:
        if found.value is None or any(isinstance(a, ast.Try | ast.With) for a in enclosing(module, found, node)):
            return None
        lines = _yielded(module, node, found.value)
        if lines is None:
            return None
        recursive = recursive or any(line.strip().startswith("yield from") for line in lines)
        final = found is node.body[-1]
        if not final or not lines:
            lines = [*lines, "return"]
        before = module.source.data.splitlines()[found.lineno - 1][: found.col_offset]
        if not before.strip():
            changes.append((found, f"\n{' ' * found.col_offset}".join(lines)))
            continue
        column = _suite_column(module, found, before)
        if column is None:
            return None
        changes.append((_Behind(found, len(before.rstrip())), "".join(f"\n{' ' * column}{line}" for line in lines)))
    return changes if ends and recursive and not introspected(node) else None


class _Behind(ast.AST):
    """The text from a column of the statement's line to its end."""

    def __init__(self, statement: ast.stmt, column: int) -> None:
        super().__init__()
        self.lineno, self.col_offset = statement.lineno, column
        self.end_lineno, self.end_col_offset = statement.end_lineno, statement.end_col_offset


def _suite_column(module: Module, statement: ast.stmt, before: bytes) -> int | None:
    """Where the suite goes whose one statement stands on its header's line; None where it shares it with others."""
    around = module.parents[statement]
    suites = [getattr(around, "body", None), getattr(around, "orelse", None)]
    if [statement] not in suites or not before.rstrip().endswith(b":") or not isinstance(around, ast.stmt):
        return None
    lines = module.source.data.splitlines()
    behind = lines[(statement.end_lineno or 0) - 1][statement.end_col_offset :].strip()
    header = lines[around.lineno - 1][: around.col_offset]
    return None if behind or header.strip(b" ") else around.col_offset + 4


def _yielded(module: Module, node: FunctionNode, value: ast.expr) -> list[str] | None:
    """The statements that yield the elements of a list expression."""
    match value:
        case ast.List(elts=elts):
            if any(isinstance(e, ast.Starred | ast.NamedExpr) for e in elts):
                return None
            return [f"yield {_argument(module, e)}" for e in elts]
        case ast.Call(func=ast.Name(id=name)) if name == node.name:
            return [f"yield from {_argument(module, value)}"]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            before, after = _yielded(module, node, left), _yielded(module, node, right)
            return None if before is None or after is None else before + after
        case ast.IfExp(test=test, body=body, orelse=orelse):
            then, other = _yielded(module, node, body), _yielded(module, node, orelse)
            if then is None or other is None or not (then or other):
                return None
            tested = source(module, test)
            if not then:
                return [f"if not ({tested}):", *_indented(other)]
            return [f"if {tested}:", *_indented(then), *(["else:", *_indented(other)] if other else [])]
    return None


def _indented(lines: list[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)
