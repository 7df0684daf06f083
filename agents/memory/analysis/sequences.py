"""Whether an expression surely is a builtin list or tuple, and whether the code or the profiled run tells."""

import ast
from collections.abc import Callable

from agents.memory.analysis.callees import returns_fresh_list
from agents.memory.analysis.modules import FunctionNode, parameters
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Function, resolve
from agents.memory.analysis.uses import last_name, uses
from runtime.measure.holdings import Holding

_BUILTIN = frozenset({"list", "tuple"})
_ANNOTATED = {"list": "list", "List": "list", "tuple": "tuple", "Tuple": "tuple"}


def sequence(
    analyst: Analyst, expr: ast.expr, seen: Callable[[str], Holding | None] = lambda name: None
) -> tuple[str, str] | None:
    """The type (`list`, `tuple`) of the expression's value, and what is assumed for it ("": proved); None: unknown.

    `seen` gives what the census saw a local of the function hold (`Focus.seen`).
    """
    kind = analyst.kinds.of(expr)
    if kind is not None:
        return (kind.name, "") if kind.name in _BUILTIN else None
    if isinstance(expr, ast.Call):
        made = resolve(analyst.project, analyst.module, expr.func)
        fresh = isinstance(made, Function) and returns_fresh_list(analyst.project, made)
        return ("list", "") if fresh else None
    if not isinstance(expr, ast.Name):
        return None
    return _bound(analyst, expr) or _seen(analyst, expr, seen(expr.id))


def _seen(analyst: Analyst, name: ast.Name, held: Holding | None) -> tuple[str, str] | None:
    """What the profiled run tells of a local that one binding alone gives its values."""
    if held is None or held.type not in _BUILTIN or analyst.module.owner(name, name.id) is not analyst.scope:
        return None
    if len(analyst.module.bindings(analyst.scope).get(name.id, [])) != 1:
        return None
    return held.type, f"`{name.id}` is a {held.type}, as in the profiled run"


def _bound(analyst: Analyst, name: ast.Name) -> tuple[str, str] | None:
    scope = analyst.module.owner(name, name.id)
    nodes = analyst.module.bindings(scope).get(name.id, []) if scope is not None else []
    if len(nodes) != 1:
        return None
    node = nodes[0]
    if isinstance(node, ast.arg):
        return None if _overridden(analyst.project) else _annotation(scope, node)
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


def _overridden(project: Project) -> bool:
    """Whether a class of the project is a list or tuple of another behaviour: an annotation admits it."""
    return any(
        any(last_name(base) in _ANNOTATED for base in node.bases)
        and any(isinstance(item, ast.FunctionDef) and item.name.startswith("__") for item in node.body)
        for found in uses(project).classes.values()
        for _, node in found
    )
