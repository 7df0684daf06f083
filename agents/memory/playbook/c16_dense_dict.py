"""C16: a dict with dense int keys could be a list or an array."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import c16 as examples
from agents.memory.playbook.number_keys import all_ints, keyed, proposal
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy


class DenseDict:
    """a dict with dense int keys could be a list or an array."""

    id: ClassVar[str] = "C16"
    name: ClassVar[str] = "dict with dense int keys"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = {
        "keys": "Every key in the source is an int.",
        "closed uses": "The dict is a local that begins empty and is used by its keys alone; its length may be taken.",
        "dense": "A person knows that the keys go from 0 to a known bound, and that each is set before it is read.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal where the focus is such a dict."""
        found = keyed(project, focus, "dict")
        if found is not None and all_ints(project, found):
            name = found.binding.name
            yield proposal(
                self,
                project,
                focus,
                found,
                f"a list or an array instead of the dict `{name}`",
                f"each entry of `{name}` takes one pointer or number instead of a place in the hash table and a key",
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
