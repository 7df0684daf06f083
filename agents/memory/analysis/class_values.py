"""Where a class is used as a value: passed on, stored or renamed, so that its name no longer tells its uses."""

import ast
import re
from collections.abc import Iterator

from agents.memory.analysis.classes import ClassFacts
from agents.memory.analysis.modules import FUNCTIONS, Module
from agents.memory.analysis.resolution import Builtin, Class, Library, resolve
from agents.memory.analysis.uses import last_name

_HARMLESS = frozenset({"__name__", "__qualname__", "__doc__", "__module__"})
"""Attributes of a class that are the same when the decorator makes it anew."""
_LOOKING = frozenset({"typing.cast", "dataclasses.fields", "dataclasses.is_dataclass"})
"""Library functions that look at a class and neither keep nor change it."""
_SAME = (ast.Is, ast.IsNot, ast.Eq, ast.NotEq)


def used_as_value(facts: ClassFacts) -> str | None:
    """The place of the first use of the class other than to make instances, to annotate, to derive or to test a type.

    An import under another name counts, and so does reading what is no method from the class. What is said of the
    class holds for those that derive from it.
    """
    # A path to an attribute, as `mock.patch` takes it.
    names = "|".join(sorted(facts.below))
    path = re.compile(rf"(?:\w+\.)*(?:{names})\.({'|'.join(facts.fields)})(\.\w+)*")
    for text, places in facts.index.strings.items():
        if facts.fields and path.fullmatch(text):
            return places[0]
    for module in facts.index.modules:
        data = module.source.data
        named = not data.isascii() or any(name.encode() in data for name in facts.below)
        functions = [node for found in module.functions.values() for node in found]
        for node in module.nodes if named else functions:
            if _is_use(facts, module, node):
                return f"{module.path}:{getattr(node, 'lineno', 0)}"
    return None


def _is_use(facts: ClassFacts, module: Module, node: ast.AST) -> bool:
    match node:
        case ast.Import() | ast.ImportFrom():
            return any(_renames(facts, alias) for alias in node.names)
        case ast.Name() if node.id in facts.below:
            return not (_is_other(facts, module, node) or _allowed(facts, module, node))
        case ast.Attribute() if node.attr in facts.below:
            return not (_is_other(facts, module, node) or _allowed(facts, module, node))
        case ast.Subscript(slice=ast.Constant(value=str(name))) if name in facts.below:
            return last_name(node.value) in ("globals", "locals", "vars", "__dict__")
        case ast.Call(args=[_, ast.Constant(value=str(name)), *_]) if name in facts.below:
            return True
        case ast.FunctionDef() if _is_classmethod(node):
            return _class_escapes(facts, module, node)
    return False


def _renames(facts: ClassFacts, alias: ast.alias) -> bool:
    name = alias.name.rpartition(".")[2]
    return name in facts.below and alias.asname not in (None, name)


def _is_other(facts: ClassFacts, module: Module, node: ast.expr) -> bool:
    """Whether the name surely means something else of the same name."""
    found = resolve(facts.project, module, node)
    if isinstance(found, Class):
        return found.node not in _nodes(facts)
    return found is not None


def _is_classmethod(node: ast.FunctionDef) -> bool:
    return any(last_name(decorator) == "classmethod" for decorator in node.decorator_list)


def _class_escapes(facts: ClassFacts, module: Module, node: ast.FunctionDef) -> bool:
    """Whether a classmethod of the class, or of one below it, does more with its class than the name may."""
    owner = module.parents[node]
    if not isinstance(owner, ast.ClassDef) or owner.name not in facts.family:
        return False
    first = [*node.args.posonlyargs, *node.args.args][:1]
    return not first or any(
        isinstance(inner, ast.Name) and inner.id == first[0].arg and not _allowed(facts, module, inner)
        for inner in ast.walk(node)
    )


def _allowed(facts: ClassFacts, module: Module, node: ast.expr) -> bool:
    if not isinstance(getattr(node, "ctx", None), ast.Load):
        return False
    parent = module.parents[node]
    match parent:
        case ast.Attribute():
            return isinstance(parent.ctx, ast.Load) and parent.attr in _HARMLESS | _members(facts)
        case ast.Call() if parent.func is node:
            return True
        case ast.ClassDef():
            return node in parent.bases
        case ast.MatchClass():
            return True
        case ast.Compare():
            return all(isinstance(op, _SAME) for op in parent.ops)
        case ast.keyword(arg="default_factory"):
            call = module.parents[parent]
            return isinstance(call, ast.Call) and _means(facts, module, call.func, "dataclasses.field")
        case ast.Call() if node in parent.args:
            found = resolve(facts.project, module, parent.func)
            if isinstance(found, Library) and found.name in _LOOKING:
                return True
    return _annotates(module, node) or _tests_type(facts, module, node) or _generic(facts, module, node)


def _nodes(facts: ClassFacts) -> list[ast.ClassDef]:
    """The class, and all that have its name or that of one below it."""
    return [facts.node, *(node for name in facts.below for _, node in facts.index.classes.get(name, []))]


def _members(facts: ClassFacts) -> set[str]:
    """Names that the class bodies define, methods, classes and class variables, and that no field has."""
    names: set[str] = set()
    for item in (item for node in _nodes(facts) for item in node.body):
        if isinstance(item, (*FUNCTIONS, ast.ClassDef)):
            names.add(item.name)
        targets = item.targets if isinstance(item, ast.Assign) else []
        targets = [item.target] if isinstance(item, ast.AnnAssign) and item.value is not None else targets
        names.update(target.id for target in targets if isinstance(target, ast.Name))
    return names - set(facts.fields)


def _means(facts: ClassFacts, module: Module, expr: ast.expr, name: str) -> bool:
    return resolve(facts.project, module, expr) == Library(name)


def _around(module: Module, node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Pairs of a part and what it is directly in, outwards to the statement."""
    child = node
    for parent in module.ancestors(node):
        yield child, parent
        if isinstance(parent, ast.stmt):
            return
        child = parent


def _annotates(module: Module, node: ast.expr) -> bool:
    for part, parent in _around(module, node):
        match parent:
            case ast.arg() | ast.AnnAssign() if part is parent.annotation:
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() if part is parent.returns:
                return True
            case ast.Tuple() | ast.List() | ast.Subscript() | ast.BinOp():
                continue
            case _:
                return False
    return False


def _tests_type(facts: ClassFacts, module: Module, node: ast.expr) -> bool:
    """Whether the class is what `isinstance`, `issubclass` or `except` compares with, alone or in a tuple."""
    for part, parent in _around(module, node):
        match parent:
            case ast.Tuple() | ast.BinOp(op=ast.BitOr()):
                continue
            case ast.ExceptHandler():
                return part is parent.type
            case ast.Call():
                found = resolve(facts.project, module, parent.func)
                tests = found in (Builtin("isinstance"), Builtin("issubclass"))
                return tests and len(parent.args) == 2 and parent.args[1] is part
            case _:
                return False
    return False


def _generic(facts: ClassFacts, module: Module, node: ast.expr) -> bool:
    """Whether the class is an argument of a generic type: `list[Row]`."""
    for part, parent in _around(module, node):
        match parent:
            case ast.Tuple() | ast.BinOp(op=ast.BitOr()):
                continue
            case ast.Subscript() if parent.slice is part and isinstance(parent.ctx, ast.Load):
                found = resolve(facts.project, module, parent.value)
                if isinstance(found, Builtin):
                    return found.name in ("list", "dict", "set", "frozenset", "tuple", "type")
                return isinstance(found, Library) and found.name.startswith(("typing.", "collections."))
            case _:
                return False
    return False
