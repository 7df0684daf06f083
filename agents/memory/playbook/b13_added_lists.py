"""B13: lists that are added only to be iterated over are iterated over one after the other."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

from agents.memory.analysis.modules import text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.sequences import sequence
from agents.memory.playbook.examples import b13 as examples
from agents.memory.playbook.iterated_itself import iterated
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus
from agents.memory.playbook.source_edits import library, source, spliced


class AddedLists:
    """`for x in a + b:` -> `for x in itertools.chain(a, b):`: the sum is never built."""

    id: ClassVar[str] = "B13"
    name: ClassVar[str] = "lists added to iterate over"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Literal["allocations", "format", "reordering", "quantization"]] = "allocations"
    level: ClassVar[Literal["A", "P", "S"]] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "lists": "What is added are lists, or are tuples: nothing that `+` means something else for.",
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
            proof = (
                iterated(analyst, node, parts)
                if len(known) == len(parts) and len({kind for kind, _ in known}) == 1
                else None
            )
            named = library(project, module, node, "itertools.chain")
            if proof is None or named is None:
                continue
            new = f"{named[0]}({', '.join(source(module, part) for part in parts)})"
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
                    "lists": f"line {node.lineno}: "
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
    """The operands of `a + b + c`, in order."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return None
    left = _parts(analyst, node.left)
    return [*(left if left is not None else [node.left]), node.right]
