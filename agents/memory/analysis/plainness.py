"""Which expressions surely do nothing but give a value: what any() and all() may leave uncomputed."""

import ast
from collections.abc import Iterable

from agents.memory.analysis import knowledge
from agents.memory.analysis.kinds import CONTAINERS, SCALARS
from agents.memory.analysis.modules import comprehension_targets, module_of
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Function, methods, resolve

_INDEXED = frozenset({"list", "tuple", "dict", "str", "text", "range"})
_HOOKS = {
    "int": "__int__ __index__ __trunc__", "float": "__float__ __index__", "len": "__len__", "bool": "__bool__ __len__",
    "str": "__str__ __repr__", "repr": "__repr__", "abs": "__abs__", "ord": "__len__", "callable": "", "id": "",
    "type": "", "isinstance": "__instancecheck__", "issubclass": "__subclasscheck__",
}  # fmt: skip
"""Builtins without effects of their own, and the methods of a class that they call."""
_COMPARING = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})
_FINDING = frozenset({"__contains__", "__iter__", "__getitem__", "__eq__", "__hash__"})
_TRUTH = frozenset({"__bool__", "__len__"})
_ADDING = frozenset({"__add__", "__radd__", "__iadd__"})
_ARITHMETIC = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv", ast.Mod: "mod",
    ast.Pow: "pow", ast.BitAnd: "and", ast.BitOr: "or", ast.BitXor: "xor", ast.LShift: "lshift", ast.RShift: "rshift",
    ast.MatMult: "matmul", ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert",
}  # fmt: skip


def plain(analyst: Analyst, node: ast.ListComp | ast.GeneratorExp) -> bool:
    """Whether elements that are never made are not missed: making one runs no code of a class here."""
    first = node.generators[0].iter
    if not (_iterable(analyst, first) and _plain(analyst, node.elt)):
        return False
    for index, generator in enumerate(node.generators):
        if index and not (_iterable(analyst, generator.iter) and _plain(analyst, generator.iter)):
            return False
        if not all(_plain(analyst, test) and _truth(analyst, test) for test in generator.ifs):
            return False
    return True


def _iterable(analyst: Analyst, expr: ast.expr) -> bool:
    kind = analyst.kinds.of(expr)
    if isinstance(expr, ast.GeneratorExp):
        return plain(analyst, expr)
    if kind is not None:
        return kind.name != "generator"
    if isinstance(expr, ast.Call):
        meaning = resolve(analyst.project, analyst.module, expr.func)
        if isinstance(meaning, Function):
            return not any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(meaning.node))
        if isinstance(meaning, Builtin) and meaning.name in {"map", "filter"}:
            return False
        return all(_iterable(analyst, arg) for arg in expr.args)
    return not isinstance(expr, ast.Lambda)


def _plain(analyst: Analyst, expr: ast.expr) -> bool:
    match expr:
        case ast.Name() | ast.Constant():
            return True
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return not any(isinstance(e, ast.Starred) for e in parts) and _each(analyst, parts)
        case ast.BoolOp(values=parts):
            return all(_plain(analyst, e) and _truth(analyst, e) for e in parts)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _each(analyst, [test, body, orelse]) and _truth(analyst, test)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _plain(analyst, operand) and _truth(analyst, operand)
        case ast.UnaryOp(op=op, operand=operand):
            return _plain(analyst, operand) and (_known(analyst, operand) or _without(analyst, _operator(op)))
        case ast.BinOp(left=left, op=op, right=right):
            known = _known(analyst, left) and _known(analyst, right)
            return _each(analyst, [left, right]) and (known or _without(analyst, _operator(op)))
        case ast.Compare():
            return _compared(analyst, expr)
        case ast.Subscript(value=value, slice=index):
            kind = analyst.kinds.of(value)
            parts = [index.lower, index.upper, index.step] if isinstance(index, ast.Slice) else [index]  # type: ignore[list-item]
            return (
                kind is not None
                and kind.name in _INDEXED
                and _each(analyst, [value, *(p for p in parts if p is not None)])
            )
        case ast.Attribute(value=value, attr=attr):
            return _plain(analyst, value) and attr not in _computed(analyst.project) and not attr.startswith("__")
        case ast.FormattedValue() | ast.JoinedStr():
            return all(_known(analyst, n.value) for n in ast.walk(expr) if isinstance(n, ast.FormattedValue))
        case ast.Call():
            return _call(analyst, expr)
    return False


def _call(analyst: Analyst, call: ast.Call) -> bool:
    if call.keywords or any(isinstance(arg, ast.Starred) for arg in call.args) or not _each(analyst, call.args):
        return False
    meaning = resolve(analyst.project, analyst.module, call.func)
    if isinstance(meaning, Builtin):
        hooks = _HOOKS.get(meaning.name)
        return hooks is not None and (all(_known(analyst, a) for a in call.args) or _without(analyst, hooks.split()))
    if meaning is not None or not isinstance(call.func, ast.Attribute):
        return False
    kind = analyst.kinds.of(call.func.value)
    if kind is None or not _plain(analyst, call.func.value):
        return False
    if kind.name in SCALARS:
        return call.func.attr in knowledge.TEXT_METHODS - {"join", "translate", "format"}
    return kind.name in CONTAINERS - {"iterator"} and call.func.attr in {"get", "items", "keys", "values"}


