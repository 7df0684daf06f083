"""The little type inference the proofs need: builtin kinds of locals, elements and results, or nothing."""

import ast

from agents.memory.analysis import knowledge
from agents.memory.analysis.kinds import (
    BOOL,
    BOTTOM,
    CONTAINERS,
    FILE,
    INT,
    NUMBER,
    NUMBERS,
    SCALARS,
    STR,
    TEXT,
    TEXTS,
    Kind,
    constant_kind,
    item_kind,
    join,
)
from agents.memory.analysis.modules import COMPREHENSIONS, FUNCTIONS, Comprehension, Module, comprehension_targets
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Library, resolve

_RESULTS = {
    "len": INT, "int": INT, "ord": INT, "hash": INT, "float": NUMBER, "bool": BOOL, "isinstance": BOOL,
    "callable": BOOL, "hasattr": BOOL, "str": STR, "repr": STR, "ascii": STR, "chr": STR, "hex": STR,
    "bin": STR, "oct": STR, "format": STR,
}  # fmt: skip
_VIEWS = frozenset({"items", "keys", "values"})


class Kinds:
    """Infers kinds in one file. A name bound in several ways has a kind only when all agree."""

    def __init__(self, project: Project, module: Module) -> None:
        self.project = project
        self.module = module
        self._active: set[ast.AST] = set()

    def of(self, expr: ast.expr | None) -> Kind | None:
        """The kind of `expr`'s value, whatever the inputs; None when unknown."""
        match expr:
            case ast.Constant(value=value):
                return constant_kind(value)
            case ast.JoinedStr():
                return STR
            case ast.Compare(ops=ops):
                exact = all(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in ops)
                return BOOL if exact or all(self._scalar(e) for e in [expr.left, *expr.comparators]) else None
            case ast.UnaryOp(op=op, operand=operand):
                if isinstance(op, ast.Not):
                    return BOOL
                inner = self.of(operand)
                return (INT if inner.name == "bool" else inner) if inner and inner.name in NUMBERS else None
            case ast.BinOp():
                return self._arithmetic(expr)
            case ast.BoolOp(values=values):
                return join([self.of(value) for value in values])
            case ast.IfExp():
                return join([self.of(expr.body), self.of(expr.orelse)])
            case ast.List(elts=elts) | ast.Set(elts=elts):
                name = "list" if isinstance(expr, ast.List) else "set"
                starred = any(isinstance(e, ast.Starred) for e in elts)
                return Kind(name, None if starred or not elts else join([self.of(e) for e in elts]))
            case ast.Tuple(elts=elts):
                if any(isinstance(e, ast.Starred) for e in elts):
                    return Kind("tuple")
                items = tuple(self.of(e) for e in elts)
                return Kind("tuple", join(list(items)) if items else None, items)
            case ast.Dict(keys=keys):
                return Kind("dict", join([self.of(k) for k in keys]) if keys and all(keys) else None)
            case ast.ListComp(elt=elt):
                return Kind("list", self.of(elt))
            case ast.SetComp(elt=elt):
                return Kind("set", self.of(elt))
            case ast.GeneratorExp(elt=elt):
                return Kind("generator", self.of(elt))
            case ast.DictComp(key=key):
                return Kind("dict", self.of(key))
            case ast.Subscript(value=value, slice=index):
                base = self.of(value)
                if base is not None and base.name in {"str", "text", "list", "tuple"}:
                    if isinstance(index, ast.Slice):
                        return Kind(base.name, base.element)
                    # bytes[i] is an int: a text's element is known only for str.
                    return {"str": STR, "text": None}.get(base.name, base.element)
                return None
            case ast.Call():
                return self._call(expr)
            case ast.Name():
                return self._name(expr)
        return None

    def _scalar(self, expr: ast.expr) -> bool:
        kind = self.of(expr)
        return kind is not None and kind.name in SCALARS

    def _arithmetic(self, expr: ast.BinOp) -> Kind | None:
        left, right = self.of(expr.left), self.of(expr.right)
        if left is None or right is None:
            return STR if left == STR and isinstance(expr.op, ast.Mod) else None
        if left == BOTTOM:
            left = right
        if left.name in NUMBERS and right.name in NUMBERS:
            if isinstance(expr.op, ast.Div | ast.Pow):
                return NUMBER if isinstance(expr.op, ast.Div) else None
            if isinstance(expr.op, ast.Add | ast.Sub | ast.Mult | ast.Mod | ast.FloorDiv):
                return NUMBER if "number" in (left.name, right.name) else INT
            return INT if "number" not in (left.name, right.name) else None
        if isinstance(expr.op, ast.Add) and left.name == right.name and left.name in {"str", "list"}:
            return Kind(left.name, join([left.element, right.element]))
        if isinstance(expr.op, ast.Mod) and left.name == "str":
            return STR
        if isinstance(expr.op, ast.Mult) and right.name in {"int", "bool"} and left.name in {"str", "list"}:
            return left
        return None

    def _call(self, call: ast.Call) -> Kind | None:
        meaning = resolve(self.project, self.module, call.func)
        first = call.args[0] if call.args and not isinstance(call.args[0], ast.Starred) else None
        if isinstance(meaning, Builtin):
            return self._builtin(meaning.name, call, first)
        if isinstance(meaning, Library):
            if meaning.name in knowledge.FILE_OPENERS:
                return FILE
            if meaning.name == "json.dumps":
                return STR
            return None
        if isinstance(call.func, ast.Attribute):
            return self._method(call.func, self.of(call.func.value))
        return None

    def _builtin(self, name: str, call: ast.Call, first: ast.expr | None) -> Kind | None:
        if name in _RESULTS:
            return _RESULTS[name]
        if name == "open":
            return FILE
        if name == "range":
            return Kind("range", INT)
        element = self.element(first) if first is not None else None
        if name in {"list", "sorted", "tuple", "set"}:
            return Kind("list" if name == "sorted" else name, element)
        if name == "dict":
            return Kind("dict")
        if name == "enumerate" and self._container(first):
            return Kind("iterator", Kind("tuple", None, (INT, element)))
        if name == "zip" and call.args and all(self._container(arg) for arg in call.args):
            return Kind("iterator", Kind("tuple", None, tuple(self.element(arg) for arg in call.args)))
        if name == "reversed" and self._container(first):
            return Kind("iterator", element)
        if name == "abs" and first is not None:
            kind = self.of(first)
            return kind if kind and kind.name in {"int", "number"} else None
        return None

    def _container(self, expr: ast.expr | None) -> bool:
        kind = self.of(expr)
        return kind is not None and kind.name in CONTAINERS

    def _method(self, func: ast.Attribute, receiver: Kind | None) -> Kind | None:
        name = func.attr
        if receiver is not None and receiver.name == "file":
            return {"read": TEXT, "readline": TEXT, "readlines": TEXTS}.get(name)
        if receiver is not None and receiver.name == "dict":
            return Kind("view", receiver.element if name == "keys" else None) if name in _VIEWS else None
        if receiver is not None and receiver.name in {"str", "text"}:
            if name in {"split", "rsplit", "splitlines"}:
                return TEXTS if receiver.name == "text" else Kind("list", STR)
            if name in {"count", "find", "rfind", "index"}:
                return INT
            if name.startswith("is") or name in {"startswith", "endswith"}:
                return BOOL
            return receiver if name in knowledge.SAFE_TEXT_METHODS | {"replace", "ljust", "zfill"} else None
        return TEXTS if name == "splitlines" else None

    def element(self, expr: ast.expr) -> Kind | None:
        """The kind of what iterating over `expr` gives."""
        kind = self.of(expr)
        if kind is None:
            return None
        return STR if kind.name == "str" else None if kind.name == "text" else kind.element

    def _name(self, name: ast.Name) -> Kind | None:
        scope = self.module.owner(name, name.id)
        if scope is None or isinstance(scope, ast.ClassDef):
            return None
        if isinstance(scope, COMPREHENSIONS):
            return self._comprehension_name(scope, name.id)
        nodes = self.module.bindings(scope).get(name.id, [])
        if any(node in self._active for node in nodes):
            return BOTTOM
        self._active.update(nodes)
        try:
            found = [self._binding(node) for node in nodes]
        finally:
            self._active.difference_update(nodes)
        kind = join(found)
        if kind == BOTTOM:
            return None
        if isinstance(scope, (*FUNCTIONS, ast.Module)) and _rebound_from_inside(self.module, scope, name.id):
            return None
        return kind if kind is None or self._contents_known(scope, name.id, kind) else Kind(kind.name)

    def _contents_known(self, scope: ast.AST, name: str, kind: Kind) -> bool:
        """Whether the kind of the elements still holds when `name` is read: nothing could have put others in."""
        if kind.name not in {"list", "dict", "set"} or kind.element is None:
            return True
        if kind.element.name not in SCALARS:
            return False
        reads = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == name]
        return all(self._only_reads(n) for n in reads if isinstance(n.ctx, ast.Load))

    def _only_reads(self, name: ast.Name) -> bool:
        parent = self.module.parents[name]
        match parent:
            case ast.For() | ast.comprehension():
                return parent.iter is name
            case ast.Subscript():
                return parent.value is name and isinstance(parent.ctx, ast.Load)
            case ast.Compare():
                return True
            case ast.Call():
                return name in parent.args and isinstance(resolve(self.project, self.module, parent.func), Builtin)
            case ast.Attribute(attr=attr):
                return attr in knowledge.CONTAINER_READERS
        return False

    def _comprehension_name(self, scope: Comprehension, name: str) -> Kind | None:
        for generator in reversed(scope.generators):
            if isinstance(generator.target, ast.Name) and generator.target.id == name:
                return self.element(generator.iter)
            if isinstance(generator.target, ast.Tuple):
                for index, item in enumerate(generator.target.elts):
                    if isinstance(item, ast.Name) and item.id == name:
                        return item_kind(self.element(generator.iter), index)
        assert name in comprehension_targets(scope)
        return None

    def _binding(self, node: ast.AST) -> Kind | None:
        """The kind that one binding of a name gives it."""
        if not isinstance(node, ast.Name):
            return None
        parent = self.module.parents[node]
        index: int | None = None
        if isinstance(parent, ast.Tuple) and not any(isinstance(e, ast.Starred) for e in parent.elts):
            index = parent.elts.index(node)
            target, parent = parent, self.module.parents[parent]
        else:
            target = node  # type: ignore[assignment]
        kind: Kind | None = None
        match parent:
            case ast.Assign(targets=targets, value=value) if target in targets:
                kind = self.of(value)
            case ast.AnnAssign(value=ast.expr() as value):
                kind = self.of(value)
            case ast.NamedExpr(value=value):
                kind = self.of(value)
            case ast.For(iter=iterable):
                kind = self.element(iterable)
            case ast.withitem(context_expr=context):
                entered = self.of(context)
                kind = entered if entered == FILE else None
            case ast.AugAssign(target=ast.Name(), op=op, value=value):
                loaded = ast.Name(node.id, ast.Load())
                self.module.parents[loaded] = parent
                operation = ast.BinOp(loaded, op, value)
                kind = self.of(operation)
                del self.module.parents[loaded]
        return kind if index is None else item_kind(kind, index)


def _rebound_from_inside(module: Module, scope: ast.AST, name: str) -> bool:
    """Whether a nested function declares `name` nonlocal: its bindings are then not all in `scope`."""
    names = module.facts.get(("inference.nonlocal", scope))
    if names is None:
        names = {name for node in ast.walk(scope) if isinstance(node, ast.Nonlocal) for name in node.names}
        module.facts["inference.nonlocal", scope] = names
    assert isinstance(names, set)
    return name in names
