"""B03: a function that builds a list which every caller iterates over once becomes a generator function."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, find_function, module_of
from agents.memory.analysis.project import Project
from agents.memory.analysis.restated import restated, taken_back
from agents.memory.playbook.callers import Callers, callers
from agents.memory.playbook.examples import b03 as examples
from agents.memory.playbook.generators import Changes, collected
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced
from messaging.contents import EditedFile


class ListHelper:
    """`out = []; ... out.append(x) ...; return out` -> `... yield x ...`: its callers take one element at a time."""

    id: ClassVar[str] = "B03"
    name: ClassVar[str] = "helper that returns a list"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "only collects": "The function appends to one new list and returns it; the list is used for nothing else.",
        "every caller": "Each mention of its name in the tree and its tests is a call whose result is iterated once.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate when the function of the focus is such a helper."""
        place = focused(project, focus)
        if place is None or not isinstance(place[1], ast.FunctionDef):
            return
        module, node = place[0], place[1]
        held = focus.holding.name if focus.holding is not None else None
        found = collected(project, module, node)
        if found is None or not (found[0] == held or touches(node, focus.lines)):
            return
        name, changes = found
        edit, proof = proved(project, module, node, changes)
        if edit is None or proof is None:
            return
        candidate = lazy_candidate(
            self,
            project,
            focus,
            module,
            node,
            f"{self.id}:{focus.file}:{focus.function}",
            title=f"make {focus.function} a generator",
            mechanism=f"the list `{name}` is not built: callers take its elements one at a time",
            shown={
                "only collects": f"`{name}` is only appended to, at {len(changes) - 2} places, and returned",
                "every caller": "called by " + ", ".join(dict.fromkeys(proof.users)),
                **evidence(proof.verdict),
            },
            assumes=["nobody outside this repository calls it", *proof.verdict.assumes],
            edits=[edit],
            files=proof.files,
            users=proof.users,
        )
        yield taken_back(project, candidate)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def proved(
    project: Project, module: Module, node: FunctionNode, changes: Changes
) -> tuple[EditedFile | None, Callers | None]:
    """The file in which the function is a generator, and the proof for its callers."""
    annotation = _annotation(module, node)
    if annotation is None:
        return None, None
    edit = spliced(module, [*changes, *annotation[0]], annotation[1])
    if edit is None:
        return None, None
    after = restated(project, module.path, edit.text)
    there = module_of(after, module.path)
    name = _qualified(module, node)
    generator = find_function(there, name, frozenset()) if there is not None else None
    if there is None or not isinstance(generator, FUNCTIONS):
        return None, None
    return edit, callers(after, there, generator)


def _qualified(module: Module, node: FunctionNode) -> str:
    names = [node.name, *(a.name for a in module.ancestors(node) if isinstance(a, (*FUNCTIONS, ast.ClassDef)))]
    return ".".join(reversed(names))


def _annotation(module: Module, node: FunctionNode) -> tuple[Changes, tuple[str, ...]] | None:
    """The change of `-> list[X]` to `-> Iterator[X]` with the import it needs; None for what is neither."""
    noted = node.returns
    base = noted.value if isinstance(noted, ast.Subscript) else noted
    last = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    if noted is None or last in {"Iterable", "Iterator"}:
        return [], ()
    if last not in {"list", "List"} or base is None:
        return None
    bound = module.bindings(module.tree).get("Iterator", [])
    known = len(bound) == 1 and isinstance(bound[0], ast.ImportFrom) and bound[0].module in _ITERATORS
    if bound and not known:
        return None
    inner = f"[{source(module, noted.slice)}]" if isinstance(noted, ast.Subscript) else ""
    return [(noted, f"Iterator{inner}")], () if known else ("collections.abc:Iterator",)


_ITERATORS = frozenset({"typing", "collections.abc"})
