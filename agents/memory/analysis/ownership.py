"""Which objects only this frame holds: made here, held by one local, and never handed to anyone who keeps them."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from agents.memory.analysis import knowledge
from agents.memory.analysis.effects import Place
from agents.memory.analysis.kinds import SCALARS
from agents.memory.analysis.modules import (
    FUNCTIONS,
    INTROSPECTION,
    LOOPS,
    enclosing,
    nodes_of,
    outermost_loop,
)
from agents.memory.analysis.resolution import Builtin, Class, Function, Library, resolve

if TYPE_CHECKING:
    from agents.memory.analysis.purity import Analyst

_NOT_KEEPING = (knowledge.PURE_BUILTINS | {"print"}) - {"filter", "map", "memoryview", "reversed", "zip", "enumerate"}
_STORING = {"append": 0, "appendleft": 0, "add": 0, "setdefault": 1, "insert": 1}
"""Container methods that keep one argument, and which."""
_SHRINKING = frozenset({"clear", "discard", "remove", "reverse", "sort", "count", "index", "keys"})
_INTROSPECTED: WeakKeyDictionary[ast.AST, bool] = WeakKeyDictionary()


def owned(analyst: "Analyst", place: Place, until: ast.stmt | None = None) -> bool:
    """Whether nobody but this frame can see the state at `place` before the statement `until` has ended.

    Shown by name: every binding of the local makes a new object, and no use before the end of `until` (anywhere,
    without `until`) hands it on. For what the object holds, what is put into it must be new as well.
    """
    name, scope = place.root, analyst.scope
    if not name or place.depth > 1 or not isinstance(scope, (*FUNCTIONS, ast.Module)):
        return False
    bindings = analyst.module.bindings(scope).get(name, [])
    values = [_bound_value(analyst, node) for node in bindings]
    if not values or not all(value is not None and fresh(analyst, value) for value in values):
        return False
    if introspected(scope) or _captured(analyst, name):
        return False
    uses = [use for use in _uses(analyst, name) if until is None or _before_end(analyst, use, until)]
    if any(_handed_on(analyst, use) for use in uses):
        return False
    if place.depth == 0:
        return True
    return all(_new_contents(analyst, value) for value in values if value) and all(
        _contents_stay(analyst, use) for use in uses
    )


def introspected(scope: ast.AST) -> bool:
    """Whether the frame's locals may be reached by other ways than by name: locals(), exec, frames."""
    if scope not in _INTROSPECTED:
        _INTROSPECTED[scope] = any(
            (isinstance(n, ast.Name) and n.id in INTROSPECTION)
            or (isinstance(n, ast.Attribute) and n.attr in INTROSPECTION)
            for n in ast.walk(scope)
        )
    return _INTROSPECTED[scope]


def fresh(analyst: "Analyst", expr: ast.expr) -> bool:
    """Whether the value of `expr` is an object nobody else holds, or one that cannot change."""
    match expr:
        case ast.Constant() | ast.JoinedStr() | ast.List() | ast.Dict() | ast.Set() | ast.Compare():
            return True
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.BinOp() | ast.UnaryOp():
            return True
        case ast.Tuple(elts=elts):
            return all(fresh(analyst, e) for e in elts)
        case ast.IfExp(body=body, orelse=orelse):
            return fresh(analyst, body) and fresh(analyst, orelse)
        case ast.Call(func=func):
            match resolve(analyst.project, analyst.module, func):
                case Builtin(name=name) if name in knowledge.FRESH_BUILTINS | {"tuple", "frozenset"}:
                    return True
                case Library(name=name) if name in knowledge.FRESH_LIBRARY:
                    return True
                case Class():
                    return not analyst.of(expr).writes
                case Function() as function:
                    from agents.memory.analysis.callees import returns_fresh_list

                    return returns_fresh_list(analyst.project, function)
            kind = analyst.kinds.of(expr)
            return kind is not None and kind.name == "list"
    return analyst.scalar(expr)


def _bound_value(analyst: "Analyst", node: ast.AST) -> ast.expr | None:
    """What one binding binds the name to; the statement's value for an augmented assignment."""
    parent = analyst.module.parents.get(node)
    match parent:
        case ast.Assign(targets=targets, value=value) if node in targets:
            # A second target holds the object as well.
            return value if len(targets) == 1 or isinstance(value, ast.Constant) else None
        case ast.AnnAssign(value=value):
            return value
        case ast.NamedExpr(value=value):
            return value
        case ast.AugAssign(target=ast.Name()):
            # The operator's result: new, or the object itself, changed.
            return ast.Constant(None)
        case ast.Delete():
            return ast.Constant(None)
    return None


def _captured(analyst: "Analyst", name: str) -> bool:
    """Whether a nested function, lambda or class uses the frame's `name`."""
    own = set(nodes_of(*getattr(analyst.scope, "body", [])))
    return any(
        isinstance(n, ast.Name) and n.id == name and n not in own and analyst.module.owner(n, name) is analyst.scope
        for n in ast.walk(analyst.scope)
    )


def _uses(analyst: "Analyst", name: str) -> Iterator[ast.Name]:
    for node in nodes_of(*getattr(analyst.scope, "body", [])):
        read = isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        if isinstance(node, ast.Name) and read and analyst.module.owner(node, name) is analyst.scope:
            yield node


def _before_end(analyst: "Analyst", use: ast.Name, until: ast.stmt) -> bool:
    """Whether `use` may run before `until` has ended: it stands before, or a loop comes back to `until`."""
    if use.lineno <= (until.end_lineno or until.lineno):
        return True
    loop = outermost_loop(analyst.module, until, analyst.scope)
    if loop is None or use not in ast.walk(loop):
        return False
    bindings = analyst.module.bindings(analyst.scope)[use.id]
    inner = next(a for a in enclosing(analyst.module, until, analyst.scope) if isinstance(a, LOOPS))
    inside = set(ast.walk(inner))
    return not all(node in inside for node in bindings)


