"""C27: instances of a plain class are never changed once they are made. They could be named tuples."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.classes import ClassFacts, class_facts
from agents.memory.analysis.modules import FUNCTIONS
from agents.memory.analysis.project import Project
from agents.memory.playbook.c01_slotted_class import SlottedClass
from agents.memory.playbook.examples import c27 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.slots_chain import chain

_SAVED = 24
"""Bytes that an instance is smaller by, measured on 3.11 (catalogue); slots save more where the class can have them."""
_OF_TUPLES = frozenset(
    {"__new__", "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__", "__bool__", "__len__"}
    | {"__iter__", "__contains__", "__getitem__", "__add__", "__radd__", "__mul__", "__rmul__", "count", "index"}
)
"""Members that a tuple has as well, and which mean another thing there."""


class NamedTuples:
    """`class Point: def __init__(self, x, y): ...` could be `class Point(NamedTuple): x: int; y: int`."""

    id: ClassVar[str] = "C27"
    name: ClassVar[str] = "named tuple for a plain class"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = {
        "as C01": "All that C01 asks of a class that is given slots.",
        "set once": "Each attribute is written once, by a statement of __init__ that always runs.",
        "no family": "The class has no base, no class derives from it, and it defines no member that tuples have.",
        "tuple": "A person knows that it does no harm when equal instances are equal, can be iterated over and are"
        " false when there are no fields.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal for the class of the focus."""
        census = focus.census
        facts = class_facts(project, census) if census and census.file in project.editable else None
        slots = next(SlottedClass().find(project, focus), None) if facts is not None else None
        links = chain(project, facts) if facts is not None and slots is not None else None
        if census is None or facts is None or slots is None or not links:
            return
        once = _set_once(facts, links[0].names)
        if once is None or not _no_family(facts) or len(links) > 1:
            return
        evidence = {
            "as C01": f"C01 proposes slots for `{census.name}`",
            "set once": once,
            "no family": f"`{census.name}` has no base, none derives from it",
            "tuple": "for a person to decide",
        }
        yield Candidate(
            key=f"{self.id}:{census.file}:{census.name}:{census.name}",
            rule=self.id,
            title=f"a named tuple for the class `{census.name}`",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"a tuple instead of a dict for each `{census.name}` ({census.count} instances);"
            " slots save more, where they may be had",
            level=self.level,
            file=census.file,
            line=facts.node.lineno,
            function=census.name,
            frees=max(1, min(focus.size, census.count * _SAVED)),
            shown=[Shown(check=check, evidence=evidence[check]) for check in self.preconditions],
            users=slots.users,
            assumes=slots.assumes,
            edits=[],
            read=slots.read,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _set_once(facts: ClassFacts, names: tuple[str, ...]) -> str | None:
    """Evidence that each attribute is written once, whenever an instance is made; None when one is not."""
    init = next((method for method in facts.methods() if method.name == "__init__"), None)
    if init is None or not names:
        return None
    for name in names:
        writes = [use for use in facts.index.attributes.get(name, []) if use.kind in ("write", "delete")]
        if len(writes) != 1 or writes[0].kind != "write":
            return None
        statement = writes[0].module.parents[writes[0].node]
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement not in init.body:
            return None
    return f"line {init.lineno}: __init__ writes {', '.join(names)}, and nothing else does"


def _no_family(facts: ClassFacts) -> bool:
    defined = {item.name for item in facts.node.body if isinstance(item, FUNCTIONS)}
    return not facts.node.bases and facts.below == {facts.name} and not defined & _OF_TUPLES
