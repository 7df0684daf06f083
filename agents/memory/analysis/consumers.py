"""Who reads a value, and whether that reader iterates over it once: `single_consumer`, over calls if need be."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agents.memory.analysis import knowledge
from agents.memory.analysis.callees import is_generator
from agents.memory.analysis.effects import NOTHING, Effects
from agents.memory.analysis.flow import Flow, flow_of
from agents.memory.analysis.modules import (
    COMPREHENSIONS,
    FUNCTIONS,
    LOOPS,
    FunctionNode,
    Module,
    enclosing,
    nodes_of,
)
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Function, Library, resolve

_CALLS_FOLLOWED = 3
"""Project functions a value is followed through."""
_SINGLE_PASS_WRAPPERS = frozenset({"enumerate", "zip", "map", "filter"})


@dataclass(frozen=True)
class Consumption:
    """One pass over a value.

    Args:
        what: the consumer, for people.
        effects: of what runs while the elements are taken.
        stops: places where it may end before the last element.
        catches: handlers of a callee that would catch the producer's exceptions.
        users: `file:line name` of the project functions the value goes through.
        files: paths of the files those stand in.
    """

    what: str
    effects: Effects = NOTHING
    stops: tuple[str, ...] = ()
    catches: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()


def consumption(analyst: Analyst, value: ast.expr, followed: int = _CALLS_FOLLOWED) -> Consumption | None:
    """How the place where `value` stands iterates over it; None unless that is once, at once, and nothing else."""
    module = analyst.module
    parent = module.parents[value]
    match parent:
        case ast.For(iter=iterable, body=body) if iterable is value:
            effects = analyst.of(*body) | analyst.unpack(parent)
            return Consumption(f"the for loop at line {parent.lineno}", effects, tuple(_exits(parent)))
        case ast.comprehension():
            return _comprehended(analyst, value, parent, followed)
        case ast.YieldFrom():
            return Consumption(f"yield from at line {parent.lineno}", analyst.of(parent))
        case ast.Call() if value in parent.args:
            return _called(analyst, value, parent, followed)
    return None


def _exits(loop: ast.For) -> Iterator[str]:
    """Ways out of the loop before its iterable is exhausted, exceptions aside."""
    todo: list[tuple[ast.AST, bool]] = [(statement, True) for statement in loop.body]
    while todo:
        node, own = todo.pop(0)
        if isinstance(node, ast.Return) or (own and isinstance(node, ast.Break)):
            yield f"{type(node).__name__.lower()} at line {node.lineno}"
        if isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            continue
        if isinstance(node, LOOPS):
            todo += [(child, False) for child in node.body] + [(child, own) for child in node.orelse]
        else:
            todo += [(child, own) for child in ast.iter_child_nodes(node)]


def _comprehended(analyst: Analyst, value: ast.expr, clause: ast.comprehension, followed: int) -> Consumption | None:
    node = analyst.module.parents[clause]
    if not isinstance(node, COMPREHENSIONS) or node.generators[0] is not clause or clause.iter is not value:
        return None
    if any(generator.is_async for generator in node.generators):
        return None
    if isinstance(node, ast.GeneratorExp):
        outer = consumption(analyst, node, followed)
        return outer and replace(outer, effects=outer.effects | analyst.step(node))
    return Consumption(f"the comprehension at line {node.lineno}", analyst.of(node))


def _called(analyst: Analyst, value: ast.expr, call: ast.Call, followed: int) -> Consumption | None:
    if any(isinstance(arg, ast.Starred) for arg in call.args):
        return None
    index = call.args.index(value)
    meaning = resolve(analyst.project, analyst.module, call.func)
    match meaning:
        case Builtin(name=name):
            plain = Consumption(f"{name}() at line {call.lineno}", analyst.of(call))
            if name in _SINGLE_PASS_WRAPPERS:
                return _wrapped(analyst, call, name, index, followed)
            if index or (name in {"min", "max"} and len(call.args) != 1):
                return None
            if name in knowledge.STOPPING_BUILTINS:
                return replace(plain, stops=(f"{name}() at line {call.lineno} stops early",))
            return plain if name in knowledge.EXHAUSTING_BUILTINS else None
        case Library(name=name):
            first = name in knowledge.EXHAUSTING_LIBRARY and index == 0
            second = name in knowledge.SECOND_ARGUMENT_LIBRARY and index == 1
            return Consumption(f"{name}() at line {call.lineno}", analyst.of(call)) if first or second else None
        case Function():
            return _passed(analyst, meaning, call, index, followed)
    if isinstance(call.func, ast.Attribute) and index == 0 and len(call.args) == 1 and not call.keywords:
        return _method(analyst, call, call.func)
    return None


def _wrapped(analyst: Analyst, call: ast.Call, name: str, index: int, followed: int) -> Consumption | None:
    if name in {"map", "filter"} and index == 0:
        return None
    outer = consumption(analyst, call, followed)
    if outer is None:
        return None
    several = len(call.args) > (2 if name == "map" else 1)
    stops = (f"{name}() at line {call.lineno} stops at the shortest",) if several and name in {"zip", "map"} else ()
    stepped = analyst.step(call)
    return replace(outer, effects=outer.effects | stepped | analyst.of(call), stops=outer.stops + stops)


def _method(analyst: Analyst, call: ast.Call, func: ast.Attribute) -> Consumption | None:
    kind = analyst.kinds.of(func.value)
    name = kind.name if kind else ""
    fits = (func.attr == "extend" and name == "list") or (func.attr == "writelines" and name == "file")
    if func.attr == "writerows" and isinstance(func.value, ast.Name):
        fits = _bound_to(analyst, func.value, "csv.writer") or _bound_to(analyst, func.value, "csv.DictWriter")
    return Consumption(f"{func.attr}() at line {call.lineno}", analyst.of(call)) if fits else None


def _bound_to(analyst: Analyst, name: ast.Name, callee: str) -> bool:
    scope = analyst.module.owner(name, name.id)
    nodes = analyst.module.bindings(scope).get(name.id, []) if scope is not None else []
    if len(nodes) != 1:
        return False
    made = analyst.module.parents.get(nodes[0])
    return (
        isinstance(made, ast.Assign)
        and isinstance(made.value, ast.Call)
        and resolve(analyst.project, analyst.module, made.value.func) == Library(callee)
    )


def _passed(analyst: Analyst, function: Function, call: ast.Call, index: int, followed: int) -> Consumption | None:
    """Consumption by a project function that iterates over the parameter once."""
    node = function.node
    names = node.args.posonlyargs + node.args.args
    position = index + function.bound
    if followed <= 0 or node.decorator_list or isinstance(node, ast.AsyncFunctionDef) or position >= len(names):
        return None
    inner = Analyst(analyst.project, function.module, node)
    taken = _parameter(inner, node, names[position].arg, followed - 1)
    if taken is None:
        return None
    user = f"{function.module.path}:{node.lineno} {node.name}"
    merged = Consumption(
        f"{node.name}() at line {call.lineno}",
        analyst.of(call),
        taken.stops,
        taken.catches,
        (user, *taken.users),
        taken.files | {function.module.path},
    )
    if not is_generator(node):
        return merged
    outer = consumption(analyst, call, followed)
    if outer is None:
        return None
    return replace(
        merged,
        what=outer.what,
        effects=outer.effects | analyst.step(call) | analyst.of(*call.args),
        stops=merged.stops + outer.stops,
        users=merged.users + outer.users,
        files=merged.files | outer.files,
    )


def _parameter(inner: Analyst, node: FunctionNode, name: str, followed: int) -> Consumption | None:
    reads = list(loads(inner.module, node, name))
    if len(reads) != 1 or len(inner.module.bindings(node)[name]) != 1 or introspected(node):
        return None
    read = reads[0]
    statement = inner.module.statement(read)
    if flow_of(inner.module, node).returns_unbound(statement, name) or not evaluated_here(
        inner.module, read, statement
    ):
        return None
    parent = inner.module.parents[read]
    if isinstance(parent, ast.Call) and resolve(inner.project, inner.module, parent.func) == Builtin("iter"):
        taken = _iterated(inner, node, parent)
    else:
        taken = consumption(inner, read, followed)
    if taken is None:
        return None
    around = list(enclosing(inner.module, statement, node))
    if any(isinstance(a, LOOPS) for a in around):
        return None
    catches = tuple(f"try at line {a.lineno} of {node.name}()" for a in around if isinstance(a, ast.Try))
    catches += tuple(f"with at line {a.lineno} of {node.name}()" for a in around if isinstance(a, ast.With))
    conditional = any(isinstance(a, ast.If | ast.Match | ast.Try) for a in around)
    stops = taken.stops + ((f"{node.name}() may not come to line {statement.lineno}",) if conditional else ())
    return replace(taken, stops=stops + tuple(_earlier_exits(node, statement)), catches=taken.catches + catches)


def _earlier_exits(node: FunctionNode, statement: ast.stmt) -> Iterator[str]:
    for found in nodes_of(*node.body):
        if isinstance(found, ast.Return) and found.lineno < statement.lineno:
            yield f"return at line {found.lineno} of {node.name}()"


def _iterated(inner: Analyst, node: FunctionNode, call: ast.Call) -> Consumption | None:
    """`it = iter(parameter)`: from there on an iterator either way, if it stays inside the function."""
    assigned = inner.module.parents[call]
    if len(call.args) != 1 or not isinstance(assigned, ast.Assign) or len(assigned.targets) != 1:
        return None
    target = assigned.targets[0]
    if not isinstance(target, ast.Name):
        return None
    for read in loads(inner.module, node, target.id):
        parent = inner.module.parents[read]
        stepped = isinstance(parent, ast.For | ast.comprehension) and parent.iter is read
        known = isinstance(parent, ast.Call) and isinstance(
            resolve(inner.project, inner.module, parent.func), Builtin | Library | Function
        )
        if not stepped and not known:
            return None
    return Consumption(f"iter() at line {call.lineno}", NOTHING, (f"{node.name}() takes elements one at a time",))


def loads(module: Module, scope: ast.AST, name: str) -> Iterator[ast.Name]:
    """Every read of the scope's `name`, also from scopes inside it."""
    for node in ast.walk(scope):
        read = isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)
        if isinstance(node, ast.Name) and read and module.owner(node, name) is scope:
            yield node


