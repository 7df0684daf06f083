"""What a name or a dotted expression refers to: a builtin, a standard library name, a project function or class."""

import ast
import builtins
import sys
from dataclasses import dataclass
from pathlib import PurePosixPath

from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, module_of
from agents.memory.analysis.project import Project

IMPORT_DEPTH = 5
"""Re-exports followed before a name counts as unknown."""


@dataclass(frozen=True)
class Builtin:
    """A name of `builtins` that nothing in sight rebinds."""

    name: str


@dataclass(frozen=True)
class Library:
    """A dotted name below a standard library module, as it was imported: `json.loads`."""

    name: str


@dataclass(frozen=True)
class Function:
    """A plain `def` of the project. `bound` when the call supplies the first parameter (`self.f()`)."""

    module: Module
    node: FunctionNode
    bound: bool = False


@dataclass(frozen=True)
class Class:
    """A class of the project."""

    module: Module
    node: ast.ClassDef


Meaning = Builtin | Library | Function | Class | None


def resolve(project: Project, module: Module, expr: ast.expr, depth: int = IMPORT_DEPTH) -> Meaning:
    """What `expr` refers to; None when that cannot be told from the source alone."""
    if isinstance(expr, ast.Name):
        scope = module.owner(expr, expr.id)
        if scope is None:
            known = hasattr(builtins, expr.id) and not module.star_import
            return Builtin(expr.id) if known else None
        return _bound(project, module, module.bindings(scope).get(expr.id, []), expr.id, depth)
    if isinstance(expr, ast.Attribute):
        method = _own_method(project, module, expr)
        if method is not None:
            return method
        dotted = imported_module(project, module, expr.value)
        if dotted is not None:
            return _member(project, module, dotted, expr.attr, depth)
        base = resolve(project, module, expr.value, depth)
        if isinstance(base, Library):
            return Library(f"{base.name}.{expr.attr}")
        if isinstance(base, Class):
            return _function_of(project, base, expr.attr)
    return None


def _function_of(project: Project, owner: Class, name: str) -> Function | None:
    """`Base.name`, where the class itself defines the plain function and nothing in the project replaces it."""
    found = [n for n in owner.node.body if isinstance(n, FUNCTIONS) and n.name == name]
    if len(found) != 1 or found[0].decorator_list or name in assigned_attributes(project):
        return None
    return Function(owner.module, found[0])


def imported_module(project: Project, module: Module, expr: ast.expr) -> str | None:
    """The dotted module that `expr` names through a plain import; None when it is not one."""
    if isinstance(expr, ast.Attribute):
        base = imported_module(project, module, expr.value)
        if base is None:
            return None
        dotted = f"{base}.{expr.attr}"
        is_module = project_path(project, module, dotted) or dotted in _LIBRARY_SUBMODULES
        return dotted if is_module else None
    if not isinstance(expr, ast.Name):
        return None
    scope = module.owner(expr, expr.id)
    nodes = module.bindings(scope).get(expr.id, []) if scope is not None else []
    if not nodes or not all(isinstance(node, ast.Import) for node in nodes):
        return _from_import_module(project, module, nodes, expr.id)
    names = {
        alias.name if alias.asname else alias.name.split(".")[0]
        for node in nodes
        if isinstance(node, ast.Import)
        for alias in node.names
        if (alias.asname or alias.name.split(".")[0]) == expr.id
    }
    return names.pop() if len(names) == 1 else None


_LIBRARY_SUBMODULES = frozenset({"os.path", "urllib.parse", "xml.etree", "xml.etree.ElementTree", "collections.abc"})


def _from_import_module(project: Project, module: Module, nodes: list[ast.AST], name: str) -> str | None:
    if len(nodes) != 1 or not isinstance(nodes[0], ast.ImportFrom):
        return None
    node = nodes[0]
    for alias in node.names:
        if (alias.asname or alias.name) == name:
            dotted = f"{absolute(module, node)}.{alias.name}".lstrip(".")
            is_module = project_path(project, module, dotted) or dotted in _LIBRARY_SUBMODULES
            return dotted if is_module else None
    return None


