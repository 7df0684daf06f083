"""C22: an attribute or a local list holds many equal tuples, each an object of its own. Keep one of each."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook import shared_locals, shared_values
from agents.memory.playbook.examples import c22 as examples
from agents.memory.playbook.local_memos import LIMIT
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy

_TUPLES = shared_values.Sharing(
    "tuple",
    "tuples",
    "type(value) is not tuple or not all(type(part) is str or type(part) is int for part in value)",
    "tuple of str and int",
    ("type", "tuple", "all", "str", "int", "len"),
)
"""Equal tuples of exact str and int have equal types: 0 and 0.0, or True and 1, are not taken for each other."""

_LOCAL = shared_locals.LocalSharing(
    "tuple",
    "tuples",
    "tuples of str, int, bool, None and of floats that are not zero, by their types too",
    f'''
def _tuple_sharing():
    """A function that gives an equal tuple seen before, its parts' types included; {LIMIT} are remembered."""
    known: dict = {{}}
    plain = {{str, int, float, bool, type(None)}}

    def shared(value):
        if type(value) is not tuple:
            return value
        kinds = tuple(map(type, value))
        if not plain.issuperset(kinds):
            return value
        # Zeros of two signs are equal and not the same.
        if 0 in value and any(type(part) is float and not part for part in value):
            return value
        key = value, kinds
        return known.setdefault(key, value) if len(known) < {LIMIT} else known.get(key, value)

    return shared
'''.strip(),
    ("type", "tuple", "str", "int", "float", "bool", "map", "any", "len"),
)


class SharedTuples:
    """`self.a = made()` -> `self.a = _share_a(made())`, `rows.append(share_tuple(made()))`, with a limited memo."""

    id: ClassVar[str] = "C22"
    name: ClassVar[str] = "one object for equal tuples"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = shared_values.PRECONDITIONS

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate for the attribute or the local of the focus, or for each attribute of its class."""
        yield from shared_values.find(self, project, focus, _TUPLES)
        yield from shared_locals.find(self, project, focus, _LOCAL)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