def evaluated_here(module: Module, read: ast.expr, statement: ast.stmt) -> bool:
    """Whether `read` is evaluated once each time `statement` runs, in the statement's own frame."""
    child: ast.AST = read
    for ancestor in module.ancestors(read):
        if ancestor is statement:
            break
        if isinstance(ancestor, ast.Lambda):
            return False
        if isinstance(ancestor, ast.comprehension) and child is not ancestor.iter:
            return False
        if isinstance(ancestor, COMPREHENSIONS) and child is not ancestor.generators[0]:
            return False
        child = ancestor
    if isinstance(statement, ast.While | ast.AsyncFor | ast.Match | ast.Try | ast.ClassDef | ast.AsyncWith):
        return False
    return not (isinstance(statement, FUNCTIONS) or (isinstance(statement, ast.For) and child is not statement.iter))


def conditions(module: Module, read: ast.expr, statement: ast.stmt) -> Iterator[str]:
    """Operators on the way to the statement that may skip `read`."""
    child: ast.AST = read
    for ancestor in module.ancestors(read):
        if ancestor is statement:
            return
        skipped = (
            (isinstance(ancestor, ast.IfExp) and child is not ancestor.test)
            or (isinstance(ancestor, ast.BoolOp) and child is not ancestor.values[0])
            or (isinstance(ancestor, ast.Compare) and len(ancestor.comparators) > 1)
        )
        if skipped:
            yield f"a condition at line {ancestor.lineno}"  # type: ignore[attr-defined]
        child = ancestor


def reaching(module: Module, scope: FunctionNode | ast.Module) -> "Reaching":
    """What the bindings of `scope` reach, solved once."""
    found = module.facts.get(("reaching", scope))
    if not isinstance(found, Reaching):
        found = module.facts["reaching", scope] = Reaching(module, scope)
    return found


class Reaching(Flow):
    """Which reads a binding reaches."""

    def reads(self, module: Module, scope: ast.AST, binding: ast.stmt, name: str) -> list[ast.Name]:
        """Reads of `name` that may see the value that `binding` gave it, over all paths."""
        # An entry leads to the statement's own node, and that to what follows when it completes.
        todo = [after for entry in self._entries[binding] for own in entry.after for after in own.after]
        seen = set(todo)
        while todo:
            node = todo.pop()
            following = list(node.raising) + ([] if name in node.kills else node.after)
            todo += [other for other in following if other not in seen]
            seen.update(following)
        reached = {statement for statement, nodes in self._entries.items() if seen & set(nodes)}
        around = set(enclosing(module, binding, scope))
        # A loop around the binding is not entered anew, but its test and iterable may be read again.
        reached |= {a for a in around if isinstance(a, ast.While)}
        return [read for read in loads(module, scope, name) if module.statement(read) in reached]
