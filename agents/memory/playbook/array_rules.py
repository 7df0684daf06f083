"""What the rules of numpy arrays share: where they look, what they show, and the candidate they give."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.arrays import Array, Arrays, of_function
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, touches
from agents.memory.playbook.rule import Candidate, Focus, Level, Strategy
from agents.memory.playbook.source_edits import spliced


@dataclass(frozen=True)
class Change:
    """One statement or expression that is written anew.

    Args:
        node: what is replaced.
        new: its text; "" takes a statement out.
        array: what was found out about the array that is not made any more.
        private: evidence that nobody else holds the array that is written to, where one is.
    """

    node: ast.stmt | ast.expr
    new: str
    array: Array
    private: str = ""


class ArrayRule(ABC):
    """A rule that writes expressions anew which make arrays. Subclasses say which, in `changes`."""

    id: ClassVar[str]
    name: ClassVar[str]
    category: ClassVar[str] = "image-buffers"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]]
    whole: ClassVar[bool] = False
    """All changes of a function are one candidate: each alone leaves the peak where it is."""

    @abstractmethod
    def changes(self, arrays: Arrays) -> Iterator[Change]:
        """Every change that is possible in the function."""

    @abstractmethod
    def title(self, change: Change, focus: Focus) -> str:
        """The candidate's title."""

    @abstractmethod
    def mechanism(self, change: Change) -> str:
        """Why less is held."""

    @abstractmethod
    def shown(self, change: Change) -> dict[str, str]:
        """Evidence for each precondition."""

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each change on a line of the focus, or for all of the function where they go together."""
        place = focused(project, focus)
        function = of_function(place[1]) if place is not None else None
        if place is None or function is None:
            return
        arrays = arrays_of(project, focus)
        if arrays is None:
            return
        found = list(self.changes(arrays))
        near = [change for change in found if touches(change.node, focus.lines) or self._held(focus, change)]
        if not near:
            return
        for number, group in enumerate([found] if self.whole else [[change] for change in near], 1):
            module = arrays.analyst.module
            edit = spliced(module, [(change.node, change.new) for change in group])
            if edit is None:
                continue
            first = group[0]
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                first.node,
                f"{self.id}:{focus.file}:{focus.function}:{self._key(first)}" + (f"#{number}" if number > 1 else ""),
                title=self.title(first, focus),
                mechanism=self.mechanism(first),
                shown=self.shown(first),
                assumes=sorted({assumed for change in group for assumed in change.array.assumes}),
                edits=[edit],
                frees=focus.size,
            )

    def _held(self, focus: Focus, change: Change) -> bool:
        """Whether the change makes what the focus's local holds, or reads it."""
        if focus.holding is None:
            return False
        names = {node.id for node in ast.walk(change.node) if isinstance(node, ast.Name)}
        return focus.holding.name in names

    @staticmethod
    def _key(change: Change) -> str:
        written = ast.unparse(change.node)
        return written if len(written) <= 60 else written[:57] + "..."

    VALID: ClassVar[list]  # type: ignore[type-arg]
    INVALID: ClassVar[list]  # type: ignore[type-arg]


def arrays_of(project: Project, focus: Focus) -> Arrays | None:
    """The arrays of the focus's function; None where it is a script's top level or may not be edited."""
    place = focused(project, focus)
    function = of_function(place[1]) if place is not None else None
    if place is None or function is None:
        return None
    seen = {name: held for name in {h.name for h in focus.holdings} if (held := focus.seen(name)) is not None}
    return Arrays(Analyst(project, place[0], function), function, seen)


def statements(arrays: Arrays) -> Iterator[ast.stmt]:
    """The statements of the function itself, those of nested functions left out."""
    for node in nodes_in(arrays.analyst.module, arrays.function):
        if isinstance(node, ast.stmt) and arrays.analyst.module.frame(node) is arrays.function:
            yield node


def expressions(arrays: Arrays) -> Iterator[ast.expr]:
    """The expressions of the function itself that run once it does: none of a lambda."""
    for node in nodes_in(arrays.analyst.module, arrays.function):
        if isinstance(node, ast.expr) and arrays.analyst.module.frame(node) is arrays.function:
            yield node


def described(assumes: Iterable[str], otherwise: str) -> str:
    """The assumptions as evidence; `otherwise` when there are none."""
    return "; ".join(sorted(assumes)) or otherwise
