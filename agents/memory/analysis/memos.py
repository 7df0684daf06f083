"""Memos: a dict in an attribute that saves a computation and does nothing else."""

import ast
from dataclasses import dataclass

from agents.memory.analysis.classes import ClassFacts, declared_elsewhere, self_method
from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.kinds import SCALARS
from agents.memory.analysis.modules import COMPREHENSIONS, FUNCTIONS, FunctionNode, text
from agents.memory.analysis.reproducible import Computation, computation, initializers
from agents.memory.analysis.resolution import Builtin, Class, resolve
from agents.memory.analysis.uses import AttributeUse, defines

_CONTAINERS = frozenset({"list", "dict", "set", "bytearray", "defaultdict", "deque", "Counter", "OrderedDict"})


@dataclass(frozen=True)
class Memo:
    """A memo attribute.

    Args:
        method: the one method that uses it: `method(self, key)`.
        written: source text of what it computes.
        computation: what that depends on.
        alike: evidence that what is computed twice is equal; None when that cannot be shown.
    """

    method: FunctionNode
    written: str
    computation: Computation
    alike: str | None


def memo(facts: ClassFacts, name: str) -> Memo | None:
    """The memo that the attribute is; None when it is not surely one."""
    uses = [
        use for use in facts.index.attributes.get(name, []) if facts.instance(use.node.value, use.module) is not False
    ]
    methods = {
        use: self_method(use.module, use.node.value) for use in uses if facts.is_self(use.node.value, use.module)
    }
    if len(methods) < len(uses):
        return None
    writes = [use for use in uses if use.kind == "write"]
    if len(writes) != 1 or not _starts_empty(facts, writes[0]):
        return None
    users = {method for use, method in methods.items() if use is not writes[0]}
    method = users.pop() if len(users) == 1 else None
    if method is None or method.name == "__init__" or not isinstance(method, ast.FunctionDef) or method.decorator_list:
        return None
    return _of_method(facts, name, method)


def _starts_empty(facts: ClassFacts, use: AttributeUse) -> bool:
    method = self_method(use.module, use.node.value)
    statement = use.module.statement(use.node)
    if method is None or method.name != "__init__" or statement not in method.body:
        return False
    value = statement.value if isinstance(statement, ast.Assign) and statement.targets == [use.node] else None
    if isinstance(statement, ast.AnnAssign):
        value = statement.value
    match value:
        case ast.Dict(keys=[]):
            return True
        case ast.Call(args=[], keywords=[]):
            return resolve(facts.project, use.module, value.func) == Builtin("dict")
    return False


def _of_method(facts: ClassFacts, name: str, method: FunctionNode) -> Memo | None:
    args = method.args
    names = [arg.arg for arg in (*args.posonlyargs, *args.args)]
    if len(names) != 2 or args.vararg or args.kwarg or args.kwonlyargs or args.defaults:
        return None
    if len(facts.module.bindings(method).get(names[1], [])) != 1:
        return None
    form = _Form(names[0], names[1], name)
    values = form.values(method.body)
    if values is None or any(isinstance(n, ast.Attribute) and n.attr == name for v in values for n in ast.walk(v)):
        return None
    found = computation(facts.project, facts.module, method, list(values))
    if found is None:
        return None
    return Memo(method, text(values[-1]), found, _alike(facts, values[-1]))


