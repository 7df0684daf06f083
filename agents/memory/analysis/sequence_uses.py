"""Every use of a list or tuple: through locals, attributes and the parameters of the functions it is passed to."""

import ast

from agents.memory.analysis.classes import ClassFacts
from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.sequence_calls import Passed, iterated, passed
from agents.memory.analysis.sequence_holders import Carrier, SequenceUse, Spread, UseKind, mentions, said
from agents.memory.analysis.uses import uses

_MOST_CARRIERS = 40


def spread(project: Project, start: Carrier, facts: ClassFacts | None = None) -> Spread:
    """All uses of what `start` holds.

    Args:
        project: the whole tree: a use in a file that does not parse is unknown.
        start: the name or attribute it is bound to first.
        facts: the class whose attribute it is; attributes of objects that are surely none of it are passed over.
    """
    return _followed(Spread(project, carriers=[start]), facts)


def elements(project: Project, outer: Spread) -> Spread:
    """All uses of the elements of a list of lists, by what is done with the list: `outer` without an unknown."""
    found = Spread(project)
    for use in outer.uses:
        parent = use.module.parents[use.node]
        if use.kind == "index":
            assert isinstance(parent, ast.Subscript)
            if isinstance(parent.ctx, ast.Load):
                _classify(found, use.module, parent)
        elif use.kind == "iterate" and isinstance(parent, ast.For | ast.comprehension):
            _element(found, use.module, parent.target)
        elif use.kind == "iterate" and (target := enumerated(project, use.module, parent)) is not None:
            _element(found, use.module, target)
        elif use.kind not in ("length", "truth", "none", "store", "append"):
            found.unknown = said(use.module, parent)
    return _followed(found, None)


def enumerated(project: Project, module: Module, call: ast.AST) -> ast.expr | None:
    """What takes the elements, where the node is `enumerate(...)` that a loop unpacks into two targets."""
    loop = module.parents.get(call)
    if not isinstance(call, ast.Call) or resolve(project, module, call.func) != Builtin("enumerate"):
        return None
    if isinstance(loop, ast.For | ast.comprehension) and isinstance(loop.target, ast.Tuple):
        return loop.target.elts[1] if len(loop.target.elts) == 2 else None
    return None


def _followed(found: Spread, facts: ClassFacts | None) -> Spread:
    index = uses(found.project)
    if index.unparsed:
        found.unknown = index.unparsed[0]
    for carrier in found.carriers:
        for module, node in mentions(found, carrier, facts):
            if not found.unknown:
                _classify(found, module, node)
        if len(found.carriers) > _MOST_CARRIERS:
            found.unknown = f"more than {_MOST_CARRIERS} holders"
        if found.unknown:
            break
    return found


def _element(found: Spread, module: Module, target: ast.expr) -> None:
    if isinstance(target, ast.Name):
        _carry(found, module, module.owner(target, target.id), target.id)
    else:
        found.unknown = said(module, target)


def _classify(found: Spread, module: Module, node: ast.expr) -> None:
    """Adds what is done with the value of `node`: uses, further carriers, or that it is unknown."""
    parent = module.parents[node]

    def use(kind: UseKind, other: ast.expr | None = None) -> None:
        found.uses.append(SequenceUse(module, node, kind, other))

    match parent:
        case ast.Subscript(value=value) if value is node:
            _subscript(found, module, node, parent)
        case ast.For() | ast.comprehension() if parent.iter is node and not getattr(parent, "is_async", 0):
            use("iterate")
        case ast.Starred(ctx=ast.Load()) | ast.YieldFrom():
            use("iterate")
        case ast.Expr() | ast.Delete():
            use("none")
        case _ if only_tested(module, node):
            use("truth")
        case ast.IfExp() | ast.BoolOp():
            _classify(found, module, parent)
        case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot()], comparators=[right]) if _is_none(
            right if left is node else left
        ):
            use("none")
        case ast.Attribute(attr="append" | "extend"):
            call = module.parents[parent]
            discarded = isinstance(call, ast.Call) and isinstance(module.parents[call], ast.Expr)
            match call:
                case ast.Call(args=[given], keywords=[]) if discarded and not isinstance(given, ast.Starred):
                    use("append" if parent.attr == "append" else "extend", given)
                case _:
                    found.unknown = said(module, parent)
        case ast.Assign(value=value, targets=targets) if value is node:
            for target in targets:
                _bind(found, module, target, node)
        case ast.AnnAssign(value=value, target=target) if value is node:
            _bind(found, module, target, node)
        case ast.Call() if node in parent.args:
            _pass(found, module, parent, node, parent.args.index(node))
        case ast.keyword(arg=str(name)):
            call = module.parents[parent]
            assert isinstance(call, ast.Call | ast.ClassDef)
            if isinstance(call, ast.Call):
                _pass(found, module, call, node, name)
            else:
                found.unknown = said(module, node)
        case _:
            found.unknown = said(module, parent)


