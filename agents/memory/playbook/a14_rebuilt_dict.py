"""A14: a dict keeps the table of its largest time, whatever is deleted. Build it anew before the next large step."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

import libcst as cst

from agents.memory.analysis.concrete import concrete, edited, insert_before
from agents.memory.analysis.lifetime import (
    Local,
    Place,
    local,
    place_before_peak,
    plainly_bound,
    statement_at,
    uncaptured,
    unobserved,
)
from agents.memory.analysis.modules import FUNCTIONS, LOOPS, enclosing, find_function, module_of
from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import a14 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from runtime.measure.holdings import Holding

_SPARSE = 200
"""Bytes an entry from which most of a dict's table is empty: a full one takes 35 to 105."""
_LEAST = 2**16
"""Bytes of a table worth the while."""


class RebuiltDict:
    """`d = dict(d)` where a local dict has lost most of its entries."""

    id: ClassVar[str] = "A14"
    name: ClassVar[str] = "dict built anew after mass deletion"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "sparse": f"At the peak the dict itself took more than {_SPARSE} bytes for each of its entries.",
        "sole owner": "The local alone was seen to hold the dict: its reference count was 1.",
        "plain local": "The name is a plain local, captured by no lambda, def, class or generator expression.",
        "not observed": "Nothing reads the frame: no locals(), eval, exec; no frame access in the project.",
        "once": "The place is in no loop, and every path to it binds the name.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: after the last mention of the dict ahead of the peak."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or holding.kind != "local" or holding.type != "dict" or module is None:
            return
        line = focus.peak_line or holding.line
        function = find_function(module, focus.function, focus.lines | {line})
        if not isinstance(function, FUNCTIONS) or focus.file not in project.editable:
            return
        name = local(module, function, holding.name)
        peak = statement_at(module, function, line)
        place = place_before_peak(name, peak) if name is not None and peak is not None else None
        shown = _shown(project, holding, name, place) if name is not None and place is not None else []
        tree = concrete(module)
        if place is None or tree is None or not shown or module.owner(place.before, "dict") or module.star_import:
            return
        copied = cst.parse_statement(f"{holding.name} = dict({holding.name})")
        assert isinstance(copied, cst.SimpleStatementLine)
        edit = edited(module, tree, insert_before(tree, place.before, copied.body[0]))
        if edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}:{holding.name}",
            rule=self.id,
            title=f"build `{holding.name}` anew in {focus.function} after its deletions",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"the table of `{holding.name}` shrinks to its {holding.length} entries",
            level=self.level,
            file=focus.file,
            line=place.before.lineno,
            function=focus.function,
            frees=holding.shallow,
            shown=shown,
            users=[f"{focus.file}:{place.last.lineno} {focus.function}"],
            assumes=[
                f"`{holding.name}` is a plain dict that nothing else holds, as in the profiled run",
                f"comparing keys of `{holding.name}` has no effect",
            ],
            edits=[edit],
            read={focus.file: module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _shown(project: Project, holding: Holding, name: Local, place: Place) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    length = holding.length or 0
    sparse = holding.length is not None and holding.shallow >= _LEAST and holding.shallow > _SPARSE * length
    around = [place.before, *enclosing(name.module, place.before, name.function)]
    looped = any(isinstance(node, LOOPS) for node in around[1:])
    assigned = name.name in name.flow.assigned_before(place.before)
    bound, free = plainly_bound(name), uncaptured(name)
    evidence = {
        "sparse": f"{holding.shallow} bytes for {length} entries" if sparse else None,
        "sole owner": "reference count 1" if holding.refcount == 1 and not holding.held_with else None,
        "plain local": f"{bound}; {free}" if bound and free else None,
        "not observed": unobserved(project, name),
        "once": f"line {place.before.lineno} is in no loop"
        if assigned and not looped and not _awaits(name) and not _rebuilds(place.last)
        else None,
    }
    shown = [Shown(check=check, evidence=found) for check, found in evidence.items() if found]
    return shown if len(shown) == len(evidence) else []


def _rebuilds(last: ast.stmt) -> bool:
    """Whether the dict is built anew there already."""
    match last:
        case ast.Assign(value=ast.Call(func=ast.Name(id="dict"))):
            return True
    return False


def _awaits(name: Local) -> bool:
    """Whether somebody may come in between: the function is a generator or coroutine."""
    return any(isinstance(n, ast.Yield | ast.YieldFrom | ast.Await) for n in ast.walk(name.function))
