"""Names and scopes: what a statement reads and binds, and what nested scopes capture.

List, set and dict comprehensions run on the spot, so their reads are reads of the enclosing scope. Lambdas,
defs, class bodies and generator expressions capture. A generator expression that is the only argument of a
builtin that uses it up (`sum(x for x in y)`) is an exception: nothing can run it later.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

from agents.memory.analysis.modules import FunctionNode, Module, comprehension_targets, parameters
from agents.memory.analysis.suites import own_statements

How = Literal["argument", "assign", "walrus", "for", "with", "match", "import", "def", "class", "except", "type"]
ScopeLike = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda

EAGER = frozenset({"sum", "min", "max", "any", "all", "list", "tuple", "set", "frozenset", "sorted", "dict"})
"""Builtins that have used up, or dropped, a generator given to them when they return."""


class Access(NamedTuple):
    """One access to a plain name, in evaluation order as far as a statement fixes it."""

    name: str
    kind: Literal["read", "bind", "delete"]
    node: ast.AST
    certain: bool
    """The access happens whenever the statement completes."""
    captured: bool = False
    """A nested scope makes the access, at a time of its own."""
    how: How | None = None
    """What binds it, for a binding."""


@dataclass(frozen=True)
class _Context:
    certain: bool = True
    captured: bool = False
    hidden: frozenset[str] = frozenset()
    eager: frozenset[str] = frozenset()

    def maybe(self) -> "_Context":
        return _Context(False, self.captured, self.hidden, self.eager)

    def inside(self, names: Iterable[str], *, captured: bool) -> "_Context":
        return _Context(False, self.captured or captured, self.hidden | frozenset(names), self.eager)


def accesses(node: ast.AST, eager: frozenset[str]) -> list[Access]:
    """The accesses of an expression, a simple statement, or the header of a compound statement.

    Args:
        node: the expression or statement.
        eager: those of `EAGER` that mean the builtin here (see `eager_builtins`).
    """
    return list(_walk(node, _Context(eager=eager)))


def _walk(node: ast.AST, at: _Context) -> Iterator[Access]:
    match node:
        case ast.Name():
            yield from _name(node, at)
        case ast.NamedExpr():
            yield from _walk(node.value, at)
            yield Access(node.target.id, "bind", node, at.certain, at.captured, "walrus")
        case ast.BoolOp():
            yield from _each(node.values[:1], at)
            yield from _each(node.values[1:], at.maybe())
        case ast.IfExp():
            yield from _walk(node.test, at)
            yield from _each([node.body, node.orelse], at.maybe())
        case ast.Compare():
            yield from _each([node.left, *node.comparators[:1]], at)
            yield from _each(node.comparators[1:], at.maybe())
        case ast.ListComp() | ast.SetComp() | ast.DictComp():
            yield from _comprehension(node, at, captured=False)
        case ast.GeneratorExp():
            yield from _comprehension(node, at, captured=True)
        case ast.Call() if _uses_up(node, at):
            generator = node.args[0]
            assert isinstance(generator, ast.GeneratorExp)
            yield from _walk(node.func, at)
            yield from _comprehension(generator, at, captured=False)
        case ast.Lambda():
            yield from _each(_defaults(node.args), at)
            inner = at.inside((arg.arg for arg in parameters(node)), captured=True)
            yield from _walk(node.body, inner)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield from _definition(node, at)
        case ast.stmt():
            yield from _statement(node, at)
        case ast.ExceptHandler():
            yield from _each([node.type], at.maybe())
            if node.name:
                yield Access(node.name, "bind", node, False, at.captured, "except")
        case ast.pattern():
            yield from _pattern(node, at)
        case _:
            yield from _each(ast.iter_child_nodes(node), at)


def _each(nodes: Iterable[ast.AST | None], at: _Context) -> Iterator[Access]:
    for node in nodes:
        if node is not None:
            yield from _walk(node, at)


def _name(node: ast.Name, at: _Context) -> Iterator[Access]:
    if node.id in at.hidden:
        return
    if isinstance(node.ctx, ast.Load):
        yield Access(node.id, "read", node, at.certain, at.captured)
    elif isinstance(node.ctx, ast.Store):
        yield Access(node.id, "bind", node, at.certain, at.captured, "assign")
    else:
        yield Access(node.id, "delete", node, at.certain, at.captured)


def _statement(node: ast.stmt, at: _Context) -> Iterator[Access]:
    match node:
        case ast.Assign():
            yield from _each([node.value, *node.targets], at)
        case ast.AugAssign():
            if isinstance(node.target, ast.Name):
                yield Access(node.target.id, "read", node.target, at.certain, at.captured)
            yield from _each([node.value, node.target], at)
        case ast.AnnAssign():
            yield from _walk(node.annotation, at.maybe())
            if node.value is not None:
                yield from _each([node.value, node.target], at)
            elif not isinstance(node.target, ast.Name):
                yield from _walk(node.target, at.maybe())
        case ast.For() | ast.AsyncFor():
            yield from _walk(node.iter, at)
            yield from _as(_walk(node.target, at.maybe()), "for")
        case ast.While() | ast.If():
            yield from _walk(node.test, at)
        case ast.With() | ast.AsyncWith():
            for item in node.items:
                yield from _walk(item.context_expr, at)
                if item.optional_vars is not None:
                    yield from _as(_walk(item.optional_vars, at), "with")
        case ast.Match():
            yield from _walk(node.subject, at)
            for case in node.cases:
                yield from _each([case.pattern, case.guard], at.maybe())
        case ast.Try() | ast.TryStar():
            yield from _each(node.handlers, at)
        case ast.Import() | ast.ImportFrom():
            for alias in node.names:
                if alias.name != "*":
                    name = alias.asname or alias.name.partition(".")[0]
                    yield Access(name, "bind", node, at.certain, at.captured, "import")
        case ast.Assert():
            yield from _walk(node.test, at)
            yield from _each([node.msg], at.maybe())
        case _:
            yield from _each(ast.iter_child_nodes(node), at)


def _as(found: Iterator[Access], how: How) -> Iterator[Access]:
    for access in found:
        yield access._replace(how=how) if access.kind == "bind" and access.how == "assign" else access


def _definition(node: FunctionNode | ast.ClassDef, at: _Context) -> Iterator[Access]:
    yield from _each(node.decorator_list, at)
    if isinstance(node, ast.ClassDef):
        yield from _each([*node.bases, *node.keywords], at)
        how: How = "class"
    else:
        yield from _each(_defaults(node.args), at)
        yield from _each(_annotations(node), at.maybe())
        how = "def"
    for name in sorted(free_names(node, at.eager) - at.hidden):
        yield Access(name, "read", node, False, True)
    yield Access(node.name, "bind", node, at.certain, at.captured, how)


def _comprehension(
    node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp, at: _Context, *, captured: bool
) -> Iterator[Access]:
    inner = at.inside(comprehension_targets(node), captured=captured)
    yield from _walk(node.generators[0].iter, at)
    for number, generator in enumerate(node.generators):
        if number:
            yield from _walk(generator.iter, inner)
        yield from _each([generator.target, *generator.ifs], inner)
    yield from _each([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt], inner)


def _pattern(node: ast.pattern, at: _Context) -> Iterator[Access]:
    for part in ast.walk(node):
        name = part.rest if isinstance(part, ast.MatchMapping) else getattr(part, "name", None)
        if isinstance(part, ast.MatchAs | ast.MatchStar | ast.MatchMapping) and name:
            yield Access(name, "bind", part, at.certain, at.captured, "match")
        elif isinstance(part, ast.Name):
            yield from _name(part, at)


def _uses_up(node: ast.Call, at: _Context) -> bool:
    if len(node.args) != 1 or not isinstance(node.args[0], ast.GeneratorExp):
        return False
    if any(isinstance(part, ast.Await | ast.Yield | ast.YieldFrom) for part in ast.walk(node.args[0])):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in at.eager
    return (
        isinstance(node.func, ast.Attribute) and node.func.attr == "join" and isinstance(node.func.value, ast.Constant)
    )


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]


def _annotations(node: FunctionNode) -> list[ast.expr | None]:
    return [*(parameter.annotation for parameter in parameters(node)), node.returns]


@dataclass(frozen=True)
class Scope:
    """What happens to the names of one scope.

    Args:
        arguments: the parameters.
        bindings: name -> its bindings by this scope's own statements, in source order.
        reads: name -> its reads, those of nested scopes among them.
        declared: names declared `global` or `nonlocal`.
        captured: name -> the line of the first nested scope that uses it.
    """

    arguments: frozenset[str]
    bindings: dict[str, list[Access]]
    reads: dict[str, list[Access]]
    declared: frozenset[str]
    captured: dict[str, int] = field(default_factory=dict)

    def binds(self, name: str) -> bool:
        """Whether the name is this scope's own."""
        return name not in self.declared and (name in self.bindings or name in self.arguments)


