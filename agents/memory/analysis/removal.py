"""Taking out what writes an attribute that nobody reads: which statements go, and that their values have no effect."""

import ast
from collections.abc import Iterable

import libcst as cst

from agents.memory.analysis.concrete import Concrete, Replacement
from agents.memory.analysis.flow import flow_of
from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.kinds import CONTAINERS
from agents.memory.analysis.modules import COMPREHENSIONS, FUNCTIONS, Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.scopes import accesses, eager_builtins, scope
from agents.memory.analysis.suites import own_statements
from agents.memory.analysis.uses import AttributeUse, defines, uses

_OPERATORS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
_DISPLAYS = (ast.Tuple, ast.List, ast.Dict, ast.Set, ast.JoinedStr, ast.FormattedValue, ast.comprehension)
_OPERATIONS = (ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Subscript, ast.Slice)
_TRANSPARENT = (
    *(ast.Name, ast.Constant, ast.Attribute),
    *_DISPLAYS,
    *_OPERATIONS,
    *_OPERATORS,
    *COMPREHENSIONS,
)
"""Expressions that run no code of the project but its operators and properties."""


def removed_values(use: AttributeUse) -> list[ast.expr] | None:
    """The expressions that are no longer evaluated when the statement of the write or feed goes.

    None for a form that cannot be taken out (a tuple target, a loop's target, a call with `*args`).
    """
    module, node = use.module, use.node
    statement = module.statement(node)
    match statement:
        case ast.Assign(targets=targets) if node in targets:
            return [statement.value] if len(targets) == 1 else []
        case ast.AnnAssign(target=target) if target is node:
            return [statement.value] if statement.value is not None else []
        case ast.AugAssign(target=target) if target is node:
            return [statement.value]
        case ast.Delete(targets=[target]) if target is node:
            return []
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=receiver), args=args, keywords=keywords)) if (
            receiver is node
        ):
            return [*args, *(keyword.value for keyword in keywords)]
    parent = module.parents[node]
    if isinstance(parent, ast.Subscript) and parent.value is node:
        match statement:
            case ast.Assign(targets=[target]) if target is parent:
                return [parent.slice, statement.value]
            case ast.AugAssign(target=target) if target is parent:
                return [parent.slice, statement.value]
            case ast.Delete(targets=[target]) if target is parent:
                return [parent.slice]
    return None


def harmless(project: Project, module: Module, values: Iterable[ast.expr]) -> bool:
    """Whether not evaluating the expressions changes nothing: they have no effect and call nothing that may raise.

    Operators and attribute reads on the program's own data are taken not to raise.
    """
    for value in values:
        frame = module.frame(value)
        effects = Analyst(project, module, frame).of(value)
        if effects.writes or effects.binds or effects.leaves or effects.stops or effects.calls:
            return False
        if effects.sources:
            return False  # a comprehension may use up an iterator
        if effects.raises and not all(_is_quiet(project, module, part) for part in ast.walk(value)):
            return False
    return True


def surely_bound(module: Module, statements: Iterable[ast.stmt]) -> bool:
    """Whether every local that the statements read is bound where they stand: without them nobody would be told."""
    for statement in statements:
        function = module.frame(statement)
        if not isinstance(function, FUNCTIONS):
            continue
        names = scope(function, eager_builtins(module, function))
        bound = names.arguments | flow_of(module, function).assigned_before(statement)
        for access in accesses(statement, frozenset()):
            if access.kind == "read" and names.binds(access.name) and access.name not in bound:
                return False
    return True


def _is_quiet(project: Project, module: Module, part: ast.AST) -> bool:
    """Whether the part of an expression runs no code of the project, as far as its operands are known."""
    kinds = Kinds(project, module)
    if isinstance(part, ast.Subscript):
        kind = kinds.of(part.value)
        return kind is not None and (kind.name in CONTAINERS and isinstance(part.slice, ast.Slice))
    if isinstance(part, ast.BinOp):
        known = kinds.of(part.left), kinds.of(part.right)
        divides = isinstance(part.op, ast.Div | ast.FloorDiv | ast.Mod | ast.Pow | ast.LShift | ast.RShift)
        return all(known) and not divides
    if isinstance(part, ast.Compare):
        membership = [
            kinds.of(right)
            for op, right in zip(part.ops, part.comparators, strict=True)
            if isinstance(op, ast.In | ast.NotIn)
        ]
        rest = all(kind is not None and kind.name in CONTAINERS - {"iterator"} for kind in membership)
        return rest and kinds.of(part) is not None
    if isinstance(part, ast.UnaryOp):
        return kinds.of(part) is not None
    if isinstance(part, ast.FormattedValue):
        return part.format_spec is None and not _has_method(project, "__format__")
    if isinstance(part, ast.Attribute):
        return not _is_computed(project, part.attr)
    return isinstance(part, _TRANSPARENT)


def _has_method(project: Project, name: str) -> bool:
    return any(defines(node, name) for found in uses(project).classes.values() for _, node in found)


def _is_computed(project: Project, attribute: str) -> bool:
    """Whether reading an attribute of this name may run a method: a property, or a class that answers any name."""
    return any(
        isinstance(item, FUNCTIONS)
        and ((item.name == attribute and item.decorator_list) or item.name in ("__getattr__", "__getattribute__"))
        for found in uses(project).classes.values()
        for _, node in found
        for item in node.body
    )


def unused_locals(project: Project, module: Module, removed: set[ast.stmt]) -> set[ast.stmt]:
    """Assignments of locals that only the removed statements read, where their values have no effect either."""
    found: set[ast.stmt] = set()
    todo = list(removed)
    while todo:
        statement = todo.pop()
        frame = module.frame(statement)
        if not isinstance(frame, FUNCTIONS):
            continue
        mentions = [(access, other) for other in own_statements(frame.body) for access in accesses(other, frozenset())]
        for name in {access.name for access in accesses(statement, frozenset()) if access.kind == "read"}:
            here = [(a, s) for a, s in mentions if a.name == name and s not in removed | found]
            binding = here[0][1] if len(here) == 1 else None
            if (
                isinstance(binding, ast.Assign)
                and len(binding.targets) == 1
                and isinstance(binding.targets[0], ast.Name)
                and binding.targets[0].id == name
                and harmless(project, module, [binding.value])
            ):
                found.add(binding)
                todo.append(binding)
    return found


def removals(
    tree: Concrete, statements: Iterable[ast.stmt], targets: Iterable[ast.expr]
) -> dict[cst.CSTNode, Replacement]:
    """The replacements that take the statements out, and the targets out of their chained assignments.

    Empty when a node cannot be found.
    """
    found: dict[cst.CSTNode, Replacement] = {}
    for statement in statements:
        node = tree.statement(statement)
        if node is None:
            return {}
        found[node] = cst.RemoveFromParent()
    wanted = {tree.expression(target) for target in targets}
    if None in wanted:
        return {}
    for node in tree.statements.values():
        if isinstance(node, cst.Assign):
            gone = {target for target in node.targets if target.target in wanted}
            found.update(dict.fromkeys(gone, cst.RemoveFromParent()))
    return found
