"""B14: a slice that is only iterated over is skipped to instead of copied."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from agents.memory.analysis.modules import text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.sequences import sequence
from agents.memory.playbook.examples import b14 as examples
from agents.memory.playbook.iterated_itself import iterated
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus
from agents.memory.playbook.source_edits import library, source, spliced


class IteratedSlice:
    """`for x in a[1:]:` -> `for x in itertools.islice(a, 1, None):`: the slice is never built."""

    id: ClassVar[str] = "B14"
    name: ClassVar[str] = "slice to iterate over"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Literal["allocations", "format", "reordering", "quantization"]] = "allocations"
    level: ClassVar[Literal["A", "P", "S"]] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "slice": "A list or tuple is sliced from and to constants that are not negative, without a step.",
        "single pass": "It is a temporary that its reader iterates over once and does nothing else with.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such expression that covers a line of the focus."""
        place = focused(project, focus)
        if place is None or introspected(place[1]):
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        found = [
            (node, parts)
            for node in nodes_in(module, scope)
            if isinstance(node, ast.expr) and touches(node, focus.lines) and module.frame(node) is scope
            if (parts := _parts(analyst, node)) is not None
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(node)}" for node, _ in found)
        for (node, parts), key in zip(found, keys, strict=True):
            types = [sequence(analyst, part, focus.seen) for part in parts]
            known = [found for found in types if found is not None]
            proof = iterated(analyst, node, parts) if len(known) == len(parts) else None
            named = library(project, module, node, "itertools.islice")
            if proof is None or named is None:
                continue
            assert isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice)
            first, last = (text(end) if end is not None else "" for end in (node.slice.lower, node.slice.upper))
            ends = f"{first or 0}, {last or None}" if first or not last else last
            new = f"{named[0]}({source(module, node.value)}, {ends})"
            edit = spliced(module, [(node, new)], named[1])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                node,
                key,
                title=f"iterate in {focus.function} without the temporary `{text(node)}`",
                mechanism=f"`{text(node)}` is not built: {proof.what} iterates over what it is made of",
                shown={
                    "slice": f"line {node.lineno}: "
                    + ", ".join(f"`{text(part)}` is a {kind[0]}" for part, kind in zip(parts, known, strict=True)),
                    "single pass": f"it is a temporary, read by {proof.what} alone",
                    **evidence(proof.verdict),
                },
                assumes=[*(why for _, why in known if why), *proof.verdict.assumes],
                edits=[edit],
                files=proof.files,
                users=proof.users,
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _parts(analyst: Analyst, node: ast.expr) -> list[ast.expr] | None:
    """The sliced sequence, in a list."""
    match node:
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None), ctx=ast.Load()):
            ends = [end for end in (lower, upper) if end is not None]
            return [value] if ends and all(_constant(end) for end in ends) else None
    return None


def _constant(end: ast.expr) -> bool:
    return isinstance(end, ast.Constant) and type(end.value) is int and end.value >= 0
