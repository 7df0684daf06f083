"""A03: what a loop's last pass made is alive while the next pass makes its own. Delete it at the end of the body."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

import libcst as cst

from agents.memory.analysis.concrete import Replacement, concrete, edited, insert_after
from agents.memory.analysis.lifetime import (
    Local,
    local,
    plainly_bound,
    quiet_end,
    statement_at,
    uncaptured,
    unobserved,
)
from agents.memory.analysis.modules import LOOPS, Loop, Module, enclosing, find_function, module_of
from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import a03 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from messaging.contents import EditedFile


class DelInLoop:
    """Inserts `del name` after the last use in the body of the loop that binds the name anew each time."""

    id: ClassVar[str] = "A03"
    name: ClassVar[str] = "del at the end of a loop body"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "bound anew": "The name is a plain local that the loop around the peak binds in each pass.",
        "sole owner": "Nothing but the local was seen to hold the object.",
        "not captured": "No lambda, def, class or generator expression can read the local later.",
        "not observed": "Nothing reads the frame: no locals(), eval, exec or compiling decorator; no frame access in"
        " the project; a script's top level is not imported.",
        "dead": "After the del no path, round the loop or out of it, reads the name before it is bound again.",
        "assigned": "The name is surely bound where it is deleted.",
        "quiet end": "Nothing notices when the object goes: it is text or a number, or data in a project that mentions"
        " no finalizer, weak reference, temporary file or raw address.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: the end of the innermost loop around the peak that binds the name."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or module is None or focus.file not in project.editable or holding.held_with:
            return
        if holding.kind != ("global" if focus.function == "<module>" else "local"):
            return
        line = focus.peak_line or holding.line
        function = find_function(module, focus.function, focus.lines | {line})
        name = local(module, function, holding.name) if function is not None else None
        peak = statement_at(module, name.function, line) if name is not None and line else None
        found = _last(name, peak) if name is not None and peak is not None else None
        if name is None or found is None:
            return
        loop, last = found
        shown = _shown(project, focus, name, loop, last)
        edit = _inserted(project, module, last, cst.Del(cst.Name(name.name))) if shown else None
        if edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}:{holding.name}",
            rule=self.id,
            title=f"del `{holding.name}` at the end of each pass in {focus.function}",
            category="image-buffers" if holding.type.startswith(("numpy.", "PIL.")) else self.category,
            strategy=self.strategy,
            mechanism=f"frees `{holding.name}` ({holding.type}) before the next pass of the loop makes another",
            level=self.level,
            file=focus.file,
            line=last.lineno,
            function=focus.function,
            frees=holding.own or focus.size,
            shown=shown,
            users=sorted({f"{focus.file}:{getattr(use.node, 'lineno', 0)} {focus.function}" for use in name.mentions}),
            edits=[edit],
            read={focus.file: module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _last(name: Local, peak: ast.stmt) -> tuple[Loop, ast.stmt] | None:
    """The innermost loop around the peak that binds the name, and the last statement of its body that mentions it.

    None where the peak comes after that statement: then the name is not what waits for the next pass.
    """
    mentioning = name.mentioning()
    around = [peak, *enclosing(name.module, peak, name.function)]
    for loop in around:
        if not isinstance(loop, LOOPS) or not any(binding.node in set(ast.walk(loop)) for binding in name.bindings):
            continue
        found = [statement for statement in loop.body if statement in mentioning]
        # At the header the next element of the iterable is made.
        at_header = loop is peak
        before = not at_header and found and peak.lineno > (found[-1].end_lineno or 0)
        return (loop, found[-1]) if found and not before else None
    return None


def _inserted(project: Project, module: Module, last: ast.stmt, statement: cst.BaseSmallStatement) -> EditedFile | None:
    tree = concrete(module)
    replacements: dict[cst.CSTNode, Replacement] = insert_after(tree, last, statement) if tree is not None else {}
    return edited(module, tree, replacements) if tree is not None and replacements else None


def _shown(project: Project, focus: Focus, name: Local, loop: Loop, last: ast.stmt) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    holding = focus.holding
    assert holding is not None
    refcount = holding.refcount or focus.refcounts.get(holding.name)
    flow = name.flow
    dead = flow.completes(last) and name.name not in flow.live_behind(last)
    dead = dead and not flow.returns_behind_unbound(last, name.name)
    bound = plainly_bound(name)
    evidence = {
        "bound anew": f"{bound}, in the loop at line {loop.lineno}" if bound else None,
        "sole owner": None
        if refcount is not None and refcount > 1
        else f"reference count {refcount}"
        if refcount
        else f"no other owner in the census of `{name.name}`",
        "not captured": uncaptured(name),
        "not observed": unobserved(project, name),
        "dead": f"no path from behind line {last.lineno} reads `{name.name}` before it is bound again"
        if dead
        else None,
        "assigned": f"every path to behind line {last.lineno} binds `{name.name}`"
        if name.name in flow.assigned_behind(last)
        else None,
        "quiet end": quiet_end(project, holding.type, holding.element, holding.contents),
    }
    shown = [Shown(check=check, evidence=found) for check, found in evidence.items() if found]
    return shown if len(shown) == len(evidence) else []
