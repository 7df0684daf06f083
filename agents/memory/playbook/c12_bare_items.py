"""C12: a dict holds a set or list for each key, and most hold one item. The bare item is smaller."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import c12 as examples
from agents.memory.playbook.observed import PRECONDITIONS, holding_of, proposal
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy


class BareItems:
    """Proposes the bare item where a container of `the holder` has one."""

    id: ClassVar[str] = "C12"
    name: ClassVar[str] = "containers of one item"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = PRECONDITIONS

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal where the census saw such objects in the focus."""
        found = holding_of(focus, frozenset({"dict", "collections.defaultdict"}), frozenset({"set", "list"}))
        yield from proposal(
            self,
            project,
            focus,
            found,
            "the bare item where a container of `{name}` has one",
            "containers of one item in `{name}` become that item, behind two functions",
            0.5,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
