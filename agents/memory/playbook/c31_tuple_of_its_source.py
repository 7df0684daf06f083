"""C31: a tuple is made of elements picked from another tuple, and often picks them all. Keep one of the two then."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar, TypeGuard

import libcst as cst

from agents.memory.analysis.concrete import Concrete, Replacement, concrete, edited
from agents.memory.analysis.modules import (
    FUNCTIONS,
    FunctionNode,
    Module,
    find_function,
    module_of,
    qualified_name,
    text,
)
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Library, resolve
from agents.memory.analysis.uses import MUTATORS
from agents.memory.playbook.examples import c31 as examples
from agents.memory.playbook.lazy_edits import numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy

_PICKING = {
    Builtin("reversed"): 0,
    Builtin("list"): 0,
    Builtin("tuple"): 0,
    Builtin("iter"): 0,
    Builtin("sorted"): 0,
    Builtin("filter"): 1,
    Library("itertools.dropwhile"): 1,
    Library("itertools.takewhile"): 1,
    Library("itertools.filterfalse"): 1,
    Library("itertools.islice"): 0,
}
"""What gives elements of one of its arguments, and which argument that is."""
_BUILTINS = ("tuple", "type", "len", "all", "zip")


class TupleOfItsSource:
    """After `x = tuple(<some elements of p>)`: `x = p` where the two tuples hold the same objects."""

    id: ClassVar[str] = "C31"
    name: ClassVar[str] = "one tuple for an equal tuple made of it"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "picked": "The value is the builtin tuple() of elements picked from one name, none of them computed anew.",
        "same objects": "It is replaced only where both are exact tuples of the same objects: the code tests that.",
        "no identity": "The function compares neither of the two names by identity, and has no locals().",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such assignment that covers a line of the focus."""
        module = module_of(project, focus.file) if focus.file in project.editable else None
        if module is None or focus.census is not None:
            return
        found = [
            (statement, scope, source)
            for statement in module.nodes
            if isinstance(statement, ast.Assign) and touches(statement, focus.lines) and _is_tuple_call(statement.value)
            if (scope := _function(module, statement, focus)) is not None
            if (source := _source(project, module, statement)) is not None
        ]
        tree = concrete(module) if found else None
        if tree is None:
            return
        keys = numbered(
            f"{self.id}:{focus.file}:{qualified_name(module, scope)}:{text(statement)}" for statement, scope, _ in found
        )
        for (statement, scope, source), key in zip(found, keys, strict=True):
            name = statement.targets[0]
            assert isinstance(name, ast.Name)
            if not _no_identity(scope, {name.id, source}) or _tested(module, statement) or _changed(scope, source):
                continue
            edit = edited(module, tree, _with_test(tree, statement, name.id, source))
            if edit is None:
                continue
            evidence = {
                "picked": f"line {statement.lineno}: elements of `{source}`",
                "same objects": f"`{name.id}` becomes `{source}` only where each element is the same object",
                "no identity": f"no `is` with `{name.id}` or `{source}` in {qualified_name(module, scope)}",
            }
            yield Candidate(
                key=key,
                rule=self.id,
                title=f"keep `{source}` for an equal `{name.id}`",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"where `{name.id}` holds the same objects as `{source}`, `{source}` itself is kept",
                level=self.level,
                file=focus.file,
                line=statement.lineno,
                function=qualified_name(module, scope),
                frees=focus.size,
                shown=[Shown(check=check, evidence=evidence[check]) for check in self.preconditions],
                users=[f"{focus.file}:{statement.lineno} {name.id}"],
                assumes=[f"nobody who is given `{name.id}` asks whether it is `{source}`, by `is` or id()"],
                edits=[edit],
                read={focus.file: module.source.blob},
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _function(module: Module, statement: ast.stmt, focus: Focus) -> FunctionNode | None:
    scope = module.frame(statement)
    if not isinstance(scope, FUNCTIONS):
        return None
    return scope if focus.function == "" or find_function(module, focus.function, focus.lines) is scope else None


def _source(project: Project, module: Module, statement: ast.Assign) -> str | None:
    """The name that the tuple picks its elements from; None for anything else."""
    value = statement.value
    if len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name) or not _is_tuple_call(value):
        return None
    if module.star_import or any(module.owner(statement, name) is not None for name in _BUILTINS):
        return None
    if any(isinstance(node, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom) for node in ast.walk(value)):
        return None
    picked = _picked_from(project, module, value.args[0])
    return picked if picked != statement.targets[0].id else None


