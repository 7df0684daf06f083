"""Control flow of one function, and what it says about names: live before a statement, surely assigned there.

The graph has a node for each statement (for the parts of a compound statement that run apart). It is built
from the end: each statement is given the node that follows it. An exception may leave any node, before or
after its effect, for the handlers around it. A `finally` suite is copied for each place it may lead to.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from agents.memory.analysis.modules import FunctionNode, Module, parameters
from agents.memory.analysis.scopes import Access, accesses, eager_builtins, scope

Names = frozenset[str]


@dataclass(eq=False)
class _Node:
    """One step: reads, then deletes or binds. `after`: what follows; `raising`: where an exception leads."""

    reads: set[str] = field(default_factory=set)
    kills: set[str] = field(default_factory=set)
    """Names it surely binds, when it completes."""
    deletes: set[str] = field(default_factory=set)
    proves: set[str] = field(default_factory=set)
    """Names that are assigned when it completes: what it surely read or bound."""
    after: list["_Node"] = field(default_factory=list)
    raising: tuple["_Node", ...] = ()
    live: Names = frozenset()
    assigned: Names | None = None
    """Before the node; None: control never comes here."""


@dataclass(frozen=True)
class _Around:
    """Where control goes from inside a suite when it does not fall through."""

    end: _Node
    """For `return`."""
    raising: tuple[_Node, ...]
    loop_end: _Node | None = None
    """For `break`."""
    loop_head: _Node | None = None
    """For `continue`."""


class Flow:
    """The control flow of `function`, solved for all its names.

    A name read is a name assigned, once the statement completes; so names that may be builtins too, or are
    not the function's own, must be judged by the caller.
    """

    def __init__(self, module: Module, function: FunctionNode | ast.Module) -> None:
        self._eager = eager_builtins(module, function)
        self._entries: dict[ast.stmt, list[_Node]] = {}
        self._exits: dict[ast.stmt, list[_Node]] = {}
        self._nodes: list[_Node] = []
        end = self._node()
        self._start = self._suite(function.body, end, _Around(end, (end,)))
        arguments = [] if isinstance(function, ast.Module) else parameters(function)
        self._names = frozenset(scope(function, self._eager).bindings) | {arg.arg for arg in arguments}
        self._solve_live()
        self._solve_assigned(frozenset(arg.arg for arg in arguments))

    def live_before(self, statement: ast.stmt) -> Names:
        """Names that some path from the statement on reads, or deletes, before it binds them."""
        return _live(self._entries.get(statement, ()))

    def live_behind(self, statement: ast.stmt) -> Names:
        """As `live_before`, of a statement that stood right behind this one."""
        return _live(self._exits.get(statement, ()))

    def assigned_before(self, statement: ast.stmt) -> Names:
        """Names bound on every path to the statement; empty where control never comes."""
        return _assigned(self._entries.get(statement, ()))

    def assigned_behind(self, statement: ast.stmt) -> Names:
        """As `assigned_before`, of a statement that stood right behind this one."""
        return _assigned(self._exits.get(statement, ()))

    def reachable(self, statement: ast.stmt) -> bool:
        """Whether control can come to the statement."""
        return any(node.assigned is not None for node in self._entries.get(statement, ()))

    def completes(self, statement: ast.stmt) -> bool:
        """Whether control can fall out of the statement to what is behind it."""
        return any(node.assigned is not None for node in self._exits.get(statement, ()))

    def returns_unbound(self, statement: ast.stmt, name: str) -> bool:
        """Whether control can come back to the statement without having bound `name` in between."""
        return self._returns(self._entries.get(statement, []), name)

    def returns_behind_unbound(self, statement: ast.stmt, name: str) -> bool:
        """As `returns_unbound`, of a statement that stood right behind this one."""
        return self._returns(self._exits.get(statement, []), name)

    def _returns(self, entries: list[_Node], name: str) -> bool:
        todo = [follower for node in entries for follower in self._unbound(node, name)]
        seen: set[_Node] = set()
        while todo:
            node = todo.pop()
            if node in entries:
                return True
            if node not in seen:
                seen.add(node)
                todo += self._unbound(node, name)
        return False

    @staticmethod
    def _unbound(node: _Node, name: str) -> Iterator[_Node]:
        yield from node.raising
        if name not in node.kills:
            yield from node.after

    # -- building -------------------------------------------------------------------------------------------

    def _node(self, found: Iterable[Access] = (), around: _Around | None = None, *after: _Node) -> _Node:
        node = _Node(after=list(after), raising=around.raising if around else ())
        for access in found:
            if access.kind == "bind":
                if access.certain:
                    node.kills.add(access.name)
            else:
                node.reads.add(access.name)
            if access.kind == "delete":
                node.deletes.add(access.name)
            elif access.certain and not access.captured:
                node.proves.add(access.name)
        self._nodes.append(node)
        return node

    def _found(self, *parts: ast.AST | None) -> list[Access]:
        return [access for part in parts if part is not None for access in accesses(part, self._eager)]

    def _suite(self, statements: Iterable[ast.stmt], after: _Node, around: _Around) -> _Node:
        for statement in reversed(list(statements)):
            # An entry and an exit of its own, so that a loop's head is not taken for the place before the loop.
            after = self._node((), around, after)
            self._exits.setdefault(statement, []).append(after)
            after = self._node((), None, self._statement(statement, after, around))
            self._entries.setdefault(statement, []).append(after)
        return after

    def _statement(self, statement: ast.stmt, after: _Node, around: _Around) -> _Node:
        match statement:
            case ast.If():
                body = self._suite(statement.body, after, around)
                orelse = self._suite(statement.orelse, after, around)
                return self._node(self._found(statement.test), around, body, orelse)
            case ast.While():
                return self._while(statement, after, around)
            case ast.For() | ast.AsyncFor():
                return self._for(statement, after, around)
            case ast.With() | ast.AsyncWith():
                return self._with(statement, after, around)
            case ast.Match():
                return self._match(statement, after, around)
            case ast.Try() | ast.TryStar():
                return self._try(statement, after, around)
            case ast.Return():
                following = [around.end]
            case ast.Raise():
                following = []
            case ast.Break() if around.loop_end is not None:
                following = [around.loop_end]
            case ast.Continue() if around.loop_head is not None:
                following = [around.loop_head]
            case _:
                following = [after]
        return self._node(self._found(statement), around, *following)

    def _while(self, statement: ast.While, after: _Node, around: _Around) -> _Node:
        head = self._node(self._found(statement.test), around)
        inside = replace(around, loop_end=after, loop_head=head)
        head.after.append(self._suite(statement.body, head, inside))
        endless = isinstance(statement.test, ast.Constant) and bool(statement.test.value)
        if not endless:
            head.after.append(self._suite(statement.orelse, after, around))
        return head

    def _for(self, statement: ast.For | ast.AsyncFor, after: _Node, around: _Around) -> _Node:
        head = self._node((), around)
        inside = replace(around, loop_end=after, loop_head=head)
        body = self._suite(statement.body, head, inside)
        head.after.append(self._node(self._found(statement.target), around, body))
        head.after.append(self._suite(statement.orelse, after, around))
        return self._node(self._found(statement.iter), around, head)

    def _with(self, statement: ast.With | ast.AsyncWith, after: _Node, around: _Around) -> _Node:
        # Any context manager may swallow an exception: then control goes on behind the statement.
        inside = replace(around, raising=(*around.raising, after))
        entry = self._suite(statement.body, after, inside)
        for number, item in reversed(list(enumerate(statement.items))):
            outer = inside if number else around
            if item.optional_vars is not None:
                entry = self._node(self._found(item.optional_vars), inside, entry)
            entry = self._node(self._found(item.context_expr), outer, entry)
        return entry

    def _match(self, statement: ast.Match, after: _Node, around: _Around) -> _Node:
        following = after
        for case in reversed(statement.cases):
            body = self._suite(case.body, after, around)
            bound = self._node((), None, body)
            found = self._found(case.pattern, case.guard)
            # A pattern that fails may have bound some of its names; one that matches has bound them all.
            bound.proves = {access.name for access in found if access.how == "match"}
            unsure = [access._replace(certain=False) for access in found]
            fails = case.guard is not None or not _irrefutable(case.pattern)
            following = self._node(unsure, around, bound, *([following] if fails else []))
        return self._node(self._found(statement.subject), around, following)

    def _try(self, statement: ast.Try | ast.TryStar, after: _Node, around: _Around) -> _Node:
        if statement.finalbody:
            copies: dict[_Node, _Node] = {}

            def leave(target: _Node) -> _Node:
                if target not in copies:
                    copies[target] = self._suite(statement.finalbody, target, around)
                return copies[target]

            after = leave(after)
            around = _Around(
                leave(around.end),
                tuple(leave(target) for target in around.raising),
                None if around.loop_end is None else leave(around.loop_end),
                None if around.loop_head is None else leave(around.loop_head),
            )
        inside = around
        if statement.handlers:
            inside = replace(around, raising=(self._handlers(statement, after, around),))
        orelse = self._suite(statement.orelse, after, around)
        return self._suite(statement.body, orelse, inside)

    def _handlers(self, statement: ast.Try | ast.TryStar, after: _Node, around: _Around) -> _Node:
        unhandled = self._node((), None, *around.raising)
        following = unhandled
        for handler in reversed(statement.handlers):
            inside = around
            end = after
            if isinstance(statement, ast.TryStar):
                # Several handlers of one group may run, one after the other.
                inside = replace(around, raising=(*around.raising, following))
                end = self._node((), None, after, following)
            if handler.name is not None:
                name = {handler.name}
                end = self._node((), None, end)
                end.deletes = name
                gone = self._node((), None, *inside.raising)
                gone.deletes = name
                inside = replace(inside, raising=(gone,))
            body = self._suite(handler.body, end, inside)
            if handler.name is not None:
                body = self._node((), None, body)
                body.kills = body.proves = {handler.name}
            nexts = [body] if handler.type is None else [body, following]
            following = self._node(self._found(handler.type), around, *nexts)
        return following

    # -- solving --------------------------------------------------------------------------------------------

    def _solve_live(self) -> None:
        """Backwards to the least fixed point: a name is live if any path reads it."""
        changed = True
        while changed:
            changed = False
            for node in self._nodes:
                live = frozenset().union(*(follower.live for follower in node.after)) - node.kills
                live = live.union(node.reads, *(follower.live for follower in node.raising))
                if live != node.live:
                    node.live = live
                    changed = True

    def _solve_assigned(self, arguments: Names) -> None:
        """Forwards to the greatest fixed point: a name is assigned if every path binds it."""
        self._start.assigned = arguments & self._names
        todo = [self._start]
        while todo:
            node = todo.pop()
            assert node.assigned is not None
            done = (node.assigned | (node.proves & self._names)) - node.deletes
            torn = node.assigned - node.deletes
            for follower, state in [*((n, done) for n in node.after), *((n, torn) for n in node.raising)]:
                known = follower.assigned
                met = state if known is None else known & state
                if met != known:
                    follower.assigned = met
                    todo.append(follower)


def _live(nodes: Iterable[_Node]) -> Names:
    return frozenset().union(*(node.live for node in nodes))


def _assigned(nodes: Iterable[_Node]) -> Names:
    found = [node.assigned for node in nodes if node.assigned is not None]
    return frozenset.intersection(*found) if found else frozenset()


def flow_of(module: Module, function: FunctionNode | ast.Module) -> Flow:
    """The control flow of `function`, solved once."""
    found = module.facts.get(("flow", function))
    if not isinstance(found, Flow):
        found = module.facts["flow", function] = Flow(module, function)
    return found


def _irrefutable(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and (pattern.pattern is None or _irrefutable(pattern.pattern))
