"""Writes `__slots__` into the bodies of a chain of classes."""

import ast
from collections.abc import Iterable

import libcst as cst

from agents.memory.analysis.concrete import Concrete, Replacement, concrete, edited
from agents.memory.analysis.project import Project
from agents.memory.playbook.slots_chain import Link
from messaging.contents import EditedFile

_WIDTH = 88


def edits_with_slots(project: Project, links: list[Link], *, weak: bool) -> list[EditedFile]:
    """The files with slots in every class of the chain that has none.

    Args:
        weak: instances may be referred to weakly: the topmost of them gets room for it.

    Returns:
        Empty when a class cannot be edited.
    """
    wanted: dict[str, list[tuple[Link, tuple[str, ...]]]] = {}
    held = any("__weakref__" in link.names for link in links)
    for link in reversed(links):
        if not link.slotted:
            names = link.names if held or not weak else (*link.names, "__weakref__")
            held = True
            wanted.setdefault(link.facts.module.path, []).append((link, names))
    edits: list[EditedFile] = []
    for parts in wanted.values():
        module = parts[0][0].facts.module
        tree = concrete(module)
        replacements: dict[cst.CSTNode, Replacement] = {}
        for link, names in parts:
            new = _with_slots(tree, link.facts.node, names) if tree is not None else {}
            if not new:
                return []
            replacements |= new
        edit = edited(module, tree, replacements) if tree is not None else None
        if edit is None:
            return []
        edits.append(edit)
    return edits


def _with_slots(tree: Concrete, node: ast.ClassDef, names: Iterable[str]) -> dict[cst.CSTNode, Replacement]:
    first, second = node.body[0], node.body[1] if len(node.body) > 1 else None
    line = _line(tree, first)
    if line is None:
        return {}
    indent = " " * node.col_offset + "    "
    slots = _statement(tuple(names), len(indent))
    blank = cst.EmptyLine(indent=False)
    if not isinstance(first, ast.Expr) or not isinstance(getattr(first.value, "value", None), str):
        return {line: cst.FlattenSentinel([slots, _spaced(line)])}
    slots = slots.with_changes(leading_lines=[blank])
    replacements: dict[cst.CSTNode, Replacement] = {line: cst.FlattenSentinel([line, slots])}
    after = _line(tree, second) if second is not None else None
    if after is not None and _spaced(after) is not after:
        replacements[after] = _spaced(after)
    return replacements


def _line(tree: Concrete, statement: ast.stmt) -> cst.CSTNode | None:
    """The line or compound statement; None in a suite on the line of its header."""
    small = tree.statement(statement)
    if isinstance(small, cst.BaseSmallStatement):
        line = tree.lines_of.get(small)
        return line if isinstance(line, cst.SimpleStatementLine) else None
    return small


def _spaced(node: cst.CSTNode) -> cst.CSTNode:
    """The statement with a blank line before it."""
    lines = getattr(node, "leading_lines", ())
    if lines and lines[0].comment is None:
        return node
    return node.with_changes(leading_lines=[cst.EmptyLine(indent=False), *lines])


def _statement(names: tuple[str, ...], indent: int) -> cst.SimpleStatementLine:
    quoted = ", ".join(f'"{name}"' for name in names) + ("," if len(names) == 1 else "")
    text = f"__slots__ = ({quoted})"
    if len(text) + indent > _WIDTH:
        text = "__slots__ = (\n" + "".join(f'    "{name}",\n' for name in names) + ")"
    statement = cst.parse_statement(text)
    assert isinstance(statement, cst.SimpleStatementLine)
    return statement
