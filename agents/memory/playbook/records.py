"""Records that an attribute holds: a NamedTuple or plain dataclass made in `__init__`, read field by field alone."""

import ast
from dataclasses import dataclass

from agents.memory.analysis.classes import ClassFacts, declared_elsewhere, is_dataclass_decorator
from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Class, Library, resolve
from agents.memory.analysis.uses import AttributeUse


@dataclass(frozen=True)
class Record:
    """What the attribute is assigned: a call of a record class.

    Args:
        module: where the record class is defined.
        node: the record class.
        init: the owner's `__init__`.
        statement: the one assignment.
        values: field -> its value, in the order of evaluation.
        reads: `self._a.field`, by its outer node.
    """

    module: Module
    node: ast.ClassDef
    init: ast.FunctionDef
    statement: ast.Assign | ast.AnnAssign
    values: dict[str, ast.expr]
    reads: list[tuple[AttributeUse, ast.Attribute]]
    unknown: int
    """Reads through an object that cannot be told."""


def record_of(project: Project, facts: ClassFacts, name: str) -> Record | None:
    """The record that attribute `name` holds; None when it holds another thing, may, or is used as a whole."""
    uses = [use for use in facts.index.attributes.get(name, []) if _ours(facts, use) is not False]
    writes = [use for use in uses if use.kind != "read"]
    if len(writes) != 1 or declared_elsewhere(facts, name):
        return None
    made = _made(project, facts, writes[0])
    if made is None:
        return None
    init, statement, call = made
    found = resolve(project, facts.module, call.func)
    fields = _fields(project, found) if isinstance(found, Class) else None
    values = _values(call, fields) if fields else None
    if not isinstance(found, Class) or fields is None or values is None:
        return None
    reads = []
    for use in uses:
        outer = use.module.parents[use.node]
        if use is writes[0]:
            continue
        if not isinstance(outer, ast.Attribute) or not isinstance(outer.ctx, ast.Load) or outer.attr not in fields:
            return None
        reads.append((use, outer))
    inside = {id(inner) for use, outer in reads for inner in ast.walk(outer.value) if inner is not use.node}
    if any(id(outer) in inside or _covers(statement, outer) for _, outer in reads):
        return None
    unknown = sum(_ours(facts, use) is None for use, _ in reads)
    return Record(found.module, found.node, init, statement, values, reads, unknown)


def _ours(facts: ClassFacts, use: AttributeUse) -> bool | None:
    return True if facts.inherits(use.node.value, use.module) else facts.instance(use.node.value, use.module)


def _covers(statement: ast.stmt, node: ast.AST) -> bool:
    return any(inner is node for inner in ast.walk(statement))


def _made(
    project: Project, facts: ClassFacts, write: AttributeUse
) -> tuple[ast.FunctionDef, ast.Assign | ast.AnnAssign, ast.Call] | None:
    """`self.name = Record(...)` directly in the body of `__init__`."""
    module = facts.module
    if write.kind != "write" or write.module is not module or not facts.is_self(write.node.value, module):
        return None
    statement = module.parents[write.node]
    if isinstance(statement, ast.Assign) and len(statement.targets) != 1:
        return None
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(statement.value, ast.Call):
        return None
    init = module.parents[statement]
    if not isinstance(init, ast.FunctionDef) or init.name != "__init__" or module.parents[init] is not facts.node:
        return None
    return init, statement, statement.value


def _fields(project: Project, record: Class) -> dict[str, ast.expr | None] | None:
    """Field -> default, of a NamedTuple or dataclass that has nothing but fields; None when it has more."""
    node, module = record.node, record.module
    if len(node.decorator_list) == 1 and not node.bases and not node.keywords:
        decorator = node.decorator_list[0]
        if not is_dataclass_decorator(project, module, decorator):
            return None
        if isinstance(decorator, ast.Call) and any(k.arg not in _QUIET for k in decorator.keywords):
            return None
    elif node.decorator_list or node.keywords or not _is_named_tuple(project, module, node.bases):
        return None
    fields: dict[str, ast.expr | None] = {}
    for item in node.body:
        match item:
            case ast.AnnAssign(target=ast.Name(id=name), value=None | ast.Constant()):
                if any(word in ast.unparse(item.annotation) for word in ("ClassVar", "InitVar", "KW_ONLY")):
                    return None
                fields[name] = item.value
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case _:
                return None
    return fields


def _is_named_tuple(project: Project, module: Module, bases: list[ast.expr]) -> bool:
    return len(bases) == 1 and resolve(project, module, bases[0]) == Library("typing.NamedTuple")


_QUIET = frozenset({"frozen", "eq", "order", "repr", "slots", "unsafe_hash"})
"""Arguments of the dataclass decorator that do not change how a field is set and read."""


def _values(call: ast.Call, fields: dict[str, ast.expr | None]) -> dict[str, ast.expr] | None:
    """The value of each field, those of the call first; None when the call does not give each of them once."""
    if any(isinstance(arg, ast.Starred) for arg in call.args) or len(call.args) > len(fields):
        return None
    values = dict(zip(fields, call.args, strict=False))
    for k in call.keywords:
        if k.arg is None or k.arg in values or k.arg not in fields:
            return None
        values[k.arg] = k.value
    for name, default in fields.items():
        if name not in values:
            if default is None:
                return None
            values[name] = default
    return values
