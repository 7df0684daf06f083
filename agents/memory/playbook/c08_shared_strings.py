"""C08: an attribute holds many equal strings, each an object of its own. Keep one of each."""

from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from agents.memory.analysis.project import Project
from agents.memory.playbook import shared_values
from agents.memory.playbook.examples import c08 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus

_STRINGS = shared_values.Sharing("str", "strings", "type(value) is not str", "str", ("type", "str", "len"))


class SharedStrings:
    """`self.a = text` -> `self.a = _share_a(text)`, with a memo of limited size."""

    id: ClassVar[str] = "C08"
    name: ClassVar[str] = "one object for equal strings"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Literal["allocations", "format", "reordering", "quantization"]] = "format"
    level: ClassVar[Literal["A", "P", "S"]] = "P"
    preconditions: ClassVar[Mapping[str, str]] = shared_values.PRECONDITIONS

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate for the attribute of the focus, else for each of the class's, biggest first."""
        yield from shared_values.find(self, project, focus, _STRINGS)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
