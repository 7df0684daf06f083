"""Syntax trees of the project's files with parents, scopes and bindings: what every effect analysis starts from."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary

from agents.memory.analysis.project import Project, Source

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Loop = ast.For | ast.AsyncFor | ast.While

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
SCOPES = (*FUNCTIONS, ast.Lambda, ast.ClassDef, ast.Module)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
INTROSPECTION = frozenset({"locals", "vars", "eval", "exec", "dir", "globals", "_getframe", "currentframe"})
"""Names whose use in a function means that its locals may be reached by other ways than by name."""


@dataclass(eq=False)
class Module:
    """One parsed file. Nodes are compared by identity."""

    source: Source
    tree: ast.Module
    parents: dict[ast.AST, ast.AST] = field(default_factory=dict, repr=False)
    nodes: list[ast.AST] = field(default_factory=list, repr=False)
    """All nodes, as `ast.walk` gives them."""
    facts: dict[tuple[str, ast.AST], object] = field(default_factory=dict, repr=False)
    """Cache of analyses of one node that need nothing but this file, keyed by their name and the node."""
    _bindings: dict[ast.AST, dict[str, list[ast.AST]]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.nodes = list(ast.walk(self.tree))
        for node in self.nodes:
            for child in ast.iter_child_nodes(node):
                # Contexts and operators are shared singletons: they have no one parent.
                if not isinstance(child, ast.expr_context | ast.operator | ast.unaryop | ast.boolop | ast.cmpop):
                    self.parents[child] = node

    @property
    def path(self) -> str:
        """Relative to the tree's root."""
        return self.source.path

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """From the parent outwards to the module."""
        while node in self.parents:
            node = self.parents[node]
            yield node

    def statement(self, node: ast.AST) -> ast.stmt:
        """The innermost statement that `node` is or lies in."""
        while not isinstance(node, ast.stmt):
            node = self.parents[node]
        return node

    def scopes(self, node: ast.AST) -> Iterator[ast.AST]:
        """Scopes whose names `node` sees, innermost first, comprehensions included, the module last."""
        child = node
        for parent in self.ancestors(node):
            if isinstance(parent, COMPREHENSIONS):
                first = parent.generators[0]
                if not (child is first and self._in_first_iterable(node, first)):
                    yield parent
            elif isinstance(parent, FUNCTIONS):
                if child in parent.body or (child is parent.args and isinstance(node, ast.arg)):
                    yield parent
            elif isinstance(parent, ast.Lambda):
                if child is parent.body or isinstance(node, ast.arg):
                    yield parent
            elif isinstance(parent, ast.ClassDef):
                if child in parent.body:
                    yield parent
            elif isinstance(parent, ast.Module):
                yield parent
            child = parent

    def _in_first_iterable(self, node: ast.AST, first: ast.comprehension) -> bool:
        while node is not first:
            if node is first.iter:
                return True
            node = self.parents[node]
        return False

    def frame(self, node: ast.AST) -> ast.AST:
        """The function, lambda, class or module whose code `node` is (comprehensions passed over)."""
        return next(scope for scope in self.scopes(node) if not isinstance(scope, COMPREHENSIONS))

    def bindings(self, scope: ast.AST) -> dict[str, list[ast.AST]]:
        """Name -> the nodes that bind it in `scope`; for the module also `global` statements of functions."""
        found = self._bindings.get(scope)
        if found is None:
            found = self._bindings[scope] = _collect_bindings(scope)
        return found

    def owner(self, node: ast.AST, name: str) -> ast.AST | None:
        """The scope that `name` belongs to as seen from `node`; None: no scope of this file binds it."""
        innermost = True
        for scope in self.scopes(node):
            if isinstance(scope, COMPREHENSIONS):
                if name in comprehension_targets(scope):
                    return scope
                continue
            if isinstance(scope, ast.ClassDef) and not innermost:
                continue
            innermost = False
            if not isinstance(scope, ast.Module) and name in declared(scope, ast.Global):
                return self.tree
            if name in self.bindings(scope):
                return scope
        return None

    @cached_property
    def star_import(self) -> bool:
        """Whether any `from m import *` may bind names that cannot be seen here."""
        return any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in self.nodes)

    @cached_property
    def functions(self) -> dict[str, list[FunctionNode]]:
        """Qualified name (without `<locals>`) -> the functions called so."""
        found: dict[str, list[FunctionNode]] = {}
        for node in self.nodes:
            if isinstance(node, FUNCTIONS):
                found.setdefault(qualified_name(self, node), []).append(node)
        return found

    def code_of(self, scope: ast.AST) -> list[ast.AST]:
        """The nodes of a function's or module's own code, lambdas and comprehensions included, in walking order."""
        return self._code.get(scope, [])

    @cached_property
    def _code(self) -> dict[ast.AST, list[ast.AST]]:
        found: dict[ast.AST, list[ast.AST]] = {}
        inside: dict[ast.AST, ast.AST] = {}
        for node in self.nodes:
            parent = self.parents.get(node)
            if parent is None:
                continue
            scope = parent if isinstance(parent, (*FUNCTIONS, ast.ClassDef, ast.Module)) else inside[parent]
            inside[node] = scope
            found.setdefault(scope, []).append(node)
        return found


