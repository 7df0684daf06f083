"""A06B: a child that refers to its parent makes a cycle, which stays until a collection. It could refer weakly."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.classes import ClassFacts
from agents.memory.analysis.modules import parameters
from agents.memory.analysis.project import Project
from agents.memory.analysis.uses import AttributeUse, last_name, uses
from agents.memory.playbook.examples import a06b as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy

_UPWARDS = frozenset({"parent", "owner", "root", "container", "outer", "up", "manager", "master", "document", "tree"})
"""Names that programs give to what an object belongs to."""


class WeakParent:
    """`self.parent = parent` could be `self._parent = weakref.ref(parent)` with a property that calls it."""

    id: ClassVar[str] = "A06B"
    name: ClassVar[str] = "weak reference to the parent"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "S"
    preconditions: ClassVar[Mapping[str, str]] = {
        "cycles": "A collection at the peak found the bytes: nothing but cycles held them.",
        "back reference": "The class that is in the cycles most keeps a parameter of its __init__ that is named after"
        " what it belongs to, or for which an object passes itself.",
        "held elsewhere": "A person knows that somebody else holds the parent for as long as a child is asked for it.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One proposal for each such attribute of the class in the cycles."""
        holding = focus.holding
        if holding is None or holding.kind != "cycle":
            return
        found = uses(project).classes.get(holding.type.rpartition(".")[2], [])
        if len(found) != 1 or found[0][0].path not in project.editable:
            return
        module, node = found[0]
        facts = ClassFacts(project, module, node, None, {})
        for use, why in _back_references(facts):
            name = use.node.attr
            readers = [other for other in facts.index.attributes.get(name, []) if other.kind == "read"]
            evidence = {
                "cycles": f"a collection freed {focus.size} bytes, {holding.length or 'some'} `{node.name}` among them",
                "back reference": why,
                "held elsewhere": f"{len(readers)} reads of `.{name}` to look at",
            }
            yield Candidate(
                key=f"{self.id}:{module.path}:{node.name}:{name}",
                rule=self.id,
                title=f"a weak reference for `{node.name}.{name}`",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"without the strong reference `{name}` the objects go as soon as nobody uses them",
                level=self.level,
                file=module.path,
                line=use.node.lineno,
                function=node.name,
                frees=focus.size,
                shown=[Shown(check=check, evidence=evidence[check]) for check in self.preconditions],
                users=[f"{other.place} {name}" for other in readers],
                assumes=[f"somebody else holds what `{name}` refers to while it is asked for"],
                edits=[],
                read={module.path: module.source.blob},
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _back_references(facts: ClassFacts) -> Iterator[tuple[AttributeUse, str]]:
    """Writes of `self.name = parameter` in `__init__` that may refer back, and why."""
    init = next((method for method in facts.methods() if method.name == "__init__"), None)
    names = {arg.arg for arg in parameters(init)} if init is not None else set()
    for found in facts.index.attributes.values():
        for use in found:
            statement = use.module.parents[use.node]
            if use.kind != "write" or use.module is not facts.module or use.module.frame(use.node) is not init:
                continue
            value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
            if (
                not isinstance(value, ast.Name)
                or value.id not in names
                or not facts.is_self(use.node.value, use.module)
            ):
                continue
            named = use.node.attr.strip("_") in _UPWARDS
            passed = _self_passed(facts, value.id)
            if named or passed:
                yield use, passed or f"line {use.node.lineno}: `{facts.name}` keeps its `{value.id}`"


def _self_passed(facts: ClassFacts, parameter: str) -> str:
    """The call of the class in which an object passes itself for the parameter; "" where there is none."""
    init = next(method for method in facts.methods() if method.name == "__init__")
    positional = [arg.arg for arg in (*init.args.posonlyargs, *init.args.args)][1:]
    for module in facts.index.modules:
        for call in module.nodes:
            if not isinstance(call, ast.Call) or last_name(call.func) != facts.name:
                continue
            given = dict(zip(positional, call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
            passed = given.get(parameter)
            if isinstance(passed, ast.Name) and passed.id == "self":
                return f"{module.path}:{call.lineno} passes itself for `{parameter}`"
    return ""
