"""B04: a copy that is made only to be iterated over is dropped; the original is iterated over instead."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst

from agents.memory.analysis.concrete import Concrete, Replacement, concrete, edited
from agents.memory.analysis.consumers import conditions, consumption, evaluated_here
from agents.memory.analysis.kinds import CONTAINERS
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.modules import FunctionNode, text
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.plainness import properties_read
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, Library, Meaning, resolve
from agents.memory.analysis.sharing import leaves, shared
from agents.memory.analysis.snapshots import looked_up, snapshot
from agents.memory.playbook.examples import b04 as examples
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy

_MAPPING_AWARE = (Builtin("dict"), Library("collections.Counter"), Library("collections.OrderedDict"))
"""They take a mapping otherwise than the list of its keys."""


@dataclass(frozen=True)
class _Copy:
    """`list(original)` and the like. `kinds`: of what the copy works for at all, where not of every iterable."""

    node: ast.expr
    original: ast.expr
    kinds: frozenset[str] | None


class NeedlessCopy:
    """`for x in list(xs):` -> `for x in xs:`, where the loop cannot change `xs`."""

    id: ClassVar[str] = "B04"
    name: ClassVar[str] = "copy of what is only iterated over"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[dict[str, str]] = {
        "copy": "The expression is a plain copy: list(), tuple(), copy.copy(), .copy() or [:], not rebound.",
        "single pass": "The copy is a temporary that its reader iterates over once and does nothing else with.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such copy that covers a line of the focus, or whose reader's header does."""
        place = focused(project, focus)
        if place is None or introspected(place[1]):
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        copies = [
            found
            for node in nodes_in(module, scope)
            if isinstance(node, ast.expr) and touches(node, focus.lines)
            if module.frame(node) is scope and (found := _copy(analyst, node)) is not None
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(found.node)}" for found in copies)
        for found, key in zip(copies, keys, strict=True):
            candidate = self._candidate(analyst, focus, scope, found, key)
            if candidate is not None:
                yield candidate

    def _candidate(
        self, analyst: Analyst, focus: Focus, scope: FunctionNode | ast.Module, found: _Copy, key: str
    ) -> Candidate | None:
        project, module = analyst.project, analyst.module
        statement = module.statement(found.node)
        taken = consumption(analyst, found.node)
        tree = concrete(module)
        if taken is None or tree is None or not evaluated_here(module, found.node, statement):
            return None
        if _consumer(analyst, found.node) in _MAPPING_AWARE:
            return None
        region = Region(
            taken.effects,
            taken.what,
            tuple(conditions(module, found.node, statement)) + taken.stops,
            catches(analyst, statement),
            taken.catches,
        )
        made = analyst.step(found.original)
        written, original = text(found.node), text(found.original)
        verdict = judge(made, f"iterating over `{original}`", region, lambda place: owned(analyst, place, statement))
        if verdict.veto:
            return None
        sources = list(leaves(analyst, found.original))
        late = bool(region.stops or region.catches or region.catches_consumer or region.effects.leaves)
        if shared(analyst, sources, found.node, statement, to_end=late) or properties_read(analyst, statement):
            return None
        held = snapshot(analyst, found.original, sources, statement, yields=bool(region.effects.leaves))
        if held is None or looked_up(analyst, sources, statement):
            return None
        verdict.assumes += held
        kind = analyst.kinds.of(found.original)
        if found.kinds is not None and (kind is None or kind.name not in found.kinds):
            if region.catches:
                return None  # A handler may be there for what `[:]` or copy() raises.
            verdict.assumes.append(f"`{original}` is of a builtin type that `{written}` works for")
        edit = edited(module, tree, _without_copy(tree, found))
        if edit is None:
            return None
        shown = {
            "copy": f"line {found.node.lineno}: `{written}` copies `{original}`",
            "single pass": f"the copy is a temporary, read by {taken.what} alone",
            **evidence(verdict),
        }
        return Candidate(
            key=key,
            rule=self.id,
            title=f"iterate over `{original}` in {focus.function} without a copy",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"`{written}` is not built: {taken.what} iterates over `{original}` itself",
            level="P" if verdict.assumes else "A",
            file=focus.file,
            line=found.node.lineno,
            function=focus.function,
            frees=focus.size,
            shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
            users=[f"{focus.file}:{found.node.lineno} {focus.function}", *taken.users],
            assumes=verdict.assumes,
            edits=[edit],
            read={
                path: project.sources[path].blob
                for path in sorted(made.files | region.effects.files | taken.files | {focus.file})
            },
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _copy(analyst: Analyst, node: ast.expr) -> _Copy | None:
    match node:
        case ast.Call(func=func, args=[original], keywords=[]) if not isinstance(original, ast.Starred):
            match resolve(analyst.project, analyst.module, func):
                case Builtin(name="list" | "tuple"):
                    return _Copy(node, original, None)
                case Library(name="copy.copy"):
                    return _Copy(node, original, CONTAINERS - {"iterator"})
        case ast.Call(func=ast.Attribute(value=original, attr="copy"), args=[], keywords=[]):
            if resolve(analyst.project, analyst.module, node.func) is None:
                return _Copy(node, original, frozenset({"list", "dict", "set"}))
        case ast.Subscript(value=original, slice=ast.Slice(lower=None, upper=None, step=None)):
            return _Copy(node, original, frozenset({"list", "tuple", "str", "text", "range"}))
    return None


def _consumer(analyst: Analyst, node: ast.expr) -> Meaning:
    parent = analyst.module.parents[node]
    return resolve(analyst.project, analyst.module, parent.func) if isinstance(parent, ast.Call) else None


def _without_copy(tree: Concrete, found: _Copy) -> dict[cst.CSTNode, Replacement]:
    copied = tree.expression(found.node)
    original = _inner(copied, found)
    if copied is None or original is None:
        return {}
    if tree.tree.code_for_node(copied).count("#") != tree.tree.code_for_node(original).count("#"):
        return {}  # A comment stands where the edit would take it away.
    lpar, rpar = [*copied.lpar, *original.lpar], [*original.rpar, *copied.rpar]
    if not lpar and isinstance(original, cst.GeneratorExp | cst.NamedExpr | cst.Lambda | cst.IfExp):
        lpar, rpar = [cst.LeftParen()], [cst.RightParen()]
    return {copied: original.with_changes(lpar=lpar, rpar=rpar)}


def _inner(copied: cst.BaseExpression | None, found: _Copy) -> cst.BaseExpression | None:
    if isinstance(copied, cst.Subscript):
        return copied.value
    if isinstance(copied, cst.Call):
        assert isinstance(found.node, ast.Call)
        method = not found.node.args and isinstance(copied.func, cst.Attribute)
        return copied.func.value if method and isinstance(copied.func, cst.Attribute) else copied.args[0].value
    return None
