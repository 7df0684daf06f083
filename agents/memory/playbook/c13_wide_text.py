"""C13: a text with one wide character takes four bytes for each. As UTF-8 bytes it takes little more than one."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import c13 as examples
from agents.memory.playbook.observed import PRECONDITIONS, proposal
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy

_WIDE = 3.5
"""Bytes a character from which a text is stored in four each."""


class WideText:
    """Proposes UTF-8 bytes for a text that is stored in four bytes a character."""

    id: ClassVar[str] = "C13"
    name: ClassVar[str] = "text in four bytes a character"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = PRECONDITIONS

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal where the census saw such a text in the focus."""
        yield from proposal(
            self,
            project,
            focus,
            _wide(focus),
            "keep `{name}` as UTF-8 bytes",
            "`{name}` as UTF-8 bytes takes a quarter of the room, where most of it is ASCII",
            0.74,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _wide(focus: Focus) -> tuple[str, str] | None:
    held = focus.holding
    if held is None or held.type != "str" or not held.length or held.shallow / held.length < _WIDE:
        return None
    return held.name, f"`{held.name}`: {held.length} characters in {held.shallow} bytes"