def _handed_on(analyst: "Analyst", use: ast.Name) -> bool:
    """Whether this use lets someone else keep the object."""
    node: ast.AST = use
    parent = analyst.module.parents[node]
    while isinstance(parent, ast.Tuple | ast.List | ast.Dict | ast.keyword):
        node, parent = parent, analyst.module.parents[parent]
    if node is not use:
        return not isinstance(parent, ast.Return)
    match parent:
        case ast.Attribute(attr=attr):
            above = analyst.module.parents[parent]
            if isinstance(above, ast.Call) and above.func is parent:
                known = knowledge.CONTAINER_READERS | knowledge.CONTAINER_WRITERS
                return attr not in known and analyst.kinds.of(use) is None
            return False
        case ast.Subscript():
            return parent.value is not use
        case ast.comprehension():
            return parent.iter is not use or _stepped_later(analyst, parent)
        case ast.For() | ast.AsyncFor():
            return parent.iter is not use
        case ast.Call():
            meaning = resolve(analyst.project, analyst.module, parent.func)
            if isinstance(meaning, Builtin):
                return meaning.name not in _NOT_KEEPING and not _stepped_at_once(analyst, parent)
            return not (isinstance(meaning, Library) and meaning.name in _LIBRARY_NOT_KEEPING)
        case ast.Compare() | ast.BinOp() | ast.UnaryOp() | ast.FormattedValue() | ast.Return() | ast.Expr():
            return False
        case ast.If() | ast.While() | ast.IfExp():
            return parent.test is not use
        case ast.AugAssign():
            return False
    return True


def _stepped_later(analyst: "Analyst", clause: ast.comprehension) -> bool:
    """Whether a generator expression keeps the object until somebody steps it."""
    made = analyst.module.parents[clause]
    if not isinstance(made, ast.GeneratorExp) or made.generators[0] is not clause:
        return False
    taker = analyst.module.parents[made]
    if isinstance(taker, ast.For | ast.comprehension):
        return taker.iter is not made
    if not isinstance(taker, ast.Call):
        return True
    meaning = resolve(analyst.project, analyst.module, taker.func)
    if isinstance(meaning, Builtin):
        return meaning.name not in knowledge.EXHAUSTING_BUILTINS | knowledge.STOPPING_BUILTINS
    return not (isinstance(taker.func, ast.Attribute) and taker.func.attr in {"join", "extend", "update", "writelines"})


def _stepped_at_once(analyst: "Analyst", call: ast.Call) -> bool:
    parent = analyst.module.parents[call]
    return isinstance(parent, ast.For | ast.comprehension) and parent.iter is call


_LIBRARY_NOT_KEEPING = frozenset(
    {"json.dumps", "math.fsum", "heapq.heappush", "heapq.heappop", "heapq.heapify", "heapq.nlargest", "heapq.nsmallest"}
)


def _new_contents(analyst: "Analyst", value: ast.expr) -> bool:
    """Whether what a new container holds from the start is new as well."""
    match value:
        case ast.Constant():
            return True
        case ast.List(elts=elts) | ast.Set(elts=elts):
            return all(fresh(analyst, e) for e in elts)
        case ast.Dict(keys=keys, values=values):
            return all(keys) and all(fresh(analyst, v) for v in values)
        case ast.ListComp(elt=elt) | ast.SetComp(elt=elt):
            return fresh(analyst, elt)
        case ast.DictComp(value=inner):
            return fresh(analyst, inner)
        case ast.Call(func=func, args=args):
            match resolve(analyst.project, analyst.module, func):
                case Library(name="collections.defaultdict"):
                    made = resolve(analyst.project, analyst.module, args[0]) if len(args) == 1 else None
                    return isinstance(made, Builtin) and made.name in {"list", "dict", "set", "int", "float", "str"}
                case Library(name="json.loads" | "copy.deepcopy"):
                    return True
                case Builtin() | Library():
                    return not args
    kind = analyst.kinds.of(value)
    return kind is not None and kind.element is not None and kind.element.name in SCALARS


def _contents_stay(analyst: "Analyst", use: ast.Name) -> bool:
    """Whether this use neither puts a foreign object into the container nor hands one of its own on."""
    parent = analyst.module.parents[use]
    above = analyst.module.parents[parent]
    match parent:
        case ast.Subscript(ctx=ast.Load()):
            return not isinstance(above, ast.Assign | ast.Return | ast.NamedExpr) and not _argument(analyst, parent)
        case ast.Subscript():
            if isinstance(above, ast.Assign):
                return above.targets == [parent] and fresh(analyst, above.value)
            return isinstance(above, ast.AugAssign | ast.Delete)
        case ast.Attribute(attr=attr) if isinstance(above, ast.Call) and above.func is parent:
            if attr in _STORING:
                index = _STORING[attr]
                return len(above.args) > index and fresh(analyst, above.args[index])
            return attr in _SHRINKING
        case ast.Call(func=ast.Name(id="len" | "sum" | "bool" | "print")):
            return True
        case ast.Compare() | ast.Return() | ast.If() | ast.While() | ast.FormattedValue():
            return True
    return False


def _argument(analyst: "Analyst", node: ast.expr) -> bool:
    parent = analyst.module.parents[node]
    if not isinstance(parent, ast.Call) or parent.func is node:
        return isinstance(parent, ast.Tuple | ast.List | ast.Dict | ast.keyword)
    meaning = resolve(analyst.project, analyst.module, parent.func)
    return not (isinstance(meaning, Builtin) and meaning.name in _NOT_KEEPING)
