"""Local lists that are grown and then handed over: put into a container, an attribute, or returned, and dropped."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from agents.memory.analysis.lifetime import Local, local, plainly_bound, uncaptured, unobserved
from agents.memory.analysis.modules import COMPREHENSIONS, FUNCTIONS, LOOPS, FunctionNode, Module, enclosing
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Class, resolve
from agents.memory.analysis.sequence_uses import only_tested
from agents.memory.analysis.uses import last_name, uses

_OWN = frozenset({"append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "index", "count", "copy"})
"""Methods of a list that hand nobody the list itself."""
_GROWING = frozenset({"append", "extend", "insert"})
_LOOKING = frozenset({"len", "sum", "min", "max", "sorted", "tuple", "list", "set", "frozenset", "any", "all", "bool"})
"""Builtins that are done with their sole argument when they return."""
_STEPPING = frozenset({"enumerate", "reversed", "zip"})
_KEEPING = frozenset({"append", "appendleft", "add", "insert", "setdefault", "put", "put_nowait"})
"""Methods of containers that keep what they are given."""


@dataclass(frozen=True, eq=False)
class Grown:
    """A list that a function makes, grows, and hands over once it is complete.

    Args:
        name: the local.
        read: its one mention in `statement`, where it is handed over.
        statement: puts it into a container or attribute, or returns it; nothing reads the local after it.
        taker: what keeps it, for people: "`rows`", "`self.cells`", "the caller".
        evidence: how it is bound, that nobody else holds it, that its frame is not read.
    """

    name: Local
    read: ast.Name
    statement: ast.stmt
    taker: str
    evidence: tuple[str, str, str]


def grown_lists(project: Project, module: Module, function: FunctionNode | ast.Module) -> list[Grown]:
    """Each place of the function's own code that hands over a list it alone holds, in source order."""
    names = {
        method.value.id
        for method in module.code_of(function)
        if isinstance(method, ast.Attribute) and method.attr in _GROWING and isinstance(method.value, ast.Name)
    }
    found = [one for name in names for one in _handed_over(project, module, function, name)]
    return sorted(found, key=lambda one: (one.read.lineno, one.read.col_offset))


def _handed_over(
    project: Project, module: Module, function: FunctionNode | ast.Module, written: str
) -> Iterator[Grown]:
    name = local(module, function, written)
    if name is None:
        return
    bound, alone, unread = plainly_bound(name), uncaptured(name), unobserved(project, name)
    if not (bound and alone and unread) or not all(_makes_list(project, module, a.node) for a in name.bindings):
        return
    reads = [a.node for a in name.scope.reads.get(written, []) if a.kind == "read"]
    if not all(isinstance(node, ast.Name) for node in reads):
        return
    places: list[Grown] = []
    for node in reads:
        assert isinstance(node, ast.Name)
        if _looks(project, module, node):
            continue
        taker = _taker(project, module, node)
        statement = module.statement(node)
        if not taker or not _complete(name, node, statement):
            return
        evidence = (bound, f"all {len(reads)} reads are of the list itself; {alone}", unread)
        places.append(Grown(name, node, statement, taker, evidence))
    yield from places


def _makes_list(project: Project, module: Module, node: ast.AST) -> bool:
    """Whether the name alone is bound here, to a new builtin list."""
    match module.parents.get(node):
        case ast.Assign(targets=[target], value=value) if target is node:
            return _is_new_list(project, module, value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) if target is node:
            return _is_new_list(project, module, value)
    return False


def _is_new_list(project: Project, module: Module, value: ast.expr) -> bool:
    if isinstance(value, ast.List | ast.ListComp):
        return True
    return isinstance(value, ast.Call) and resolve(project, module, value.func) in (Builtin("list"), Builtin("sorted"))


def _looks(project: Project, module: Module, node: ast.Name) -> bool:
    """Whether the list is only looked at or changed here, and nothing keeps it when the statement has ended."""
    parent = module.parents[node]
    match parent:
        case ast.Attribute(attr=attr) if attr in _OWN:
            call = module.parents[parent]
            return isinstance(call, ast.Call) and call.func is parent
        case ast.Subscript(value=value):
            return value is node
        case ast.For(iter=value):
            return value is node
        case ast.comprehension(iter=value) if value is node:
            around = module.parents[parent]
            return not isinstance(around, ast.GeneratorExp) or _used_up(project, module, around)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[right]):
            return right is node
        case ast.Starred(ctx=ast.Load()):
            return True
        case ast.Assign(targets=targets, value=value) if value is node:
            return all(isinstance(target, ast.Tuple | ast.List) for target in targets)
        case ast.Call(func=func, args=args):
            meaning = resolve(project, module, func)
            if not isinstance(meaning, Builtin) or node not in args:
                return False
            if meaning.name in _STEPPING:
                loop = module.parents[parent]
                return isinstance(loop, ast.For) and loop.iter is parent
            return meaning.name in _LOOKING and len(args) == 1
    return only_tested(module, node)


