"""`out = []` and a loop that only appends to it, said as a list comprehension: the form from which B02 starts."""

import ast
import io
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from agents.memory.analysis.flow import Flow
from agents.memory.analysis.modules import FunctionNode, Module, find_function, module_of, own_nodes
from agents.memory.analysis.project import Project
from agents.memory.analysis.restated import restated
from agents.memory.playbook.source_edits import Stretch, atom, source, span, spliced

_UNSAID = (ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom, ast.Lambda, ast.Starred)
"""Nodes that mean another thing in a comprehension, or that no comprehension may hold."""


@dataclass(frozen=True)
class Restated:
    """The function with the loop said as a comprehension.

    Args:
        first: first line of what was restated.
        last: its last line.
        line: the line of the comprehension in the restated file.
        plain: the iterator whose elements it lists unchanged; "" when it is none.
        form: how it was said: `loop`, `list`, `with`.
    """

    project: Project
    module: Module
    scope: FunctionNode
    name: str
    first: int
    last: int
    line: int
    plain: str = ""
    form: str = "loop"


Wanted = Callable[[str, int, int], bool]
"""Whether a list is looked for: by its name, and the first and last line of its making."""


def comprehended(project: Project, module: Module, scope: FunctionNode, wanted: Wanted) -> Iterator[Restated]:
    """Each such loop of the function that is looked for, restated by itself."""
    for made in own_nodes(scope):
        if not isinstance(made, ast.Assign | ast.AnnAssign):
            continue
        name = _empty_list(made)
        loop = following(module, made)
        if name is None or not isinstance(loop, ast.For):
            continue
        if not wanted(name, made.lineno, loop.end_lineno or loop.lineno):
            continue
        said = _said(module, scope, name, loop)
        if said is None:
            continue
        indent = " " * made.col_offset
        comments = [f"{comment}\n{indent}" for comment in _comments(module, made, loop)]
        edit = spliced(module, [(Stretch(made, loop), "".join(comments) + f"{name} = [{said[0]}]")])
        if edit is None:
            continue
        after = restated(project, module.path, edit.text)
        there = module_of(after, module.path)
        found = find_function(there, _name(module, scope), frozenset({scope.lineno})) if there is not None else None
        line = made.lineno + len(comments)
        if there is None or found is None or isinstance(found, ast.Module):
            continue
        assigned = next((n for n in own_nodes(found) if isinstance(n, ast.Assign) and n.lineno == line), None)
        if assigned is None or said[1] & Flow(there, found).live_before(assigned):
            continue  # A variable of the loop is read after it.
        if any(_inner(there, found, target) for target in said[1]):
            continue
        yield Restated(after, there, found, name, made.lineno, loop.end_lineno or loop.lineno, line)


def _name(module: Module, scope: FunctionNode) -> str:
    return next(name for name, nodes in module.functions.items() if scope in nodes)


def _empty_list(statement: ast.Assign | ast.AnnAssign) -> str | None:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.List(elts=[])):
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.List(elts=[])):
            return name
    return None


def following(module: Module, statement: ast.stmt) -> ast.stmt | None:
    """The next statement of the same suite."""
    for _, suite in ast.iter_fields(module.parents[statement]):
        if isinstance(suite, list) and statement in suite:
            index = suite.index(statement)
            return suite[index + 1] if index + 1 < len(suite) else None
    return None


def _said(module: Module, scope: FunctionNode, name: str, loop: ast.For) -> tuple[str, set[str]] | None:
    """Element and clauses of the comprehension, and the names its clauses bind."""
    clauses: list[str] = []
    targets: set[str] = set()
    body: list[ast.stmt] = [loop]
    while True:
        match body:
            case [ast.For(orelse=[]) as inner]:
                names = {n.id for n in ast.walk(inner.target) if isinstance(n, ast.Name)}
                simple = all(isinstance(n, ast.Name | ast.Tuple | ast.expr_context) for n in ast.walk(inner.target))
                if not simple or names & targets:
                    return None
                targets |= names
                clauses.append(f"for {source(module, inner.target)} in {_clause(module, inner.iter)}")
                body = inner.body
            case [ast.If(test=test, orelse=[], body=inside)] if clauses:
                clauses.append(f"if {_clause(module, test)}")
                body = inside
            case [ast.If(test=test, orelse=[], body=[ast.Continue()]), *rest] if clauses and rest:
                clauses.append(f"if not {atom(module, test)}")
                body = rest
            case [ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="append")) as call)]:
                if found != name or len(call.args) != 1 or call.keywords:
                    return None
                break
            case _:
                return None
    mentions = [n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name]
    if len(mentions) != 1 or any(isinstance(n, _UNSAID) for n in ast.walk(loop)) or name in targets:
        return None
    declared = [n for n in ast.walk(scope) if isinstance(n, ast.Global | ast.Nonlocal)]
    if any(set(n.names) & (targets | {name}) for n in declared):
        return None
    element = call.args[0]
    written = atom(module, element) if isinstance(element, ast.Tuple) else source(module, element)
    return " ".join([written, *clauses]), targets


def _clause(module: Module, expr: ast.expr) -> str:
    return atom(module, expr) if isinstance(expr, ast.IfExp | ast.Tuple) else source(module, expr)


def _inner(module: Module, scope: FunctionNode, name: str) -> bool:
    """Whether a function inside `scope` uses its `name`."""
    return any(
        isinstance(n, ast.Name) and n.id == name and module.owner(n, name) is scope and module.frame(n) is not scope
        for n in ast.walk(scope)
    )


def _comments(module: Module, first: ast.stmt, last: ast.stmt) -> list[str]:
    """The comments between two statements, in order."""
    start, end = span(module, first)[0], span(module, last)[1]
    if b"#" not in module.source.data[start:end]:
        return []
    lines = io.BytesIO(module.source.data).readline
    inside = range(first.lineno, (last.end_lineno or last.lineno) + 1)
    return [
        token.string
        for token in tokenize.tokenize(lines)
        if token.type == tokenize.COMMENT and token.start[0] in inside
        if (token.start[0], token.start[1]) < (last.end_lineno or 0, last.end_col_offset or 0)
    ]
