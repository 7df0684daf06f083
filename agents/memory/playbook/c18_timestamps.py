"""C18: datetime objects dominate. A number of seconds or an array of them is smaller."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import c18 as examples
from agents.memory.playbook.observed import PRECONDITIONS, attribute_of, holding_of, proposal
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy

_DATES = frozenset({"datetime.datetime", "datetime.date", "datetime.timedelta"})


class Timestamps:
    """Proposes timestamps as integers in `the holder`."""

    id: ClassVar[str] = "C18"
    name: ClassVar[str] = "datetime objects"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = PRECONDITIONS

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal where the census saw such objects in the focus."""
        found = holding_of(focus, frozenset({"list", "tuple", "dict", "set"}), _DATES) or attribute_of(focus, _DATES)
        yield from proposal(
            self,
            project,
            focus,
            found,
            "timestamps as integers in `{name}`",
            "the datetime objects of `{name}` become integers, turned into dates where they are shown",
            0.8,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
