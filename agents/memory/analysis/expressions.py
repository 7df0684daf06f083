"""Effects of expressions: the part of `purity.Analyst` that deals with them, and the means for statements.

Operators, attribute reads and truth tests on objects of unknown type are taken to have no effect of their own
(they may raise); calls of what is not known are taken to do anything. Numbers beyond the range of a float and
exhausted memory do not count as a way to raise.
"""

import ast
from dataclasses import replace

from agents.memory.analysis.calls import Calls
from agents.memory.analysis.effects import NOTHING, Effects, Place, union
from agents.memory.analysis.kinds import CONTAINERS, NUMBERS, SCALARS, Kind, Kinds
from agents.memory.analysis.modules import (
    COMPREHENSIONS,
    Comprehension,
    Module,
    declared,
    outermost_loop,
    text,
)
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Class, Library, assigned_attributes, imported_module, resolve

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
            if node.id in self._globals | self._nonlocals or self._comprehension_target(node):
                hidden = self._comprehension_target(node)
                return NOTHING if hidden else self.unknown(node, f"global {node.id}")
            raises = (f"del {node.id}",) if isinstance(node.ctx, ast.Del) else ()
            return Effects(binds=frozenset({node.id}), raises=raises)
        scope = self.module.owner(node, node.id)
        if isinstance(scope, COMPREHENSIONS):
            return NOTHING
        if scope is None:
            known = isinstance(resolve(self.project, self.module, node), Builtin)
            return NOTHING if known else Effects(raises=(node.id,))
        raises = () if self._surely_bound(node, scope) else (f"{node.id} may be unbound",)
        if scope is self.scope:
            nonlocal_ = any(isinstance(n, ast.Nonlocal) and node.id in n.names for n in ast.walk(scope))
            global_ = any(isinstance(b, ast.Global) for b in self.module.bindings(scope)[node.id])
            shared = {Place("", 0, node.id, node.lineno)} if nonlocal_ or global_ else set()
            return Effects(names=frozenset({node.id}), reads=frozenset(shared), raises=raises)
        place = Place("", 0, node.id, node.lineno)
        return Effects(reads=frozenset() if self._bound_once(node.id, scope) else frozenset({place}), raises=raises)

    def _bound_once(self, name: str, scope: ast.AST) -> bool:
        """Whether the outer scope binds the name once and for all."""
        bindings = self.module.bindings(scope)[name]
        inner = any(isinstance(n, ast.Nonlocal) and name in n.names for n in ast.walk(scope))
        if isinstance(scope, ast.Module) and name in assigned_attributes(self.project):
            return False  # Perhaps another file's `module.name = ...`.
        return len(bindings) == 1 and not inner and outermost_loop(self.module, bindings[0], scope) is None

    def _comprehension_target(self, node: ast.Name) -> bool:
        return any(isinstance(a, ast.comprehension) and node in ast.walk(a.target) for a in self.module.ancestors(node))

    def _surely_bound(self, use: ast.Name, scope: ast.AST) -> bool:
        """Whether a binding of the name always ran before `use`, and nothing deletes it."""
        bindings = self.module.bindings(scope)[use.id]
        if any(isinstance(getattr(b, "ctx", None), ast.Del) for b in bindings):
            return False
        if isinstance(scope, ast.Module) and scope is not self.scope:
            return any(self.module.parents.get(self.module.statement(b)) is scope for b in bindings)
        around = {use, *self.module.ancestors(use)}
        for binding in bindings:
            if isinstance(binding, ast.arg):
                return True
            statement = self.module.statement(binding)
            if statement in around:
                # Only the parts of a compound statement that come after its header see what the header binds.
                inside = isinstance(statement, ast.For | ast.AsyncFor | ast.With | ast.AsyncWith)
                if inside and any(s in around for s in getattr(statement, "body", [])):
                    return True
                continue
            if isinstance(statement, ast.For | ast.While | ast.If | ast.Try | ast.Match):
                continue
            suite = self._suite(statement)
            later = suite[suite.index(statement) + 1 :]
            if any(s in around for s in later):
                return True
        return False

    def _suite(self, statement: ast.stmt) -> list[ast.stmt]:
        for _, value in ast.iter_fields(self.module.parents[statement]):
            if isinstance(value, list) and statement in value:
                return value
        return [statement]

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

    def _on_binop(self, node: ast.BinOp) -> Effects:
        safe = self._safe_operation(node.op, self.kinds.of(node.left), node.right)
        looked = self.of(node.left, node.right) | self.look(node.left, node.right)
        return looked | (NOTHING if safe else Effects(raises=(text(node),)))

    def _safe_operation(self, op: ast.operator, left: Kind | None, right_expr: ast.expr) -> bool:
        right = self.kinds.of(right_expr)
        if left is None or right is None:
            return False
        if left.name in NUMBERS and right.name in NUMBERS:
            if isinstance(op, ast.Div | ast.Mod | ast.FloorDiv):
                return isinstance(right_expr, ast.Constant) and bool(right_expr.value)
            return isinstance(op, ast.Add | ast.Sub | ast.Mult) or (
                isinstance(op, ast.BitAnd | ast.BitOr | ast.BitXor) and "number" not in (left.name, right.name)
            )
        return isinstance(op, ast.Add) and left.name == right.name and left.name in {"str", "list", "tuple"}

    def _on_unaryop(self, node: ast.UnaryOp) -> Effects:
        inner = self.of(node.operand) | self.look(node.operand)
        if isinstance(node.op, ast.Not):
            return inner | self.truth(node.operand)
        kind = self.kinds.of(node.operand)
        safe = kind is not None and kind.name in NUMBERS and not isinstance(node.op, ast.Invert)
        return inner if safe else inner | Effects(raises=(text(node),))

    def _on_boolop(self, node: ast.BoolOp) -> Effects:
        return self.of(*node.values) | union(self.truth(value) for value in node.values[:-1])

    def _on_ifexp(self, node: ast.IfExp) -> Effects:
        return self.of(node.test, node.body, node.orelse) | self.truth(node.test)

    def _on_compare(self, node: ast.Compare) -> Effects:
        effects = self.of(node.left, *node.comparators)
        left = node.left
        for op, right in zip(node.ops, node.comparators, strict=True):
            kinds = [self.kinds.of(left), self.kinds.of(right)]
            names = {kind.name if kind else "" for kind in kinds}
            if not isinstance(op, ast.Is | ast.IsNot):
                effects |= self.look(left, right)
            if isinstance(op, ast.In | ast.NotIn):
                if not (kinds[1] and kinds[1].name in SCALARS | {"range"}):
                    effects |= Effects(reads=frozenset({self.place(right)}))
                safe = self.scalar(left) and bool(kinds[1]) and kinds[1].name in {"set", "dict", "range"}  # type: ignore[union-attr]
            elif isinstance(op, ast.Is | ast.IsNot):
                safe = True
            elif isinstance(op, ast.Eq | ast.NotEq):
                safe = names <= SCALARS
            else:
                safe = names <= NUMBERS or names == {"str"}
            if not safe:
                effects |= Effects(raises=(text(node),))
            left = right
        return effects

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
