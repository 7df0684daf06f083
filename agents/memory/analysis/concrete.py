"""The way from `ast` nodes to LibCST nodes, and edits there: analyses use one tree, edits the other.

Positions join the two trees: `ast` counts columns in UTF-8 bytes, LibCST in characters.
"""

import ast
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import RemoveImportsVisitor
from libcst.metadata import CodeRange, MetadataWrapper, ParentNodeProvider, PositionProvider

from agents.memory.analysis.modules import Module
from messaging.contents import EditedFile

_NEWLINE = re.compile(r"\r\n?|\n")
Replacement = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
Span = tuple[int, int, int, int]
"""Start line and column, end line and column; columns in characters."""


@dataclass(eq=False)
class Concrete:
    """The concrete tree of one file, found by abstract nodes."""

    wrapper: MetadataWrapper
    lines: list[str]
    statements: dict[tuple[int, int], cst.CSTNode] = field(default_factory=dict)
    """By start: small and compound statements."""
    lines_of: dict[cst.CSTNode, cst.SimpleStatementLine | cst.SimpleStatementSuite] = field(default_factory=dict)
    """Small statement -> the line, or suite on one line, that it stands in."""
    expressions: dict[Span, cst.BaseExpression] = field(default_factory=dict)

    @cached_property
    def parents(self) -> Mapping[cst.CSTNode, cst.CSTNode]:
        """Node -> the node it lies in. Found when a first edit is made: for a long file that takes seconds."""
        return self.wrapper.resolve(ParentNodeProvider)

    def around(self, nodes: Iterable[cst.CSTNode]) -> set[cst.CSTNode]:
        """The nodes and all that they lie in."""
        found: set[cst.CSTNode] = set()
        for node in nodes:
            inner: cst.CSTNode | None = node
            while inner is not None and inner not in found:
                found.add(inner)
                inner = self.parents.get(inner)
        return found

    @property
    def tree(self) -> cst.Module:
        """The whole file."""
        return self.wrapper.module

    def statement(self, node: ast.stmt) -> cst.CSTNode | None:
        """The small or compound statement that `node` is; None when it cannot be found."""
        return self.statements.get((node.lineno, self._column(node.lineno, node.col_offset)))

    def expression(self, node: ast.expr) -> cst.BaseExpression | None:
        """The expression that `node` is; None when it cannot be found."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = (node.lineno, self._column(node.lineno, node.col_offset))
        return self.expressions.get((*start, node.end_lineno, self._column(node.end_lineno, node.end_col_offset)))

    def _column(self, line: int, offset: int) -> int:
        text = self.lines[line - 1]
        return offset if text.isascii() else len(text.encode()[:offset].decode())


def concrete(module: Module) -> Concrete | None:
    """The concrete tree of the module, made once.

    None for a file that is not UTF-8, that LibCST cannot parse, or that it does not give back unchanged (a
    byte order mark): such a file cannot be edited safely.
    """
    key = ("concrete", module.tree)
    if key not in module.facts:
        module.facts[key] = _concrete(module)
    found = module.facts[key]
    assert found is None or isinstance(found, Concrete)
    return found


def _concrete(module: Module) -> Concrete | None:
    try:
        text = module.source.text
        wrapper = module.source.wrapper
    except (UnicodeDecodeError, cst.ParserSyntaxError):
        return None
    if wrapper.module.code != text:
        return None
    found = Concrete(wrapper, _NEWLINE.split(text))
    for node, where in wrapper.resolve(PositionProvider).items():
        if not isinstance(where, CodeRange):
            continue
        start = (where.start.line, where.start.column)
        if isinstance(node, cst.BaseSmallStatement | cst.BaseCompoundStatement):
            found.statements[start] = node
        elif isinstance(node, cst.BaseExpression):
            found.expressions[*start, where.end.line, where.end.column] = node
        if isinstance(node, cst.SimpleStatementLine | cst.SimpleStatementSuite):
            found.lines_of.update(dict.fromkeys(node.body, node))
    return found


class _Replace(cst.CSTTransformer):
    """Goes only to where something is to be replaced: a walk over all of a long file takes most of a rule's time."""

    def __init__(self, replacements: Mapping[cst.CSTNode, Replacement], around: set[cst.CSTNode]) -> None:
        super().__init__()
        self._replacements = replacements
        self._around = around
        self.done = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self._around

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> Replacement:  # type: ignore[override]
        left: Replacement = super().on_leave(original_node, updated_node)
        wanted = self._replacements.get(original_node)
        if wanted is not None:
            self.done += 1
            return wanted
        if isinstance(left, cst.SimpleStatementLine) and not left.body:
            return cst.RemoveFromParent()
        if isinstance(left, cst.IndentedBlock) and not left.body:
            return left.with_changes(body=[_line(cst.Pass())])
        if isinstance(left, cst.SimpleStatementSuite) and not left.body:
            return left.with_changes(body=[cst.Pass()])
        return left


def _line(statement: cst.BaseSmallStatement) -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([statement])


def insert_before(found: Concrete, node: ast.stmt, statement: cst.BaseSmallStatement) -> dict[cst.CSTNode, Replacement]:
    """The replacements that put `statement` before `node`, on a line of its own where that can be.

    Empty when the place is not found.
    """
    target = found.statement(node)
    if target is None:
        return {}
    line = found.lines_of.get(target)
    if line is None:
        return {target: cst.FlattenSentinel([_line(statement), target])}
    if isinstance(line, cst.SimpleStatementLine) and line.body[0] is target:
        return {line: cst.FlattenSentinel([_line(statement), line])}
    return {target: cst.FlattenSentinel([statement, target])}


def insert_after(found: Concrete, node: ast.stmt, statement: cst.BaseSmallStatement) -> dict[cst.CSTNode, Replacement]:
    """The replacements that put `statement` behind `node`, on a line of its own where that can be.

    Empty when the place is not found.
    """
    target = found.statement(node)
    if target is None:
        return {}
    line = found.lines_of.get(target)
    if line is None:
        return {target: cst.FlattenSentinel([target, _line(statement)])}
    if isinstance(line, cst.SimpleStatementLine) and line.body[-1] is target:
        return {line: cst.FlattenSentinel([line, _line(statement)])}
    return {target: cst.FlattenSentinel([target, statement])}


def edited(module: Module, found: Concrete, replacements: Mapping[cst.CSTNode, Replacement]) -> EditedFile | None:
    """The file with the replacements made; None when one could not be made or the result does not compile."""
    transformer = _Replace(replacements, found.around(replacements))
    text = found.tree.visit(transformer).code
    if transformer.done != len(replacements) or text == module.source.text:
        return None
    try:
        ast.parse(text)
    except SyntaxError:
        return None
    return EditedFile(path=module.path, blob=module.source.blob, text=text)


def without_unused(edit: EditedFile, imported: Iterable[tuple[str, str]]) -> EditedFile:
    """The edit without those `from module import name` that nothing in its text uses any more.

    Args:
        edit: an edited file.
        imported: (module, name) of the imports that the edit may have made needless.
    """
    text = edit.text
    for source, name in sorted(imported):
        context = CodemodContext()
        RemoveImportsVisitor.remove_unused_import(context, source, name)
        text = RemoveImportsVisitor(context).transform_module(cst.parse_module(text)).code
    return edit.model_copy(update={"text": text})
