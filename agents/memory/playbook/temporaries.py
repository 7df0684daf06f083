"""What the rules share that iterate over what a temporary sequence is made of, in place of the temporary."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.sequences import sequence
from agents.memory.playbook.iterated_itself import iterated
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import evidence, focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import library, spliced


class TemporaryRule(ABC):
    """A rule for one kind of temporary. Subclasses say which, in `parts`, and what takes its place, in `arguments`."""

    id: ClassVar[str]
    name: ClassVar[str]
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]]
    """The first is of what the temporary is made of; the others are the same for all."""
    function: ClassVar[str]
    """The function of the library that takes the temporary's place: `itertools.chain`."""
    VALID: ClassVar[list[Example]]
    INVALID: ClassVar[list[Example]]

    @abstractmethod
    def parts(self, node: ast.expr) -> list[ast.expr] | None:
        """The lists or tuples the temporary is made of, in order; None when the expression is no such temporary."""

    @abstractmethod
    def arguments(self, analyst: Analyst, node: ast.expr, parts: list[ast.expr]) -> str:
        """What the library's function is given."""

    def agree(self, kinds: set[str]) -> bool:
        """Whether parts of these kinds (`list`, `tuple`) make such a temporary."""
        return True

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such expression that covers a line of the focus."""
        place = focused(project, focus)
        if place is None or introspected(place[1]):
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        found = [
            (node, parts)
            for node in nodes_in(module, scope)
            if isinstance(node, ast.expr) and touches(node, focus.lines) and module.frame(node) is scope
            if (parts := self.parts(node)) is not None
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(node)}" for node, _ in found)
        for (node, parts), key in zip(found, keys, strict=True):
            types = [sequence(analyst, part, focus.seen) for part in parts]
            known = [kind for kind in types if kind is not None]
            alike = len(known) == len(parts) and self.agree({kind for kind, _ in known})
            proof = iterated(analyst, node, parts) if alike else None
            named = library(project, module, node, self.function)
            if proof is None or named is None:
                continue
            new = f"{named[0]}({self.arguments(analyst, node, parts)})"
            edit = spliced(module, [(node, new)], named[1])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                node,
                key,
                title=f"iterate in {focus.function} without the temporary `{text(node)}`",
                mechanism=f"`{text(node)}` is not built: {proof.what} iterates over what it is made of",
                shown={
                    next(iter(self.preconditions)): f"line {node.lineno}: "
                    + ", ".join(f"`{text(part)}` is a {kind[0]}" for part, kind in zip(parts, known, strict=True)),
                    "single pass": f"it is a temporary, read by {proof.what} alone",
                    **evidence(proof.verdict),
                },
                assumes=[*(why for _, why in known if why), *proof.verdict.assumes],
                edits=[edit],
                files=proof.files,
                users=proof.users,
            )