def absolute(module: Module, node: ast.ImportFrom) -> str:
    """The dotted name a `from` import reads from; a relative one becomes the path below the tree's root."""
    if not node.level:
        return node.module or ""
    parts = list(PurePosixPath(module.path).parts[: -node.level])
    return ".".join(parts + ([node.module] if node.module else []))


def project_path(project: Project, module: Module, dotted: str) -> str | None:
    """The one project file that importing `dotted` from `module` can load; None when there is none or several."""
    relative = dotted.replace(".", "/")
    beside = str(PurePosixPath(module.path).parent)
    roots = {"", "src/"}
    # Inside a package the folder is no import root: the absolute name is meant.
    if beside != "." and f"{beside}/__init__.py" not in project.sources:
        roots.add(f"{beside}/")
    found = {
        path
        for root in roots
        for path in (f"{root}{relative}.py", f"{root}{relative}/__init__.py")
        if path in project.sources
    }
    return found.pop() if len(found) == 1 else None


def _member(project: Project, module: Module, dotted: str, name: str, depth: int) -> Meaning:
    path = project_path(project, module, dotted)
    if path is not None:
        target = module_of(project, path)
        if target is None or depth <= 0 or target.star_import:
            return None
        return _bound(project, target, target.bindings(target.tree).get(name, []), name, depth - 1)
    return Library(f"{dotted}.{name}") if dotted.split(".")[0] in sys.stdlib_module_names else None


def _bound(project: Project, module: Module, nodes: list[ast.AST], name: str, depth: int) -> Meaning:
    if len(nodes) != 1:
        return None
    node = nodes[0]
    if isinstance(node, FUNCTIONS):
        return Function(module, node)
    if isinstance(node, ast.ClassDef):
        return Class(module, node)
    if isinstance(node, ast.ImportFrom):
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                return _member(project, module, absolute(module, node), alias.name, depth)
    return None


def enclosing_class(module: Module, node: ast.AST) -> tuple[ast.ClassDef, FunctionNode] | None:
    """The class and the method of it in which `node` stands (also inside a lambda or nested function)."""
    child = node
    for ancestor in module.ancestors(node):
        if isinstance(ancestor, ast.ClassDef):
            return (ancestor, child) if isinstance(child, FUNCTIONS) else None
        child = ancestor
    return None


def _own_method(project: Project, module: Module, expr: ast.Attribute) -> Function | None:
    """`self.name`, where the class defines `name` and nothing in the project overrides or replaces it."""
    place = enclosing_class(module, expr)
    if place is None or not isinstance(expr.value, ast.Name):
        return None
    owner, method = place
    arguments = method.args.posonlyargs + method.args.args
    if not arguments or arguments[0].arg != expr.value.id or method.decorator_list:
        return None
    if module.owner(expr, expr.value.id) is not method or len(module.bindings(method)[expr.value.id]) != 1:
        return None
    found = [n for n in owner.body if isinstance(n, FUNCTIONS) and n.name == expr.attr]
    if len(found) != 1 or _defined_elsewhere(project, expr.attr, found[0]):
        return None
    static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in found[0].decorator_list)
    return Function(module, found[0], bound=not static)


def _defined_elsewhere(project: Project, name: str, but: FunctionNode) -> bool:
    return any(node is not but for node in methods(project).get(name, [])) or name in assigned_attributes(project)


def methods(project: Project) -> dict[str, list[ast.AST]]:
    """Name -> every method of that name that any class of the project defines."""
    cached = project.facts.get("resolution.methods")
    if isinstance(cached, dict):
        return cached
    found: dict[str, list[ast.AST]] = {}
    for path in project.sources:
        module = module_of(project, path)
        for node in ast.walk(module.tree) if module else ():
            if isinstance(node, ast.ClassDef):
                for item in ast.walk(node):
                    if isinstance(item, FUNCTIONS):
                        found.setdefault(item.name, []).append(item)
    project.facts["resolution.methods"] = found
    return found


def assigned_attributes(project: Project) -> set[str]:
    """Every attribute name the project's code stores or deletes."""
    cached = project.facts.get("resolution.assigned")
    if isinstance(cached, set):
        return cached
    found = {
        node.attr
        for path in project.sources
        if (module := module_of(project, path))
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load)
    }
    project.facts["resolution.assigned"] = found
    return found