def _compared(analyst: Analyst, node: ast.Compare) -> bool:
    parts = [node.left, *node.comparators]
    if not _each(analyst, parts):
        return False
    for left, op, right in zip(parts, node.ops, node.comparators, strict=False):
        if isinstance(op, ast.Is | ast.IsNot) or (_known(analyst, left) and _known(analyst, right)):
            continue
        if not _without(analyst, _FINDING if isinstance(op, ast.In | ast.NotIn) else _COMPARING):
            return False
    return True


def _each(analyst: Analyst, parts: Iterable[ast.expr]) -> bool:
    return all(_plain(analyst, part) for part in parts)


def _known(analyst: Analyst, expr: ast.expr) -> bool:
    kind = analyst.kinds.of(expr)
    if kind is None:
        return False
    held = kind.element is not None and kind.element.name in SCALARS
    return kind.name in SCALARS | {"range"} or (kind.name in CONTAINERS - {"iterator"} and held)


def _truth(analyst: Analyst, expr: ast.expr) -> bool:
    if isinstance(expr, ast.Compare | ast.BoolOp) or (isinstance(expr, ast.UnaryOp) and isinstance(expr.op, ast.Not)):
        return True
    kind = analyst.kinds.of(expr)
    return (kind is not None and kind.name in SCALARS | CONTAINERS) or _without(analyst, _TRUTH)


def calls_back(analyst: Analyst, consumer: str, listed: ast.ListComp) -> bool:
    """Whether the builtin may run operators that a class here defines, between the elements."""
    kind = analyst.kinds.of(listed.elt)
    hooks = {"sum": _ADDING, "min": _COMPARING, "max": _COMPARING, "any": _TRUTH, "all": _TRUTH}.get(consumer)
    known = kind is not None and kind.name in SCALARS
    return hooks is not None and not known and not _without(analyst, hooks)


def _operator(op: ast.operator | ast.unaryop) -> list[str]:
    name = _ARITHMETIC.get(type(op), "")
    return [f"__{name}__", f"__r{name}__"]


def _without(analyst: Analyst, names: Iterable[str]) -> bool:
    """Whether no class here defines a method of these names."""
    defined = methods(analyst.project)
    return not any(name in defined for name in names)


def _computed(project: Project) -> "set[str] | _Everything":
    """Attribute names that a class here may compute: properties, methods, descriptors; all, with __getattr__."""
    cached = project.facts.get("plainness.computed")
    if isinstance(cached, set | _Everything):
        return cached
    defined = methods(project)
    found: set[str] | _Everything = set(defined)
    if "__getattr__" in defined or "__getattribute__" in defined:
        found = _Everything()
    for path in project.sources if isinstance(found, set) else ():
        module = module_of(project, path)
        for node in ast.walk(module.tree) if module else ():
            for item in node.body if isinstance(node, ast.ClassDef) else ():
                if (
                    isinstance(item, ast.Assign | ast.AnnAssign)
                    and isinstance(item.value, ast.Call)
                    and not _field(item.value)
                ):
                    targets = item.targets if isinstance(item, ast.Assign) else [item.target]
                    found |= {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}  # type: ignore[operator]
    project.facts["plainness.computed"] = found
    return found


def _field(call: ast.Call) -> bool:
    return (isinstance(call.func, ast.Name) and call.func.id == "field") or (
        isinstance(call.func, ast.Attribute) and call.func.attr == "field"
    )


class _Everything:
    """A set of all names."""

    def __contains__(self, name: object) -> bool:
        return True


def properties_read(analyst: Analyst, *nodes: ast.AST) -> str:
    """The first attribute read in `nodes` that a property of a class here may compute; or ""."""
    found = _properties(analyst.project)
    reads = (
        n for node in nodes for n in ast.walk(node) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Load)
    )
    return next((ast.unparse(n) for n in reads if n.attr in found), "")


def looks_up(analyst: Analyst, node: ast.ListComp) -> str:
    """A look-up `d[k]` in the comprehension that may add to an outer `d` (defaultdict) or reorder it; or ""."""
    targets = comprehension_targets(node)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Subscript) and not isinstance(inner.slice, ast.Slice):
            kind = analyst.kinds.of(inner.value)
            names = {n.id for n in ast.walk(inner.value) if isinstance(n, ast.Name)}
            if not names & targets and (kind is None or kind.name not in _INDEXED):
                return ast.unparse(inner)
    return ""


def _properties(project: Project) -> set[str]:
    return {
        name
        for name, nodes in methods(project).items()
        if any("property" in ast.unparse(d) for n in nodes for d in getattr(n, "decorator_list", []))
    }
