"""B35: a JSON document of which few fields are read: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import proposals
from agents.memory.playbook.proposed import ProposingRule, Seen, called
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class ProjectedJson(ProposingRule):
    """`json.load(f)` -> `json.load(f, object_hook=...)` that keeps the fields in use."""

    id: ClassVar[str] = "B35"
    name: ClassVar[str] = "JSON document loaded with all its fields"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """A load() without a hook."""
        if called(analyst, node) not in {"json.load", "json.loads"} or not isinstance(node, ast.Call) or node.keywords:
            return None
        used = _keys(analyst)
        if not used:
            return None
        advice = f"keep only the fields in use of `{text(node)}`, with an object_hook"
        mechanism = "each object holds the fields that are read, as it is made"
        evidence = f"`{text(node)}`; the function reads the fields {', '.join(used[:6])}"
        return Seen(node, advice, mechanism, evidence, "no other field is read anywhere")

    VALID: ClassVar[list[Example]] = proposals.B35_VALID
    INVALID: ClassVar[list[Example]] = proposals.B35_INVALID


def _keys(analyst: Analyst) -> list[str]:
    """The constant fields that the frame's code reads."""
    found: set[str] = set()
    for node in ast.walk(analyst.scope):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str() as key), ctx=ast.Load()):
                found.add(key)
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str() as key), *_]):
                found.add(key)
    return sorted(found)
