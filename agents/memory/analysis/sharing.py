"""Who else reads on from what code iterates over: an iterator shared by two readers gives each element to one."""

import ast
from collections.abc import Iterable, Iterator

from agents.memory.analysis import knowledge
from agents.memory.analysis.kinds import SCALARS
from agents.memory.analysis.modules import COMPREHENSIONS, LOOPS, comprehension_targets, enclosing, text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import harmless
from agents.memory.analysis.resolution import Builtin, Class, Function, Library, resolve

_AGAIN = SCALARS | {"list", "tuple", "dict", "set", "range", "view"}
"""Kinds that give all their elements to every reader."""
_COLLECTIONS = frozenset(
    {"list", "dict", "tuple", "set", "frozenset", "str", "bytes", "List", "Dict", "Tuple", "Set", "FrozenSet"}
)
_FRESH_RESULTS = knowledge.TELLING_METHODS | knowledge.TEXT_METHODS | knowledge.CONTAINER_READERS
_ITERATING = knowledge.EXHAUSTING_BUILTINS | knowledge.STOPPING_BUILTINS | knowledge.LAZY_BUILTINS
_CLOSING = frozenset({"close", "detach", "release"})


def again(analyst: Analyst, expr: ast.expr) -> bool:
    """Whether the value is known to be a collection: iterating over it leaves it as it was."""
    kind = analyst.kinds.of(expr)
    if kind is not None:
        return kind.name in _AGAIN
    if isinstance(expr, ast.Subscript) and isinstance(expr.slice, ast.Slice):
        return True
    return isinstance(expr, ast.Name) and _annotated(analyst, expr)


def _annotated(analyst: Analyst, name: ast.Name) -> bool:
    scope = analyst.module.owner(name, name.id)
    nodes = analyst.module.bindings(scope).get(name.id, []) if scope is not None else []
    if len(nodes) != 1 or not isinstance(nodes[0], ast.arg):
        return False
    noted = nodes[0].annotation
    if isinstance(noted, ast.Subscript):
        noted = noted.value
    last = noted.attr if isinstance(noted, ast.Attribute) else noted.id if isinstance(noted, ast.Name) else ""
    return last in _COLLECTIONS


def leaves(analyst: Analyst, expr: ast.expr) -> Iterator[ast.expr]:
    """The names, attributes and elements that iterating over the value of `expr` may read on from."""
    match expr:
        case ast.Name() | ast.Attribute():
            yield expr
        case ast.Subscript(value=value, slice=index):
            yield from leaves(analyst, value) if isinstance(index, ast.Slice) else [expr]
        case ast.IfExp(body=body, orelse=orelse):
            yield from leaves(analyst, body)
            yield from leaves(analyst, orelse)
        case ast.BoolOp(values=parts) | ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            for part in parts if isinstance(expr, ast.BoolOp) else ():
                yield from leaves(analyst, part)
        case ast.NamedExpr(value=value) | ast.Starred(value=value) | ast.Await(value=value):
            yield from leaves(analyst, value)
        case ast.GeneratorExp() | ast.ListComp() | ast.SetComp() | ast.DictComp():
            yield from read_by(analyst, expr)
        case ast.Call(func=func, args=args):
            kind = analyst.kinds.of(expr)
            if kind is not None and kind.name in _AGAIN - {"view"}:
                return
            if isinstance(func, ast.Attribute) and not isinstance(
                resolve(analyst.project, analyst.module, func), Builtin | Library | Function | Class
            ):
                if func.attr in {"items", "keys", "values"} or func.attr not in _FRESH_RESULTS:
                    yield from leaves(analyst, func.value)
                if func.attr in _FRESH_RESULTS:
                    return
            for arg in [*args, *(keyword.value for keyword in expr.keywords)]:
                yield from leaves(analyst, arg)


def read_by(analyst: Analyst, node: ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp) -> Iterator[ast.expr]:
    """What making the elements may read on from, or may add to by a look-up (defaultdict)."""
    targets = comprehension_targets(node)
    first = node.generators[0].iter
    found = list(leaves(analyst, first))
    of_first = set(ast.walk(first))
    for inner in ast.walk(node):
        if inner in of_first:
            continue
        match inner:
            case ast.comprehension(iter=iterable):
                found += leaves(analyst, iterable)
            case ast.Call(func=func, args=args):
                meaning = resolve(analyst.project, analyst.module, func)
                if isinstance(meaning, Function | Library) or (
                    isinstance(meaning, Builtin) and meaning.name in _ITERATING
                ):
                    found += [leaf for arg in args for leaf in leaves(analyst, arg)]
            case ast.Compare(ops=ops, comparators=others):
                for op, other in zip(ops, others, strict=True):
                    found += leaves(analyst, other) if isinstance(op, ast.In | ast.NotIn) else []
            case ast.Starred(value=value):
                found += leaves(analyst, value)
            case ast.Subscript(value=value, ctx=ast.Load()):
                found.append(value)
    for leaf in found:
        if not any(isinstance(n, ast.Name) and n.id in targets for n in ast.walk(leaf)):
            yield leaf


