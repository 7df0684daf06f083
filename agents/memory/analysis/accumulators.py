"""Locals that begin empty and are only added to: each use told apart, for rules that put another object there."""

import ast
from dataclasses import dataclass

from agents.memory.analysis.modules import LOOPS, FunctionNode, enclosing
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.single_read import type_comment, visible_outside


@dataclass(frozen=True)
class Accumulator:
    """A local with one beginning.

    Args:
        name: the local.
        begin: the statement that binds it first.
        value: what it binds it to.
        added: the other statements that bind it: `name += x`, `name = name + x`.
        uses: every read of it, but for those in `added`.
    """

    name: str
    begin: ast.Assign | ast.AnnAssign
    value: ast.expr
    added: tuple[ast.stmt, ...]
    uses: tuple[ast.Name, ...]


def accumulators(analyst: Analyst) -> list[Accumulator]:
    """The frame's locals that are bound once, to `[]` or `b""`, and only added to otherwise; none seen elsewhere."""
    scope = analyst.scope
    if not isinstance(scope, FunctionNode | ast.Module):
        return []
    found = []
    for name, nodes in analyst.module.bindings(scope).items():
        one = _accumulator(analyst, name, nodes)
        if one is not None:
            found.append(one)
    return found if found and not introspected(scope) else []


def _accumulator(analyst: Analyst, name: str, nodes: list[ast.AST]) -> Accumulator | None:
    module, scope = analyst.module, analyst.scope
    begin: ast.Assign | ast.AnnAssign | None = None
    value: ast.expr | None = None
    added: list[ast.stmt] = []
    for node in nodes:
        match module.parents.get(node):
            case ast.AugAssign(target=target, op=ast.Add()) as statement if target is node:
                added.append(statement)
            case ast.Assign(targets=[ast.Name()], value=ast.BinOp(left=ast.Name(id=left), op=ast.Add())) as statement:
                if left != name:
                    return None
                added.append(statement)
            case (ast.Assign(targets=[ast.Name()]) | ast.AnnAssign(value=ast.expr())) as statement if begin is None:
                begin, value = statement, statement.value
            case _:
                return None
    if (
        begin is None
        or value is None
        or not _empty(value)
        or (isinstance(begin, ast.Assign) and type_comment(module, begin))
    ):
        return None
    if isinstance(scope, ast.Module) and visible_outside(analyst.project, module, name):
        return None
    inside = {n for statement in added for n in (getattr(statement, "target", None), _left(statement)) if n is not None}
    uses = []
    for node in ast.walk(scope):
        if not isinstance(node, ast.Name) or node.id != name or module.owner(node, name) is not scope:
            continue
        if module.frame(node) is not scope:
            return None  # A function inside may add to it, or read it, at any time.
        if isinstance(node.ctx, ast.Load) and node not in inside:
            uses.append(node)
    return Accumulator(name, begin, value, tuple(added), tuple(uses))


def _empty(value: ast.expr) -> bool:
    match value:
        case ast.List(elts=[]) | ast.Constant(value=b""):
            return True
    return False


def _left(statement: ast.stmt) -> ast.expr | None:
    match statement:
        case ast.Assign(value=ast.BinOp(left=left)):
            return left
    return None


def appended(analyst: Analyst, use: ast.Name) -> ast.expr | None:
    """What the statement `name.append(x)` adds, when the use is that of such a statement."""
    method = analyst.module.parents[use]
    call = analyst.module.parents[method]
    match call:
        case ast.Call(func=ast.Attribute(value=value, attr="append"), args=[item], keywords=[]) if value is use:
            alone = isinstance(analyst.module.parents[call], ast.Expr) and not isinstance(item, ast.Starred)
            return item if alone else None
    return None


def looped(analyst: Analyst, node: ast.AST, since: ast.AST) -> bool:
    """Whether a loop around `node` runs it more than once for one run of `since`."""
    outer = set(enclosing(analyst.module, since, analyst.scope))
    return any(isinstance(a, LOOPS) and a not in outer for a in enclosing(analyst.module, node, analyst.scope))
