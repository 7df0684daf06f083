"""Uses of numpy arrays by name: whether anybody else may come to hold one, and whether it is dead."""

import ast

from agents.memory.analysis.arrays import COPYING, MEASURES, PAIRING, REDUCING, ROUNDING, Arrays
from agents.memory.analysis.external import known_scalar
from agents.memory.analysis.lifetime import local, plainly_bound, uncaptured, unobserved
from agents.memory.analysis.modules import enclosing, outermost_loop
from agents.memory.analysis.resolution import Builtin, resolve

_OPTIONS = frozenset({"axis", "keepdims", "ddof"})
_PLAIN = frozenset({"len", "float", "int", "bool", "print", "str", "repr"})
_REDUCED = REDUCING - {"nansum", "nanmean", "dot", "bincount", "unique", "histogram", "median", "isnan", "isfinite"}
"""Methods of an array among the functions."""
LOADS = tuple[ast.Name, ...]


def loads(arrays: Arrays, name: str) -> LOADS:
    """All reads of the function's name, in nested scopes too."""
    module = arrays.analyst.module
    return tuple(
        node
        for node in ast.walk(arrays.function)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        if module.owner(node, name) is arrays.function
    )


def only_read(arrays: Arrays, use: ast.expr) -> bool:
    """Whether the array `use` is read where it stands, neither changed nor kept, nor anything that shares its data."""
    module = arrays.analyst.module
    parent = module.parents[use]
    match parent:
        case ast.BinOp(left=left, right=right):
            other = right if left is use else left
            return _known(arrays, other)
        case ast.UnaryOp():
            return True
        case ast.Compare(left=left, comparators=[right]):
            return not isinstance(parent.ops[0], ast.Is | ast.IsNot) and _known(arrays, right if left is use else left)
        case ast.AugAssign(target=ast.Name(), value=value) if value is use:
            return True
        case ast.Attribute(attr=attr):
            return _attribute(arrays, parent, attr)
        case ast.Subscript(value=value, slice=index) if value is use:
            return _subscript(arrays, parent, index)
        case ast.Call(func=func, args=args):
            return use in args and _passed(arrays, func, parent)
        case ast.keyword(arg="out"):
            return False
        case ast.Expr():
            return True
    return False


def _known(arrays: Arrays, other: ast.expr) -> bool:
    return known_scalar(arrays.analyst, other) or arrays.of(other) is not None


def _attribute(arrays: Arrays, node: ast.Attribute, attr: str) -> bool:
    parent = arrays.analyst.module.parents[node]
    if attr in MEASURES:
        return isinstance(node.ctx, ast.Load)
    if not isinstance(parent, ast.Call) or parent.func is not node:
        return False
    if attr in _REDUCED:
        return all(_inert(arrays, a) for a in parent.args) and all(
            k.arg in _OPTIONS and _inert(arrays, k.value) for k in parent.keywords
        )
    if attr in COPYING:
        return all(isinstance(a, ast.Constant) for a in parent.args) and not parent.keywords
    if attr == "astype":
        return len(parent.args) == 1 and not parent.keywords
    if attr in ("reshape", "ravel"):
        return arrays.of(parent) is not None and only_read(arrays, parent)
    return False


def _inert(arrays: Arrays, node: ast.expr) -> bool:
    return isinstance(node, ast.Constant | ast.UnaryOp | ast.Tuple)


def _subscript(arrays: Arrays, node: ast.Subscript, index: ast.expr) -> bool:
    whole = arrays.of(node.value)
    if isinstance(node.ctx, ast.Store):
        return True  # It is changed in place, and nobody comes to hold it.
    if whole is None:
        return False
    if whole.dims == 1 and arrays.integer(index):
        return True
    found = arrays.of(index)
    if found is not None and found.dtype == "bool":
        return True
    return arrays.of(node) is not None and only_read(arrays, node)


