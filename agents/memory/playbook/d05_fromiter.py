"""D05: an array of numbers is filled from a generator instead of from a list of them."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.arrays import Arrays
from agents.memory.analysis.effects import NOTHING
from agents.memory.analysis.external import external
from agents.memory.analysis.kinds import NUMBERS
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.modules import FUNCTIONS, text
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, Library, resolve
from agents.memory.playbook.examples import d05 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, needs_own_frame, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced

_FLOATS = frozenset(
    f"math.{name}" for name in ("sqrt", "sin", "cos", "tan", "exp", "log", "log2", "log10", "atan", "atan2", "hypot")
)


class FromIter:
    """`np.array([f(x) for x in xs])` -> `np.fromiter((f(x) for x in xs), dtype=float)`."""

    id: ClassVar[str] = "D05"
    name: ClassVar[str] = "array of a list comprehension"
    category: ClassVar[str] = "image-buffers"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "numbers": "Each element is a Python number for which numpy would take the same dtype, also when there is none:"
        " float without a dtype, any number for float64, an int for int64.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such call on a line of the focus."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        calls = [
            node
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Call) and touches(node, focus.lines) and module.frame(node) is scope
            if node.args and isinstance(node.args[0], ast.ListComp) and isinstance(node.func, ast.Attribute)
            if external(project, module, node.func) in ("numpy.array", "numpy.asarray")
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(call)}" for call in calls)
        for call, key in zip(calls, keys, strict=True):
            listed = call.args[0]
            assert isinstance(listed, ast.ListComp) and isinstance(call.func, ast.Attribute)
            dtype = _dtype(analyst, call, listed)
            if dtype is None or introspected(listed) or needs_own_frame(module, listed):
                continue
            statement = module.statement(call)
            made = analyst.elements(listed)
            region = Region(NOTHING, f"fromiter() at line {call.lineno}", (), catches(analyst, statement))
            verdict = judge(made, f"`{text(listed.elt)}`", region, lambda at, s=statement: owned(analyst, at, s))  # type: ignore[misc]
            if verdict.veto:
                continue
            generator = f"({source(module, listed)[1:-1].strip()})"
            known = _count(analyst, listed)
            counted = f", count={known}" if known is not None else ""
            package = source(module, call.func.value)
            edit = spliced(module, [(call, f"{package}.fromiter({generator}, dtype={dtype}{counted})")])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                call,
                key,
                title=f"fill the array in {focus.function} from a generator, not from a list",
                mechanism=f"the array takes `{text(listed.elt)}` one at a time, 8 bytes each; the list of them is not"
                " built",
                shown={"numbers": f"`{text(listed.elt)}` is a number; dtype {dtype}", **evidence(verdict)},
                assumes=verdict.assumes,
                edits=[edit],
                files=made.files,
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _dtype(analyst: Analyst, call: ast.Call, listed: ast.ListComp) -> str | None:
    """The dtype's text; None when the elements may lead to another one."""
    module = analyst.module
    match call:
        case ast.Call(args=[_], keywords=[]):
            free = module.owner(call, "float") is None and not module.star_import
            return "float" if free and exact_float(analyst, listed.elt) else None
        case (
            ast.Call(args=[_, given], keywords=[])
            | ast.Call(args=[_], keywords=[ast.keyword(arg="dtype", value=given)])
        ):
            pass
        case _:
            return None
    scope = analyst.scope
    function = scope if isinstance(scope, FUNCTIONS) else None
    named = Arrays(analyst, function, {}).dtype(given) if function is not None else None
    kind = analyst.kinds.of(listed.elt)
    if kind is None or named is None:
        return None
    fits = kind.name in NUMBERS if named == "float64" else named == "int64" and kind.name in ("int", "bool")
    return source(module, given) if fits else None


def exact_float(analyst: Analyst, expr: ast.expr) -> bool:
    """Whether the expression is a float itself, neither an int nor of a subclass, whatever the input."""
    match expr:
        case ast.Constant(value=value):
            return type(value) is float
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return exact_float(analyst, operand)
        case ast.IfExp(body=body, orelse=orelse):
            return exact_float(analyst, body) and exact_float(analyst, orelse)
        case ast.BinOp(left=left, op=op, right=right):
            kinds = [analyst.kinds.of(left), analyst.kinds.of(right)]
            if any(kind is None or kind.name not in NUMBERS for kind in kinds):
                return False
            if isinstance(op, ast.Div):
                return True
            mixed = isinstance(op, ast.Add | ast.Sub | ast.Mult | ast.Mod | ast.FloorDiv)
            return mixed and (exact_float(analyst, left) or exact_float(analyst, right))
        case ast.Call(func=func):
            meaning = resolve(analyst.project, analyst.module, func)
            return meaning == Builtin("float") or (isinstance(meaning, Library) and meaning.name in _FLOATS)
    return False


def _count(analyst: Analyst, listed: ast.ListComp) -> int | None:
    match listed.generators:
        case [ast.comprehension(iter=ast.Call(func=func, args=args, keywords=[]), ifs=[], is_async=0)]:
            if resolve(analyst.project, analyst.module, func) == Builtin("range"):
                values = [a.value for a in args if isinstance(a, ast.Constant) and type(a.value) is int]
                return len(range(*values)) if len(values) == len(args) and values and 0 not in values[2:] else None
    return None
