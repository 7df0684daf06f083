"""C01: instances of a plain class dominate. Give it, and its bases, slots in place of a dict for each instance."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.classes import ClassFacts, class_facts, written_from_outside
from agents.memory.analysis.mentions import mentioned
from agents.memory.analysis.project import Project
from agents.memory.analysis.uses import last_name, mentioning
from agents.memory.playbook.examples import c01 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.slots_chain import Link, chain
from agents.memory.playbook.slots_edits import edits_with_slots
from agents.memory.playbook.storage import WEAK, is_class, is_foreign, needs_dict, old_pickles, unrelated

_SAVED = 40
"""Bytes that an instance is smaller by, measured on 3.11 to 3.13 (catalogue)."""


class SlottedClass:
    """Adds `__slots__` to a plain class and to those of its project bases that have none."""

    id: ClassVar[str] = "C01"
    name: ClassVar[str] = "slots for a plain class"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "plain": "The class and its bases are plain classes of the project: no other base with a layout, metaclass,"
        " unknown decorator, cached_property, or member that knows how attributes are stored.",
        "no default": "No attribute of the instances is also a value of the class.",
        "one base below": "No class that derives from them has a second base with a layout, or slots.",
        "closed attributes": "Every attribute is written by the methods of the class, in the repository and its tests.",
        "not of the class": "No code reads, writes or asks for one of the attributes on the class itself.",
        "no instance dict": "Nothing reads __dict__ or vars(), sets computed names, or passes such a function on.",
        "pickling": "No pickle of a protocol below 2 is made, and no class is made or changed at run time.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for the class of the focus."""
        census = focus.census
        facts = class_facts(project, census) if census and census.file in project.editable else None
        if census is None or facts is None or census.slotted or focus.attribute:
            return
        if facts.decorator is not None or facts.index.unparsed:
            return
        links = chain(project, facts)
        if links is None or any(not link.slotted and link.facts.module.path not in project.editable for link in links):
            return
        shown = _shown(links)
        weak = mentioned(project, WEAK)
        edits = edits_with_slots(project, links, weak=weak is not None) if shown else []
        if not edits:
            return
        names = [name for link in links for name in link.names]
        yield Candidate(
            key=f"{self.id}:{census.file}:{census.name}:{census.name}",
            rule=self.id,
            title=f"slots for the class `{census.name}`",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"stores the {len(names)} attributes of each `{census.name}` ({census.count} instances)"
            " in slots instead of a dict",
            level=self.level,
            file=census.file,
            line=facts.node.lineno,
            function=census.name,
            frees=min(focus.size, census.count * _SAVED),
            shown=shown,
            users=[f"{path} {facts.name}" for path in mentioning(project, facts.name) if path != census.file],
            assumes=[
                f"no code outside this repository adds attributes to `{census.name}`, reads its __dict__,"
                f"{'' if weak else ' refers to it weakly'} or loads pickles of it made before",
                f"no class outside this repository derives from `{census.name}` and from another class with slots",
                f"whatever else has attributes written that `{census.name}` lacks is no `{census.name}`",
            ],
            edits=edits,
            read=mentioning(project, *(link.facts.name for link in links), *names)
            | {link.facts.module.path: link.facts.module.source.blob for link in links},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _shown(links: list[Link]) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    names = frozenset(name for link in links for name in link.names)
    every = [link.facts for link in links]
    classes = ", ".join(facts.name for facts in every)
    evidence = {
        "plain": f"{classes}: plain",
        "no default": f"none of {', '.join(sorted(names)) or 'no attributes'}",
        "one base below": f"{len(every[-1].below) - len(every)} other classes derive from them, each with one base",
        "closed attributes": _closed(every, names),
        "not of the class": _not_of_class(every, names),
        "no instance dict": None
        if any(needs_dict(facts, names) for facts in every)
        else "no __dict__, vars(), or setattr with another name reaches it",
        "pickling": None if old_pickles(every[0]) or _made(every) else "no old protocol, no class made by type()",
    }
    shown = [Shown(check=check, evidence=found) for check, found in evidence.items() if found]
    return shown if len(shown) == len(evidence) else []


def _closed(every: list[ClassFacts], names: frozenset[str]) -> str | None:
    index = every[0].index
    if "__orig_class__" in index.attributes.keys() | index.strings.keys():
        return None  # typing sets it on instances of generic classes, where it can
    for facts in every:
        for use in written_from_outside(facts, set(names)):
            told = any(tell(facts, use.node.value, use.module) for tell in (is_class, is_foreign, unrelated))
            if not told and not _of_property(every, use.node.attr):
                return None
        mangled = {f"_{facts.name.lstrip('_')}{name}" for name in names if name.startswith("__")}
        if mangled & (index.attributes.keys() | index.strings.keys()):
            return None
    count = sum(use.kind == "write" for name in names for use in index.attributes.get(name, []))
    return f"{count} writes of its attributes, and no write of another name"


def _of_property(every: list[ClassFacts], name: str) -> bool:
    """Whether a property of the classes takes what is written; no slot takes what replaces a method."""
    methods = [n for facts in every for n in facts.node.body if isinstance(n, ast.FunctionDef) and n.name == name]
    return any(last_name(decorator) in ("setter", "deleter") for n in methods for decorator in n.decorator_list)


def _not_of_class(every: list[ClassFacts], names: frozenset[str]) -> str | None:
    index = every[0].index
    for facts in every:
        for name in names:
            if any(is_class(facts, use.node.value, use.module) for use in index.attributes.get(name, [])):
                return None
        for r in index.reflections:
            asks = r.how in ("getattr", "hasattr", "setattr", "delattr", "object", "dir") and r.receiver is not None
            if asks and (r.name is None or r.name in names) and is_class(facts, r.receiver, r.module):  # type: ignore[arg-type]
                return None
        if any(use.kind != "read" for use in index.attributes.get("__class__", [])):
            return None
    return f"{len(index.reflections)} uses of reflection, none asks the class for them"


def _made(every: list[ClassFacts]) -> bool:
    """Whether a class may be derived from one of them at run time, or their bases change."""
    index = every[0].index
    if "__bases__" in index.attributes or "new_class" in index.imported:
        return True
    return any(
        isinstance(node, ast.Call) and last_name(node) == "type" and len(node.args) == 3
        for module in index.modules
        for node in ast.walk(module.tree)
    )
