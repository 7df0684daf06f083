"""B38: a search that queues whole paths: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class QueuedPaths(ProposingRule):
    """`queue.append(path + [node])` -> a map from each node to the one before."""

    id: ClassVar[str] = "B38"
    name: ClassVar[str] = "queue of whole paths"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """A path that was taken from a queue and is put back into it with one more step."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=queue), attr="append"),
                args=[
                    ast.BinOp(left=ast.Name(id=path), op=ast.Add(), right=ast.List() | ast.Tuple())
                    | ast.List(elts=[ast.Starred(value=ast.Name(id=path)), ast.expr()])
                    | ast.Tuple(elts=[ast.Starred(value=ast.Name(id=path)), ast.expr()])
                ],
            ):
                pass
            case _:
                return None
        taken = [analyst.module.parents[bound] for bound in analyst.module.bindings(analyst.scope).get(path, [])]
        if not any(isinstance(one, ast.Assign) and _taken_from(one.value) == queue for one in taken):
            return None
        advice = f"queue the last node of each path and keep a map of where it came from, instead of `{text(node)}`"
        mechanism = "one entry for each node that was reached instead of a list for each path to it"
        evidence = f"`{path}` is taken from `{queue}`, and `{text(node)}`"
        open_ = "each node is queued once, and only the last path or its length is used; measure both metrics"
        return Seen(node, advice, mechanism, evidence, open_)

    VALID: ClassVar[list[Example]] = proposals.B38_VALID
    INVALID: ClassVar[list[Example]] = proposals.B38_INVALID


def _taken_from(value: ast.expr) -> str:
    match value:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=queue), attr="pop" | "popleft")):
            return queue
    return ""
