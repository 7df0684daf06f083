"""Whether an expression surely is a builtin list or tuple, and whether the code or the profiled run tells."""

import ast

from agents.memory.analysis.callees import returns_fresh_list
from agents.memory.analysis.modules import FunctionNode, parameters
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Function, resolve
from runtime.measure.models import Holding

_BUILTIN = frozenset({"list", "tuple"})
_ANNOTATED = {"list": "list", "List": "list", "tuple": "tuple", "Tuple": "tuple"}


def sequence(analyst: Analyst, expr: ast.expr, holding: Holding | None = None) -> tuple[str, str] | None:
    """The type (`list`, `tuple`) of the expression's value, and what is assumed for it ("": proved); None: unknown."""
    kind = analyst.kinds.of(expr)
    if kind is not None:
        return (kind.name, "") if kind.name in _BUILTIN else None
    if isinstance(expr, ast.Call):
        made = resolve(analyst.project, analyst.module, expr.func)
        fresh = isinstance(made, Function) and returns_fresh_list(analyst.project, made)
        return ("list", "") if fresh else None
    if not isinstance(expr, ast.Name):
        return None
    if holding is not None and holding.name == expr.id and holding.type in _BUILTIN:
        return holding.type, f"`{expr.id}` is a {holding.type}, as in the profiled run"
    return _bound(analyst, expr)


def _bound(analyst: Analyst, name: ast.Name) -> tuple[str, str] | None:
    scope = analyst.module.owner(name, name.id)
    nodes = analyst.module.bindings(scope).get(name.id, []) if scope is not None else []
    if len(nodes) != 1:
        return None
    node = nodes[0]
    if isinstance(node, ast.arg):
        return _annotation(scope, node)
    statement = analyst.module.parents.get(node)
    if isinstance(statement, ast.Assign) and node in statement.targets and isinstance(statement.value, ast.Call):
        return sequence(analyst, statement.value)
    return None


def _annotation(scope: ast.AST | None, node: ast.arg) -> tuple[str, str] | None:
    noted = node.annotation
    base = noted.value if isinstance(noted, ast.Subscript) else noted
    last = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    found = _ANNOTATED.get(last)
    function: FunctionNode | None = scope if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef) else None
    if found is None or function is None or node not in parameters(function):
        return None
    starred = {function.args.vararg, function.args.kwarg}
    return None if node in starred else (found, f"`{node.arg}` is the {found} that its annotation says")
