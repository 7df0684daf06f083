"""C04: a list of numbers that is made at once and only read is kept in an array."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.analysis.sequence_holders import Spread
from agents.memory.analysis.sequence_uses import spread
from agents.memory.playbook.examples import c04 as examples
from agents.memory.playbook.lazy_edits import numbered
from agents.memory.playbook.packed_candidates import packed_candidate
from agents.memory.playbook.packed_numbers import CODE, GLOBALS, IMPORTS, packed_text
from agents.memory.playbook.packing import Binding, bindings, free, identities, number_indexes, outside, with_helper
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import spliced
from messaging.contents import EditedFile

READS = frozenset({"index", "slice", "iterate", "length", "truth", "none"})


class PackedNumbers:
    """`[float(x) for x in xs]` -> `_packed_numbers(float(x) for x in xs)`: an array, or a list where none fits."""

    id: ClassVar[str] = "C04"
    name: ClassVar[str] = "list of numbers in an array"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "numbers": "A comprehension or list() makes the list, of numbers as far as the source or the probe tells; it"
        " does the same as a generator that is exhausted at once.",
        "closed uses": "All that is done with the list, wherever it is passed, is to read it by number or slice, to"
        " iterate over it, to take its length or truth, or to compare it with None.",
        "free names": "The file has nothing else of the names that the edit brings in, and no other file imports all"
        " it has.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each binding of the focus to such a list."""
        found = [(b, new) for b in bindings(project, focus) if (new := _packed(project, b, focus)) is not None]
        keys = numbered(f"{self.id}:{b.module.path}:{focus.function}:{b.name}" for b, _ in found)
        for (binding, new), key in zip(found, keys, strict=True):
            if not free(project, binding.module, CODE, IMPORTS):
                continue
            flow = spread(project, binding.carrier, binding.facts)
            if flow.unknown or not flow.kinds <= READS:
                continue
            edit = spliced(binding.module, [(binding.value, new)])
            if edit is not None:
                yield self._candidate(project, focus, binding, flow, key, with_helper(edit, CODE, IMPORTS))

    def _candidate(
        self, project: Project, focus: Focus, binding: Binding, flow: Spread, key: str, edit: EditedFile
    ) -> Candidate:
        assumes = [
            *outside(binding, "a list"),
            *identities(project, binding.name),
            *number_indexes(project, flow),
            *flow.assumes,
        ]
        shown = {
            "numbers": f"line {binding.value.lineno}: `{ast.unparse(binding.value)}`",
            "closed uses": f"{len(flow.uses)} uses through {len(flow.carriers)} names: {', '.join(sorted(flow.kinds))}",
            "free names": f"nothing else has or uses {', '.join(GLOBALS)} in {binding.module.path}",
        }
        return packed_candidate(
            self,
            project,
            focus,
            binding,
            [flow],
            key,
            edit,
            title=f"keep the numbers of `{binding.name}` in an array",
            mechanism=f"each number in `{binding.name}` takes 8 bytes instead of a pointer and an object",
            shown=shown,
            assumes=assumes,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _packed(project: Project, binding: Binding, focus: Focus) -> str | None:
    holding = focus.holding
    seen = holding.element if holding is not None and holding.name == binding.name else ""
    return packed_text(project, binding.module, binding.value, seen)
