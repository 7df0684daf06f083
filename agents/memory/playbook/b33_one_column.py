"""B33: rows that are transposed only to read one column are read at that column."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.reads import every_read, only_elements
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.sequences import sequence
from agents.memory.playbook.examples import b33 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced

_ROWS = frozenset({"list", "tuple"})


@dataclass(frozen=True)
class _Column:
    """A transposition of which one column is read.

    Args:
        node: what is replaced: `list(zip(*rows))[1]`, or the statement `a, b = zip(*rows)`.
        rows: the rows.
        index: of the column.
        width: how many columns there must be; 0 where that does not matter.
        target: the local that the column is bound to; "" for an expression.
        elements: whether its readers take its elements alone, so that it may be a list.
    """

    node: ast.expr | ast.Assign
    rows: ast.expr
    index: int
    width: int
    target: str
    elements: bool


class OneColumn:
    """`a, b, c = zip(*rows)`, where only `b` is read -> `b = [row[1] for row in rows]`."""

    id: ClassVar[str] = "B33"
    name: ClassVar[str] = "rows transposed to read one column"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "one column": "All columns of the builtin zip(*rows) but one are dropped, or bound to locals nobody reads.",
        "rows": "The rows are a list or tuple of lists or tuples.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such transposition that covers a line of the focus."""
        place = focused(project, focus)
        if place is None or introspected(place[1]):
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        found = [
            one
            for node in nodes_in(module, scope)
            if isinstance(node, ast.expr | ast.Assign) and touches(node, focus.lines) and module.frame(node) is scope
            if (one := _column(analyst, scope, node)) is not None
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(one.node)}" for one in found)
        for one, key in zip(found, keys, strict=True):
            rows = _rows(analyst, one.rows, focus)
            edit = spliced(module, [(one.node, _written(module, one))]) if rows is not None else None
            if rows is None or edit is None or module.star_import:
                continue
            if catches(analyst, module.statement(one.node)):  # Where there are no rows, the old code fails.
                continue
            width = f", each of {one.width} items" if one.width else ""
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                one.node,
                key,
                title=f"read column {one.index} of `{text(one.rows)}` in {focus.function} without transposing the rows",
                mechanism="the other columns are not built, nor an iterator for each row",
                shown={
                    "one column": f"line {one.node.lineno}: `{text(one.node)}`, of which column {one.index} is read",
                    "rows": rows[0],
                },
                assumes=[f"`{text(one.rows)}` has rows{width}, as in the profiled run", *rows[1]],
                edits=[edit],
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _column(analyst: Analyst, scope: FunctionNode | ast.Module, node: ast.expr | ast.Assign) -> _Column | None:
    module = analyst.module
    match node:
        case ast.Subscript(value=listed, slice=ast.Constant(value=int() as index), ctx=ast.Load()) if index >= 0:
            rows = _transposed(analyst, listed)
            free = not isinstance(index, bool) and module.owner(node, "tuple") is None
            elements = bool(only_elements(analyst.project, module, node))
            return _Column(node, rows, index, 0, "", elements) if rows is not None and free else None
        case ast.Assign(targets=[ast.Tuple(elts=elts)], value=value) if isinstance(scope, FUNCTIONS):
            rows = _zipped(analyst, value) or _transposed(analyst, value)
            names = [e.id for e in elts if isinstance(e, ast.Name)]
            if rows is None or len(names) != len(elts) or module.owner(node, "tuple") is not None:
                return None
            read = {n.id for n in ast.walk(scope) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Store)}
            used = [index for index, name in enumerate(names) if name in read]
            outer = {n for d in ast.walk(scope) if isinstance(d, ast.Global | ast.Nonlocal) for n in d.names}
            if len(used) != 1 or len(names) < 2 or not outer.isdisjoint(names):
                return None
            name = names[used[0]]
            reads = every_read(module, scope, name) or []
            plain = bool(reads) and all(only_elements(analyst.project, module, one) for one in reads)
            return _Column(node, rows, used[0], len(names), name, plain)
    return None


def _transposed(analyst: Analyst, node: ast.expr) -> ast.expr | None:
    """The rows of `list(zip(*rows))` or `tuple(zip(*rows))`."""
    match node:
        case ast.Call(func=func, args=[zipped], keywords=[]):
            made = resolve(analyst.project, analyst.module, func)
            return _zipped(analyst, zipped) if made in (Builtin("list"), Builtin("tuple")) else None
    return None


def _zipped(analyst: Analyst, node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Call(func=func, args=[ast.Starred(value=rows)], keywords=[]):
            return rows if resolve(analyst.project, analyst.module, func) == Builtin("zip") else None
    return None


def _rows(analyst: Analyst, rows: ast.expr, focus: Focus) -> tuple[str, list[str]] | None:
    """Evidence that the rows are lists or tuples in a list or tuple, with what is assumed for it."""
    outer = sequence(analyst, rows, focus.seen)
    if outer is None:
        return None
    kind = analyst.kinds.element(rows)
    held = focus.seen(rows.id) if isinstance(rows, ast.Name) else None
    if kind is not None:
        inner, why = kind.name, ""
    elif held is not None and held.type == outer[0]:
        inner, why = held.element, f"`{text(rows)}` holds nothing but rows that are {held.element}s"
    else:
        return None
    assumes = [one for one in (outer[1], why) if one]
    return (f"`{text(rows)}` is a {outer[0]} of {inner}s", assumes) if inner in _ROWS else None


def _written(module: Module, column: _Column) -> str:
    taken = f"row[{column.index}] for row in {source(module, column.rows)}"
    value = f"[{taken}]" if column.elements else f"tuple({taken})"
    return f"{column.target} = {value}" if column.target else value
