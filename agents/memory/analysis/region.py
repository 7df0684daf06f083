"""What runs between the making of a value and the end of its consumption, in one frame."""

import ast
from dataclasses import dataclass

from agents.memory.analysis import knowledge
from agents.memory.analysis.effects import NOTHING, Effects, union
from agents.memory.analysis.modules import enclosing, nodes_of
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Library, resolve


@dataclass(frozen=True)
class Between:
    """The way from a binding to its reader; `veto` says why there is none that laziness survives."""

    effects: Effects = NOTHING
    stops: tuple[str, ...] = ()
    catches_consumer: tuple[str, ...] = ()
    veto: str = ""


def between(analyst: Analyst, binding: ast.stmt, reader: ast.stmt) -> Between:
    """What runs after `binding` and before `reader` begins, when control goes from the one to the other.

    The reader must come later in the binding's suite, or in one around it that is reached by leaving `if` and
    `match` statements only, or below `if`, `match`, `with` and `try` statements that follow there. A `with` or
    `try` that ends between the two, and a loop that holds the reader alone, are a veto.
    """
    scope = analyst.scope
    of_reader = {reader, *enclosing(analyst.module, reader, scope)}
    parts: list[Effects] = []
    exits: list[str] = []
    inner: ast.stmt = binding
    while True:
        suite = _suite(analyst, inner)
        following = suite[suite.index(inner) + 1 :]
        target = next((index for index, statement in enumerate(following) if statement in of_reader), None)
        if target is not None:
            parts.append(analyst.of(*following[:target]))
            exits += _exits(following[:target])
            descended = _descend(analyst, following[target], reader, of_reader)
            effects, stops = union([*parts, descended.effects]), (*exits, *descended.stops)
            return Between(effects, stops, descended.catches_consumer, descended.veto)
        parts.append(analyst.of(*following))
        exits += _exits(following)
        outer = analyst.module.parents[inner]
        if isinstance(outer, ast.match_case):
            outer = analyst.module.parents[outer]
        if not isinstance(outer, ast.If | ast.Match):
            return Between(veto=f"line {binding.lineno} stands in a suite that ends before line {reader.lineno}")
        inner = outer


def _descend(analyst: Analyst, outer: ast.stmt, reader: ast.stmt, path: set[ast.AST]) -> Between:
    parts: list[Effects] = []
    stops: list[str] = []
    catches: list[str] = []
    while outer is not reader:
        match outer:
            case ast.If(test=test):
                parts.append(analyst.of(test) | analyst.truth(test))
                stops.append(f"the condition at line {outer.lineno}")
                suites = [outer.body, outer.orelse]
            case ast.With(items=items, body=body):
                parts += [analyst.of(i.context_expr, i.optional_vars) for i in items]
                if any(not harmless(analyst, item.context_expr) for item in items):
                    parts.append(analyst.unknown(outer, f"with at line {outer.lineno}"))
                    catches.append(f"with at line {outer.lineno}")
                suites = [body]
            case ast.Try(body=body):
                catches.append(f"try at line {outer.lineno}")
                suites = [body]
            case _:
                return Between(veto=f"line {reader.lineno} runs in the {type(outer).__name__} at line {outer.lineno}")
        found = next(((s, x) for s in suites for x in s if x in path), None)
        if found is None:
            return Between(veto=f"line {reader.lineno} stands in a handler of line {outer.lineno}")
        suite, outer = found
        parts.append(analyst.of(*suite[: suite.index(outer)]))
        stops += _exits(suite[: suite.index(outer)])
    return Between(union(parts), tuple(stops), tuple(catches))


def _exits(statements: list[ast.stmt]) -> list[str]:
    """Ways out of the statements that never come to what follows them, exceptions aside."""
    leaving = (node for node in nodes_of(*statements) if isinstance(node, ast.Return | ast.Break | ast.Continue))
    return [f"{type(node).__name__.lower()} at line {node.lineno}" for node in leaving]


def earlier(analyst: Analyst, read: ast.expr, statement: ast.stmt) -> Effects:
    """Effects of what `statement` evaluates before it comes to `read`."""
    parts: list[Effects] = []
    child: ast.AST = read
    for ancestor in analyst.module.ancestors(read):
        if isinstance(ancestor, ast.AugAssign) and ancestor is statement:
            target = ancestor.target
            parts.append(
                Effects(names=frozenset({target.id})) if isinstance(target, ast.Name) else analyst.of(target.value)
            )
        elif isinstance(ancestor, ast.expr | ast.keyword | ast.withitem):
            children = list(ast.iter_child_nodes(ancestor))
            before = [node for node in children[: children.index(child)] if not _stored(node)]
            # The method of a call is looked up, and that is part of the call.
            parts += [analyst.of(node.value if isinstance(node, ast.Attribute) else node) for node in before]
        elif isinstance(ancestor, ast.With):
            index = [item is child for item in ancestor.items].index(True)
            parts += [analyst.of(i.context_expr) | analyst.unknown(ancestor, "with") for i in ancestor.items[:index]]
        if ancestor is statement:
            break
        child = ancestor
    return union(parts)


def _stored(node: ast.AST) -> bool:
    return isinstance(node, ast.comprehension) or not isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def harmless(analyst: Analyst, context: ast.expr) -> bool:
    """Whether the context manager lets every exception pass: files, temporary files, `something.open(...)`."""
    if not isinstance(context, ast.Call):
        return False
    match resolve(analyst.project, analyst.module, context.func):
        case Builtin(name=name) | Library(name=name):
            return name in knowledge.HARMLESS_CONTEXTS
    return isinstance(context.func, ast.Attribute) and context.func.attr == "open"


def catches(analyst: Analyst, statement: ast.stmt) -> tuple[str, ...]:
    """Handlers around `statement` in its frame: after an exception code goes on that sees the frame's locals."""
    found: list[str] = []
    child: ast.AST = statement
    for around in enclosing(analyst.module, statement, analyst.scope):
        if isinstance(around, ast.Try | ast.TryStar) and child in around.body:
            # A `finally` without handlers sees locals too, and nothing else: those it reads are its concern.
            if around.handlers or any(isinstance(n, ast.Return | ast.Break | ast.Continue) for n in _final(around)):
                found.append(f"the try at line {around.lineno}")
            elif _reads(around.finalbody):
                found.append(f"the finally of line {around.lineno}")
        if isinstance(around, ast.With) and any(not harmless(analyst, i.context_expr) for i in around.items):
            found.append(f"the with at line {around.lineno}")
        if isinstance(around, ast.AsyncWith):
            found.append(f"the async with at line {around.lineno}")
        child = around
    return tuple(found)


def _final(statement: ast.Try | ast.TryStar) -> list[ast.AST]:
    return [node for part in statement.finalbody for node in ast.walk(part)]


def _reads(suite: list[ast.stmt]) -> bool:
    """Whether a `finally` suite does more than close what was opened: `f.close()`, `f.detach()`."""
    for statement in suite:
        inner = statement
        while isinstance(inner, ast.If) and len(inner.body) == 1 and not inner.orelse:
            inner = inner.body[0]
        match inner:
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(), attr="close" | "detach" | "release"))):
                continue
        return True
    return False


def _suite(analyst: Analyst, statement: ast.stmt) -> list[ast.stmt]:
    for _, value in ast.iter_fields(analyst.module.parents[statement]):
        if isinstance(value, list) and statement in value:
            return value
    raise AssertionError(f"line {statement.lineno} stands in no suite")
