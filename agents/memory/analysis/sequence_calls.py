"""What a call does with a list or tuple among its arguments: iterates over it, or passes it into project functions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Class, Function, assigned_attributes, methods, resolve
from agents.memory.analysis.uses import last_name, uses

_ITERATING = frozenset(
    {"enumerate", "list", "tuple", "set", "frozenset", "sorted", "sum", "min", "max", "any", "all", "iter", "reversed"}
)
"""Builtins that iterate over their first argument alone."""
_BUILTIN_TYPES = (list, tuple, dict, set, frozenset, str, bytes, bytearray, int, float, object, type)
_QUIET_DECORATORS = frozenset({"staticmethod", "classmethod"})


@dataclass
class Passed:
    """(file, function, parameter) of everything that may take the argument, and what is assumed of that."""

    into: list[tuple[Module, FunctionNode, str]] = field(default_factory=list)
    assumes: list[str] = field(default_factory=list)


def iterated(meaning: Builtin, call: ast.Call, at: int | str) -> bool:
    """Whether the builtin only iterates over its argument `at` (a position or a keyword)."""
    if any(isinstance(arg, ast.Starred) for arg in call.args):
        return False
    if meaning.name in ("min", "max"):
        return at == 0 and len(call.args) == 1
    if meaning.name in ("map", "filter"):
        return isinstance(at, int) and at > 0
    return meaning.name == "zip" if at != 0 else meaning.name in _ITERATING | {"zip"}


def passed(project: Project, module: Module, call: ast.Call, at: int | str) -> Passed | str:
    """Where the argument `at` of a call of project code goes; `file:line call` when that cannot be told."""
    said = f"{module.path}:{call.lineno} `{text(call)}`"
    if isinstance(at, int) and any(isinstance(arg, ast.Starred) for arg in call.args[:at]):
        return said
    found = Passed()
    targets = list(_targets(project, module, call, found))
    for target, node, skipped in targets:
        name = _parameter(node, at, skipped)
        if name is None or any(last_name(d) not in _QUIET_DECORATORS for d in node.decorator_list):
            return said
        found.into.append((target, node, name))
    return found if targets else said


def _targets(
    project: Project, module: Module, call: ast.Call, found: Passed
) -> Iterator[tuple[Module, FunctionNode, int]]:
    """(file, function, parameters filled by the call itself) of everything the call may run; none: unknown."""
    meaning = resolve(project, module, call.func)
    if isinstance(meaning, Function):
        yield meaning.module, meaning.node, int(meaning.bound)
    elif isinstance(meaning, Class):
        makers = [n for n in meaning.node.body if isinstance(n, FUNCTIONS) and n.name in ("__init__", "__new__")]
        if len(makers) == 1 and makers[0].name == "__init__" and not meaning.node.keywords:
            yield meaning.module, makers[0], 1
    elif meaning is None and isinstance(call.func, ast.Attribute):
        yield from _methods(project, module, call, call.func, found)


def _methods(
    project: Project, module: Module, call: ast.Call, func: ast.Attribute, found: Passed
) -> Iterator[tuple[Module, FunctionNode, int]]:
    known = methods(project).get(func.attr, [])
    if any(hasattr(kind, func.attr) for kind in _BUILTIN_TYPES) or func.attr in assigned_attributes(project):
        return
    owner = resolve(project, module, func.value)
    if isinstance(owner, Class):
        known = [node for node in known if node in owner.node.body]
    elif known:
        found.assumes.append(f"`{text(func)}` at {module.path}:{call.lineno} is one of this repository's")
    for node in known:
        assert isinstance(node, FUNCTIONS)
        home = next(m for m in uses(project).modules if node in m.parents)
        decorators = {last_name(decorator) for decorator in node.decorator_list}
        through_class = isinstance(owner, Class) and "classmethod" not in decorators
        skipped = int("staticmethod" not in decorators and not through_class)
        if _takes(node, call, skipped):
            yield home, node, skipped


def _takes(node: FunctionNode, call: ast.Call, skipped: int) -> bool:
    """Whether the call's arguments may fit: as many positions, each keyword known."""
    args = node.args
    positions = len(args.posonlyargs) + len(args.args) - skipped
    names = {arg.arg for arg in [*args.args, *args.kwonlyargs]}
    if len(call.args) > positions and args.vararg is None:
        return False
    return args.kwarg is not None or all(k.arg is None or k.arg in names for k in call.keywords)


def _parameter(node: FunctionNode, at: int | str, skipped: int) -> str | None:
    """The plain parameter that takes the argument; None when it goes into `*args` or `**kwargs`."""
    if isinstance(at, str):
        named = [arg.arg for arg in [*node.args.args, *node.args.kwonlyargs]]
        return at if at in named else None
    positional = [*node.args.posonlyargs, *node.args.args]
    return positional[at + skipped].arg if at + skipped < len(positional) else None
