"""Uses of a container attribute that are the same for an empty tuple or read-only mapping in its place."""

import ast

from agents.memory.analysis.classes import ClassFacts
from agents.memory.analysis.effects import union
from agents.memory.analysis.modules import FUNCTIONS, Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.uses import AttributeUse

_CONSUMERS = frozenset({"len", "sum", "any", "all", "min", "max", "sorted", "list", "tuple", "set", "frozenset"})
"""Builtins that use their first argument up at once and keep nothing of it."""
_WRAPPERS = frozenset({"enumerate", "reversed"})
_VIEWS = frozenset({"items", "keys", "values"})
_FEEDS = {"list": frozenset({"append", "extend", "insert"}), "dict": frozenset({"update"})}


def tolerant(facts: ClassFacts, use: AttributeUse, kind: str) -> bool:
    """Whether this read gives the same for an empty container of `kind` and for what stands in for it.

    Reads that keep the container, show it, compare it or step it later do not count: they could tell.
    """
    module, node = use.module, use.node
    parent = module.parents[node]
    match parent:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[right]):
            return right is node
        case ast.Subscript(ctx=ast.Load()) if parent.value is node:
            return not isinstance(parent.slice, ast.Slice)
        case ast.Attribute(attr="get") if kind == "dict":
            call = module.parents[parent]
            return isinstance(call, ast.Call) and call.func is parent
        case ast.Attribute(attr=view) if kind == "dict" and view in _VIEWS:
            call = module.parents[parent]
            return isinstance(call, ast.Call) and call.func is parent and _stepped(facts, module, call)
    return _tested(module, node) or _stepped(facts, module, node)


def _tested(module: Module, node: ast.expr) -> bool:
    """Whether only the truth of the expression is looked at."""
    parent = module.parents[node]
    match parent:
        case ast.If() | ast.While() | ast.IfExp() | ast.Assert():
            return parent.test is node
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.comprehension():
            return node in parent.ifs
        case ast.BoolOp():
            return _tested(module, parent)
    return False


def _stepped(facts: ClassFacts, module: Module, node: ast.expr) -> bool:
    """Whether the expression is stepped at once to its end by a loop, a comprehension or a builtin."""
    parent = module.parents[node]
    match parent:
        case ast.For():
            return parent.iter is node
        case ast.comprehension():
            return parent.iter is node and isinstance(module.parents[parent], ast.ListComp | ast.SetComp | ast.DictComp)
        case ast.Call(args=[first, *_]) if first is node:
            meaning = resolve(facts.project, module, parent.func)
            if not isinstance(meaning, Builtin):
                return False
            return meaning.name in _CONSUMERS or (meaning.name in _WRAPPERS and _stepped(facts, module, parent))
    return False


def fed(use: AttributeUse, kind: str) -> ast.stmt | None:
    """The statement that feeds the container: `obj.a.append(v)` or `obj.a[k] = v`, with a plain name; else None."""
    module, node = use.module, use.node
    parent = module.parents[node]
    if not isinstance(node.value, ast.Name):
        return None
    statement = module.statement(node)
    match parent, statement:
        case ast.Attribute(attr=name), ast.Expr(value=ast.Call(func=func)) if func is parent:
            return statement if name in _FEEDS[kind] and not _walrus(statement) else None
        case ast.Subscript(), ast.Assign(targets=[target]) if target is parent and kind == "dict":
            return statement if not _walrus(statement) else None
    return None


def feeds_alone(project: Project, use: AttributeUse) -> bool:
    """Whether nothing that the feeding statement evaluates can feed a container as well: it might make another."""
    module, parent = use.module, use.module.parents[use.node]
    call = module.parents[parent]
    given = [parent.slice] if isinstance(parent, ast.Subscript) else call.args if isinstance(call, ast.Call) else []
    frame = module.frame(use.node)
    if not isinstance(frame, (*FUNCTIONS, ast.Module)):
        return False
    analyst = Analyst(project, module, frame)
    effects = analyst.of(*given)
    if isinstance(parent, ast.Attribute) and parent.attr in ("extend", "update"):
        effects |= union(analyst.step(one) for one in given)
    return not (effects.writes or effects.leaves or effects.calls)


def _walrus(statement: ast.stmt) -> bool:
    return any(isinstance(n, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom) for n in ast.walk(statement))
