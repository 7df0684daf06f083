"""C24: a dict keyed by pairs of ints could be keyed by one int, `x * width + y`."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import c24 as examples
from agents.memory.playbook.number_keys import keyed, proposal
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy


class PairKeys:
    """a dict keyed by pairs of ints could be keyed by one int, `x * width + y`."""

    id: ClassVar[str] = "C24"
    name: ClassVar[str] = "dict keyed by pairs"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = {
        "keys": "Every key in the source is a tuple of two.",
        "closed uses": "The dict is a local that begins empty and is used by its keys alone; its length may be taken.",
        "dense": "A person knows the bounds of both, and that neither is negative.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal where the focus is such a dict."""
        found = keyed(project, focus, "dict")
        if found is not None and all(isinstance(key, ast.Tuple) and len(key.elts) == 2 for key in found.keys):
            name = found.binding.name
            yield proposal(
                self,
                project,
                focus,
                found,
                f"one int for each key of `{name}` instead of a tuple",
                f"each key of `{name}` is one int, no tuple of two objects",
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
