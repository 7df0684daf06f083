"""A07: an attribute is written, kept for as long as its instance lives, and read by nobody. Take it out."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.classes import ClassFacts, class_facts, declared_elsewhere, keyword
from agents.memory.analysis.mentions import asks_identity
from agents.memory.analysis.modules import FUNCTIONS, Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.reflection import computed_reads, not_reflected
from agents.memory.analysis.removal import harmless, removed_values
from agents.memory.analysis.resolution import Class, resolve
from agents.memory.analysis.uses import AttributeUse, last_name, mentioning
from agents.memory.playbook.attribute_edits import declarations, edits_without
from agents.memory.playbook.attribute_values import copies, ends, owned
from agents.memory.playbook.examples import a07 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from runtime.measure.holdings import ClassCensus

_QUIET_BASES = frozenset({"object", "ABC"})
_QUIET_DECORATORS = frozenset({"dataclass", "total_ordering", "final", "runtime_checkable"})
_SPECIAL = frozenset({"__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__getstate__", "__reduce__"})


class WriteOnlyAttribute:
    """Removes every statement that writes the attribute, and locals that only those used."""

    id: ClassVar[str] = "A07"
    name: ClassVar[str] = "drop a write-only attribute"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "own class": "The class and its project bases are plain: no other bases, no metaclass, no unknown decorator,"
        " no attribute hooks, no slots, and the name is no method.",
        "never read": "No code in the repository or its tests reads an attribute of that name on such an object.",
        "not reflected": "No getattr, vars(), __dict__, class pattern, format, template, eval, asdict or pickling can"
        " reach it.",
        "own writes": "Each write is through an instance of the class, in a statement that can be taken out; what is"
        " fed through it is seen through it alone.",
        "no effect": "The values written have no effect of their own and call nothing that may raise.",
        "no end": "Nothing that it keeps alive has a finalizer, is referred to weakly, told by its id() or a resource.",
        "no field": "It is no dataclass field, or one left out of repr and comparison that no caller passes.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate for the attribute of the focus, else for each of the class's, biggest first."""
        census = focus.census
        facts = class_facts(project, census) if census and census.file in project.editable else None
        if census is None or facts is None or facts.index.unparsed:
            return
        sizes = {attribute.name: attribute.size for attribute in census.attributes}
        names = [focus.attribute] if focus.attribute else sorted(sizes, key=lambda name: -sizes[name])
        for name in names:
            candidate = self._candidate(project, focus, census, facts, name, sizes.get(name, 0))
            if candidate is not None:
                yield candidate

    def _candidate(
        self, project: Project, focus: Focus, census: ClassCensus, facts: ClassFacts, name: str, size: int
    ) -> Candidate | None:
        uses = [use for use in facts.index.attributes.get(name, []) if _ours(facts, use) is not False]
        shown = _shown(project, facts, census, name, uses)
        edits = edits_without(project, facts, name, uses) if shown else []
        if not edits:
            return None
        assumes = [] if _is_private(name) else [f"no reader of `{census.name}.{name}` outside this repository"]
        if not all(_ours(facts, use) for use in uses):
            assumes.append(f"whatever has its `{name}` written is a `{census.name}`: no other class here has one")
        ended = ends(project, facts, census, name, _values(facts, name, uses, frozenset(copies(census, name, uses))))
        if ended and ended[1]:
            assumes.append(ended[1])
        if copies(census, name, uses):
            assumes.append(f"every `{name}` is a plain container, as in the profiled run")
        if computed_reads(facts):
            assumes.append(f"no attribute name that comes from outside this repository is `{name}`")
        return Candidate(
            key=f"{self.id}:{census.file}:{census.name}:{name}",
            rule=self.id,
            title=f"drop `{census.name}.{name}`, which nothing reads",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"no longer keeps `{name}` in each of {census.count} `{census.name}` instances",
            level="P" if assumes else "A",
            file=census.file,
            line=facts.node.lineno,
            function=census.name,
            frees=size or focus.size,
            shown=shown,
            users=[f"{use.place} {name}" for use in uses],
            assumes=assumes,
            edits=edits,
            read=mentioning(project, name, facts.name),
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _shown(
    project: Project, facts: ClassFacts, census: ClassCensus, name: str, uses: list[AttributeUse]
) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    writes = [use for use in uses if use.kind != "read"]
    copied = copies(census, name, writes)
    ended = ends(project, facts, census, name, _values(facts, name, writes, frozenset(copied)))
    read = [use for use in uses if use.kind == "read" and use.node not in copied.values()]
    into = f", {len(copied)} only copies it into itself" if copied else ""
    evidence = {
        "own class": _own_class(project, facts, name),
        "never read": None if read else f"{len(uses)} mentions of `.{name}` in the tree, none reads it{into}",
        "not reflected": not_reflected(facts, name),
        "own writes": _own_writes(project, facts, name, writes, frozenset(copied)),
        "no effect": _no_effect(project, facts, name, writes, frozenset(copied)),
        "no end": ended[0] if ended and not asks_identity(project) else None,
        "no field": _no_field(facts, name),
    }
    shown = [Shown(check=check, evidence=found) for check, found in evidence.items() if found]
    return shown if len(shown) == len(evidence) else []


def _ours(facts: ClassFacts, use: AttributeUse) -> bool | None:
    """Whether the object is an instance of the class; None when that cannot be told."""
    if facts.inherits(use.node.value, use.module):
        return True
    found = resolve(facts.project, use.module, use.node.value)
    if isinstance(found, Class) and found.node.name in facts.family:
        return True  # what the class holds is what its instances show
    return facts.instance(use.node.value, use.module)


def _alone(facts: ClassFacts, name: str) -> bool:
    """A private name that no other class of the tree has: who writes it can only mean this class."""
    return _is_private(name) and not declared_elsewhere(facts, name)


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _own_class(project: Project, facts: ClassFacts, name: str) -> str | None:
    if name.startswith("__") or any(name.startswith(f"_{owner.lstrip('_')}__") for owner in facts.index.classes):
        return None  # mangled: another name in the source than at run time
    todo = [found for below in facts.below for found in facts.index.classes.get(below, [])]
    seen: set[str] = set()
    while todo:
        module, node = todo.pop()
        if not _is_plain(node, name, own=node is facts.node):
            return None
        seen.add(node.name)
        for base in node.bases:
            found = resolve(project, module, base)
            if isinstance(found, Class):
                todo += [(found.module, found.node)] if found.node.name not in seen else []
            elif last_name(base) not in _QUIET_BASES:
                return None
    return f"plain classes: {', '.join(sorted(seen))}"


def _is_plain(node: ast.ClassDef, name: str, *, own: bool) -> bool:
    if any(k.arg != "metaclass" or last_name(k.value) != "ABCMeta" for k in node.keywords):
        return False
    if any(last_name(decorator) not in _QUIET_DECORATORS for decorator in node.decorator_list):
        return False
    for item in node.body:
        if isinstance(item, (*FUNCTIONS, ast.ClassDef)) and (item.name == name or item.name in _SPECIAL):
            return False
        bound = {n.id for n in ast.walk(item) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        if isinstance(item, ast.Assign | ast.AnnAssign) and (
            bound & {"__slots__", "__match_args__"} or (name in bound and not own)
        ):
            return False
    return True


def _own_writes(
    project: Project, facts: ClassFacts, name: str, writes: list[AttributeUse], copied: frozenset[ast.expr]
) -> str | None:
    own = any(facts.is_self(use.node.value, use.module) and use.kind == "write" for use in writes)
    if not own and name not in facts.fields:
        return None
    if any(use.kind == "delete" for use in writes) or not owned(project, facts, name, writes, copied):
        return None
    for use in writes:
        known = _ours(facts, use) or _alone(facts, name)
        if not known or removed_values(use) is None or use.module.path not in project.editable:
            return None
    return "writes at " + ", ".join(use.place for use in writes)


def _no_effect(
    project: Project, facts: ClassFacts, name: str, writes: list[AttributeUse], copied: frozenset[ast.expr]
) -> str | None:
    values = _values(facts, name, writes, copied)
    if not all(harmless(project, module, [value]) for module, value in values):
        return None
    return f"{len(values)} values of names, constants and calls without effect"


def _values(
    facts: ClassFacts, name: str, writes: list[AttributeUse], copied: frozenset[ast.expr]
) -> list[tuple[Module, ast.expr]]:
    """The values that are no longer computed and kept, copies of the attribute itself left out."""
    values = [(use.module, v) for use in writes for v in removed_values(use) or [] if v not in copied]
    if name not in facts.fields:
        # What a field's declaration calls is dataclasses.field.
        values += [(facts.module, item.value) for item in declarations(facts, name) if item.value is not None]
    return values


def _no_field(facts: ClassFacts, name: str) -> str | None:
    field = facts.fields.get(name)
    if field is None:
        return f"`{name}` is no dataclass field"
    left_out = [keyword(field.value, word) for word in ("repr", "compare")]
    if not all(isinstance(value, ast.Constant) and value.value is False for value in left_out):
        return None
    if keyword(field.value, "hash") is not None or facts.index.subclasses(facts.name):
        return None
    init = keyword(field.value, "init")
    if isinstance(init, ast.Constant) and init.value is False:
        return f"`{name}` is a field without repr, comparison and init"
    return facts.never_passed(name)
