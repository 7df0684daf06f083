"""A local that serves one use, in the next statement, and its value put there: what A02 and A04 share."""

import ast
from dataclasses import dataclass

import libcst as cst

from agents.memory.analysis.concrete import Concrete, Replacement
from agents.memory.analysis.lifetime import Local, suite_of
from agents.memory.analysis.modules import Module, text
from agents.memory.analysis.order import evaluated_before, stable
from agents.memory.analysis.project import Project

_ATOMS = (cst.Call, cst.Name, cst.Attribute, cst.Subscript, cst.List, cst.Dict, cst.Set, cst.ListComp)
_LONGEST_LINE = 100
"""A longer line than this, and than any of the file, is not made."""


@dataclass(frozen=True, eq=False)
class Pair:
    """`first` binds the local to `value`; `second`, the next statement, reads it once, at `read`."""

    name: Local
    first: ast.Assign
    second: ast.stmt
    value: ast.expr
    read: ast.Name


def pair_of(name: Local) -> Pair | None:
    """The binding and the one read in the statement behind it; None when the local is used in another way."""
    reads = name.scope.reads.get(name.name, [])
    firsts = [
        statement
        for binding in name.bindings
        if isinstance(statement := name.module.statement(binding.node), ast.Assign)
        and statement.targets == [binding.node]
    ]
    if not firsts or len(reads) != 1 or not reads[0].certain or reads[0].kind != "read":
        return None
    first = min(firsts, key=lambda statement: statement.lineno)
    suite, index = suite_of(name.module, first)
    second = suite[index + 1] if index + 1 < len(suite) else None
    read = reads[0].node
    bound = {name.module.statement(binding.node) for binding in name.bindings}
    if second is None or not isinstance(read, ast.Name) or not bound <= {first, second}:
        return None
    if name.module.statement(read) is not second:
        return None
    return Pair(name, first, second, first.value, read)


def order_kept(project: Project, pair: Pair) -> str | None:
    """Evidence that the value may as well be made where it is used; None when that may change something."""
    if any(isinstance(node, ast.NamedExpr | ast.Yield | ast.YieldFrom) for node in ast.walk(pair.value)):
        return None
    before = evaluated_before(pair.name, pair.second, pair.read)
    if before is None or not all(stable(project, pair.name, pair.first, expr) for expr in before):
        return None
    names = ", ".join(f"`{text(expr)}`" for expr in before) or "nothing"
    return f"evaluated before `{pair.name.name}`: {names}, which making the value cannot change"


def inlined(tree: Concrete, pair: Pair) -> dict[cst.CSTNode, Replacement]:
    """The replacements: the first line goes, its comments to the second; empty when they share lines with others."""
    nodes = [tree.statement(pair.first), tree.statement(pair.second)]
    lines = [tree.lines_of.get(node) for node in nodes if node is not None]
    read, value = tree.expression(pair.read), tree.expression(pair.value)
    if len(lines) != 2 or read is None or value is None:
        return {}
    first, second = lines
    if not isinstance(first, cst.SimpleStatementLine) or not isinstance(second, cst.SimpleStatementLine):
        return {}
    if len(first.body) != 1 or len(second.body) != 1 or first.trailing_whitespace.comment is not None:
        return {}
    is_argument = isinstance(pair.name.module.parents[pair.read], ast.Call | ast.keyword)
    if not isinstance(value, _ATOMS) and not value.lpar and not (is_argument and not isinstance(value, cst.Tuple)):
        value = value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    merged = second.deep_replace(read, value)
    assert isinstance(merged, cst.SimpleStatementLine)
    leading = [*first.leading_lines, *second.leading_lines]
    return {first: cst.RemoveFromParent(), second: merged.with_changes(leading_lines=leading)}


def too_long(module: Module, new: str) -> bool:
    """Whether the edited text has a line longer than any of the file, and than is usual."""
    old = max((len(line) for line in module.source.text.splitlines()), default=0)
    return max(len(line) for line in new.splitlines()) > max(old, _LONGEST_LINE)