@dataclass(frozen=True)
class _Form:
    """The names that the method of a memo uses: `self`, the key, the attribute."""

    owner: str
    key: str
    attribute: str

    def values(self, body: list[ast.stmt]) -> list[ast.expr] | None:
        """What is computed on a miss, the value stored last; None for a method of another form."""
        first = body[0] if body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            body = body[1:]
        match body:
            case [ast.If(test=test, body=[ast.Return(value=hit)], orelse=other), *rest] if self._tests(test, ast.In):
                return self._miss([*other, *rest]) if self._item(hit) else None
            case [ast.If(test=test, body=missed, orelse=[]), ast.Return(value=hit) as end] if self._tests(
                test, ast.NotIn
            ):
                return self._miss([*missed, end]) if self._item(hit) else None
            case [
                ast.Try(
                    body=[ast.Return(value=hit)],
                    handlers=[ast.ExceptHandler(type=ast.Name(id="KeyError"), name=None, body=missed)],
                    orelse=[],
                    finalbody=[],
                ),
                *rest,
            ]:
                return self._miss([*missed, *rest]) if self._item(hit) else None
            case [
                ast.Assign(targets=[ast.Name(id=value)], value=got),
                ast.If(test=test, body=missed, orelse=[]),
                ast.Return(value=ast.Name(id=returned)) as end,
            ] if value == returned and ast.unparse(test) == f"{value} is None":
                return self._miss([*missed, end]) if self._gets(got) else None
        return None

    def _miss(self, statements: list[ast.stmt]) -> list[ast.expr] | None:
        """The values of the statements: assignments of locals, one store, the return of what was stored."""
        assigned: dict[str, ast.expr] = {}
        values: list[ast.expr] = []
        stored: ast.expr | None = None
        kept: set[str] = set()
        for statement in statements[:-1]:
            if not isinstance(statement, ast.Assign):
                return None
            value = statement.value
            if not isinstance(value, ast.Name) or value.id not in assigned:
                values.append(value)
            for target in statement.targets:
                if self._item(target) and stored is None:
                    stored = assigned.get(value.id, value) if isinstance(value, ast.Name) else value
                    kept = {t.id for t in statement.targets if isinstance(t, ast.Name)}
                    kept |= {value.id} if isinstance(value, ast.Name) else set()
                elif isinstance(target, ast.Name) and target.id not in {*assigned, self.owner, self.key}:
                    assigned[target.id] = value
                else:
                    return None
        end = statements[-1] if statements else None
        returned = end.value if isinstance(end, ast.Return) else None
        if stored is None or not (self._item(returned) or (isinstance(returned, ast.Name) and returned.id in kept)):
            return None
        return [*(value for value in values if value is not stored), stored]

    def _is_dict(self, node: ast.expr | None) -> bool:
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=attribute):
                return owner == self.owner and attribute == self.attribute
        return False

    def _is_key(self, node: ast.expr | None) -> bool:
        return isinstance(node, ast.Name) and node.id == self.key

    def _item(self, node: ast.expr | None) -> bool:
        return isinstance(node, ast.Subscript) and self._is_dict(node.value) and self._is_key(node.slice)

    def _tests(self, node: ast.expr, how: type[ast.cmpop]) -> bool:
        match node:
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                return isinstance(op, how) and self._is_key(left) and self._is_dict(right)
        return False

    def _gets(self, node: ast.expr) -> bool:
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr="get"), args=[key], keywords=[]):
                return self._is_dict(owner) and self._is_key(key)
        return False


def _alike(facts: ClassFacts, value: ast.expr) -> str | None:
    kind = Kinds(facts.project, facts.module).of(value)
    if kind is not None and kind.name in SCALARS:
        return f"`{text(value)}` is text or a number"
    made = resolve(facts.project, facts.module, value.func) if isinstance(value, ast.Call) else None
    if not isinstance(made, Class) or not _compares(facts, made):
        return None
    own = ClassFacts(facts.project, made.module, made.node, None, {})
    for module, init in initializers(facts.project, made):
        for node in ast.walk(init):
            called = resolve(facts.project, module, node.func) if isinstance(node, ast.Call) else None
            names = getattr(called, "name", "").rpartition(".")[2]
            if isinstance(node, (ast.List, ast.Dict, ast.Set, *COMPREHENSIONS)) and not _joined(module.parents[node]):
                return None
            if names in _CONTAINERS or isinstance(called, Class):
                return None
    kept = kept_alike(own)
    return f"`{made.node.name}` defines __eq__; {kept}" if kept else None


def _joined(parent: ast.AST) -> bool:
    """Whether it is the argument of `"".join(...)`: used up at once."""
    return isinstance(parent, ast.Call) and isinstance(parent.func, ast.Attribute) and parent.func.attr == "join"


def _compares(facts: ClassFacts, made: Class) -> bool:
    if made.node.decorator_list:
        return False
    if defines(made.node, "__eq__"):
        return True
    bases = [resolve(facts.project, made.module, base) for base in made.node.bases]
    return any(isinstance(base, Class) and base.node is not made.node and _compares(facts, base) for base in bases)


def kept_alike(facts: ClassFacts, but: str = "") -> str | None:
    """Evidence that the attributes of an instance, but for `but`, are set in `__init__` and never again."""
    own = {
        use.node.attr
        for places in facts.index.attributes.values()
        for use in places
        if use.kind == "write" and _within(facts, use)
    }
    for attribute, places in facts.index.attributes.items():
        for use in places if attribute != but else ():
            if use.kind == "read" or (_within(facts, use) and _initializes(use)):
                continue
            method = self_method(use.module, use.node.value)
            if _within(facts, use):
                return None
            if method is not None and isinstance(use.module.parents[method], ast.ClassDef):
                continue
            belongs = facts.instance(use.node.value, use.module)
            if belongs or (belongs is None and attribute in own and not declared_elsewhere(facts, attribute)):
                return None
    return f"the attributes of `{facts.name}` are set in `__init__` alone"


def _within(facts: ClassFacts, use: AttributeUse) -> bool:
    """Whether the receiver is `self` in the class, one of its bases or one that derives from it."""
    method = self_method(use.module, use.node.value)
    owner = use.module.parents[method] if method is not None else None
    return isinstance(owner, ast.ClassDef) and owner.name in facts.family


def _initializes(use: AttributeUse) -> bool:
    method = self_method(use.module, use.node.value)
    return method is not None and isinstance(method, FUNCTIONS) and method.name in ("__init__", "__post_init__")