def _passed(arrays: Arrays, func: ast.expr, call: ast.Call) -> bool:
    name = arrays.numpy(func)
    if name in ROUNDING | PAIRING:
        return not call.keywords and all(_known(arrays, arg) for arg in call.args)
    if name in REDUCING:
        plain = all(k.arg in _OPTIONS and _inert(arrays, k.value) for k in call.keywords)
        return plain and all(_known(arrays, a) or _inert(arrays, a) for a in call.args)
    if name == "sort":
        return len(call.args) == 1 and not call.keywords
    meaning = resolve(arrays.analyst.project, arrays.analyst.module, func)
    return isinstance(meaning, Builtin) and meaning.name in _PLAIN and len(call.args) == 1 and not call.keywords


def private(arrays: Arrays, name: str, until: ast.stmt, but: ast.Name | None = None) -> str | None:
    """Evidence that while `until` runs nothing but the function's name holds the array or shares its data.

    What the function does with it after `until` does not matter, unless a loop leads back. The read `but` is the one
    that is known.
    """
    module, function = arrays.analyst.module, arrays.function
    found = local(module, function, name)
    if found is None or plainly_bound(found) is None or uncaptured(found) is None:
        return None
    if unobserved(arrays.analyst.project, found) is None:
        return None
    loop = outermost_loop(module, until, function)
    reads = loads(arrays, name)
    for use in reads:
        if use is but:
            continue
        statement = module.statement(use)
        later = statement is not until and use.lineno > (until.end_lineno or until.lineno)
        if later and not (loop is not None and loop in module.ancestors(use)):
            continue
        if isinstance(module.parents[use], ast.Return) and _ends(arrays, use):
            continue
        if not only_read(arrays, use):
            return None
    return f"`{name}` is made new in the function, and none of {len(reads)} reads lets anything else hold its data"


def _ends(arrays: Arrays, use: ast.expr) -> bool:
    """Whether a `return` of the value is the end: no `finally` runs after it."""
    around = enclosing(arrays.analyst.module, use, arrays.function)
    return not any(isinstance(a, ast.Try) for a in around)


def undisturbed(arrays: Arrays, statement: ast.stmt) -> bool:
    """Whether an exception in the statement ends the function: nobody then sees what became of its locals."""
    around = enclosing(arrays.analyst.module, statement, arrays.function)
    return not any(isinstance(a, ast.Try | ast.TryStar | ast.With | ast.AsyncWith) for a in around)


def dead_after(arrays: Arrays, name: str, statement: ast.stmt) -> bool:
    """Whether nothing reads the name after the statement before it is bound again."""
    module, function = arrays.analyst.module, arrays.function
    loop = outermost_loop(module, statement, function)
    bindings = [module.statement(node) for node in module.bindings(function).get(name, [])]
    reads = [module.statement(use) for use in loads(arrays, name)]
    reads += [binding for binding in bindings if isinstance(binding, ast.AugAssign)]  # It reads what it changes.
    if any(read is not statement and read.lineno >= statement.lineno for read in reads):
        return False
    if loop is None:
        return True
    if not bindings or any(module.parents[b] is not module.parents[statement] for b in bindings):
        return False
    first = min(b.lineno for b in bindings)
    return first < statement.lineno and all(read.lineno > first for read in reads)


def quiet(arrays: Arrays) -> bool:
    """Whether the function writes to no array, calls nothing unknown and never waits: its arrays stay as they are."""
    for node in ast.walk(arrays.function):
        match node:
            case ast.Subscript(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                return False
            case ast.Yield() | ast.YieldFrom() | ast.Await() | ast.AugAssign() | ast.Lambda() | ast.ClassDef():
                return False
            case ast.FunctionDef() | ast.AsyncFunctionDef() if node is not arrays.function:
                return False
            case ast.Call() if not _harmless(arrays, node):
                return False
    return True


def _harmless(arrays: Arrays, call: ast.Call) -> bool:
    name = arrays.numpy(call.func)
    if name:
        known = name in ROUNDING | PAIRING | REDUCING | {"sort", "array", "asarray"}
        return (arrays.of(call) is not None or known) and not any(k.arg == "out" for k in call.keywords)
    if isinstance(call.func, ast.Attribute):
        known = call.func.attr in _REDUCED | COPYING | {"astype", "reshape", "ravel"}
        return known and arrays.of(call.func.value) is not None
    meaning = resolve(arrays.analyst.project, arrays.analyst.module, call.func)
    return isinstance(meaning, Builtin) and meaning.name in _PLAIN | {"range", "round"}
