"""Whether a computation may be done again instead of its value being kept: no effect, and each time an equal value."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from agents.memory.analysis.binding import bound_once
from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.kinds import SCALARS
from agents.memory.analysis.modules import COMPREHENSIONS, FUNCTIONS, FunctionNode, Module, nodes_of
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import (
    Builtin,
    Class,
    Function,
    Library,
    Meaning,
    imported_module,
    methods,
    resolve,
)
from agents.memory.analysis.uses import uses

_DEPTH = 8
"""Calls followed into project functions."""
_HOOKS = frozenset({"__getattr__", "__getattribute__"})
_CHANGING = ("os.", "sys.", "time.", "random.", "secrets.", "uuid.uuid", "threading.", "datetime.datetime.now")
_UNSTEADY = frozenset({"hash", "id", "input", "open", "print", "vars", "globals", "locals", "iter", "next"})
"""Builtins whose value may differ between two calls, or which do something."""


@dataclass(frozen=True)
class Computation:
    """What a reproducible computation depends on, beside the values of its names.

    Args:
        classes: project classes whose instances it makes.
        files: paths of all files looked into.
    """

    classes: tuple[Class, ...]
    files: frozenset[str]


def computation(project: Project, module: Module, function: FunctionNode, nodes: list[ast.AST]) -> Computation | None:
    """The computation of `nodes`, which stand in `function`; None where it may not be done again.

    It gives an equal value as long as the state of what the names of the function hold stays the same. What it raises
    it raises again. Operators and attribute reads on arguments are taken to have no effect.
    """
    analyst = Analyst(project, module, function)
    effects = analyst.of(*nodes)
    if effects.leaves or effects.stops or effects.calls or introspected(function):
        return None
    if any(not owned(analyst, place) for place in effects.writes):
        return None
    if any(methods(project).get(hook) for hook in _HOOKS):
        return None
    bodies = list(_reached(project, module, nodes, _DEPTH))
    if not all(_steady(project, where, part) for where, part in bodies):
        return None
    made = {
        found.node: found
        for where, part in bodies
        for node in nodes_of(part)
        if isinstance(node, ast.Call) and isinstance(found := resolve(project, where, node.func), Class)
    }
    return Computation(tuple(made.values()), effects.files | {where.path for where, _ in bodies})


def _reached(
    project: Project, module: Module, nodes: Iterable[ast.AST], depth: int
) -> Iterator[tuple[Module, ast.AST]]:
    """The nodes, and the statements of all project functions that running them may call, by what can be told."""
    for node in nodes:
        yield module, node
        for inner in nodes_of(node):
            if not depth:
                continue
            for where, body in _bodies(project, module, inner):
                yield from _reached(project, where, body, depth - 1)


def _bodies(project: Project, module: Module, node: ast.AST) -> Iterator[tuple[Module, list[ast.stmt]]]:
    if isinstance(node, ast.Call):
        match resolve(project, module, node.func):
            case Function(module=where, node=function):
                yield where, function.body
            case Class() as made:
                for where, init in initializers(project, made):
                    yield where, init.body
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        for getter in methods(project).get(node.attr, []):
            if isinstance(getter, FUNCTIONS) and getter.decorator_list:
                for where in uses(project).modules:
                    if getter in where.parents:
                        yield where, getter.body


def initializers(project: Project, made: Class) -> Iterator[tuple[Module, FunctionNode]]:
    """The `__init__` and `__post_init__` methods of a class and its project bases."""
    for item in made.node.body:
        if isinstance(item, FUNCTIONS) and item.name in ("__init__", "__post_init__", "__new__"):
            yield made.module, item
    for base in made.node.bases:
        found = resolve(project, made.module, base)
        if isinstance(found, Class) and found.node is not made.node:
            yield from initializers(project, found)


def _steady(project: Project, module: Module, part: ast.AST) -> bool:
    """Whether nothing in it may give another value the next time: clocks, chance, the environment, identities, globals
    that are no constants."""
    for node in nodes_of(part):
        if isinstance(node, ast.Global | ast.Nonlocal | ast.Yield | ast.YieldFrom | ast.Await | ast.Lambda):
            return False
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and not _settled(project, module, node):
            return False
        if isinstance(node, ast.Attribute) and _changes(resolve(project, module, node)):
            return False
    return True


def _settled(project: Project, module: Module, name: ast.Name) -> bool:
    meaning = resolve(project, module, name)
    if meaning is not None:
        return not _changes(meaning)
    scope = module.owner(name, name.id)
    if isinstance(scope, (*FUNCTIONS, *COMPREHENSIONS)):
        return scope in set(module.ancestors(name))
    if imported_module(project, module, name) is not None:
        return True
    kind = Kinds(project, module).of(name)
    return kind is not None and kind.name in SCALARS and bound_once(project, module, name.id, module.tree)


def _changes(meaning: Meaning) -> bool:
    if isinstance(meaning, Library):
        return meaning.name.startswith(_CHANGING) and not meaning.name.startswith("os.path.")
    return isinstance(meaning, Builtin) and meaning.name in _UNSTEADY
