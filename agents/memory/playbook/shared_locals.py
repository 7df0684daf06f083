"""Equal values in a local list or dict share one object: where the elements are made, the proof and the edit."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from agents.memory.analysis.modules import Module, find_function, module_of, own_nodes, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Function, resolve
from agents.memory.playbook.identity import compared
from agents.memory.playbook.local_memos import LIMIT, builtin_names, made_by, memo_edit
from agents.memory.playbook.rule import Candidate, Focus, Rule, Shown
from agents.memory.playbook.source_edits import source
from runtime.measure.models import Holding, Repeats

_DISTINCT = 0.3
"""Share of different values above which a memo does not pay (catalogue)."""
_CALLS_FOLLOWED = 3
"""Functions that only return what they have collected, followed from the local that holds it."""
_COLLECTING = frozenset({"list", "tuple", "sorted"})


@dataclass(frozen=True)
class LocalSharing:
    """What is shared. `kind`: the type's name; `words`: for titles; `helper`: the function that makes the memo."""

    kind: str
    words: str
    described: str
    helper: str
    builtins: tuple[str, ...]


@dataclass(frozen=True)
class _Made:
    """Where a container's elements come from: a statement of a function, and the expressions of the elements."""

    analyst: Analyst
    anchor: ast.stmt
    elements: tuple[ast.expr, ...]


def find(rule: Rule, project: Project, focus: Focus, sharing: LocalSharing) -> Iterator[Candidate]:
    """A candidate for the local of the focus, where it holds many equal values that expressions seen make."""
    held = focus.holding
    if held is None or held.kind not in ("local", "global") or held.place is None:
        return
    repeats = [one for one in held.repeats if one.type == sharing.kind and one.distinct <= _DISTINCT]
    module = module_of(project, focus.file)
    scope = find_function(module, focus.function, focus.lines) if module is not None else None
    if not repeats or module is None or scope is None:
        return
    made = _made(Analyst(project, module, scope), held.name, _CALLS_FOLLOWED)
    if made is None or made.analyst.module.path not in project.editable:
        return
    values = {value: one for one in repeats for value in _values(made, one, sharing)}
    where = made.analyst.module
    if not values or compared(where) or compared(module) or not builtin_names(made.analyst, sharing.builtins):
        return
    changes = {value: _call(where, value) for value in values}
    edit = memo_edit(made.analyst, made.anchor, f"share_{sharing.kind}", changes, sharing.helper)
    if edit is None:
        return
    shared = {one.at: one for one in values.values()}
    first = min(values, key=lambda value: (value.lineno, value.col_offset))
    evidence = {
        "repeated": "; ".join(_seen(held, one) for one in shared.values()),
        "plain writes": "made by " + ", ".join(sorted({f"`{text(v)}` at line {v.lineno}" for v in values})),
        "exact types": f"shared: {sharing.described}",
        "no identity": f"no `is` between two values and no id() in {module.path}",
        "free names": "the names of the memo and of what makes it are new",
    }
    yield Candidate(
        key=f"{rule.id}:{focus.file}:{focus.function}:{held.name}",
        rule=rule.id,
        title=f"one object for equal {sharing.words} in `{held.name}` of {focus.function}",
        category=rule.category,
        strategy=rule.strategy,
        mechanism=f"equal {sharing.words} share one object; at most {LIMIT} are remembered, for as long as the function"
        " runs",
        level=rule.level,
        file=where.path,
        line=first.lineno,
        function=focus.function,
        frees=sum(one.repeated for one in shared.values()),
        shown=[Shown(check=check, evidence=evidence[check]) for check in rule.preconditions],
        users=[f"{where.path}:{first.lineno} {held.name}"],
        assumes=[
            f"`{held.name}` repeats its values in other runs too",
            f"nobody tells equal {sharing.words} of `{held.name}` apart, by identity or by the bytes of a pickle",
        ],
        edits=[edit],
        read={path: project.sources[path].blob for path in sorted({focus.file, where.path})},
    )


def _seen(held: Holding, one: Repeats) -> str:
    at = {"": "the elements", "keys": "the keys"}.get(one.at, f"element{one.at}")
    return f"{at} of `{held.name}`: {one.distinct:.1%} of the values differ, {one.repeated} bytes repeat"


def _made(analyst: Analyst, name: str, depth: int) -> _Made | None:
    """Where the elements of a name come from that is bound once."""
    module, scope = analyst.module, analyst.scope
    nodes = module.bindings(scope).get(name, [])
    statement = module.parents.get(nodes[0]) if len(nodes) == 1 else None
    match statement:
        case (
            ast.Assign(targets=[ast.Name()], value=value) | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
        ):
            assert isinstance(statement, ast.stmt)
            return _listed(analyst, name, statement, value, depth)
    return None


