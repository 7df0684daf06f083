"""C22: an attribute holds many equal tuples, each an object of its own. Keep one of each."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from agents.memory.analysis.project import Project
from agents.memory.playbook import shared_values
from agents.memory.playbook.examples import c22 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus

_TUPLES = shared_values.Sharing(
    "tuple",
    "tuples",
    "type(value) is not tuple or not all(type(part) is str or type(part) is int for part in value)",
    "tuple of str and int",
    ("type", "tuple", "all", "str", "int", "len"),
)
"""Equal tuples of exact str and int have equal types: 0 and 0.0, or True and 1, are not taken for each other."""


class SharedTuples:
    """`self.a = made()` -> `self.a = _share_a(made())`, with a memo of limited size."""

    id: ClassVar[str] = "C22"
    name: ClassVar[str] = "one object for equal tuples"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Literal["allocations", "format", "reordering", "quantization"]] = "format"
    level: ClassVar[Literal["A", "P", "S"]] = "P"
    preconditions: ClassVar[Mapping[str, str]] = shared_values.PRECONDITIONS

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate for the attribute of the focus, else for each of the class's, biggest first."""
        yield from shared_values.find(self, project, focus, _TUPLES)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
