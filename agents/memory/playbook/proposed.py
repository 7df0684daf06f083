"""What the rules share that only propose: a change of another order than one edit, which a person has to decide on."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Library, resolve
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Focus, Shown, Strategy


@dataclass(frozen=True)
class Seen:
    """An expression that a proposal is about.

    Args:
        node: the expression.
        advice: what could be done, for the title.
        mechanism: why that holds less.
        evidence: what was seen.
        open: what a person has to make sure of.
    """

    node: ast.expr
    advice: str
    mechanism: str
    evidence: str
    open: str


class ProposingRule(ABC):
    """A rule of level S: its candidates have no edits. Subclasses say what they look for, in `seen`."""

    id: ClassVar[str]
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    preconditions: ClassVar[dict[str, str]] = {
        "seen": "An expression that makes something whole which could be taken in parts.",
        "open": "What has to be made sure of by a person, before the change is made.",
    }

    @abstractmethod
    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """What is proposed for the expression; None when it is nothing to the rule."""

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal for each such expression on a line of the focus."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        found = [
            one
            for node in nodes_in(module, scope)
            if isinstance(node, ast.expr) and touches(node, focus.lines)
            if (one := self.seen(analyst, node, focus)) is not None
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(one.node)}" for one in found)
        for one, key in zip(found, keys, strict=True):
            yield Candidate(
                key=key,
                rule=self.id,
                title=f"{one.advice} in {focus.function} of {focus.file}",
                category=self.category,
                strategy=self.strategy,
                mechanism=one.mechanism,
                level="S",
                file=focus.file,
                line=one.node.lineno,
                function=focus.function,
                frees=focus.size,
                shown=[
                    Shown(check="seen", evidence=f"line {one.node.lineno}: {one.evidence}"),
                    Shown(check="open", evidence=one.open),
                ],
                users=[f"{focus.file}:{one.node.lineno} {focus.function}"],
                edits=[],
                read={focus.file: project.sources[focus.file].blob},
            )


def called(analyst: Analyst, node: ast.expr) -> str:
    """The dotted name of the library function that the expression calls; or ""."""
    meaning = resolve(analyst.project, analyst.module, node.func) if isinstance(node, ast.Call) else None
    return meaning.name if isinstance(meaning, Library) else ""


def iterated(analyst: Analyst, node: ast.expr) -> bool:
    """Whether a for loop or a comprehension goes over the value at once."""
    parent = analyst.module.parents[node]
    return isinstance(parent, ast.For | ast.comprehension) and parent.iter is node
