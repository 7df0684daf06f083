"""Names of packages that are neither the project's nor the standard library's: `np.sqrt` is `numpy.sqrt`."""

import ast

from agents.memory.analysis.kinds import NUMBERS
from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import project_path


def external(project: Project, module: Module, expr: ast.expr) -> str:
    """The dotted name, as it is imported, of what `expr` names; "" when it is the project's or cannot be told."""
    match expr:
        case ast.Attribute(value=value, attr=attr):
            base = external(project, module, value)
            return f"{base}.{attr}" if base else ""
        case ast.Name(id=name):
            scope = module.owner(expr, name)
            nodes = module.bindings(scope).get(name, []) if scope is not None else []
            found = {_imported(node, name) for node in nodes}
            dotted = found.pop() if len(found) == 1 else ""
            top = dotted.split(".")[0]
            return dotted if top and project_path(project, module, top) is None else ""
    return ""


def _imported(node: ast.AST, name: str) -> str:
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname == name:
                return alias.name
            if not alias.asname and alias.name.split(".")[0] == name:
                return name
    if isinstance(node, ast.ImportFrom) and not node.level:
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                return f"{node.module}.{alias.name}"
    return ""


def spelled(project: Project, module: Module, at: ast.AST, package: str) -> str | None:
    """The name by which code at `at` calls the package: `np`; None when it does not import it."""
    for scope in module.scopes(at):
        for name, nodes in module.bindings(scope).items():
            first = nodes[0]
            if not all(isinstance(node, ast.Import) for node in nodes):
                continue
            early = getattr(first, "lineno", 0) < getattr(at, "lineno", 0)
            here = all(_imported(node, name) == package for node in nodes)
            if early and here and module.owner(at, name) is scope and project_path(project, module, package) is None:
                return name
    return None


def known_scalar(analyst: Analyst, expr: ast.expr) -> bool:
    """Whether the expression is a Python number, whatever the input."""
    kind = analyst.kinds.of(expr)
    return kind is not None and kind.name in NUMBERS


def library_function(analyst: Analyst, node: ast.expr, package: str) -> str:
    """`zeros` for a call of what is surely `numpy.zeros`, the package being numpy; else ""."""
    name = external(analyst.project, analyst.module, node.func) if isinstance(node, ast.Call) else ""
    return name.removeprefix(f"{package}.") if name.startswith(f"{package}.") else ""
