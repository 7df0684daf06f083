"""Takes an attribute out: the edits that leave none of its declarations and writes, and no import they alone needed."""

import ast

from agents.memory.analysis.classes import ClassFacts
from agents.memory.analysis.concrete import concrete, edited, without_unused
from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.removal import removals, unused_locals
from agents.memory.analysis.uses import AttributeUse
from messaging.contents import EditedFile


def edits_without(project: Project, facts: ClassFacts, name: str, uses: list[AttributeUse]) -> list[EditedFile]:
    """The files edited so that nothing declares or writes `name`; none when one of them cannot be edited."""
    edits: list[EditedFile] = []
    modules = {use.module.path: use.module for use in uses}
    if declarations(facts, name):
        modules[facts.module.path] = facts.module
    for module in modules.values():
        statements: set[ast.stmt] = set()
        targets: list[ast.expr] = []
        for use in uses:
            statement = module.statement(use.node) if use.module is module else None
            if isinstance(statement, ast.Assign) and len(statement.targets) > 1:
                targets.append(use.node)
            elif statement is not None:
                statements.add(statement)
        statements |= unused_locals(project, module, statements)
        if module is facts.module:
            statements.update(declarations(facts, name))
        tree = concrete(module)
        edit = tree and edited(module, tree, removals(tree, statements, targets))
        if not edit:
            return []
        edits.append(without_unused(edit, _imported(module, statements)))
    return edits


def declarations(facts: ClassFacts, name: str) -> list[ast.Assign | ast.AnnAssign]:
    """What declares the attribute in the class body: a field, an annotation, a default."""
    return [
        item
        for item in facts.node.body
        if (isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.target.id == name)
        or (
            isinstance(item, ast.Assign)
            and len(item.targets) == 1
            and isinstance(item.targets[0], ast.Name)
            and item.targets[0].id == name
        )
    ]


def _imported(module: Module, statements: set[ast.stmt]) -> set[tuple[str, str]]:
    """(module, name) of each `from module import name` whose name the statements mention."""
    mentioned = {n.id for statement in statements for n in ast.walk(statement) if isinstance(n, ast.Name)}
    return {
        (node.module, alias.name)
        for node in module.tree.body
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
        if alias.asname is None and alias.name in mentioned
    }
