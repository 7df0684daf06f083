"""B45: a list of floats that is only read through its elements is kept as an array of them."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.effects import NOTHING
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.modules import FunctionNode, Module, text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.reads import described, every_read, kept_in, only_elements
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.single_read import visible_outside
from agents.memory.playbook.examples import b45 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, needs_own_frame, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import library, source, spliced

_REDUCING = frozenset(
    {f"passed to {name}()" for name in ("len", "sum", "min", "max", "math.fsum")} | {"iterated over", "tested"}
)
"""Uses that give the same for equal floats, whichever objects they are."""

_COMPUTING = frozenset({"abs", "round", "int", "str", "repr", "print", "format", "divmod", "pow"})


class FloatColumn:
    """`values = [float(x) for x in xs]` -> `values = array("d", (float(x) for x in xs))`: 8 bytes a value, not 32."""

    id: ClassVar[str] = "B45"
    name: ClassVar[str] = "column of floats"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "floats": "Each element is the result of the builtin float(), an exact double.",
        "only reduced": "Each read counts, sums or compares the elements, tests the list, or computes with each:"
        " nothing can tell that an element asked for twice is not the same object.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such list that a line of the focus, or its holding, names."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        held = focus.holding.name if focus.holding is not None else None
        analyst = Analyst(project, module, scope)
        found = [
            (node, kept[1], kept[2])
            for node in nodes_in(module, scope)
            if isinstance(node, ast.ListComp) and (kept := kept_in(module, node)) is not None and kept[0] is scope
            if touches(kept[1], focus.lines) or kept[2] == held
            if isinstance(node.elt, ast.Call) and resolve(project, module, node.elt.func) == Builtin("float")
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{name}" for *_, name in found)
        for (node, statement, name), key in zip(found, keys, strict=True):
            reads = every_read(module, scope, name)
            if not reads or not all(only_elements(project, module, read, 0) in _REDUCING for read in reads):
                continue
            if not all(_by_value(module, scope, read) for read in reads):
                continue
            if len(reads) < 2 or (isinstance(scope, ast.Module) and visible_outside(project, module, name)):
                continue  # One read alone is B02's, and needs no list at all.
            region = Region(NOTHING, f"array() at line {node.lineno}", (), catches(analyst, statement))
            verdict = judge(analyst.elements(node), f"`{text(node.elt)}`", region, lambda at: False)
            named = library(project, module, node, "array.array")
            if verdict.veto or introspected(node) or needs_own_frame(module, node) or named is None:
                continue
            edit = spliced(module, [(node, f'{named[0]}("d", ({source(module, node)[1:-1].strip()}))')], named[1])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                statement,
                key,
                title=f"keep `{name}` in {focus.function} as an array of doubles",
                mechanism=f"`{name}` holds 8 bytes for each float; a list holds a pointer and an object of 24",
                shown={
                    "floats": f"line {node.lineno}: each element is `{text(node.elt)}`",
                    "only reduced": f"`{name}` is " + ", ".join(described(project, module, reads)),
                    **evidence(verdict),
                },
                assumes=verdict.assumes,
                edits=[edit],
                files=analyst.elements(node).files,
                frees=focus.size * 3 // 4,
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _by_value(module: Module, scope: FunctionNode | ast.Module, read: ast.Name) -> bool:
    """Whether what iterates over the array computes with the elements, and keeps none of the objects.

    A float asked for twice is two objects: `is` tells them apart, and where it is NaN a set, a dict or `in` does.
    """
    parent = module.parents[read]
    match parent:
        case ast.For(iter=iterated, target=target) | ast.comprehension(iter=iterated, target=target) if (
            iterated is read
        ):
            if not isinstance(target, ast.Name):
                return False
            uses = (n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == target.id)
            return all(_computes(module, use) for use in uses if isinstance(use.ctx, ast.Load))
        case ast.YieldFrom() | ast.Starred():
            return False
    return True


def _computes(module: Module, use: ast.Name) -> bool:
    parent = module.parents[use]
    match parent:
        case ast.BinOp() | ast.FormattedValue() | ast.AugAssign():
            return True
        case ast.UnaryOp(op=op):
            return not isinstance(op, ast.UAdd)
        case ast.Compare(ops=ops):
            return not any(isinstance(op, ast.Is | ast.IsNot | ast.In | ast.NotIn) for op in ops)
        case ast.Call(func=ast.Name(id=name)):
            return name in _COMPUTING
    return False
