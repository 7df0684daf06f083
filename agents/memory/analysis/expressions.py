"""Effects of expressions: the part of `purity.Analyst` for them, and the means for operators and statements.

Operators, attribute reads and truth tests on objects of unknown type are taken to have no effect of their own
(they may raise); calls of what is not known are taken to do anything. Numbers beyond the range of a float and
exhausted memory do not count as a way to raise.
"""

import ast
from dataclasses import replace

from agents.memory.analysis.binding import bound_once, comprehension_target, surely_bound
from agents.memory.analysis.calls import Calls
from agents.memory.analysis.effects import NOTHING, Effects, Place, union
from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.kinds import CONTAINERS, SCALARS, Kind
from agents.memory.analysis.modules import (
    COMPREHENSIONS,
    Comprehension,
    Module,
    declared,
    text,
)
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Class, Library, imported_module, resolve

_DEPTH = 6
"""Calls followed into project functions before a callee counts as unknown."""


class Expressions:
    """Effects of expressions; each method is named after the node type it is for."""

    def __init__(self, project: Project, module: Module, scope: ast.AST, depth: int = _DEPTH) -> None:
        self.project = project
        self.module = module
        self.scope = scope
        self.depth = depth
        self.kinds = Kinds(project, module)
        self._calls = Calls(self)
        self._globals = set() if isinstance(scope, ast.Module) else declared(scope, ast.Global)
        self._nonlocals = set() if isinstance(scope, ast.Module) else declared(scope, ast.Nonlocal)

    def of(self, *nodes: ast.AST | None) -> Effects:
        """Effects of running all of `nodes` (statements or expressions) once or more."""
        return union(self._visit(node) for node in nodes if node is not None)

    def _visit(self, node: ast.AST) -> Effects:
        method = getattr(self, f"_on_{type(node).__name__.lower()}", None)
        if method is not None:
            effects: Effects = method(node)
            return effects
        if isinstance(node, _TRANSPARENT):
            return self.of(*ast.iter_child_nodes(node))
        return self.unknown(node, f"{type(node).__name__} statement")

    def unknown(self, node: ast.AST, what: str) -> Effects:
        """Effects of code that may do anything."""
        place = Place("", 0, what, getattr(node, "lineno", 0))
        return Effects(writes=frozenset({place}), reads=frozenset({place}), raises=(what,))

    def place(self, expr: ast.expr, *, depth: int = 0) -> Place:
        """The state that is read or written through `expr`."""
        written, line = text(expr), expr.lineno
        while True:
            match expr:
                case ast.Attribute(value=value) | ast.Subscript(value=value):
                    expr, depth = value, depth + 1
                case ast.Call(func=ast.Attribute(attr="setdefault" | "get", value=value)):
                    expr, depth = value, depth + 1
                case ast.Name(id=name):
                    scope = self.module.owner(expr, name)
                    if scope is None or isinstance(scope, COMPREHENSIONS):
                        source = self._iterable(scope, name) if scope is not None else None
                        if source is None:
                            return Place("", 0, written, line)
                        expr, depth = source, depth + 1
                        continue
                    return Place(name if scope is self.scope else "", depth, written, line)
                case _:
                    return Place("", 0, written, line)

    def _iterable(self, scope: Comprehension, name: str) -> ast.expr | None:
        for generator in reversed(scope.generators):
            if any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(generator.target)):
                return generator.iter
        return None

    def scalar(self, expr: ast.expr) -> bool:
        """Whether the value is always a number, a string, bytes or None."""
        kind = self.kinds.of(expr)
        return kind is not None and kind.name in SCALARS

    def look(self, *exprs: ast.expr) -> Effects:
        """Effects of an operation that looks at the state of the values of `exprs`, the computing left out."""
        named = (e for e in exprs if isinstance(e, ast.Name | ast.Attribute | ast.Subscript) and not self.scalar(e))
        return Effects(reads=frozenset(self.place(e) for e in named))

    def truth(self, expr: ast.expr) -> Effects:
        """Effects of testing the truth of `expr`, without those of computing it."""
        kind = self.kinds.of(expr)
        if kind is not None and kind.name in SCALARS | CONTAINERS:
            return self.look(expr)
        if isinstance(expr, ast.BoolOp):
            return union(self.truth(value) for value in expr.values)
        return self.look(expr) | Effects(raises=(f"truth of {text(expr)}",))

    def step(self, expr: ast.expr) -> Effects:
        """Effects of iterating over the value of `expr`, without those of computing it."""
        kind = self.kinds.of(expr)
        if kind is not None and kind.name == "file":
            place = replace(self.place(expr), stream=True)
            return Effects(writes=frozenset({place}), reads=frozenset({place}), raises=(f"reading {text(expr)}",))
        if isinstance(expr, ast.GeneratorExp):
            return self._comprehended(expr)
        if isinstance(expr, ast.Call):
            stepped = self._calls.step(expr)
            if stepped is not None:
                return stepped
        if kind is not None and kind.name in SCALARS | {"range"}:
            return NOTHING
        generator = self._generator(expr)
        if generator is not None:
            return self.elements(generator)
        if kind is not None and kind.name in CONTAINERS:
            named = isinstance(expr, ast.Name | ast.Attribute | ast.Subscript)
            return Effects(reads=frozenset({self.place(expr)})) if named else NOTHING
        return Effects(reads=frozenset({self.place(expr)}), sources=(text(expr),))

    def repeated(self, expr: ast.expr, stepped: Effects) -> Effects:
        """`stepped`, and that the value of `expr` may be no iterable."""
        return stepped | Effects(raises=(f"iterating over {text(expr)}",)) if stepped.sources else stepped

    def _generator(self, expr: ast.expr) -> ast.GeneratorExp | None:
        """The generator expression that is the only value the local `expr` is ever bound to."""
        if not isinstance(expr, ast.Name) or self.module.owner(expr, expr.id) is not self.scope:
            return None
        bindings = self.module.bindings(self.scope)[expr.id]
        bound = self.module.parents.get(bindings[0]) if len(bindings) == 1 else None
        return bound.value if isinstance(bound, ast.Assign) and isinstance(bound.value, ast.GeneratorExp) else None

    def consuming(self, call: ast.Call) -> Effects:
        """Effects of a builtin that consumes its first argument, without those of making the elements."""
        return self._calls.consuming(call)

    def elements(self, node: Comprehension) -> Effects:
        """Effects of making the elements, without those of computing the first iterable."""
        return self._comprehended(node, first=False)

    # expressions

    def _on_name(self, node: ast.Name) -> Effects:
        if not isinstance(node.ctx, ast.Load):
            if node.id in self._globals | self._nonlocals or comprehension_target(self.module, node):
                hidden = comprehension_target(self.module, node)
                return NOTHING if hidden else self.unknown(node, f"global {node.id}")
            raises = (f"del {node.id}",) if isinstance(node.ctx, ast.Del) else ()
            return Effects(binds=frozenset({node.id}), raises=raises)
        scope = self.module.owner(node, node.id)
        if isinstance(scope, COMPREHENSIONS):
            return NOTHING
        if scope is None:
            known = isinstance(resolve(self.project, self.module, node), Builtin)
            return NOTHING if known else Effects(raises=(node.id,))
        raises = () if surely_bound(self.module, self.scope, node, scope) else (f"{node.id} may be unbound",)
        if scope is self.scope:
            nonlocal_ = any(isinstance(n, ast.Nonlocal) and node.id in n.names for n in ast.walk(scope))
            global_ = any(isinstance(b, ast.Global) for b in self.module.bindings(scope)[node.id])
            shared = {Place("", 0, node.id, node.lineno)} if nonlocal_ or global_ else set()
            return Effects(names=frozenset({node.id}), reads=frozenset(shared), raises=raises)
        place = Place("", 0, node.id, node.lineno)
        return Effects(
            reads=frozenset() if bound_once(self.project, self.module, node.id, scope) else frozenset({place}),
            raises=raises,
        )

    def _on_attribute(self, node: ast.Attribute) -> Effects:
        if isinstance(node.ctx, ast.Load):
            if imported_module(self.project, self.module, node.value) is not None:
                return NOTHING
            if isinstance(resolve(self.project, self.module, node), Library):
                return NOTHING
            read = frozenset() if self.scalar(node.value) else frozenset({self.place(node.value)})
            return self.of(node.value) | Effects(reads=read, raises=(text(node),))
        return self.of(node.value) | self._written(node.value, text(node))

    def _on_subscript(self, node: ast.Subscript) -> Effects:
        inner = self.of(node.value, node.slice)
        if not isinstance(node.ctx, ast.Load):
            return inner | self._written(node.value, text(node))
        kind = self.kinds.of(node.value)
        if kind is not None and kind.name in SCALARS:
            return inner if isinstance(node.slice, ast.Slice) else inner | Effects(raises=(text(node),))
        return inner | Effects(reads=frozenset({self.place(node.value)}), raises=(text(node),))

    def _written(self, target: ast.expr, what: str) -> Effects:
        if isinstance(resolve(self.project, self.module, target), Class):
            return self.unknown(target, what)
        return Effects(writes=frozenset({self.place(target)}), raises=(what,))

    def _on_joinedstr(self, node: ast.JoinedStr) -> Effects:
        effects = NOTHING
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                safe = self.scalar(part.value) and part.format_spec is None
                effects |= self.of(part.value) | self.look(part.value)
                effects |= NOTHING if safe else Effects(raises=(f"format of {text(part.value)}",))
        return effects

    def _on_set(self, node: ast.Set) -> Effects:
        return self.of(*node.elts) | union(self.hashing(e) for e in node.elts)

    def _on_dict(self, node: ast.Dict) -> Effects:
        spread = [v for k, v in zip(node.keys, node.values, strict=True) if k is None]
        hashed = union(self.hashing(key) for key in node.keys if key is not None)
        return self.of(*(k for k in node.keys if k), *node.values) | hashed | union(map(self.spread, spread))

    def hashing(self, expr: ast.expr) -> Effects:
        """Effects of hashing the value of `expr`."""
        if isinstance(expr, ast.Tuple):
            return union(self.hashing(e) for e in expr.elts)
        return NOTHING if self.scalar(expr) else self.look(expr) | Effects(raises=(f"hash of {text(expr)}",))

    def spread(self, expr: ast.expr) -> Effects:
        """Effects of `*expr` and `**expr`."""
        return self.step(expr) | Effects(raises=(f"*{text(expr)}",))

    def _on_starred(self, node: ast.Starred) -> Effects:
        return self.of(node.value) | (self.spread(node.value) if isinstance(node.ctx, ast.Load) else NOTHING)

    def _on_lambda(self, node: ast.Lambda) -> Effects:
        return self.unknown(node, f"closure {text(node)} is kept")

    def _on_generatorexp(self, node: ast.GeneratorExp) -> Effects:
        bound = self.module.parents.get(node)
        if isinstance(bound, ast.Assign) and bound.value is node and self._generator(bound.targets[0]) is node:
            # Its body runs where the local is stepped, and is counted there.
            return self.of(node.generators[0].iter)
        return self.unknown(node, f"generator {text(node)} is kept")

    def _comprehended(self, node: Comprehension, *, first: bool = True) -> Effects:
        parts = [NOTHING]
        for index, generator in enumerate(node.generators):
            if generator.is_async:
                parts.append(Effects(leaves=(f"async for at line {node.lineno}",)))
            parts += [self.of(generator.iter)] if first or index else []
            # The first iterable is asked for its iterator when the comprehension begins, the others as it goes.
            stepped = self.step(generator.iter)
            parts += [self.repeated(generator.iter, stepped) if index else stepped, self.unpack(generator)]
            parts += [self.of(test) | self.truth(test) for test in generator.ifs]
        if isinstance(node, ast.DictComp):
            return union(parts) | self.of(node.key, node.value) | self.hashing(node.key)
        return union(parts) | self.of(node.elt)

    def unpack(self, loop: ast.comprehension | ast.For | ast.AsyncFor) -> Effects:
        """Effects of binding the loop's target to one element."""
        bound = self.of(loop.target)
        if isinstance(loop.target, ast.Tuple | ast.List):
            element = self.kinds.element(loop.iter)
            pairs = isinstance(loop.iter, ast.Call) and isinstance(loop.iter.func, ast.Attribute)
            fits = element is not None and len(element.items) == len(loop.target.elts)
            view = pairs and self.kinds.of(loop.iter) == Kind("view") and len(loop.target.elts) == 2
            flat = all(isinstance(e, ast.Name) for e in loop.target.elts)
            if not (flat and (fits or view)):
                return bound | Effects(raises=(f"unpacking into {text(loop.target)}",))
        return bound

    def _on_listcomp(self, node: ast.ListComp) -> Effects:
        return self._comprehended(node)

    def _on_setcomp(self, node: ast.SetComp) -> Effects:
        return self._comprehended(node) | self.hashing(node.elt)

    def _on_dictcomp(self, node: ast.DictComp) -> Effects:
        return self._comprehended(node)

    def _on_call(self, node: ast.Call) -> Effects:
        return self._calls.of(node)

    def _leaving(self, node: ast.Await | ast.Yield | ast.YieldFrom) -> Effects:
        kind = type(node).__name__.lower().replace("yieldfrom", "yield")
        inner = self.of(node.value)
        if isinstance(node, ast.YieldFrom):
            inner |= self.step(node.value)
        return inner | Effects(leaves=(f"{kind} at line {node.lineno}",))

    _on_await = _on_yield = _on_yieldfrom = _leaving


_TRANSPARENT = (
    ast.Constant, ast.Tuple, ast.List, ast.Slice, ast.NamedExpr, ast.Expr, ast.Return, ast.Delete, ast.Pass,
    ast.Break, ast.Continue, ast.Try, ast.expr_context, ast.Global, ast.Nonlocal,
)  # fmt: skip
"""Nodes whose effects are those of their children."""
