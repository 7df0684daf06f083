"""C21: a list of the characters of a text is only read. Read the text itself."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, qualified_name, text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.playbook.examples import c21 as examples
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import source, spliced

_READERS = frozenset(
    {"len", "sum", "any", "all", "min", "max", "sorted", "set", "frozenset", "tuple", "list"}
    | {"enumerate", "zip", "reversed", "iter"}
)
"""Builtins for which a text is as good as the list of its characters."""


class ListedText:
    """`letters = list(text)` -> `letters = text`, where `letters` is stepped through or indexed."""

    id: ClassVar[str] = "C21"
    name: ClassVar[str] = "the text instead of a list of its characters"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "text": "The list is made by the builtin list() of what is surely a str or bytes.",
        "one name": "It is bound to one local name, bound nowhere else and used in no inner function.",
        "reads alike": "Each use steps through it, indexes it by one place or takes its length or truth.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such list made on a line of the focus, or held by its name."""
        place = focused(project, focus)
        if place is None or not isinstance(place[1], FUNCTIONS) or introspected(place[1]):
            return
        module, scope = place[0], place[1]
        analyst = Analyst(project, module, scope)
        held = focus.holding.name if focus.holding is not None else ""
        found = [
            (node, node.targets[0].id, node.value.args[0])
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and module.frame(node) is scope
            if isinstance(node.targets[0], ast.Name) and (touches(node, focus.lines) or node.targets[0].id == held)
            if isinstance(node.value, ast.Call) and len(node.value.args) == 1 and not node.value.keywords
            if resolve(project, module, node.value.func) == Builtin("list")
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(node)}" for node, _, _ in found)
        for (node, name, original), key in zip(found, keys, strict=True):
            kind = analyst.kinds.of(original)
            reads = _reads(project, module, scope, name)
            if kind is None or kind.name not in ("str", "text") or reads is None:
                continue
            edit = spliced(module, [(node.value, source(module, original))])
            if edit is None:
                continue
            what = "str" if kind.name == "str" else "str or bytes"
            evidence = {
                "text": f"line {node.lineno}: `{text(original)}` is a {what}",
                "one name": f"`{name}` is bound at line {node.lineno} alone",
                "reads alike": f"{reads} uses of `{name}`",
            }
            yield Candidate(
                key=key,
                rule=self.id,
                title=f"read `{text(original)}` itself in {qualified_name(module, scope)}",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"the list of the characters of `{text(original)}` is not made",
                level=self.level,
                file=focus.file,
                line=node.lineno,
                function=focus.function,
                frees=focus.size,
                shown=[Shown(check=check, evidence=evidence[check]) for check in self.preconditions],
                users=[f"{focus.file}:{node.lineno} {name}"],
                assumes=[],
                edits=[edit],
                read={focus.file: module.source.blob},
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _reads(project: Project, module: Module, scope: FunctionNode, name: str) -> int | None:
    """How often the name is read, where every read is one that a text answers as a list of characters does."""
    if len(module.bindings(scope).get(name, [])) != 1:
        return None
    count = 0
    for node in ast.walk(scope):
        if isinstance(node, ast.Global | ast.Nonlocal) and name in node.names:
            return None
        if not isinstance(node, ast.Name) or node.id != name or not isinstance(node.ctx, ast.Load):
            continue
        if module.owner(node, name) is not scope or module.frame(node) is not scope:
            return None
        if not _alike(project, module, node):
            return None
        count += 1
    return count


def _alike(project: Project, module: Module, node: ast.Name) -> bool:
    parent = module.parents[node]
    match parent:
        case ast.For() | ast.comprehension():
            return parent.iter is node or (isinstance(parent, ast.comprehension) and node in parent.ifs)
        case ast.Subscript(ctx=ast.Load()):
            return parent.value is node and _is_place(parent.slice)
        case ast.If() | ast.While() | ast.IfExp():
            return parent.test is node
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Call() if node in parent.args:
            meaning = resolve(project, module, parent.func)
            return isinstance(meaning, Builtin) and meaning.name in _READERS and not _starts(meaning.name, parent)
    return False


def _is_place(expr: ast.expr) -> bool:
    """Whether the subscript is no slice: a literal, a name or arithmetic of them, none of which is `slice()`."""
    return not any(isinstance(n, ast.Slice | ast.Call | ast.Attribute) for n in ast.walk(expr)) and not isinstance(
        expr, ast.Name
    )


def _starts(name: str, call: ast.Call) -> bool:
    """`min(a, b)` compares the lists, and sum() with a start adds to it."""
    return name in ("min", "max", "sum") and len(call.args) != 1
