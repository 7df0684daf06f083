"""C03: many dicts have the same keys. A NamedTuple or a class with slots stores the keys once."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import c03 as examples
from agents.memory.playbook.observed import PRECONDITIONS, holding_of, proposal
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy


class DictRecords:
    """Proposes a NamedTuple or slotted class for each dict of `the holder`."""

    id: ClassVar[str] = "C03"
    name: ClassVar[str] = "records kept as dicts"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = PRECONDITIONS

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal where the census saw such objects in the focus."""
        found = holding_of(focus, frozenset({"list", "tuple", "dict"}), frozenset({"dict"}))
        yield from proposal(
            self,
            project,
            focus,
            found,
            "a NamedTuple or slotted class for each dict of `{name}`",
            "the dicts of `{name}` repeat their keys; a record class has them once",
            0.5,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
