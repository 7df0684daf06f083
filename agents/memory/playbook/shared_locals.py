"""Equal values in a local list or dict share one object: where the elements are made, the proof and the edit."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from agents.memory.analysis.modules import Module, find_function, module_of, own_nodes, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Function, Library, resolve
from agents.memory.playbook.identity import compared
from agents.memory.playbook.local_memos import LIMIT, builtin_names, made_by, memo_edit
from agents.memory.playbook.rule import Candidate, Focus, Rule, Shown
from agents.memory.playbook.source_edits import source
from runtime.measure.holdings import Holding, Repeats

_DISTINCT = 0.3
"""Share of different values above which a memo does not pay (catalogue)."""
_CALLS_FOLLOWED = 3
"""Functions that only return what they have collected, followed from the local that holds it."""
_COLLECTING = frozenset({"list", "tuple", "sorted"})
_READERS = (Library("csv.reader"), Library("csv.DictReader"))
"""What makes a new list or dict of each row."""


@dataclass(frozen=True)
class LocalSharing:
    """What is shared.

    Args:
        kind: the type's name.
        words: for titles.
        helper: the function that makes the memo, which takes a value.
        builtins: names that it uses.
        parts_helper: one that makes a memo which takes a list or dict, given where in it the values are; "": none.
    """

    kind: str
    words: str
    described: str
    helper: str
    builtins: tuple[str, ...]
    parts_helper: str = ""


@dataclass(frozen=True)
class _Made:
    """Where a container's elements come from.

    Args:
        anchor: the statement that binds it.
        elements: the expressions of its elements.
        whole: what they are all taken from, where a call of list() does so.
    """

    analyst: Analyst
    anchor: ast.stmt
    elements: tuple[ast.expr, ...]
    whole: ast.expr | None = None


@dataclass(frozen=True)
class _Rewrite:
    """What is wrapped, the memo for it, and the repeats that it ends."""

    changes: dict[ast.expr, str]
    shared: tuple[Repeats, ...]
    helper: str
    wanted: str
    arguments: str = ""


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
    where = made.analyst.module
    rewrite = _of_values(made, repeats, sharing) or _of_parts(made, held, repeats, sharing)
    if rewrite is None or compared(where) or compared(module) or not builtin_names(made.analyst, sharing.builtins):
        return
    edit = memo_edit(
        made.analyst, made.anchor, rewrite.wanted, rewrite.changes, rewrite.helper, arguments=rewrite.arguments
    )
    if edit is None:
        return
    first = min(rewrite.changes, key=lambda value: (value.lineno, value.col_offset))
    evidence = {
        "repeated": "; ".join(_seen(held, one) for one in rewrite.shared),
        "plain writes": "made by " + ", ".join(sorted({f"`{text(v)}` at line {v.lineno}" for v in rewrite.changes})),
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
        frees=_frees(held, rewrite.shared),
        shown=[Shown(check=check, evidence=evidence[check]) for check in rule.preconditions],
        users=[f"{where.path}:{first.lineno} {held.name}"],
        assumes=[
            f"`{held.name}` repeats its values in other runs too",
            f"nobody tells equal {sharing.words} of `{held.name}` apart, by identity or by the bytes of a pickle",
        ],
        edits=[edit],
        read={path: project.sources[path].blob for path in sorted({focus.file, where.path})},
    )


def _frees(held: Holding, shared: tuple[Repeats, ...]) -> int:
    """Bytes that repeat; with a tuple go the repeated strings in it."""
    whole = any(one.at == "" and one.type == "tuple" for one in shared)
    inside = [one for one in held.repeats if whole and one.at.startswith("[")]
    return sum(one.repeated for one in (*shared, *inside))


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
        case ast.Call(args=[whole], keywords=[]) if meaning == Builtin("list") and not isinstance(whole, ast.Starred):
            return _Made(analyst, anchor, (), whole)
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


def _of_values(made: _Made, repeats: list[Repeats], sharing: LocalSharing) -> _Rewrite | None:
    """The values themselves wrapped, where their expressions are seen."""
    values = {value: one for one in repeats for value in _values(made, one, sharing)}
    shared = {one.at: one for one in values.values()}
    changes = {value: _call(made.analyst.module, value) for value in values}
    wanted = f"share_{sharing.kind}"
    return _Rewrite(changes, tuple(shared.values()), sharing.helper, wanted) if values else None


def _values(made: _Made, one: Repeats, sharing: LocalSharing) -> Iterator[ast.expr]:
    """The expressions that make what is repeated: none where elements are made in a way that does not show them."""
    for element in made.elements:
        value = element if one.at == "" else _part(_display(made.analyst, element), one.at)
        if value is None or isinstance(value, ast.Constant | ast.Starred | ast.GeneratorExp):
            continue
        if not (isinstance(value, ast.Call) and made_by(made.analyst, value.func, sharing.helper)):
            yield value


def _of_parts(made: _Made, held: Holding, repeats: list[Repeats], sharing: LocalSharing) -> _Rewrite | None:
    """The rows wrapped whole, where they are lists or dicts that something else makes."""
    analyst, module = made.analyst, made.analyst.module
    inside = tuple(one for one in repeats if one.at.startswith("["))
    known = held.element in ("list", "dict") and module.owner(made.anchor, held.element) is None
    if not inside or not sharing.parts_helper or not known or not builtin_names(analyst, ("list", "dict")):
        return None
    changes = {
        row: _call(module, row)
        for row in made.elements
        if not isinstance(row, ast.Constant | ast.Starred | ast.Tuple | ast.List | ast.Dict | ast.GeneratorExp)
        and not (isinstance(row, ast.Call) and made_by(analyst, row.func, sharing.parts_helper))
    }
    whole = made.whole
    called = resolve(analyst.project, module, whole.func) if isinstance(whole, ast.Call) else None
    free = module.owner(made.anchor, "map") is None and builtin_names(analyst, ("map",))
    if whole is not None and called in _READERS and free:
        changes[whole] = "map({memo}, " + _call(module, whole).removeprefix("{memo}(")
    places = ", ".join([held.element, *(one.at[1:-1] for one in inside)])
    return _Rewrite(changes, inside, sharing.parts_helper, "share_parts", places) if changes else None


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
