"""C06: a set of dense small ints could be a bytearray with one byte for each possible one."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import c06 as examples
from agents.memory.playbook.number_keys import all_ints, keyed, proposal
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy


class IntBitmap:
    """a set of dense small ints could be a bytearray with one byte for each possible one."""

    id: ClassVar[str] = "C06"
    name: ClassVar[str] = "set of dense ints"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = {
        "keys": "Every key in the source is an int.",
        "closed uses": "The set is a local that begins empty and is used by its keys alone; its length may be taken.",
        "dense": "A person knows the bound of the numbers, that none is negative, and that most are there.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal where the focus is such a set."""
        found = keyed(project, focus, "set")
        if found is not None and all_ints(project, found):
            name = found.binding.name
            yield proposal(
                self,
                project,
                focus,
                found,
                f"a bytearray with a byte for each number instead of the set `{name}`",
                f"each number in `{name}` takes one byte instead of an object and a place in the hash table",
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
