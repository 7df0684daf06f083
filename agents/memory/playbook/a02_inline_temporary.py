"""A02: a local serves one use, in the next statement, and outlives it. Make the value where it is used."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.calls import is_generator
from agents.memory.analysis.concrete import concrete, edited
from agents.memory.analysis.lifetime import (
    local,
    place_before_peak,
    plainly_bound,
    quiet_end,
    statement_at,
    unobserved,
)
from agents.memory.analysis.modules import FunctionNode, find_function, module_of, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Function, resolve
from agents.memory.analysis.scopes import eager_builtins, scope
from agents.memory.analysis.uses import last_name
from agents.memory.playbook.examples import a02 as examples
from agents.memory.playbook.inlining import Pair, inlined, order_kept, pair_of, too_long
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from runtime.measure.holdings import Holding

_STEALING = (3, 11)
"""From here on a call of a Python function hands its arguments over and keeps no reference (CPython)."""


class InlineTemporary:
    """Puts the value of a single-use local into the next statement, and drops the local."""

    id: ClassVar[str] = "A02"
    name: ClassVar[str] = "inline a single-use temporary"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "single use": "The local is bound by one assignment and read once: surely, in the next statement, by no"
        " nested scope. So no path reads the value again.",
        "plain local": "It is no argument, global, nonlocal, import, definition or exception name.",
        "not observed": "Nothing in the project reads frames, and no decorator compiles the function.",
        "order": "What that statement evaluates before the local is the same before and after the value is made.",
        "quiet end": "Nothing notices when the object goes: it is text or a number, or data in a project that mentions"
        " no finalizer, weak reference, temporary file or raw address.",
        "gain": "The object goes before the peak: the peak is later, in an enclosing call, or in a callee that"
        " gives its parameter up.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate, when the holder of the focus is such a local."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or module is None or focus.file not in project.editable:
            return
        line = focus.peak_line or holding.line
        function = find_function(module, focus.function, focus.lines | {line})
        if function is None or isinstance(function, ast.Module) or holding.kind != "local":
            return
        name = local(module, function, holding.name)
        pair = pair_of(name) if name is not None else None
        peak = statement_at(module, function, line)
        tree = concrete(module)
        if pair is None or peak is None or tree is None:
            return
        shown = _shown(project, pair, holding, peak)
        edit = edited(module, tree, inlined(tree, pair)) if shown else None
        if edit is None or too_long(module, edit.text):
            return
        use = text(pair.second).splitlines()[0]
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}:{holding.name}",
            rule=self.id,
            title=f"inline `{holding.name}` in {focus.function}",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"frees `{holding.name}` ({holding.type}) as soon as `{use}` has used it",
            level=self.level,
            file=focus.file,
            line=pair.first.lineno,
            function=focus.function,
            frees=holding.own or focus.size,
            shown=shown,
            users=[f"{focus.file}:{pair.read.lineno} {focus.function}"],
            edits=[edit],
            read={focus.file: module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _shown(project: Project, pair: Pair, holding: Holding, peak: ast.stmt) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    name = pair.name
    evidence = {
        "single use": f"bound at line {pair.first.lineno}, read once, at line {pair.read.lineno}",
        "plain local": plainly_bound(name),
        "not observed": unobserved(project, name),
        "order": order_kept(project, pair),
        "quiet end": quiet_end(project, holding.type, holding.element),
        "gain": _gain(project, pair, peak),
    }
    shown = [Shown(check=check, evidence=found) for check, found in evidence.items() if found]
    return shown if len(shown) == len(evidence) else []


def _gain(project: Project, pair: Pair, peak: ast.stmt) -> str | None:
    if peak is pair.first:
        return None
    if peak is not pair.second:
        place = place_before_peak(pair.name, peak)
        inside = place is not None and pair.second in set(ast.walk(place.last))
        return f"the peak is at line {peak.lineno}, behind the use" if inside else None
    calls = [node for node in pair.name.module.ancestors(pair.read) if isinstance(node, ast.Call)]
    if not calls or _callee(calls[0], pair.read):
        return None
    if len(calls) > 1 and not _callee(calls[1], calls[0]):
        return f"`{last_name(calls[0])}` has returned when `{last_name(calls[1])}` runs"
    return _given_up(project, pair, calls[0])


def _callee(call: ast.Call, part: ast.AST) -> bool:
    return part in set(ast.walk(call.func))


def _given_up(project: Project, pair: Pair, call: ast.Call) -> str | None:
    """Evidence that the project function called directly rebinds or deletes the parameter."""
    found = resolve(project, pair.name.module, call.func)
    if project.python < _STEALING or not isinstance(found, Function) or found.bound:
        return None
    node = found.node
    starred = any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords)
    if starred or node.decorator_list or isinstance(node, ast.AsyncFunctionDef) or is_generator(node):
        return None
    parameter = _parameter(node, call, pair.read)
    inner = scope(node, eager_builtins(found.module, node))
    given_up = parameter in inner.bindings or any(a.kind == "delete" for a in inner.reads.get(parameter, []))
    if not parameter or not given_up or parameter in inner.captured:
        return None
    return f"`{node.name}` gives its parameter `{parameter}` up"


def _parameter(node: FunctionNode, call: ast.Call, read: ast.Name) -> str:
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
    for place, argument in enumerate(call.args):
        if argument is read and place < len(names):
            return names[place]
    return next((k.arg or "" for k in call.keywords if k.value is read), "")
