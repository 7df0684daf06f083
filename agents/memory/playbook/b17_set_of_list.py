"""B17: set() of a list comprehension becomes a set comprehension."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.playbook.examples import b17 as examples
from agents.memory.playbook.fed_collections import fed
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced


class SetOfList:
    """`set([f(x) for x in xs])` -> `{f(x) for x in xs}`: the list is never built."""

    id: ClassVar[str] = "B17"
    name: ClassVar[str] = "set of a list comprehension"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "consumer": "The call is the builtin set() of nothing but a list comprehension.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such set that covers a line of the focus."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        calls = [
            (node, listed)
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Call) and touches(node, focus.lines) and not node.keywords and len(node.args) == 1
            if isinstance(listed := node.args[0], ast.ListComp)
            if resolve(project, module, node.func) == Builtin("set")
        ]
        analyst = Analyst(project, module, scope)
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(call)}" for call, _ in calls)
        for (call, listed), key in zip(calls, keys, strict=True):
            verdict = fed(analyst, call, listed, f"set() at line {call.lineno}", hashed=listed.elt, frame=False)
            if verdict is None:
                continue
            edit = spliced(module, [(call, "{" + source(module, listed)[1:-1].strip() + "}")])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                call,
                key,
                title=f"make the set in {focus.function} without a list of its elements",
                mechanism=f"the set takes `{text(listed.elt)}` one at a time; equal elements are never kept twice",
                shown={"consumer": f"line {call.lineno}: set() is the builtin", **evidence(verdict)},
                assumes=verdict.assumes,
                edits=[edit],
                files=analyst.elements(listed).files,
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
