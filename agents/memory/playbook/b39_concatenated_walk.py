"""B39: a recursive walk that returns lists added to each other becomes a generator function."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.analysis.restated import taken_back
from agents.memory.playbook.b03_list_helper import proved
from agents.memory.playbook.examples import b39 as examples
from agents.memory.playbook.generators import concatenated
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy


class ConcatenatedWalk:
    """`return walk(t.left) + [t.value] + walk(t.right)` -> `yield from walk(t.left)`, `yield t.value`, ..."""

    id: ClassVar[str] = "B39"
    name: ClassVar[str] = "recursive walk that adds up lists"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "walk": "All the function returns are list displays and its own results, added to each other.",
        "every caller": "Each mention of its name in the tree and its tests is a call whose result is iterated once.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate when the function of the focus is such a walk."""
        place = focused(project, focus)
        if place is None or not isinstance(place[1], ast.FunctionDef) or not touches(place[1], focus.lines):
            return
        module, node = place[0], place[1]
        changes = concatenated(module, node)
        if changes is None:
            return
        edit, proof = proved(project, module, node, changes)
        if edit is None or proof is None:
            return
        candidate = lazy_candidate(
            self,
            project,
            focus,
            module,
            node,
            f"{self.id}:{focus.file}:{focus.function}",
            title=f"make {focus.function} a generator",
            mechanism="no lists of whole branches are built and copied: callers take one element at a time",
            shown={
                "walk": f"{len(changes)} returns of lists added to each other",
                "every caller": "called by " + ", ".join(dict.fromkeys(proof.users)),
                **evidence(proof.verdict),
            },
            assumes=["nobody outside this repository calls it", *proof.verdict.assumes],
            edits=[edit],
            files=proof.files,
            users=proof.users,
        )
        yield taken_back(project, candidate)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
