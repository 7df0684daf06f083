"""Calls of small project functions that only build a list, written out: `take(n, xs)` as `list(islice(xs, n))`."""

import ast
from collections.abc import Iterator

from agents.memory.analysis.modules import (
    COMPREHENSIONS,
    FunctionNode,
    Module,
    comprehension_targets,
    module_of,
)
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Function, Library, imported_module, resolve

_WRITABLE = (
    ast.Name, ast.Attribute, ast.Call, ast.Constant, ast.Compare, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Subscript,
    ast.ListComp, ast.GeneratorExp, ast.comprehension, ast.Tuple, ast.keyword, ast.expr_context, ast.operator,
    ast.unaryop, ast.boolop, ast.cmpop,
)  # fmt: skip
"""Nodes of a helper's expression that mean the same in another function."""


def list_helper(function: Function) -> ast.expr | None:
    """What the function returns, when that is all it does and it is a list display, `list(E)` or `tuple(E)`."""
    node = function.node
    if (
        isinstance(node, ast.AsyncFunctionDef)
        or node.decorator_list
        or function.module.parents[node] is not (function.module.tree)
    ):
        return None
    args = node.args
    if args.vararg or args.kwarg or args.kwonlyargs:
        return None
    documented = isinstance(node.body[0], ast.Expr) and isinstance(node.body[0].value, ast.Constant)
    body = node.body[1:] if documented else node.body
    if len(body) != 1 or not isinstance(body[0], ast.Return) or body[0].value is None:
        return None
    return body[0].value


def helper_calls(project: Project, function: Function) -> Iterator[tuple[Module, ast.Call]]:
    """Every call of the function in files that may be edited."""
    word = function.node.name.encode()
    for path in sorted(project.editable & project.sources.keys()):
        if word not in project.sources[path].data:
            continue
        module = module_of(project, path)
        for node in module.nodes if module is not None else ():
            if isinstance(node, ast.Call) and module is not None:
                found = resolve(project, module, node.func)
                if isinstance(found, Function) and found.node is function.node:
                    yield module, node


def arguments_of(node: FunctionNode, call: ast.Call) -> dict[str, ast.expr] | None:
    """Parameter -> what the call gives for it, constant defaults included; None when they cannot be matched."""
    names = [arg.arg for arg in node.args.posonlyargs + node.args.args]
    if any(isinstance(arg, ast.Starred) for arg in call.args) or len(call.args) > len(names):
        return None
    found: dict[str, ast.expr] = dict(zip(names, call.args, strict=False))
    keywords_allowed = {arg.arg for arg in node.args.args}
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in found or keyword.arg not in keywords_allowed:
            return None
        found[keyword.arg] = keyword.value
    defaults = node.args.defaults
    for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
        if name not in found:
            if not isinstance(default, ast.Constant):
                return None
            found[name] = default
    return found if set(found) == set(names) else None


def given_in_order(call: ast.Call) -> list[ast.expr]:
    """The arguments of the call in the order they are evaluated."""
    return [*call.args, *(keyword.value for keyword in call.keywords)]


def expression_names(
    project: Project, helper: Module, node: FunctionNode, expr: ast.expr
) -> dict[ast.AST, str | None] | None:
    """Each outermost name or dotted library name of the helper's expression -> its standard library name.

    None as value: a parameter, a comprehension's own name or a builtin, to be written as it is. None as a whole when
    the expression uses something that another place cannot name.
    """
    found: dict[ast.AST, str | None] = {}
    for inner in ast.walk(expr):
        if not isinstance(inner, _WRITABLE):
            return None
        if isinstance(inner, ast.Attribute) and isinstance(resolve(project, helper, inner), Library):
            if imported_module(project, helper, inner.value) is None:
                return None
            meaning = resolve(project, helper, inner)
            assert isinstance(meaning, Library)
            found[inner] = meaning.name
    dotted = {part for outer in found for part in ast.walk(outer)} - set(found)
    for inner in ast.walk(expr):
        if not isinstance(inner, ast.Name) or inner in dotted:
            continue
        owner = helper.owner(inner, inner.id)
        builtin = owner is None and isinstance(resolve(project, helper, inner), Builtin)
        if builtin or isinstance(owner, COMPREHENSIONS) or owner is node:
            found[inner] = None
        elif owner is helper.tree and isinstance(meaning := resolve(project, helper, inner), Library):
            found[inner] = meaning.name
        else:
            return None
    return found


def own_targets(expr: ast.expr) -> set[str]:
    """Names that comprehensions inside the expression bind."""
    return {name for n in ast.walk(expr) if isinstance(n, COMPREHENSIONS) for name in comprehension_targets(n)}


def put_off(helper: Module, use: ast.AST, expr: ast.expr) -> bool:
    """Whether `use` may be evaluated more than once, later than `expr`, or not at all."""
    child = use
    while child is not expr:
        parent = helper.parents[child]
        match parent:
            case ast.comprehension():
                if helper.parents[parent].generators[0] is not parent or child is not parent.iter:  # type: ignore[attr-defined]
                    return True
            case ast.BoolOp() | ast.IfExp() | ast.Lambda():
                return True
            case ast.Compare() if len(parent.comparators) > 1:
                return True
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                if not isinstance(child, ast.comprehension):
                    return True
        child = parent
    return False


def evaluated(expr: ast.AST) -> Iterator[ast.AST]:
    """The parts of an expression in the order their evaluation ends; of comprehensions, what is evaluated at once."""
    children = [expr.generators[0].iter] if isinstance(expr, COMPREHENSIONS) else list(ast.iter_child_nodes(expr))
    for child in children:
        yield from evaluated(child)
    yield expr
