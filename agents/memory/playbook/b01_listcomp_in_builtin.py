"""B01: a list comprehension that a builtin consumes at once becomes a generator expression."""

import ast
from collections.abc import Iterator
from typing import ClassVar

from agents.memory.analysis.concrete import concrete, edited
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.modules import FunctionNode, Module, text
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.plainness import calls_back, plain
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.sharing import read_by, shared
from agents.memory.playbook.examples import b01 as examples
from agents.memory.playbook.lazy_edits import (
    PROOF,
    as_sole_argument,
    evidence,
    focused,
    left_over,
    needs_own_frame,
    nodes_in,
    numbered,
    touches,
)
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy

_CONSUMERS = frozenset({"sum", "min", "max", "any", "all"})


class ListcompInBuiltin:
    """`sum([f(x) for x in y])` -> `sum(f(x) for x in y)`: the list is never built."""

    id: ClassVar[str] = "B01"
    name: ClassVar[str] = "list comprehension in a consuming builtin"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[dict[str, str]] = {
        "consumer": "The call is the builtin sum, min, max, any or all, which nothing in sight rebinds.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such call that covers a line of the focus."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        calls = [
            (call, call.args[0])
            for call in nodes_in(module, scope)
            if isinstance(call, ast.Call) and touches(call, focus.lines) and call.args
            if isinstance(call.args[0], ast.ListComp) and _consumes(project, module, call)
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(call)}" for call, _ in calls)
        for (call, listed), key in zip(calls, keys, strict=True):
            candidate = self._candidate(project, focus, module, scope, call, listed, key)
            if candidate is not None:
                yield candidate

    def _candidate(
        self,
        project: Project,
        focus: Focus,
        module: Module,
        scope: FunctionNode | ast.Module,
        call: ast.Call,
        listed: ast.ListComp,
        key: str,
    ) -> Candidate | None:
        analyst = Analyst(project, module, scope)
        name, statement = text(call.func), module.statement(call)
        stops = (f"{name}() stops early",) if name in {"any", "all"} else ()
        region = Region(analyst.consuming(call), f"{name}() at line {call.lineno}", stops, catches(analyst, statement))
        made = analyst.elements(listed)
        what = f"`{text(listed.elt)}`"
        verdict = judge(made, what, region, lambda at: owned(analyst, at, statement))
        tree = concrete(module)
        if verdict.veto or introspected(listed) or needs_own_frame(module, listed) or tree is None:
            return None
        if (stops and not plain(analyst, listed)) or calls_back(analyst, name, listed):
            return None
        reader = statement if stops else call
        if shared(analyst, read_by(analyst, listed), listed, reader, to_end=bool(stops)):
            return None
        verdict.assumes += left_over(analyst, listed, stops)
        edit = edited(module, tree, as_sole_argument(tree, call, listed))
        if edit is None:
            return None
        shown = {"consumer": f"line {call.lineno}: {name} is the builtin", **evidence(verdict)}
        return Candidate(
            key=key,
            rule=self.id,
            title=f"pass {name}() in {focus.function} a generator instead of a list",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"{name}() takes {what} one at a time; the list of them is not built",
            level="P" if verdict.assumes else "A",
            file=focus.file,
            line=call.lineno,
            function=focus.function,
            frees=focus.size,
            shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
            users=[f"{focus.file}:{call.lineno} {name}"],
            assumes=verdict.assumes,
            edits=[edit],
            read={path: project.sources[path].blob for path in sorted(made.files | {focus.file})},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _consumes(project: Project, module: Module, call: ast.Call) -> bool:
    meaning = resolve(project, module, call.func)
    if not isinstance(meaning, Builtin) or meaning.name not in _CONSUMERS:
        return False
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords):
        return False
    return len(call.args) == 1 or (meaning.name == "sum" and len(call.args) == 2)
