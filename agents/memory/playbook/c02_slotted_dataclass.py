"""C02: instances of a dataclass dominate. Give them slots in place of a dict each."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

import libcst as cst

from agents.memory.analysis.class_values import used_as_value
from agents.memory.analysis.classes import ClassFacts, class_facts, keyword, written_from_outside
from agents.memory.analysis.concrete import concrete, edited
from agents.memory.analysis.mentions import mentioned
from agents.memory.analysis.modules import FUNCTIONS
from agents.memory.analysis.project import Project
from agents.memory.analysis.uses import defines, last_name, mentioning
from agents.memory.playbook.examples import c02 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.storage import CACHED, WEAK, is_class, needs_dict

_BEFORE_SLOTS = frozenset(
    {"__slots__", "__dict__", "__weakref__", "__getattr__", "__getattribute__", "__setattr__", "__delattr__"}
    | {"__getstate__", "__setstate__", "__reduce__", "__reduce_ex__", "__init_subclass__", "__set_name__"}
)
"""Members of a class that know how its instances store attributes, or that see the class made twice."""


class SlottedDataclass:
    """Adds `slots=True` to the dataclass decorator."""

    id: ClassVar[str] = "C02"
    name: ClassVar[str] = "slots for a dataclass"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "version": "The lowest supported Python has dataclass(slots=True): 3.10.",
        "dataclass": "The class has the standard library's decorator, no other, and no slots yet.",
        "bases": "It has no base but object and no metaclass; no subclass has a second base; none if it is frozen.",
        "named": "The class is called, annotated with, derived from and tested for by its own name; it is no value.",
        "members": "No member knows how attributes are stored: no __slots__, __getattr__, cached_property, pickling.",
        "same class": "No method uses zero-argument super() or __class__: the decorator makes the class anew.",
        "defaults": "No default is read from the class, where the slot takes its place: __init__ sets each.",
        "closed attributes": "Only declared fields are written, in the repository and its tests.",
        "no instance dict": "Nothing reads __dict__ or vars(), sets computed names, or passes such a function on.",
        "no weak reference": "Nothing in the project mentions weakref: slots leave no room for one.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for the class of the focus."""
        census = focus.census
        facts = class_facts(project, census) if census and census.file in project.editable else None
        if census is None or facts is None or census.slotted or facts.index.unparsed:
            return
        shown = _shown(project, facts)
        tree = concrete(facts.module)
        if not shown or tree is None or facts.decorator is None:
            return
        old = tree.expression(facts.decorator)
        edit = edited(facts.module, tree, {old: _with_slots(old)}) if old is not None else None
        if edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{census.file}:{census.name}:{census.name}",
            rule=self.id,
            title=f"slots for the dataclass `{census.name}`",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"stores the {len(facts.fields)} fields of each `{census.name}` ({census.count} instances)"
            " in slots instead of a dict",
            level=self.level,
            file=census.file,
            line=facts.node.lineno,
            function=census.name,
            frees=focus.size,
            shown=shown,
            users=[f"{path} {facts.name}" for path in mentioning(project, facts.name) if path != census.file],
            assumes=[
                f"no code outside this repository adds attributes to `{census.name}`, reads its __dict__,"
                " refers to it weakly or loads pickles of it made before"
            ],
            edits=[edit],
            read=mentioning(project, facts.name, *facts.fields) | {census.file: facts.module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _with_slots(decorator: cst.BaseExpression) -> cst.BaseExpression:
    slots = cst.Arg(
        cst.Name("True"), cst.Name("slots"), equal=cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))
    )
    if not isinstance(decorator, cst.Call):
        return cst.Call(decorator, [slots])
    if not decorator.args:
        return decorator.with_changes(args=[slots])
    *first, last = decorator.args
    if isinstance(last.comma, cst.Comma):
        # A trailing comma stays one, with the line break before it.
        between = first[-1].comma if first else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        return decorator.with_changes(
            args=[*first, last.with_changes(comma=between), slots.with_changes(comma=last.comma)]
        )
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    slots = slots.with_changes(whitespace_after_arg=last.whitespace_after_arg)
    last = last.with_changes(comma=comma, whitespace_after_arg=cst.SimpleWhitespace(""))
    return decorator.with_changes(args=[*first, last, slots])


def _shown(project: Project, facts: ClassFacts) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    version = project.requires_python
    evidence = {
        "version": f"requires Python {version[0]}.{version[1]}" if version >= (3, 10) else None,
        "dataclass": _dataclass(facts),
        "bases": _bases(facts),
        "named": _named(facts),
        "members": _members(facts),
        "same class": _same_class(facts),
        "defaults": _defaults(facts),
        "closed attributes": _closed(facts),
        "no instance dict": _no_dict(facts),
        "no weak reference": None if mentioned(project, WEAK) else "no file mentions weakref",
    }
    shown = [Shown(check=check, evidence=found) for check, found in evidence.items() if found]
    return shown if len(shown) == len(evidence) else []


