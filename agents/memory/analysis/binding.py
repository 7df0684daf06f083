"""Whether a name is bound where it is read: always, once and for all, or by a comprehension."""

import ast

from agents.memory.analysis.modules import Module, outermost_loop
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import assigned_attributes


def bound_once(project: Project, module: Module, name: str, scope: ast.AST) -> bool:
    """Whether the outer scope binds the name once and for all."""
    bindings = module.bindings(scope)[name]
    inner = any(isinstance(n, ast.Nonlocal) and name in n.names for n in ast.walk(scope))
    if isinstance(scope, ast.Module) and name in assigned_attributes(project):
        return False  # Perhaps another file's `module.name = ...`.
    return len(bindings) == 1 and not inner and outermost_loop(module, bindings[0], scope) is None


def comprehension_target(module: Module, node: ast.Name) -> bool:
    """Whether a comprehension binds the name at `node`."""
    return any(isinstance(a, ast.comprehension) and node in ast.walk(a.target) for a in module.ancestors(node))


def surely_bound(module: Module, frame: ast.AST, use: ast.Name, scope: ast.AST) -> bool:
    """Whether a binding of the name in `scope` always ran before `use`, in `frame`, and nothing deletes it."""
    bindings = module.bindings(scope)[use.id]
    if any(isinstance(getattr(b, "ctx", None), ast.Del) for b in bindings):
        return False
    if isinstance(scope, ast.Module) and scope is not frame:
        return any(module.parents.get(module.statement(b)) is scope for b in bindings)
    around = {use, *module.ancestors(use)}
    for binding in bindings:
        if isinstance(binding, ast.arg):
            return True
        statement = module.statement(binding)
        if statement in around:
            # Only the parts of a compound statement that come after its header see what the header binds.
            inside = isinstance(statement, ast.For | ast.AsyncFor | ast.With | ast.AsyncWith)
            if inside and any(s in around for s in getattr(statement, "body", [])):
                return True
            continue
        if isinstance(statement, ast.For | ast.While | ast.If | ast.Try | ast.Match):
            continue
        suite = _suite(module, statement)
        later = suite[suite.index(statement) + 1 :]
        if any(s in around for s in later):
            return True
    return False


def _suite(module: Module, statement: ast.stmt) -> list[ast.stmt]:
    for _, value in ast.iter_fields(module.parents[statement]):
        if isinstance(value, list) and statement in value:
            return value
    return [statement]
