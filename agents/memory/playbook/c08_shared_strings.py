"""C08: an attribute or a local list holds many equal strings, each an object of its own. Keep one of each."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook import shared_locals, shared_values
from agents.memory.playbook.examples import c08 as examples
from agents.memory.playbook.local_memos import LIMIT
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy

_STRINGS = shared_values.Sharing("str", "strings", "type(value) is not str", "str", ("type", "str", "len"))

_LOCAL = shared_locals.LocalSharing(
    "str",
    "strings",
    "exact str",
    f'''
def _string_sharing():
    """A function that gives an equal str seen before, or the value itself; {LIMIT} are remembered."""
    known: dict = {{}}

    def shared(value):
        if type(value) is not str:
            return value
        return known.setdefault(value, value) if len(known) < {LIMIT} else known.get(value, value)

    return shared
'''.strip(),
    ("type", "str", "len", "dict"),
    f'''
def _part_sharing(kind, *places):
    """A function that puts equal str seen before into these places of a list or dict; {LIMIT} are remembered."""
    known: dict = {{}}

    def shared(row):
        if type(row) is not kind:
            return row
        for place in places:
            if place in row if kind is dict else place < len(row):
                value = row[place]
                if type(value) is str:
                    row[place] = known.setdefault(value, value) if len(known) < {LIMIT} else known.get(value, value)
        return row

    return shared
'''.strip(),
)


class SharedStrings:
    """`self.a = text` -> `self.a = _share_a(text)`, `rows.append(share_str(text))`, with a memo of limited size."""

    id: ClassVar[str] = "C08"
    name: ClassVar[str] = "one object for equal strings"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = shared_values.PRECONDITIONS

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate for the attribute or the local of the focus, or for each attribute of its class."""
        yield from shared_values.find(self, project, focus, _STRINGS)
        yield from shared_locals.find(self, project, focus, _LOCAL)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
