"""The candidate a rule of laziness gives, from what each of them knows: the same for all of them."""

import ast
from collections.abc import Iterable, Mapping

from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.playbook.rule import Candidate, Focus, Rule, Shown
from messaging.contents import EditedFile


def lazy_candidate(
    rule: Rule,
    project: Project,
    focus: Focus,
    module: Module,
    node: ast.AST,
    key: str,
    *,
    title: str,
    mechanism: str,
    shown: Mapping[str, str],
    assumes: Iterable[str],
    edits: list[EditedFile],
    files: Iterable[str] = (),
    users: Iterable[str] = (),
    frees: int = 0,
) -> Candidate:
    """The candidate; of level P when something is assumed.

    Args:
        node: where the memory is taken, in `module`.
        shown: evidence for each of the rule's preconditions.
        files: paths of further files the proof read.
        users: `file:line name` of further code the value goes through.
        frees: bytes, where not all of the focus.
    """
    assumed = list(dict.fromkeys(assumes))
    line = getattr(node, "lineno", 0)
    return Candidate(
        key=key,
        rule=rule.id,
        title=title,
        category=rule.category,
        strategy=rule.strategy,
        mechanism=mechanism,
        level="P" if assumed else "A",
        file=module.path,
        line=line,
        function=focus.function,
        frees=frees or focus.size,
        shown=[Shown(check=check, evidence=shown[check]) for check in rule.preconditions],
        users=[f"{module.path}:{line} {focus.function}", *users],
        assumes=assumed,
        edits=edits,
        read={path: project.sources[path].blob for path in sorted({*files, module.path, focus.file})},
    )
