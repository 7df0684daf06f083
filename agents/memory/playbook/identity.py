"""Whether code may tell equal objects apart: the question of the rules that put one object in place of many."""

import ast

from agents.memory.analysis.modules import Module


def compared(module: Module) -> str:
    """Where the file compares two values by identity or asks for an id(); "" when it does not.

    A comparison with None, with a type and with a class or marker of the module's top level is passed over: no string
    or tuple that was made at run time is one of those.
    """
    for node in module.nodes:
        match node:
            case ast.Compare(ops=ops, left=left, comparators=rest):
                same = any(isinstance(op, ast.Is | ast.IsNot) for op in ops)
                if same and not any(_fixed(module, side) for side in (left, *rest)):
                    return f"{module.path}:{node.lineno}"
            case ast.Name(id="id") if module.owner(node, "id") is None:
                return f"{module.path}:{node.lineno}"
            case ast.Attribute(attr="is_" | "is_not"):
                return f"{module.path}:{node.lineno}"
    return ""


def _fixed(module: Module, side: ast.expr) -> bool:
    """Whether the side is surely no string or tuple made at run time, nor a constant one that may equal such."""
    match side:
        case ast.Constant(value=value):
            return value is None or value is Ellipsis or isinstance(value, bool)
        case ast.Call(func=ast.Name(id="type" | "object")):
            return True
        case ast.Attribute(value=ast.Name() as root):
            return _marker(module, root)
        case ast.Name():
            return _marker(module, side) or module.owner(side, side.id) is None
    return False


def _marker(module: Module, name: ast.Name) -> bool:
    """Whether the name is a class, a function, something imported or an `object()` of the file's top level."""
    if module.owner(name, name.id) is not module.tree:
        return False
    for node in module.bindings(module.tree).get(name.id, []):
        made = getattr(module.parents.get(node), "value", None)
        marker = isinstance(made, ast.Call) and isinstance(made.func, ast.Name) and made.func.id == "object"
        if not marker and not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.Import | ast.ImportFrom):
            return False
    return True
