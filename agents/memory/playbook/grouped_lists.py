"""Lists by key: a local dict of lists that are appended to one by one, and what is done with each list."""

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from agents.memory.analysis.modules import COMPREHENSIONS, FunctionNode, enclosing
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.reads import every_read
from agents.memory.analysis.resolution import Builtin, Library, resolve

_REDUCERS = frozenset({"sum", "len", "min", "max"})
_KEYS = frozenset({"len", "sorted", "list", "tuple", "set"})
"""Builtins that take no more of a dict than its keys."""


@dataclass(frozen=True)
class Feed:
    """The statement `g.setdefault(key, []).append(value)` or `g[key].append(value)`."""

    statement: ast.Expr
    key: ast.expr
    value: ast.expr


@dataclass(frozen=True)
class Groups:
    """A dict of lists whose lists are only appended to and reduced.

    Args:
        name: the local.
        begin: the assignment it begins with.
        feeds: all that adds to it.
        reducer: the builtin that reads its lists.
        reduced: the calls of it.
    """

    name: str
    begin: ast.Assign
    feeds: tuple[Feed, ...]
    reducer: str
    reduced: tuple[ast.Call, ...]

    @property
    def statements(self) -> list[ast.AST]:
        """The code that makes and reads the groups."""
        return [self.begin, *(feed.statement for feed in self.feeds), *self.reduced]


def groups(analyst: Analyst, begin: ast.Assign, name: str) -> Groups | None:
    """The groups that a local of the analyst's function holds from `begin` on; None when it is anything else."""
    scope = analyst.scope
    filled = _begins(analyst, begin.value)
    reads = every_read(analyst.module, scope, name) if filled is not None and isinstance(scope, FunctionNode) else None
    if filled is None or reads is None:
        return None
    feeds: list[Feed] = []
    calls: list[tuple[str, ast.Call]] = []
    loops: list[ast.For] = []
    for read in reads:
        if analyst.module.frame(read) is not analyst.scope:
            return None
        feed = _feed(analyst, read, filled)
        if feed is not None:
            feeds.append(feed)
        elif not _keys_only(analyst, read):
            found = _reduced(analyst, read, filled, loops)
            if not found:
                return None
            calls += found
    reducers = {reducer for reducer, _ in calls}
    fed_inside = any(loop in enclosing(analyst.module, f.statement, analyst.scope) for f in feeds for loop in loops)
    if not feeds or len(reducers) != 1 or fed_inside:
        return None
    return Groups(name, begin, tuple(feeds), reducers.pop(), tuple(call for _, call in calls))


def _begins(analyst: Analyst, value: ast.expr) -> bool | None:
    """Whether the empty dict makes its lists by itself (`defaultdict(list)`); None when it is no empty dict."""
    match value:
        case ast.Dict(keys=[]):
            return False
        case ast.Call(func=func, args=[], keywords=[]):
            return False if resolve(analyst.project, analyst.module, func) == Builtin("dict") else None
        case ast.Call(func=func, args=[made], keywords=[]):
            called = resolve(analyst.project, analyst.module, func) == Library("collections.defaultdict")
            return True if called and resolve(analyst.project, analyst.module, made) == Builtin("list") else None
    return None


def _feed(analyst: Analyst, read: ast.Name, filled: bool) -> Feed | None:
    parents = analyst.module.parents
    match parents[read]:
        case ast.Subscript(value=value, slice=key) as listed if value is read and filled:
            return _appended(analyst, listed, key)
        case ast.Attribute(attr="setdefault") as method:
            match parents[method]:
                case ast.Call(func=func, args=[key, ast.List(elts=[])], keywords=[]) as made if func is method:
                    return _appended(analyst, made, key)
    return None


def _appended(analyst: Analyst, listed: ast.expr, key: ast.expr) -> Feed | None:
    parents = analyst.module.parents
    append = parents[listed]
    match parents[append]:
        case ast.Call(func=ast.Attribute(attr="append") as func, args=[added], keywords=[]) as call if func is append:
            statement = parents[call]
            if (
                isinstance(statement, ast.Expr)
                and not isinstance(added, ast.Starred)
                and not isinstance(key, ast.Slice | ast.Starred)
            ):
                return Feed(statement, key, added)
    return None


def _keys_only(analyst: Analyst, read: ast.Name) -> bool:
    match analyst.module.parents[read]:
        case ast.For(iter=iterable) | ast.comprehension(iter=iterable):
            return iterable is read
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[value]):
            return value is read
        case ast.Call(func=func, args=[value], keywords=[]) if value is read:
            meaning = resolve(analyst.project, analyst.module, func)
            return isinstance(meaning, Builtin) and meaning.name in _KEYS
    return False


def _reduced(analyst: Analyst, read: ast.Name, filled: bool, loops: list[ast.For]) -> list[tuple[str, ast.Call]]:
    """The reductions of the lists that `read` gives; none when a list may be used in another way."""
    parents = analyst.module.parents
    match parents[read]:
        case ast.Subscript(value=value, slice=key, ctx=ast.Load()) as listed if value is read and filled:
            return [] if isinstance(key, ast.Slice) else _each(analyst, [listed], parents[listed])
        case ast.Attribute(attr="items" | "values" as method) as attribute:
            called = parents[attribute]
        case _:
            return []
    if not isinstance(called, ast.Call) or called.func is not attribute or called.args or called.keywords:
        return []
    loop = parents[called]
    match loop:
        case ast.For(iter=iterable, target=target) | ast.comprehension(iter=iterable, target=target, is_async=0):
            if iterable is not called:
                return []
        case _:
            return []
    match method, target:
        case ("items", ast.Tuple(elts=[ast.Name(), ast.Name(id=name)])) | ("values", ast.Name(id=name)):
            pass
        case _:
            return []
    if isinstance(loop, ast.For):
        loops.append(loop)
        found = every_read(analyst.module, analyst.scope, name)  # type: ignore[arg-type]
        inside = {node for statement in loop.body for node in ast.walk(statement)}
        return _each(analyst, found) if found and inside.issuperset(found) else []
    around = parents[loop]
    if not isinstance(around, COMPREHENSIONS) or around.generators[0] is not loop:
        return []
    named = [n for n in ast.walk(around) if isinstance(n, ast.Name) and n.id == name]
    if sum(isinstance(n.ctx, ast.Store) for n in named) != 1:
        return []
    return _each(analyst, [n for n in named if isinstance(n.ctx, ast.Load)], around)


def _each(analyst: Analyst, lists: Sequence[ast.expr], around: ast.AST | None = None) -> list[tuple[str, ast.Call]]:
    """The reductions that take the lists, at the time they are looked up; none when one is read in another way."""
    found = []
    for listed in lists:
        match analyst.module.parents[listed]:
            case ast.Call(func=func, args=[value], keywords=[]) as call if value is listed:
                meaning = resolve(analyst.project, analyst.module, func)
            case _:
                return []
        frames = enclosing(analyst.module, call, around or analyst.scope)
        later = any(isinstance(a, ast.Lambda | ast.GeneratorExp) for a in frames)
        if not isinstance(meaning, Builtin) or meaning.name not in _REDUCERS or later:
            return []
        found.append((meaning.name, call))
    return found
