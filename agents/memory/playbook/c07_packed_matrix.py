"""C07: a list of lists of numbers, whose rows are only read, is kept as a list of arrays."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.project import Project
from agents.memory.analysis.sequence_holders import Spread
from agents.memory.analysis.sequence_uses import elements, spread
from agents.memory.playbook.examples import c07 as examples
from agents.memory.playbook.lazy_edits import numbered
from agents.memory.playbook.packed_candidates import packed_candidate
from agents.memory.playbook.packed_numbers import CODE, GLOBALS, IMPORTS, packed_text
from agents.memory.playbook.packing import Binding, bindings, free, identities, number_indexes, outside, with_helper
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import spliced
from messaging.contents import EditedFile

_READS = frozenset({"index", "slice", "iterate", "length", "truth", "none"})


class PackedMatrix:
    """`[[float(x) for x in row] for row in rows]` -> `[_packed_numbers(float(x) for x in row) for row in rows]`."""

    id: ClassVar[str] = "C07"
    name: ClassVar[str] = "lists of numbers in arrays"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "numbers": "A comprehension or list() makes each row, of numbers as far as the source tells; it does the same"
        " as a generator that is exhausted at once.",
        "closed uses": "All that is done with the rows, wherever the list is passed, is to read them by number or"
        " slice, to iterate over them, to take their length or truth; with the list, no more than that and to put rows"
        " in.",
        "free names": "The file has nothing else of the names that the edit brings in, and no other file imports all"
        " it has.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each binding of the focus to a list of such rows."""
        found = [b for b in bindings(project, focus) if isinstance(b.value, ast.List | ast.ListComp)]
        keys = numbered(f"{self.id}:{b.module.path}:{focus.function}:{b.name}" for b in found)
        for binding, key in zip(found, keys, strict=True):
            outer = spread(project, binding.carrier, binding.facts)
            changes = _changes(project, binding, outer)
            if outer.unknown or not changes or not free(project, binding.module, CODE, IMPORTS):
                continue
            flow = elements(project, outer)
            if flow.unknown or not flow.kinds <= _READS:
                continue
            edit = spliced(binding.module, changes)
            if edit is not None:
                edit = with_helper(edit, CODE, IMPORTS)
                yield self._candidate(project, focus, binding, outer, flow, key, edit, changes)

    def _candidate(
        self,
        project: Project,
        focus: Focus,
        binding: Binding,
        outer: Spread,
        flow: Spread,
        key: str,
        edit: EditedFile,
        changes: list[tuple[ast.AST, str]],
    ) -> Candidate:
        assumes = [
            *outside(binding, "a list of lists"),
            *identities(project, binding.name),
            *number_indexes(project, outer),
            *number_indexes(project, flow),
            *outer.assumes,
            *flow.assumes,
        ]
        shown = {
            "numbers": ", ".join(f"line {getattr(row, 'lineno', 0)}: `{text(row)}`" for row, _ in changes),
            "closed uses": f"{len(outer.uses)} uses of the list, {len(flow.uses)} of rows: "
            + ", ".join(sorted(flow.kinds)),
            "free names": f"nothing else has or uses {', '.join(GLOBALS)} in {binding.module.path}",
        }
        return packed_candidate(
            self,
            project,
            focus,
            binding,
            [outer, flow],
            key,
            edit,
            title=f"keep the rows of `{binding.name}` in arrays",
            mechanism=f"each number in `{binding.name}` takes 8 bytes instead of a pointer and an object",
            shown=shown,
            assumes=assumes,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _changes(project: Project, binding: Binding, outer: Spread) -> list[tuple[ast.AST, str]]:
    """Each row that can be packed, with its new text: elements of the display, and what is appended or stored."""
    rows = [binding.value.elt] if isinstance(binding.value, ast.ListComp) else []
    rows += binding.value.elts if isinstance(binding.value, ast.List) else []
    here = [use for use in outer.uses if use.module is binding.module and use.kind in ("append", "store")]
    rows += [use.other for use in here if use.other is not None]
    found: list[tuple[ast.AST, str]] = []
    for row in rows:
        new = packed_text(project, binding.module, row)
        if new is not None:
            found.append((row, new))
    return found
