"""A sequence's holders and uses, as sequence_uses follows them, and every place that reads it from a holder."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from agents.memory.analysis.classes import ClassFacts
from agents.memory.analysis.modules import FUNCTIONS, INTROSPECTION, Module, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.uses import uses

UseKind = Literal[
    "index", "slice", "store", "slice-store", "update", "append", "extend", "iterate", "length", "truth", "none"
]

_KEEPING = frozenset({"__setattr__", "__getattribute__"})
"""Methods that are given every value an attribute is bound to, or give what it is."""


@dataclass(frozen=True, eq=False)
class SequenceUse:
    """One use. `node` is the expression that is the sequence, `other` the index or the value that goes in.

    What is done with a slice of it counts as done with the sequence.
    """

    module: Module
    node: ast.expr
    kind: UseKind
    other: ast.expr | None = None

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.module.path}:{self.node.lineno}"


@dataclass(frozen=True)
class Carrier:
    """What holds the sequence: a name of a scope, or an attribute of that name on any object (`scope` None)."""

    name: str
    module: Module | None = field(default=None, compare=False)
    scope: ast.AST | None = None


@dataclass
class Spread:
    """Where a sequence goes.

    Args:
        project: the whole tree.
        uses: all that is done with it.
        carriers: every name and attribute that may hold it.
        unknown: the first use that nothing is known of; empty when all are known.
        assumes: what is taken for granted of calls that the source alone does not tell.
    """

    project: Project
    uses: list[SequenceUse] = field(default_factory=list)
    carriers: list[Carrier] = field(default_factory=list)
    unknown: str = ""
    assumes: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> set[UseKind]:
        """The kinds of use there are."""
        return {use.kind for use in self.uses}

    @property
    def files(self) -> set[str]:
        """Paths of the files the proof has looked into."""
        return {use.module.path for use in self.uses} | {c.module.path for c in self.carriers if c.module}


def mentions(found: Spread, carrier: Carrier, facts: ClassFacts | None) -> Iterator[tuple[Module, ast.expr]]:
    """Each expression that reads the sequence from a carrier; `found.unknown` is set where not all can be known."""
    if carrier.scope is None:
        own = facts if carrier is found.carriers[0] else None
        if carrier.name in _described(found.project):
            found.unknown = f"`{carrier.name}` may be a property, whose setter is given the value"
        if keeper := _taken_over(found.project, own):
            found.unknown = f"`{keeper}` keeps attributes in a way of its own"
        yield from _attributes(found, carrier.name, own)
        return
    index = uses(found.project)
    module, scope = carrier.module, carrier.scope
    assert module is not None
    if isinstance(scope, ast.Module):
        if carrier.name in index.imported or carrier.name in index.strings:
            found.unknown = f"the global `{carrier.name}` is used in other files"
        yield from _attributes(found, carrier.name, None)
    for node in ast.walk(scope):
        if isinstance(node, ast.Name) and node.id in INTROSPECTION and module.owner(node, node.id) is None:
            found.unknown = f"{module.path}:{node.lineno} {node.id}"
        if not isinstance(node, ast.Name) or node.id != carrier.name or module.owner(node, node.id) is not scope:
            continue
        if isinstance(node.ctx, ast.Load):
            yield module, node
        elif isinstance(module.parents[node], ast.AugAssign):
            found.unknown = said(module, module.parents[node])


def _fields(project: Project) -> set[str]:
    """Names annotated in the bodies of classes that something may make methods of: a decorator or a base class."""
    known = project.facts.get("sequence_uses.fields")
    if not isinstance(known, set):
        known = {
            part.target.id
            for module in uses(project).modules
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef) and (node.decorator_list or node.bases)
            for part in node.body
            if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name)
        }
        project.facts["sequence_uses.fields"] = known
    return known


def _described(project: Project) -> set[str]:
    """Names that classes bind to what may take over reads and writes: decorated methods, results of calls."""
    known = project.facts.get("sequence_holders.described")
    if not isinstance(known, set):
        parts = [
            part
            for module in uses(project).modules
            for node in ast.walk(module.tree)
            if isinstance(node, ast.ClassDef)
            for part in node.body
        ]
        known = {part.name for part in parts if isinstance(part, FUNCTIONS) and part.decorator_list} | {
            target.id
            for part in parts
            if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call)
            for target in part.targets
            if isinstance(target, ast.Name)
        }
        project.facts["sequence_holders.described"] = known
    return known


def _taken_over(project: Project, facts: ClassFacts | None) -> str:
    """The class that decides by itself how attributes are kept, of the family where that is known; "" for none."""
    keepers = project.facts.get("sequence_holders.keepers")
    if not isinstance(keepers, set):
        keepers = {
            name
            for name, classes in uses(project).classes.items()
            for module, node in classes
            if not _KEEPING.isdisjoint(module.bindings(node))
        }
        project.facts["sequence_holders.keepers"] = keepers
    return min(keepers if facts is None else keepers & facts.family, default="")


def _attributes(found: Spread, name: str, facts: ClassFacts | None) -> Iterator[tuple[Module, ast.expr]]:
    index = uses(found.project)
    if name in _fields(found.project):
        found.unknown = f"`{name}` is a field, which the class compares and shows"
    seen = {*index.strings, *index.matched, *index.dotted, *found.project.words}
    reached = [r for r in index.reflections if r.name == name or (r.as_value and r.how in ("eval", "exec", "vars"))]
    if name in seen or reached or (name.startswith("__") and not name.endswith("__")):
        found.unknown = f"`{name}` is reached by other ways than by name"
    for reflection in index.reflections:
        receiver = reflection.receiver
        if reflection.how not in ("__dict__", "vars", "asdict", "astuple"):
            continue
        if facts is None or receiver is None or facts.instance(receiver, reflection.module) is not False:
            found.unknown = f"{reflection.place} {reflection.how}"
    for use in index.attributes.get(name, []):
        if facts is not None and facts.instance(use.node.value, use.module) is False:
            continue
        parent = use.module.parents[use.node]
        if isinstance(parent, ast.Call) and parent.func is use.node:
            continue  # No sequence can be called: it is a method of something else.
        if use.kind in ("read", "feed"):
            yield use.module, use.node
        elif isinstance(parent, ast.AugAssign):
            found.unknown = f"{use.place} `{text(parent)}`"


def said(module: Module, node: ast.AST) -> str:
    """`file:line` and the source of a node."""
    return f"{module.path}:{getattr(node, 'lineno', 0)} `{text(node)}`"