def module_of(project: Project, path: str) -> Module | None:
    """The parsed file, from the project's cache; None when it is no file of the project or does not parse."""
    source = project.sources.get(path)
    if source is None:
        return None
    # Kept with the source, so that a file a keep did not change is parsed once a session.
    if source.parsed is None:
        try:
            source.parsed = Module(source, ast.parse(source.data))
        except (SyntaxError, ValueError):
            source.parsed = False
    return source.parsed if isinstance(source.parsed, Module) else None


def qualified_name(module: Module, node: ast.AST) -> str:
    """Qualified name of a function or class without `<locals>`."""
    names = [node.name] if isinstance(node, (*FUNCTIONS, ast.ClassDef)) else []
    names += [a.name for a in module.ancestors(node) if isinstance(a, (*FUNCTIONS, ast.ClassDef))]
    return ".".join(reversed(names)) or "<module>"


def find_function(module: Module, name: str, lines: frozenset[int]) -> FunctionNode | ast.Module | None:
    """The function called `name`, or the module for `<module>`.

    Code of a lambda or comprehension (`f.<listcomp>`) is that of the function it stands in. Where several
    functions share the name, the one that has a line of `lines` is meant; None when that does not tell.
    """
    parts = [part for part in name.split(".") if not part.startswith("<")]
    if not parts:
        return module.tree
    wanted = ".".join(parts)
    found = module.functions.get(wanted, [])
    if len(found) > 1:
        found = [n for n in found if any(n.lineno <= line <= (n.end_lineno or 0) for line in lines)]
    return found[0] if len(found) == 1 else None


_OWN: WeakKeyDictionary[ast.AST, tuple[ast.AST, ...]] = WeakKeyDictionary()
_DECLARED: WeakKeyDictionary[ast.AST, dict[type[ast.stmt], frozenset[str]]] = WeakKeyDictionary()


def declared(scope: ast.AST, kind: type[ast.Global] | type[ast.Nonlocal]) -> frozenset[str]:
    """Names that `scope` itself declares global (or nonlocal)."""
    known = _DECLARED.setdefault(scope, {})
    if kind not in known:
        known[kind] = frozenset(name for node in own_nodes(scope) if isinstance(node, kind) for name in node.names)
    return known[kind]


def own_nodes(scope: ast.AST) -> tuple[ast.AST, ...]:
    """Nodes that run in the frame of `scope`, in source order.

    Nested functions and classes are given as one node, with their decorators, defaults and bases but without
    their bodies; comprehensions are gone into.
    """
    found = _OWN.get(scope)
    if found is None:
        body = [scope.body] if isinstance(scope, ast.Lambda) else getattr(scope, "body", [])
        found = _OWN[scope] = tuple(inner for node in body for inner in _walk_own(node))
    return found


def _walk_own(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    children: list[ast.AST]
    if isinstance(node, FUNCTIONS):
        defaults = [d for d in node.args.kw_defaults if d is not None]
        children = [*node.decorator_list, *node.args.defaults, *defaults]
    elif isinstance(node, ast.Lambda):
        children = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
    elif isinstance(node, ast.ClassDef):
        children = [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
    else:
        children = list(ast.iter_child_nodes(node))
    for child in children:
        yield from _walk_own(child)


def nodes_of(*roots: ast.AST) -> Iterator[ast.AST]:
    """As `own_nodes`, for given statements or expressions."""
    for root in roots:
        yield from _walk_own(root)


def comprehension_targets(node: Comprehension) -> set[str]:
    """Names the comprehension's `for` clauses bind."""
    return {
        name.id
        for generator in node.generators
        for name in ast.walk(generator.target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def _collect_bindings(scope: ast.AST) -> dict[str, list[ast.AST]]:
    found: dict[str, list[ast.AST]] = {}

    def bind(name: str, node: ast.AST) -> None:
        found.setdefault(name, []).append(node)

    if isinstance(scope, (*FUNCTIONS, ast.Lambda)):
        for arg in parameters(scope):
            bind(arg.arg, arg)
    hidden: set[ast.AST] = set()
    for node in own_nodes(scope):
        if isinstance(node, ast.comprehension):
            hidden.update(ast.walk(node.target))
    for node in own_nodes(scope):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node not in hidden:
            bind(node.id, node)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                bind(alias.asname or alias.name.split(".")[0], node)
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):  # noqa: SIM114  the names differ in type
            bind(node.name, node)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            bind(node.name, node)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            bind(node.rest, node)
    for name in declared(scope, ast.Global) | declared(scope, ast.Nonlocal):
        found.pop(name, None)
    if isinstance(scope, ast.Module):
        for node in ast.walk(scope):
            if isinstance(node, ast.Global):
                for name in node.names:
                    bind(name, node)
    return found


def parameters(scope: FunctionNode | ast.Lambda) -> list[ast.arg]:
    """All parameters, in the order they are written."""
    args = scope.args
    stars = [a for a in (args.vararg, args.kwarg) if a is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *stars]


def outermost_loop(module: Module, node: ast.AST, within: ast.AST) -> ast.AST | None:
    """The outermost loop of the function `within` whose body `node` lies in."""
    loops = [a for a in enclosing(module, node, within) if isinstance(a, LOOPS)]
    return loops[-1] if loops else None


def enclosing(module: Module, node: ast.AST, within: ast.AST) -> Iterator[ast.AST]:
    """Ancestors of `node` inside `within`, innermost first."""
    for ancestor in module.ancestors(node):
        if ancestor is within:
            return
        yield ancestor


def text(node: ast.AST) -> str:
    """Normalised source text of an expression, cut at 60 characters."""
    written = ast.unparse(node)
    return written if len(written) <= 60 else written[:57] + "..."