_SCOPES: WeakKeyDictionary[ast.AST, dict[frozenset[str], Scope]] = WeakKeyDictionary()


def scope(node: ScopeLike, eager: frozenset[str]) -> Scope:
    """The scope of a function, lambda, class body or module, found once for one set of eager builtins."""
    known = _SCOPES.setdefault(node, {})
    if eager not in known:
        known[eager] = _scope(node, eager)
    return known[eager]


def _scope(node: ScopeLike, eager: frozenset[str]) -> Scope:
    found: list[Access] = []
    declared: set[str] = set()
    if isinstance(node, ast.Lambda):
        found = accesses(node.body, eager)
    else:
        for statement in own_statements(node.body):
            if isinstance(statement, ast.Global | ast.Nonlocal):
                declared.update(statement.names)
            found += accesses(statement, eager)
    arguments = (
        frozenset(arg.arg for arg in parameters(node))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        else frozenset()
    )
    bindings: dict[str, list[Access]] = {}
    reads: dict[str, list[Access]] = {}
    captured: dict[str, int] = {}
    for access in found:
        (bindings if access.kind == "bind" else reads).setdefault(access.name, []).append(access)
        if access.captured:
            captured.setdefault(access.name, getattr(access.node, "lineno", 0))
    return Scope(arguments, bindings, reads, frozenset(declared), captured)


def free_names(node: ScopeLike, eager: frozenset[str]) -> set[str]:
    """What a nested scope takes from outside: reads it does not bind, names it declares to be outer ones."""
    inner = scope(node, eager)
    if isinstance(node, ast.ClassDef):
        # Its methods do not see a class body's names, and the body may read an outer name before binding it.
        return set(inner.reads) | set(inner.declared)
    return {name for name in inner.reads if not inner.binds(name)} | set(inner.declared)


def eager_builtins(module: Module, node: ast.Module | FunctionNode) -> frozenset[str]:
    """Those of `EAGER` that mean the builtin in the body of `node`."""
    if module.star_import:
        return frozenset()
    return EAGER.difference(*(module.bindings(outer) for outer in module.scopes(node.body[0])))
