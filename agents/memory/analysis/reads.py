"""How a local is read: whether every read does only what any sequence of the same elements would do as well."""

import ast
from collections.abc import Iterator

from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Function, Library, resolve

_FOLLOWED = 2
"""Project functions a value is followed through."""
_TAKING = frozenset(
    {
        "len",
        "sum",
        "min",
        "max",
        "any",
        "all",
        "set",
        "frozenset",
        "sorted",
        "list",
        "tuple",
        "reversed",
        "iter",
        "bool",
    }
)
"""Builtins that only look at the elements of their sole positional argument, or count them."""
_FIRST = frozenset({"sum", "enumerate"})
_LIBRARY = frozenset({"math.fsum", "math.prod", "random.choice", "random.sample", "collections.Counter"})


def every_read(module: Module, scope: FunctionNode | ast.Module, name: str) -> list[ast.Name] | None:
    """Every read of a local that is bound once; None when it is bound otherwise, or may be reached unseen."""
    if len(module.bindings(scope).get(name, [])) != 1 or introspected(scope):
        return None
    for node in ast.walk(scope):
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return None
    return [
        node
        for node in ast.walk(scope)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        if module.owner(node, name) is scope
    ]


def only_elements(project: Project, module: Module, read: ast.expr, followed: int = _FOLLOWED) -> str:
    """What the code around `read` does with the value: `iterated`, `indexed`, `counted` ...; "" for anything else."""
    parent = module.parents[read]
    match parent:
        case ast.For(iter=value) | ast.comprehension(iter=value) if value is read:
            return "iterated over"
        case ast.YieldFrom() | ast.Starred(ctx=ast.Load()):
            return "iterated over"
        case ast.Assign(targets=targets) if all(isinstance(t, ast.Tuple | ast.List) for t in targets):
            return "unpacked"
        case ast.Subscript(value=value, slice=index, ctx=ast.Load()) if value is read:
            return "indexed" if _place(project, module, index) else ""
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[value]) if value is read:
            return "searched"
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test) if test is read:
            return "tested"
        case ast.UnaryOp(op=ast.Not()):
            return "tested"
        case ast.Attribute(attr="index" | "count"):
            called = module.parents[parent]
            alone = isinstance(called, ast.Call) and called.func is parent and len(called.args) == 1
            return "searched" if alone and not called.keywords else ""  # type: ignore[attr-defined]
        case ast.Call(args=args) if read in args:
            return _passed(project, module, parent, args.index(read), followed)
    return ""


def _place(project: Project, module: Module, index: ast.expr) -> bool:
    """Whether the subscript is surely one number: a name may be bound to `slice()`."""
    frame = module.frame(index)
    if not isinstance(frame, (*FUNCTIONS, ast.Module)):
        return False
    kind = Analyst(project, module, frame).kinds.of(index)
    counted = isinstance(index, ast.BinOp) and any(isinstance(part, ast.Constant) for part in (index.left, index.right))
    return counted or (kind is not None and kind.name in ("int", "bool"))


def _passed(project: Project, module: Module, call: ast.Call, index: int, followed: int) -> str:
    if any(isinstance(arg, ast.Starred) for arg in call.args[:index]):
        return ""
    meaning = resolve(project, module, call.func)
    match meaning:
        case Builtin(name=name):
            taken = (
                (name in _TAKING and len(call.args) == 1)
                or (name in _FIRST and index == 0)
                or (name == "map" and index > 0)
                or (name == "filter" and index == 1)
                or name == "zip"
            )
            return f"passed to {name}()" if taken else ""
        case Library(name=name):
            taken = (name in _LIBRARY and index == 0) or (name.startswith("itertools.") and name != "itertools.tee")
            return f"passed to {name}()" if taken and name != "itertools.repeat" else ""
        case Function() if followed > 0:
            return _followed(project, meaning, index, followed - 1)
    return ""


def _followed(project: Project, function: Function, index: int, followed: int) -> str:
    node, position = function.node, index + function.bound
    names = node.args.posonlyargs + node.args.args
    if node.decorator_list or position >= len(names):
        return ""
    reads = every_read(function.module, node, names[position].arg)
    if reads is None or not all(only_elements(project, function.module, read, followed) for read in reads):
        return ""
    return f"passed to {node.name}()"


def kept_in(module: Module, node: ast.AST) -> tuple[FunctionNode | ast.Module, ast.Assign, str] | None:
    """The frame, statement and name of `name = <node>`, where the node is the whole value of a plain assignment."""
    statement = module.parents[node]
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or statement.value is not node:
        return None
    target, frame = statement.targets[0], module.frame(node)
    if not isinstance(target, ast.Name) or not isinstance(frame, (*FUNCTIONS, ast.Module)):
        return None
    return frame, statement, target.id


def described(project: Project, module: Module, reads: list[ast.Name]) -> Iterator[str]:
    """Each read, for people."""
    for read in reads:
        yield f"{only_elements(project, module, read)} at line {read.lineno}"
