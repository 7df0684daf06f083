"""B25: a table of which each row needs only the row before: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.reads import every_read, kept_in
from agents.memory.playbook.examples import proposals
from agents.memory.playbook.proposed import ProposingRule, Seen
from agents.memory.playbook.rule import Example, Focus, Level


class RollingRows(ProposingRule):
    """`dp[i][j] = f(dp[i - 1][j], ...)` for all rows -> two rows."""

    id: ClassVar[str] = "B25"
    name: ClassVar[str] = "table filled row by row"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """A list of lists of which row `i` is written and rows `i` and `i - 1` are read, and at last the last one."""
        kept = kept_in(analyst.module, node) if isinstance(node, ast.ListComp) else None
        if not isinstance(node, ast.ListComp) or kept is None or not isinstance(node.elt, ast.BinOp | ast.ListComp):
            return None
        name = kept[2]
        reads = every_read(analyst.module, kept[0], name)
        rows = [_row(analyst, read) for read in reads or []]
        counters = {row[0] for row in rows if row is not None and row[0]}
        back = {row[1] for row in rows if row is not None and row[0]}
        if None in rows or len(counters) != 1 or back != {0, 1} or introspected(analyst.scope):
            return None
        advice = f"keep two rows of `{name}` instead of all"
        mechanism = "a row is needed until the next one is filled; the others are not kept"
        evidence = (
            f"`{name}` = `{text(node)}`: all {len(rows)} uses are of rows {counters.pop()}, one before, or the last"
        )
        return Seen(
            node, advice, mechanism, evidence, "rows are filled one after the other, each cell before it is read"
        )

    VALID: ClassVar[list[Example]] = proposals.B25_VALID
    INVALID: ClassVar[list[Example]] = proposals.B25_INVALID


def _row(analyst: Analyst, read: ast.Name) -> tuple[str, int] | None:
    """The counter and how many rows before it are meant by `t[i - 1][j]`; no counter for a constant row."""
    parents = analyst.module.parents
    row = parents[read]
    if not isinstance(row, ast.Subscript) or row.value is not read:
        return None
    cell = parents[row]
    match row.slice:
        case ast.Name(id=counter):
            back = 0
        case ast.BinOp(left=ast.Name(id=counter), op=ast.Sub(), right=ast.Constant(value=1)):
            back = 1
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1)):
            return "", 0
        case _:
            return None
    inner = isinstance(cell, ast.Subscript) and cell.value is row and not isinstance(cell.slice, ast.Slice)
    return (counter, back) if inner else None
