"""Copies made by the copy module that the function only reads: what B32 proposes, since others may write to them."""

import ast
from collections.abc import Iterator

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.reads import every_read, kept_in, only_elements
from agents.memory.analysis.resolution import Library, resolve

_COPIERS = frozenset({"copy.copy", "copy.deepcopy"})


def read_copies(analyst: Analyst) -> Iterator[tuple[ast.Assign, str, ast.Call, str]]:
    """Statement, local, call and evidence for each `name = copy.deepcopy(x)` whose `name` is only iterated, indexed
    and asked, and whose elements no statement of the function stores into."""
    for node in analyst.module.code_of(analyst.scope):
        if not isinstance(node, ast.Call):
            continue
        copier = resolve(analyst.project, analyst.module, node.func)
        kept = kept_in(analyst.module, node)
        if kept is None or not isinstance(copier, Library) or copier.name not in _COPIERS:
            continue
        reads = every_read(analyst.module, kept[0], kept[2])
        if reads and all(only_elements(analyst.project, analyst.module, read) for read in reads):
            names = {kept[2], *_elements(analyst, reads)}
            if not any(_stored_into(analyst, name) for name in names):
                evidence = f"`{text(node)}`: {len(reads)} reads of `{kept[2]}`, none stores into it or its elements"
                yield kept[1], kept[2], node, evidence


def _elements(analyst: Analyst, reads: list[ast.Name]) -> set[str]:
    """Names that loops over the copy give its elements."""
    loops = [analyst.module.parents[read] for read in reads]
    targets = [loop.target for loop in loops if isinstance(loop, ast.For | ast.comprehension)]
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}


def _stored_into(analyst: Analyst, name: str) -> bool:
    for node in ast.walk(analyst.scope):
        if isinstance(node, ast.Attribute | ast.Subscript) and _root(node) == name:
            called = analyst.module.parents[node]
            method = isinstance(node, ast.Attribute) and isinstance(called, ast.Call) and called.func is node
            if method or not isinstance(node.ctx, ast.Load):
                return True
    return False


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
