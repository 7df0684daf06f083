"""Evaluation order within one statement: what is evaluated before a part of it, and whether that part could come
before it just as well."""

import ast
from collections.abc import Iterator

from agents.memory.analysis.classes import self_method
from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.kinds import CONTAINERS
from agents.memory.analysis.lifetime import Local
from agents.memory.analysis.modules import FUNCTIONS
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import assigned_attributes, imported_module, methods, resolve


def evaluated_before(name: Local, statement: ast.stmt, part: ast.expr) -> list[ast.expr] | None:
    """The expressions of the simple statement that are evaluated before `part`.

    None when `part` stands where it is not surely evaluated, or where the order is not modelled.
    """
    found: list[ast.expr] = []
    child: ast.AST = part
    for parent in name.module.ancestors(part):
        earlier = _earlier(parent, child)
        if earlier is None:
            return None
        found = [*earlier, *found]
        if parent is statement:
            return found
        child = parent
    return None


def _earlier(parent: ast.AST, child: ast.AST) -> list[ast.expr] | None:
    """What `parent` evaluates before its direct child `child`; None: not modelled, or the child may be passed over."""
    match parent:
        case ast.Assign(value=value) | ast.Expr(value=value) | ast.Return(value=value) if child is value:
            return []
        case ast.AnnAssign(value=value, target=ast.Name()) if child is value:
            return []
        case ast.AugAssign(value=value, target=ast.Name() as target) if child is value:
            return [target]
        case ast.Attribute() | ast.UnaryOp() | ast.Starred() | ast.keyword() | ast.Await():
            return []
        case ast.BoolOp(values=[first, *_]) | ast.Compare(left=first) if child is first:
            return []
        case ast.IfExp(test=test) if child is test:
            return []
        case ast.Compare(left=left, comparators=[second, *_]) if child is second:
            return [left]
    parts = list(_in_order(parent))
    return parts[: parts.index(child)] if child in parts else None


def _in_order(parent: ast.AST) -> Iterator[ast.expr]:
    match parent:
        case ast.Call(func=func, args=args, keywords=keywords):
            yield func
            yield from args
            # A keyword is a node of its own between the call and its value.
            yield from keywords  # type: ignore[misc]
        case ast.Subscript(value=value, slice=index):
            yield from (value, index)
        case ast.BinOp(left=left, right=right):
            yield from (left, right)
        case ast.Tuple(elts=elements) | ast.List(elts=elements) | ast.Set(elts=elements):
            yield from elements
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if key is not None:
                    yield key
                yield value


def stable(project: Project, name: Local, first: ast.stmt, expr: ast.AST) -> bool:
    """Whether evaluating `expr` before or after the assignment `first` gives the same and cannot fail.

    So it is for constants, locals that nothing else can bind, names a module binds once, methods of `self`, of
    imported modules and of builtin containers that nothing in the project replaces.
    """
    match expr:
        case ast.Constant():
            return True
        case ast.keyword(value=value):
            return stable(project, name, first, value)
        case ast.Name():
            return _stable_name(project, name, first, expr)
        case ast.Attribute(value=value, attr=attr):
            called = name.module.parents[expr]
            if not isinstance(called, ast.Call) or called.func is not expr:
                return False
            if attr in assigned_attributes(project):
                return False
            if imported_module(project, name.module, value) is not None:
                return True
            if not stable(project, name, first, value):
                return False
            return _own_method(project, name, value, attr) or _container(project, name, value)
    return False


def _stable_name(project: Project, name: Local, first: ast.stmt, expr: ast.Name) -> bool:
    owner = name.module.owner(expr, expr.id)
    if owner is None or isinstance(owner, ast.Module):
        return resolve(project, name.module, expr) is not None and expr.id not in assigned_attributes(project)
    if owner is not name.function or expr.id in name.scope.captured or expr.id in name.scope.declared:
        return False
    rebound = any(isinstance(node, ast.NamedExpr) and node.target.id == expr.id for node in ast.walk(first))
    return expr.id in name.flow.assigned_before(first) and not rebound


def _own_method(project: Project, name: Local, value: ast.expr, attr: str) -> bool:
    method = self_method(name.module, value)
    owner = name.module.parents[method] if method is not None else None
    if not isinstance(owner, ast.ClassDef) or owner.bases or "__getattribute__" in methods(project):
        return False
    found = [item for item in owner.body if isinstance(item, FUNCTIONS) and item.name == attr]
    return len(found) == 1 and not found[0].decorator_list


def _container(project: Project, name: Local, value: ast.expr) -> bool:
    kind = Kinds(project, name.module).of(value)
    return kind is not None and kind.name in CONTAINERS
