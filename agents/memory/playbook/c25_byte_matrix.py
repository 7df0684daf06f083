"""C25: a matrix of flags or of small constants is kept as a list of bytearrays."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.analysis.sequence_holders import Spread
from agents.memory.analysis.sequence_uses import elements, spread
from agents.memory.playbook.byte_lists import bytearray_known, fits, repeated, whole
from agents.memory.playbook.examples import c25 as examples
from agents.memory.playbook.lazy_edits import numbered
from agents.memory.playbook.packed_candidates import packed_candidate
from agents.memory.playbook.packing import Binding, bindings, number_indexes, outside
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced
from messaging.contents import EditedFile


class ByteMatrix:
    """`[[0] * n for _ in range(m)]` -> `[bytearray([0]) * n for _ in range(m)]`."""

    id: ClassVar[str] = "C25"
    name: ClassVar[str] = "matrix of flags in bytearrays"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "repeated": "Each row is one flag, or one int from 0 to 255, repeated; `bytearray` is the builtin.",
        "stores": "Whatever is stored into a row is a flag where it began as flags, else a constant from 0 to 255.",
        "reads": "All else that is done with the matrix, wherever it is passed, is to take rows by number or to iterate"
        " over them, and with a row to read it by number, to iterate over it, to take its length or truth; flags are"
        " read for their truth or as numbers.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each binding of the focus to such a list."""
        found = [(b, start) for b in bindings(project, focus) if (start := _row(b.value)) is not None]
        keys = numbered(f"{self.id}:{b.module.path}:{focus.function}:{b.name}" for b, _ in found)
        for (binding, (display, first, factor)), key in zip(found, keys, strict=True):
            outer = spread(project, binding.carrier, binding.facts)
            if outer.unknown or not bytearray_known(binding.module):
                continue
            flow = elements(project, outer)
            if not fits(project, flow, isinstance(first, bool)):
                continue
            edit = spliced(binding.module, [(display, f"bytearray({source(binding.module, display)})")])
            if edit is not None:
                assumes = [
                    *outside(binding, "a list"),
                    *whole(project, binding.module, factor),
                    *number_indexes(project, outer),
                    *number_indexes(project, flow),
                    *outer.assumes,
                    *flow.assumes,
                ]
                yield self._candidate(project, focus, binding, outer, flow, key, edit, assumes)

    def _candidate(
        self,
        project: Project,
        focus: Focus,
        binding: Binding,
        outer: Spread,
        flow: Spread,
        key: str,
        edit: EditedFile,
        assumes: list[str],
    ) -> Candidate:
        written = ast.unparse(binding.value)
        stores = sorted(use.place for use in flow.uses if use.kind in ("store", "slice-store"))
        shown = {
            "repeated": f"line {binding.value.lineno}: `{written}`",
            "stores": f"{len(stores)} stores: {', '.join(stores[:5])}" if stores else "nothing is stored into it",
            "reads": f"{len(outer.uses)} uses of the matrix, {len(flow.uses)} of rows: {', '.join(sorted(flow.kinds))}",
        }
        return packed_candidate(
            self,
            project,
            focus,
            binding,
            [outer, flow],
            key,
            edit,
            title=f"keep the rows of `{binding.name}` in bytearrays",
            mechanism=f"each element of `{binding.name}` takes one byte instead of eight",
            shown=shown,
            assumes=assumes,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _row(value: ast.expr) -> tuple[ast.List, int | bool, ast.expr] | None:
    return repeated(value.elt) if isinstance(value, ast.ListComp) else None
