"""C19: a dict holds a dict for each key. Where the inner values are all alike, a tuple of the inner keys is smaller."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import c19 as examples
from agents.memory.playbook.observed import PRECONDITIONS, holding_of, proposal
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy


class NestedDicts:
    """Proposes a tuple, or one dict keyed by pairs, for the dicts in `the holder`."""

    id: ClassVar[str] = "C19"
    name: ClassVar[str] = "dict of dicts"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = PRECONDITIONS

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal where the census saw such objects in the focus."""
        found = holding_of(focus, frozenset({"dict", "collections.defaultdict"}), frozenset({"dict"}))
        yield from proposal(
            self,
            project,
            focus,
            found,
            "a tuple, or one dict keyed by pairs, for the dicts in `{name}`",
            "the inner dicts of `{name}` become tuples of their keys where their values are all alike",
            0.36,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