def shared(
    analyst: Analyst,
    sources: Iterable[ast.expr],
    own: ast.expr,
    reader: ast.stmt | ast.expr,
    *,
    to_end: bool,
    binds: str = "",
) -> str:
    """Why something beside `own` may read on from one of `sources` while, or after, `own` is iterated over; or "".

    Args:
        own: the comprehension or copy; mentions inside it are its own.
        reader: the statement in which it is consumed.
        to_end: whether readers after that statement count: when it may stop early, they find what is left.
        binds: a name that the statement of `own` binds anew: later mentions mean something else.
    """
    names = {text(leaf) for leaf in sources if not again(analyst, leaf)} - {"", "self", "cls"}
    if not names:
        return ""
    for name in sorted(_aliases(analyst, names)):
        if name == binds:
            continue
        if to_end and name in names and _repeated(analyst, own, name):
            return f"`{name}` may be an iterator, which the next round reads on from"
        for node in ast.walk(analyst.scope):
            if (
                isinstance(node, ast.expr)
                and _mention(analyst, node, name)
                and _later(analyst, node, own, reader, to_end)
            ):
                return f"`{name}` may be an iterator that line {node.lineno} reads on from"
    return ""


def _repeated(analyst: Analyst, own: ast.expr, name: str) -> bool:
    """Whether a loop around `own` comes back to it without binding the first name in `name` anew."""
    root = next((n.id for n in ast.walk(ast.parse(name)) if isinstance(n, ast.Name)), "")
    for around in enclosing(analyst.module, own, analyst.scope):
        if isinstance(around, (*LOOPS, *COMPREHENSIONS)):
            stored = (n for n in ast.walk(around) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
            header = around.iter if isinstance(around, ast.For | ast.AsyncFor) else None
            if header is not None and own in ast.walk(header):
                continue
            return not any(n.id == root for n in stored)
    return False


def _mention(analyst: Analyst, node: ast.expr, name: str) -> bool:
    if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript) or not isinstance(node.ctx, ast.Load):
        return False
    if text(node) != name:
        return False
    parent = analyst.module.parents[node]
    return not (isinstance(parent, ast.Attribute) and parent.attr in _CLOSING)


def _later(analyst: Analyst, node: ast.expr, own: ast.expr, reader: ast.stmt | ast.expr, to_end: bool) -> bool:
    module = analyst.module
    if own in {node, *module.ancestors(node)}:
        return False
    inside = reader in module.ancestors(node)
    start, at = (own.lineno, own.col_offset), (node.lineno, node.col_offset)
    if inside or (start <= at and at < (reader.lineno, reader.col_offset)):
        return True
    if not to_end:
        return False
    if at > start:
        return True
    # Further up in a loop around: it runs again, unless the loop binds the name anew.
    root = next((n.id for n in ast.walk(node) if isinstance(n, ast.Name)), "")
    for loop in enclosing(module, own, analyst.scope):
        if isinstance(loop, LOOPS) and loop in module.ancestors(node):
            bound = (n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == root)
            return not any(isinstance(n.ctx, ast.Store) for n in bound)
    return False


def _aliases(analyst: Analyst, names: set[str]) -> set[str]:
    """`names` and the locals bound to the same iterators, or to iterators over them."""
    pairs: list[tuple[str, set[str]]] = []
    for node in ast.walk(analyst.scope):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.NamedExpr(target=ast.Name(id=name), value=value)
            ):
                if _passes_on(analyst, value) and not again(analyst, value):
                    pairs.append((name, {text(leaf) for leaf in leaves(analyst, value)}))
            case ast.withitem(context_expr=value, optional_vars=ast.Name(id=name)):
                pairs.append((name, {text(leaf) for leaf in leaves(analyst, value)}))
    found = set(names)
    while True:
        new = {a for name, others in pairs if found & ({name} | others) for a in {name} | others} - found
        if not new:
            return found - {"self", "cls"}
        found |= new


def _passes_on(analyst: Analyst, value: ast.expr) -> bool:
    """Whether the value may be, or step, an iterator that stands in the expression."""
    if isinstance(value, ast.Name | ast.Attribute | ast.GeneratorExp | ast.IfExp | ast.BoolOp):
        return True
    if not isinstance(value, ast.Call):
        return False
    meaning = resolve(analyst.project, analyst.module, value.func)
    if isinstance(meaning, Builtin):
        return meaning.name in knowledge.LAZY_BUILTINS
    if isinstance(meaning, Function):
        return any(isinstance(n, ast.Yield | ast.YieldFrom) for n in ast.walk(meaning.node))
    return isinstance(meaning, Library) and meaning.name.startswith(("itertools.", "csv.", "io."))


def frozen_while_yielding(analyst: Analyst, node: ast.AST) -> str:
    """Why a `with` around `node` whose body yields forbids putting reads off, if one does: it may be a lock."""
    for around in enclosing(analyst.module, node, analyst.scope):
        if isinstance(around, ast.With | ast.AsyncWith):
            yields = any(isinstance(n, ast.Yield | ast.YieldFrom) for s in around.body for n in ast.walk(s))
            if yields and (isinstance(around, ast.AsyncWith) or not _only_files(analyst, around)):
                return f"the with at line {around.lineno} guards what is read between the elements"
    return ""


def _only_files(analyst: Analyst, around: ast.With) -> bool:
    return all(harmless(analyst, item.context_expr) for item in around.items)
