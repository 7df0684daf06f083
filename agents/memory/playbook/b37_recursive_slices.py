"""B37: a recursion that passes on what is left of a sequence: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import parameters, text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Function, resolve
from agents.memory.playbook.examples import proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level


class RecursiveSlices(ProposingRule):
    """`f(xs[1:])` inside `f` -> `f(xs, i + 1)`."""

    id: ClassVar[str] = "B37"
    name: ClassVar[str] = "recursion on slices"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """A call of the function by itself with its own parameter cut at the front."""
        scope = analyst.scope
        if not isinstance(node, ast.Call) or not isinstance(scope, ast.FunctionDef):
            return None
        callee = resolve(analyst.project, analyst.module, node.func)
        names = {parameter.arg for parameter in parameters(scope)}
        cut = [arg for arg in node.args if _rest(arg) in names]
        if not isinstance(callee, Function) or callee.node is not scope or not cut:
            return None
        advice = f"pass an index instead of `{text(cut[0])}`"
        mechanism = "each call copies all that is left, and all the copies are alive while the recursion goes down"
        evidence = f"`{text(node)}` inside {scope.name}"
        return Seen(node, advice, mechanism, evidence, "every caller is here, and the sequence does not change")

    VALID: ClassVar[list[Example]] = proposals.B37_VALID
    INVALID: ClassVar[list[Example]] = proposals.B37_INVALID


def _rest(arg: ast.expr) -> str:
    match arg:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Slice(lower=ast.Constant(value=int()), upper=None)):
            return name
    return ""
