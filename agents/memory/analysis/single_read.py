"""A local that is bound once and read once, and where: what making its value lazy starts from."""

import ast
import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from agents.memory.analysis.consumers import evaluated_here, loads, reaching
from agents.memory.analysis.modules import FunctionNode, Module
from agents.memory.analysis.project import Project


@dataclass(frozen=True)
class SingleRead:
    """`name = value` and the only read its value reaches."""

    statement: ast.Assign
    name: str
    read: ast.Name
    reader: ast.stmt


def single_read(
    project: Project, module: Module, scope: FunctionNode | ast.Module, statement: ast.Assign
) -> SingleRead | None:
    """The binding with its only read; None when there are several, none, or ways to read it that are not seen."""
    if len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name) or type_comment(module, statement):
        return None
    name = statement.targets[0].id
    plain = all(
        isinstance(node, ast.arg)
        or (isinstance(node, ast.Name) and not isinstance(module.parents[node], ast.AugAssign))
        for node in module.bindings(scope).get(name, [None])
    )
    if not plain or any(module.frame(read) is not scope for read in loads(module, scope, name)):
        return None
    if isinstance(scope, ast.Module) and visible_outside(project, module, name):
        return None
    flow = reaching(module, scope)
    reached = flow.reads(module, scope, statement, name)
    if len(reached) != 1:
        return None
    reader = module.statement(reached[0])
    if flow.returns_unbound(reader, name) or not evaluated_here(module, reached[0], reader):
        return None
    return SingleRead(statement, name, reached[0], reader)


def type_comment(module: Module, statement: ast.Assign) -> bool:
    """Whether a type comment says what the name holds."""
    line = module.source.data.splitlines()[(statement.end_lineno or statement.lineno) - 1]
    return re.search(rb"#\s*type:(?!\s*ignore)", line[statement.end_col_offset :]) is not None


def visible_outside(project: Project, module: Module, name: str) -> bool:
    """Whether another file may read the module's global `name`."""
    stem = PurePosixPath(module.path).stem
    if stem == "__init__":
        stem = PurePosixPath(module.path).parent.name
    if project.library and not name.startswith("_"):
        return True
    both = [re.compile(rb"\b%s\b" % word.encode()) for word in (name, stem)]
    return any(
        all(word.search(source.data) for word in both)
        for path, source in project.sources.items()
        if path != module.path
    )
