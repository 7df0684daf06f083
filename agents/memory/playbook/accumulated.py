"""What the rules share that put another object in place of one that is only added to."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.accumulators import Accumulator, accumulators
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.lazy_edits import focused, numbered, touches
from agents.memory.playbook.rule import Candidate, Focus, Shown, Strategy
from agents.memory.playbook.source_edits import spliced

PROOF = {
    "one beginning": "The local begins empty, in one place, and no other code can see it.",
    "closed uses": "Every use of it is one that the new object answers in the same way.",
    "contents": "What is added is of the type that the new object takes.",
}
"""The preconditions of the rules for what is added to: name -> what it means."""


@dataclass(frozen=True)
class Replaced:
    """Another object in place of an accumulator.

    Args:
        changes: node -> its new text.
        title: of the experiment, without the function.
        mechanism: how it saves memory.
        uses: evidence for "closed uses".
        contents: evidence for "contents".
        assumes: what is not shown.
        imports: modules the new text needs.
    """

    changes: list[tuple[ast.AST, str]]
    title: str
    mechanism: str
    uses: str
    contents: str
    assumes: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()


class AccumulatorRule(ABC):
    """A rule that replaces accumulators. Subclasses say which, in `replaced`."""

    id: ClassVar[str]
    preconditions: ClassVar[dict[str, str]] = PROOF
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"

    @abstractmethod
    def replaced(self, analyst: Analyst, found: Accumulator) -> Replaced | None:
        """What takes the accumulator's place; None when its uses do not allow it."""

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each accumulator that a line of the focus adds to or reads, or that its holding names."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        held = focus.holding.name if focus.holding is not None else ""
        found = [one for one in accumulators(analyst) if one.name == held or _touched(analyst, one, focus)]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{one.name}" for one in found)
        for one, key in zip(found, keys, strict=True):
            new = self.replaced(analyst, one)
            edit = spliced(module, new.changes, new.imports) if new is not None else None
            if new is None or edit is None:
                continue
            shown = {
                "one beginning": f"`{one.name}` is bound at line {one.begin.lineno} alone",
                "closed uses": new.uses,
                "contents": new.contents,
            }
            yield Candidate(
                key=key,
                rule=self.id,
                title=f"{new.title} in {focus.function}",
                category=self.category,
                strategy=self.strategy,
                mechanism=new.mechanism,
                level="P" if new.assumes else "A",
                file=focus.file,
                line=one.begin.lineno,
                function=focus.function,
                frees=focus.size,
                shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
                users=[f"{focus.file}:{one.begin.lineno} {focus.function}"],
                assumes=list(new.assumes),
                edits=[edit],
                read={focus.file: project.sources[focus.file].blob},
            )


def _touched(analyst: Analyst, found: Accumulator, focus: Focus) -> bool:
    nodes = [found.begin, *found.added, *found.uses]
    return any(_own_line(analyst, node, focus) for node in nodes)


def _own_line(analyst: Analyst, node: ast.AST, focus: Focus) -> bool:
    """Whether a line of the focus is one of the node's statement, the suites below it left out."""
    statement = analyst.module.statement(node)
    return touches(node if hasattr(statement, "body") else statement, focus.lines)