def _dataclass(facts: ClassFacts) -> str | None:
    if facts.decorator is None or len(facts.node.decorator_list) > 1 or not facts.fields:
        return None
    if keyword(facts.decorator, "slots") is not None or _unpacks(facts.decorator):
        return None
    return f"`@{ast.unparse(facts.decorator)}` at line {facts.decorator.lineno}, {len(facts.fields)} fields"


def _unpacks(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and any(k.arg is None for k in decorator.keywords)


def _bases(facts: ClassFacts) -> str | None:
    if facts.node.keywords or any(last_name(base) != "object" for base in facts.node.bases):
        return None
    below = [found for name in sorted(facts.below) for found in facts.index.subclasses(name)]
    if any(len(node.bases) > 1 for _, node in below):
        return None
    # The generated __setattr__ of a frozen class calls super() on the class as it was before the slots.
    if below and keyword(facts.decorator, "frozen") is not None:
        return None
    return f"no base; {len(below)} subclasses, each with this base alone"


def _named(facts: ClassFacts) -> str | None:
    if used_as_value(facts) is not None:
        return None
    return f"no import renames `{facts.name}`, and nothing passes, stores or looks into the class itself"


def _members(facts: ClassFacts) -> str | None:
    for item in facts.node.body:
        targets = item.targets if isinstance(item, ast.Assign) else []
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        if isinstance(item, (*FUNCTIONS, ast.ClassDef)):
            names.append(item.name)
            if any(last_name(decorator) in CACHED for decorator in item.decorator_list):
                return None
        # A def or assignment of a field's name is its default: a property, say.
        if any(name in _BEFORE_SLOTS or name in facts.fields for name in names):
            return None
        if not isinstance(
            item, ast.AnnAssign | ast.Assign | ast.Pass | ast.Expr | ast.FunctionDef | ast.AsyncFunctionDef
        ):
            return None
    for name, field in facts.fields.items():
        for _, found in facts.index.classes.get(last_name(field.value) if field.value else "", []):
            if any(isinstance(item, FUNCTIONS) and item.name in ("__get__", "__set__") for item in found.body):
                return None
        if name.startswith("__"):
            return None
    return f"{len(list(facts.methods()))} methods, none about attribute storage or pickling"


def _same_class(facts: ClassFacts) -> str | None:
    for node in ast.walk(facts.node):
        if isinstance(node, ast.Name) and node.id in ("__class__", "super"):
            return None
    return "no super() and no __class__ in the class body"


def _defaults(facts: ClassFacts) -> str | None:
    with_default = {name for name, field in facts.fields.items() if field.value is not None}
    uses = [use for name in sorted(with_default) for use in facts.index.attributes.get(name, [])]
    if any(is_class(facts, use.node.value, use.module) or use.kind == "delete" for use in uses):
        return None
    if any(
        r.how in ("getattr", "hasattr") and r.receiver is not None and is_class(facts, r.receiver, r.module)
        for r in facts.index.reflections
    ):
        return None
    if with_default and not _always_set(facts):
        return None
    # An instance made without __init__ has its defaults from the class.
    for use in facts.index.attributes.get("__new__", []) if with_default else ():
        call = use.module.parents[use.node]
        if isinstance(call, ast.Call) and any(is_class(facts, arg, use.module) for arg in call.args[:1]):
            return None
    return f"{len(with_default)} fields with a default, none of {len(uses)} uses is through the class or a del"


def _always_set(facts: ClassFacts) -> bool:
    """Whether every instance that is initialized gets its own value of each field with a default."""
    if keyword(facts.decorator, "init") is not None or defines(facts.node, "__init__"):
        return False
    if any(keyword(field.value, "init") is not None for field in facts.fields.values()):
        return False
    below = [node for name in facts.below - {facts.name} for _, node in facts.index.classes.get(name, [])]
    for item in (item for node in below for item in node.body):
        if isinstance(item, FUNCTIONS) and item.name == "__init__":
            first = [statement for statement in item.body if not _is_text(statement)][:1]
            if not first or not ast.unparse(first[0]).startswith("super().__init__("):
                return False
    return True


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _closed(facts: ClassFacts) -> str | None:
    if written_from_outside(facts, set(facts.fields)):
        return None
    found = [use for name in facts.fields for use in facts.index.attributes.get(name, [])]
    return f"{sum(use.kind == 'write' for use in found)} writes of its fields, and no write of another name"


def _no_dict(facts: ClassFacts) -> str | None:
    if needs_dict(facts, frozenset(facts.fields)) is not None:
        return None
    return "no __dict__, vars(), or setattr with a name that is no field reaches it"
