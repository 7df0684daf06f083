"""B12: a list that is replaced by its sorted copy is sorted in place."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.effects import Place
from agents.memory.analysis.modules import FUNCTIONS, enclosing, text
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.sequences import sequence
from agents.memory.playbook.examples import b12 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced


class SortedCopy:
    """`x = sorted(x)` -> `x.sort()`, where nobody else holds the list."""

    id: ClassVar[str] = "B12"
    name: ClassVar[str] = "sorted copy in place of the list"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "same name": "The builtin sorted() of a local is assigned to that local, and to nothing else.",
        "own list": "Each value of the local is a new list, and nothing but the local holds it.",
        "not half sorted": "No handler goes on after an exception of the sort, and no key looks at the list meanwhile.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such assignment that covers a line of the focus."""
        place = focused(project, focus)
        if place is None or not isinstance(place[1], FUNCTIONS) or introspected(place[1]):
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        found = [
            (node, node.value, node.targets[0].id)
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Assign) and touches(node, focus.lines) and len(node.targets) == 1
            if isinstance(node.value, ast.Call) and isinstance(node.targets[0], ast.Name)
            if resolve(project, module, node.value.func) == Builtin("sorted") and len(node.value.args) == 1
            if isinstance(node.value.args[0], ast.Name) and node.value.args[0].id == node.targets[0].id
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(node)}" for node, *_ in found)
        for (node, call, name), key in zip(found, keys, strict=True):
            if not self._own(analyst, node, name) or catches(analyst, node):
                continue
            if any(
                isinstance(a, ast.For | ast.AsyncFor)
                and any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(a.iter))
                for a in enclosing(module, node, scope)
            ):
                continue  # The loop around it steps the unsorted list.
            mentioned = (n for k in call.keywords for n in ast.walk(k.value) if isinstance(n, ast.Name))
            if any(n.id == name for n in mentioned) or any(k.arg not in {"key", "reverse"} for k in call.keywords):
                continue
            given = ", ".join(f"{k.arg}={source(module, k.value)}" for k in call.keywords)
            edit = spliced(module, [(node, f"{name}.sort({given})")])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                node,
                key,
                title=f"sort `{name}` in {focus.function} in place",
                mechanism=f"no second list of the elements of `{name}` is made",
                shown={
                    "same name": f"line {node.lineno}: `{text(node)}`",
                    "own list": f"every value of `{name}` is a new list, not handed on before line {node.lineno}",
                    "not half sorted": f"line {node.lineno} stands in no try and no with that goes on",
                },
                assumes=[],
                edits=[edit],
            )

    def _own(self, analyst: Analyst, node: ast.Assign, name: str) -> bool:
        """Whether every value of the local is a list of this frame's own."""
        for binding in analyst.module.bindings(analyst.scope)[name]:
            statement = analyst.module.parents.get(binding)
            if not isinstance(statement, ast.Assign) or binding not in statement.targets or len(statement.targets) != 1:
                return False
            if statement is not node and sequence(analyst, statement.value) != ("list", ""):
                return False
            if isinstance(statement.value, ast.Name | ast.Attribute | ast.Subscript | ast.IfExp | ast.BoolOp):
                return False  # Another name for a list that is held elsewhere.
        return owned(analyst, Place(name, 0, name, node.lineno), node)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