def _subscript(found: Spread, module: Module, node: ast.expr, parent: ast.Subscript) -> None:
    at, holder = parent.slice, module.parents[parent]
    given = holder.value if isinstance(holder, ast.Assign | ast.AugAssign) else None
    kind: UseKind | None = None
    match parent.ctx, at, holder:
        case ast.Load(), ast.Slice(), _:
            kind = "slice"
            _classify(found, module, parent)
        case ast.Load(), _, _:
            kind = "index"
        case ast.Store(), ast.Slice(), ast.Assign():
            kind = "slice-store"
        case ast.Store(), _, ast.Assign():
            kind = "store"
        case ast.Store(), _, ast.AugAssign() if not isinstance(at, ast.Slice):
            kind = "update"
    if kind is None:
        found.unknown = said(module, parent)
        return
    found.uses.append(SequenceUse(module, node, kind, at if given is None or kind in ("index", "slice") else given))
    if kind in ("store", "update"):
        found.uses.append(SequenceUse(module, node, "index", at))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def only_tested(module: Module, node: ast.expr) -> bool:
    """Whether only the truth of the expression counts where it stands."""
    parent = module.parents[node]
    match parent:
        case ast.If() | ast.While() | ast.Assert() | ast.IfExp():
            return parent.test is node
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.comprehension():
            return node in parent.ifs
        case ast.BoolOp():
            return only_tested(module, parent)
    return False


def _bind(found: Spread, module: Module, target: ast.expr, node: ast.expr) -> None:
    match target:
        case ast.Name(id=name):
            _carry(found, module, module.owner(target, name), name)
        case ast.Attribute(attr=name):
            if Carrier(name) not in found.carriers:
                found.carriers.append(Carrier(name))
        case ast.Tuple() | ast.List():
            found.uses.append(SequenceUse(module, node, "iterate"))
        case _:
            found.unknown = said(module, target)


def _carry(found: Spread, module: Module, scope: ast.AST | None, name: str) -> None:
    carrier = Carrier(name, module, scope)
    if scope is None or isinstance(scope, ast.ClassDef):
        found.unknown = f"{module.path} `{name}`"
    elif carrier not in found.carriers:
        found.carriers.append(carrier)


def _pass(found: Spread, module: Module, call: ast.Call, node: ast.expr, at: int | str) -> None:
    meaning = resolve(found.project, module, call.func)
    if isinstance(meaning, Builtin):
        kinds: dict[str, UseKind] = {"len": "length", "bool": "truth"}
        kind = kinds.get(meaning.name) or ("iterate" if iterated(meaning, call, at) else None)
        if kind is None:
            found.unknown = said(module, call)
        else:
            found.uses.append(SequenceUse(module, node, kind))
        return
    followed = passed(found.project, module, call, at)
    if not isinstance(followed, Passed):
        found.unknown = followed
        return
    found.assumes += [line for line in followed.assumes if line not in found.assumes]
    for target, function, name in followed.into:
        _carry(found, target, function, name)
