"""A04: a function is done with an argument before its peak. It deletes the parameter, and the caller keeps no name."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from agents.memory.analysis.calls import is_generator
from agents.memory.analysis.concrete import concrete, edited, insert_before
from agents.memory.analysis.flow import flow_of
from agents.memory.analysis.helpers import helper_calls
from agents.memory.analysis.lifetime import (
    Local,
    local,
    place_before_peak,
    plainly_bound,
    quiet_end,
    statement_at,
    uncaptured,
    unobserved,
)
from agents.memory.analysis.modules import FUNCTIONS, Module, enclosing, find_function, module_of, qualified_name, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Function, resolve
from agents.memory.analysis.scopes import eager_builtins, scope
from agents.memory.playbook.examples import a04 as examples
from agents.memory.playbook.inlining import Pair, inlined, order_kept, pair_of, too_long
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from messaging.contents import EditedFile
from runtime.measure.holdings import Holding

_STEALING = (3, 11)
"""From here on a call of a Python function hands its arguments over and keeps no reference (CPython)."""
_WORK = (ast.Call, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.BinOp, ast.For, ast.While)


@dataclass(frozen=True, eq=False)
class _Passing:
    """A call that hands an object over: `parameter` of `function` is done with it before `place`.

    Args:
        caller: the file of the call.
        call: the call.
        given: the argument: a name, or the expression that makes the object.
        pair: how the caller's name is made and used; None where the object has none.
    """

    caller: Module
    call: ast.Call
    given: ast.expr
    pair: Pair | None
    function: Function
    parameter: Local
    place: ast.stmt


class PassedTemporary:
    """`x = f(); y = g(x)` -> `y = g(f())`, and in `g` a `del` of the parameter after its last use."""

    id: ClassVar[str] = "A04"
    name: ClassVar[str] = "argument handed over and given up"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "temporary": "The caller's name is a plain local, bound by one assignment and read once, in the next statement;"
        " or what it passes has no name.",
        "order": "What the caller's statement evaluates before it is the same before and after the value is made.",
        "direct call": "A plain function of the project, without decorators, no generator or coroutine, is called"
        " directly by a Python that keeps no reference to the arguments (3.11 and later).",
        "dead": "No path of the function reads, binds or deletes the parameter after the del; it has its value there.",
        "not observed": "No nested code of the function uses the parameter, and nothing in the project reads frames.",
        "quiet end": "Nothing notices when the object goes: it is text or a number, or data in a project that mentions"
        " no finalizer, weak reference, temporary file or raw address.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each call that the holder of the focus, a local or an argument, goes through."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or module is None or project.python < _STEALING:
            return
        found = find_function(module, focus.function, focus.lines | {focus.peak_line})
        if not isinstance(found, FUNCTIONS):
            return
        for passing in _passings(project, focus, module, found, holding):
            shown = _shown(project, passing, holding)
            edits = _edits(passing) if shown else []
            if not edits or any(edit.path not in project.editable for edit in edits):
                continue
            yield self._candidate(focus, passing, holding, shown, edits)

    def _candidate(
        self, focus: Focus, passing: _Passing, holding: Holding, shown: list[Shown], edits: list[EditedFile]
    ) -> Candidate:
        name, parameter = passing.function.node.name, passing.parameter.name
        home = passing.function.module
        return Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}:{name}:{parameter}:{text(passing.given)}",
            rule=self.id,
            title=f"hand `{parameter}` over to {name}, which gives it up",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"frees `{parameter}` ({holding.type}) before line {passing.place.lineno} of {name} allocates",
            level=self.level,
            file=home.path,
            line=passing.place.lineno,
            function=name,
            frees=holding.own or focus.size,
            shown=shown,
            users=[f"{passing.caller.path}:{passing.call.lineno} {name}"],
            assumes=[f"whatever calls of {name} pass for `{parameter}` is as in the profiled run: a {holding.type}"],
            edits=edits,
            read={module.path: module.source.blob for module in (passing.caller, home)},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _passings(
    project: Project, focus: Focus, module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef, holding: Holding
) -> Iterator[_Passing]:
    if holding.kind == "local":
        name = local(module, node, holding.name)
        pair = pair_of(name) if name is not None else None
        line = focus.peak_line or holding.line
        call = _call_of(pair.name.module, pair.read) if pair is not None else None
        if pair is None or call is None or statement_at(module, node, line) is not pair.second:
            return
        callee = resolve(project, module, call.func)
        if not isinstance(callee, Function) or callee.node is node:
            return
        written = _parameter(callee, call, pair.read)
        seen = focus.holdings if callee.module is module else ()
        called = qualified_name(callee.module, callee.node)
        lines = [
            h.line
            for h in seen
            if h.kind == "argument" and h.name == written and h.place and h.place.function == called
        ]
        given_up = _given_up(callee.module, callee.node, written, next(iter(lines), 0))
        if given_up is not None:
            yield _Passing(module, call, pair.read, pair, callee, *given_up)
    elif holding.kind == "argument":
        given_up = _given_up(module, node, holding.name, focus.peak_line or holding.line)
        # The calls are looked for last: that takes long.
        for caller, call in helper_calls(project, Function(module, node)) if given_up is not None else ():
            callee = resolve(project, caller, call.func)
            assert isinstance(callee, Function) and given_up is not None
            for given in [*call.args, *(keyword.value for keyword in call.keywords)]:
                pair = _pair_at(caller, given)
                new = isinstance(given, ast.Call | ast.ListComp | ast.DictComp | ast.SetComp)
                taken = _parameter(callee, call, given) == holding.name and caller.frame(call) is not node
                if taken and (new or pair is not None):
                    yield _Passing(caller, call, given, pair, callee, *given_up)


def _call_of(module: Module, read: ast.expr) -> ast.Call | None:
    """The call that the expression is an argument of."""
    parent = module.parents[read]
    if isinstance(parent, ast.keyword):
        parent = module.parents[parent]
    return parent if isinstance(parent, ast.Call) and parent.func is not read else None


def _pair_at(caller: Module, given: ast.expr) -> Pair | None:
    scope_ = caller.frame(given)
    if not isinstance(given, ast.Name) or not isinstance(scope_, FUNCTIONS):
        return None
    name = local(caller, scope_, given.id)
    return pair_of(name) if name is not None else None


def _given_up(
    module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef, written: str, line: int
) -> tuple[Local, ast.stmt] | None:
    """The parameter, and the statement to put its del before; None where it is not to be deleted.

    `line`: the line of the function that ran at the census; 0 where only the caller's is known.
    """
    positional = [*node.args.posonlyargs, *node.args.args]
    method = isinstance(module.parents[node], ast.ClassDef)
    if not written or (method and positional and positional[0].arg == written):
        return None
    if isinstance(node, ast.AsyncFunctionDef) or node.decorator_list or is_generator(node):
        return None
    found = scope(node, eager_builtins(module, node))
    if written in found.bindings or any(a.kind != "read" for a in found.reads.get(written, [])):
        return None
    parameter = Local(module, node, written, found, flow_of(module, node))
    place = _place(parameter, line)
    return (parameter, place) if place is not None and _dead(parameter, place) else None


def _parameter(callee: Function, call: ast.Call, given: ast.expr) -> str:
    """The plain parameter that takes the argument; "" when it goes into another."""
    node = callee.node
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords):
        return ""
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)][int(callee.bound) :]
    for place, argument in enumerate(call.args):
        if argument is given:
            return names[place] if place < len(names) else ""
    named = {*(arg.arg for arg in node.args.args), *(arg.arg for arg in node.args.kwonlyargs)}
    return next((k.arg for k in call.keywords if k.value is given and k.arg in named), "") or ""


def _place(parameter: Local, line: int) -> ast.stmt | None:
    """The statement to put the del before: after the last use ahead of the peak, else after the last use of all."""
    assert not isinstance(parameter.function, ast.Module)
    if line:
        peak = statement_at(parameter.module, parameter.function, line)
        found = place_before_peak(parameter, peak) if peak is not None else None
        return found.before if found is not None else None
    body = parameter.function.body
    mentioning = parameter.mentioning()
    used = [index for index, statement in enumerate(body) if statement in mentioning]
    rest = body[used[-1] + 1 :] if used else []
    working = any(isinstance(node, _WORK) for statement in rest for node in ast.walk(statement))
    return rest[0] if working else None


def _shown(project: Project, passing: _Passing, holding: Holding) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    pair, parameter = passing.pair, passing.parameter
    temporary = order = f"line {passing.call.lineno} passes `{text(passing.given)}` itself"
    evidence: dict[str, str | None] = {"temporary": temporary, "order": order}
    unread = unobserved(project, parameter)
    if pair is not None:
        plain = plainly_bound(pair.name)
        evidence["temporary"] = plain and f"{plain}, read once, at line {pair.read.lineno}"
        evidence["order"] = order_kept(project, pair)
        unread = unread and unobserved(project, pair.name)
    nested = uncaptured(parameter)
    evidence |= {
        "direct call": _direct(passing),
        "dead": _dead(parameter, passing.place),
        "not observed": unread and nested and f"{nested}; {unread}",
        "quiet end": quiet_end(project, holding.type, holding.element, holding.contents),
    }
    shown = [Shown(check=check, evidence=told) for check, told in evidence.items() if told]
    return shown if len(shown) == len(evidence) else []


def _direct(passing: _Passing) -> str | None:
    module, call = passing.caller, passing.call
    frame = module.frame(call)
    if any(isinstance(around, ast.Lambda) for around in enclosing(module, call, frame)):
        return None
    return f"line {call.lineno} of {module.path} calls `{text(call.func)}`, a plain function"


def _dead(parameter: Local, place: ast.stmt) -> str | None:
    flow, written = parameter.flow, parameter.name
    if not flow.reachable(place) or written in flow.live_before(place) or flow.returns_unbound(place, written):
        return None
    if written not in flow.assigned_before(place):
        return None
    return f"no path from line {place.lineno} on mentions `{written}`, which every path to it has"


def _edits(passing: _Passing) -> list[EditedFile]:
    """The del in the function, and the caller's value put into the call; [] when one cannot be made."""
    home, pair = passing.function.module, passing.pair
    tree = concrete(home)
    if tree is None:
        return []
    changes = insert_before(tree, passing.place, cst.Del(cst.Name(passing.parameter.name)))
    if not changes:
        return []
    found: list[EditedFile | None] = []
    if pair is not None:
        other = concrete(passing.caller)
        moved = inlined(other, pair) if other is not None else {}
        if other is None or not moved:
            return []
        if passing.caller is home:
            changes = {**moved, **changes} if not moved.keys() & changes.keys() else {}
        else:
            found.append(edited(passing.caller, other, moved))
    found.append(edited(home, tree, changes) if changes else None)
    edits = [edit for edit in found if edit is not None]
    modules = {home.path: home, passing.caller.path: passing.caller}
    if len(edits) < len(found) or any(too_long(modules[edit.path], edit.text) for edit in edits):
        return []
    return edits