def _used_up(project: Project, module: Module, generator: ast.GeneratorExp) -> bool:
    call = module.parents[generator]
    if not isinstance(call, ast.Call) or call.args != [generator]:
        return False
    meaning = resolve(project, module, call.func)
    return isinstance(meaning, Builtin) and meaning.name in _LOOKING


def _taker(project: Project, module: Module, node: ast.Name) -> str:
    """What the statement puts the list into; "" when it is no such statement."""
    value: ast.expr = node
    parent = module.parents[value]
    while True:
        match parent:
            case ast.Tuple(ctx=ast.Load()) | ast.List(ctx=ast.Load()):
                value = parent
            case ast.Dict(values=values) if value in values:
                value = parent
            case ast.keyword() if isinstance(call := module.parents[parent], ast.Call) and _makes(
                project, module, call
            ):
                value = call
            case ast.Call(args=args) if value in args and _makes(project, module, parent):
                value = parent
            case _:
                break
        parent = module.parents[value]
    match parent:
        case ast.Return():
            return "the caller"
        case ast.Assign(targets=[ast.Subscript(value=holder) | (ast.Attribute() as holder)], value=given):
            return f"`{ast.unparse(holder)}`" if given is value else ""
        case ast.AnnAssign(target=ast.Attribute() as holder, value=given):
            return f"`{ast.unparse(holder)}`" if given is value else ""
        case ast.Call(func=ast.Attribute(attr=attr, value=holder), args=args) if value in args:
            return f"`{ast.unparse(holder)}`" if attr in _KEEPING else ""
    return ""


def _makes(project: Project, module: Module, call: ast.Call) -> bool:
    """Whether the call makes an instance of a class of the project."""
    return isinstance(resolve(project, module, call.func), Class)


def _complete(name: Local, node: ast.Name, statement: ast.stmt) -> bool:
    """Whether the list is not touched again: by the statement, by a loop over it, by any path behind it."""
    module = name.module
    simple = isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return)
    mentions = [n for n in ast.walk(statement) if isinstance(n, ast.Name) and n.id == name.name]
    around = list(enclosing(module, node, name.function))
    if not simple or len(mentions) != 1 or any(isinstance(a, (*COMPREHENSIONS, ast.Lambda)) for a in around):
        return False
    # An iterator over the list lives on while its loop does.
    for loop in around:
        if isinstance(loop, ast.For) and _mentions(loop.iter, name.name):
            return False
    if not isinstance(statement, ast.Return):
        return name.name not in name.flow.live_behind(statement)
    return not any(
        _mentions(last, name.name) for a in around if isinstance(a, ast.Try | ast.TryStar) for last in a.finalbody
    )


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node))


def many(project: Project, found: Grown) -> str:
    """Evidence that the code makes many such lists; "" where it may make but one.

    A loop begins and hands over one in each pass, or the function is called in a loop somewhere.
    """
    module, function = found.name.module, found.name.function
    for loop in enclosing(module, found.statement, function):
        inside = set(ast.walk(loop)) if isinstance(loop, LOOPS) else set()
        if any(binding.node in inside for binding in found.name.bindings):
            return f"one in each pass of the loop at line {getattr(loop, 'lineno', 0)}"
    if not isinstance(function, FUNCTIONS):
        return ""
    owner = module.parents[function]
    called = owner.name if function.name == "__init__" and isinstance(owner, ast.ClassDef) else function.name
    for other in uses(project).modules:
        if called.encode() not in other.source.data:
            continue
        for call in other.nodes:
            if not isinstance(call, ast.Call) or last_name(call.func) != called:
                continue
            for around in enclosing(other, call, other.tree):
                if isinstance(around, FUNCTIONS):
                    break
                if isinstance(around, (*LOOPS, *COMPREHENSIONS)):
                    return f"`{called}` is called in a loop at {other.path}:{call.lineno}"
    return ""