def _listed(analyst: Analyst, name: str, anchor: ast.stmt, value: ast.expr, depth: int) -> _Made | None:
    meaning = resolve(analyst.project, analyst.module, value.func) if isinstance(value, ast.Call) else None
    match value:
        case ast.ListComp(elt=elt) | ast.DictComp(value=elt):
            return _Made(analyst, anchor, (elt,))
        case ast.Call(args=[ast.GeneratorExp(elt=elt), *_]):
            collected = isinstance(meaning, Builtin) and meaning.name in _COLLECTING
            return _Made(analyst, anchor, (elt,)) if collected else None
        case ast.List(elts=[]) | ast.Dict(keys=[]):
            return _Made(analyst, anchor, tuple(_added(analyst.module, analyst.scope, name))) if name else None
        case ast.Call(args=[], keywords=[]) if isinstance(meaning, Builtin) and meaning.name in ("list", "dict"):
            return _Made(analyst, anchor, tuple(_added(analyst.module, analyst.scope, name))) if name else None
        case ast.Call() if isinstance(meaning, Function) and depth:
            return _returned(analyst.project, meaning, depth - 1)
    return None


def _returned(project: Project, function: Function, depth: int) -> _Made | None:
    """Where the elements come from of what the function's only `return` gives."""
    node = function.node
    own = list(own_nodes(node))
    returns = [found for found in own if isinstance(found, ast.Return)]
    if node.decorator_list or isinstance(node, ast.AsyncFunctionDef) or len(returns) != 1:
        return None
    value = returns[0].value
    if value is None or any(isinstance(found, ast.Yield | ast.YieldFrom) for found in own):
        return None
    analyst = Analyst(project, function.module, node)
    if isinstance(value, ast.Name):
        return _made(analyst, value.id, depth) if function.module.owner(value, value.id) is node else None
    return _listed(analyst, "", returns[0], value, depth)


def _added(module: Module, scope: ast.AST, name: str) -> Iterator[ast.expr]:
    """What the scope's own code appends to the list, or stores in the dict."""
    for node in own_nodes(scope):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=found), attr="append"), args=[value], keywords=[]):
                if found == name and isinstance(module.parents[node], ast.Expr) and not isinstance(value, ast.Starred):
                    yield value
            case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=found), slice=index)], value=value):
                if found == name and not isinstance(index, ast.Slice):
                    yield value


def _values(made: _Made, one: Repeats, sharing: LocalSharing) -> Iterator[ast.expr]:
    """The expressions that make what is repeated: none where the elements are made in a way that does not show them."""
    for element in made.elements:
        value = element if one.at == "" else _part(_display(made.analyst, element), one.at)
        if value is None or isinstance(value, ast.Constant | ast.Starred | ast.GeneratorExp):
            continue
        if not (isinstance(value, ast.Call) and made_by(made.analyst, value.func, sharing.helper)):
            yield value


def _display(analyst: Analyst, element: ast.expr) -> ast.expr:
    """The element, or what the one assignment of its name gives."""
    if not isinstance(element, ast.Name) or analyst.module.owner(element, element.id) is not analyst.scope:
        return element
    nodes = analyst.module.bindings(analyst.scope).get(element.id, [])
    match analyst.module.parents.get(nodes[0]) if len(nodes) == 1 else None:
        case ast.Assign(targets=[ast.Name()], value=value):
            return value
    return element


def _part(element: ast.expr, at: str) -> ast.expr | None:
    match element:
        case ast.Tuple(elts=elts) | ast.List(elts=elts) if not any(isinstance(e, ast.Starred) for e in elts):
            return next((e for number, e in enumerate(elts) if at == f"[{number}]"), None)
        case ast.Dict(keys=keys, values=values) if None not in keys:
            named = [
                v for k, v in zip(keys, values, strict=True) if isinstance(k, ast.Constant) and at == f"[{k.value!r}]"
            ]
            return named[-1] if named else None
    return None


def _call(module: Module, value: ast.expr) -> str:
    """The value as the one argument of the memo."""
    written = source(module, value)
    call = ast.parse(f"f(\n{written}\n)", mode="eval").body if not isinstance(value, ast.Yield | ast.Await) else None
    alone = isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords
    escaped = written.replace("{", "{{").replace("}", "}}")
    return f"{{memo}}({escaped})" if alone and not isinstance(value, ast.NamedExpr) else f"{{memo}}(({escaped}))"