def _is_tuple_call(value: ast.expr) -> TypeGuard[ast.Call]:
    """`tuple(...)` of one argument that is more than a name."""
    if not isinstance(value, ast.Call) or len(value.args) != 1 or value.keywords:
        return False
    return isinstance(value.func, ast.Name) and value.func.id == "tuple" and not isinstance(value.args[0], ast.Name)


def _picked_from(project: Project, module: Module, expr: ast.expr) -> str | None:
    match expr:
        case ast.Name(id=name):
            return name
        case ast.Subscript(value=value, slice=ast.Slice()):
            return _picked_from(project, module, value)
        case (
            ast.GeneratorExp(elt=ast.Name(id=name), generators=[one])
            | ast.ListComp(elt=ast.Name(id=name), generators=[one])
        ):
            plain = isinstance(one.target, ast.Name) and one.target.id == name and not one.is_async
            source = _picked_from(project, module, one.iter) if plain else None
            return source if source != name else None
        case ast.Call(func=func, args=args):
            meaning = resolve(project, module, func)
            place = _PICKING.get(meaning) if isinstance(meaning, Builtin | Library) else None
            if place is None or place >= len(args) or any(isinstance(arg, ast.Starred) for arg in args):
                return None
            return _picked_from(project, module, args[place])
    return None


def _no_identity(scope: FunctionNode, names: set[str]) -> bool:
    for node in ast.walk(scope):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
            sides = [node.left, *node.comparators]
            if len([s for s in sides if isinstance(s, ast.Constant)]) < len(sides) - 1 and any(
                isinstance(side, ast.Name) and side.id in names for side in sides
            ):
                return False
        if isinstance(node, ast.Name) and node.id in ("locals", "vars", "eval", "exec", "id"):
            return False
        if isinstance(node, ast.Global | ast.Nonlocal) and names & set(node.names):
            return False
    return True


def _changed(scope: FunctionNode, name: str) -> bool:
    """Whether the function changes the object in place: no tuple."""
    for node in ast.walk(scope):
        match node:
            case ast.Subscript(value=ast.Name(id=found), ctx=ast.Store() | ast.Del()) if found == name:
                return True
            case ast.Attribute(value=ast.Name(id=found), attr=attr) if found == name and attr in MUTATORS:
                return True
    return False


def _tested(module: Module, statement: ast.Assign) -> bool:
    """Whether the next statement is this rule's own."""
    parent = module.parents[statement]
    for suite in (getattr(parent, name, None) for name in ("body", "orelse", "finalbody")):
        if isinstance(suite, list) and statement in suite[:-1]:
            follower = suite[suite.index(statement) + 1]
            return isinstance(follower, ast.If) and ast.unparse(follower.test).startswith("type(")
    return False


def _with_test(tree: Concrete, statement: ast.Assign, name: str, source: str) -> dict[cst.CSTNode, Replacement]:
    small = tree.statement(statement)
    line = tree.lines_of.get(small) if small is not None else None
    if not isinstance(line, cst.SimpleStatementLine) or line.body[-1] is not small:
        return {}
    same = f"len({source}) == len({name}) and all(a is b for a, b in zip({source}, {name}))"
    test = cst.parse_statement(f"if type({source}) is tuple and {same}:\n    {name} = {source}\n")
    return {line: cst.FlattenSentinel([line, test])}
