"""A16: copies of an object each carry a copy of its memo, a dict that only saves a computation. They start empty."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

import libcst as cst

from agents.memory.analysis.classes import ClassFacts, class_facts
from agents.memory.analysis.concrete import concrete, edited
from agents.memory.analysis.memos import Memo, kept_alike, memo
from agents.memory.analysis.modules import FUNCTIONS
from agents.memory.analysis.project import Project
from agents.memory.analysis.reflection import not_reflected
from agents.memory.analysis.resolution import Library, resolve
from agents.memory.analysis.uses import mentioning
from agents.memory.playbook.examples import a16 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from messaging.contents import EditedFile
from runtime.measure.holdings import AttributeCensus, ClassCensus

_PICKLING = frozenset(
    {"__getstate__", "__setstate__", "__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__"}
    | {"__copy__", "__deepcopy__", "__slots__", "__new__", "__setattr__", "__delattr__", "__init_subclass__"}
)
_PLAIN_KEYS = frozenset({"str", "bytes"})
"""Types whose equal values are alike in every computation; 1 == 1.0 == True are not."""


class CopiedMemo:
    """Gives the class a `__getstate__` that leaves the memo's entries out of copies."""

    id: ClassVar[str] = "A16"
    name: ClassVar[str] = "memo left out of copies"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "copied": "The project copies objects with copy.deepcopy, and instances of the class are many.",
        "plain class": "The class derives from object alone and says nothing of copying, slots or attribute access.",
        "pure memo": "The dict starts empty and is used in one method only, which looks a key up in it, and else"
        " computes the value from the key and the object, without any other effect, and stores it.",
        "unchanging": "The object's other attributes are set in `__init__` alone and hold text or numbers.",
        "equal values": "What is computed again equals what was kept: it is text or a number, or of a project class"
        " with `__eq__` whose attributes are set in `__init__` alone.",
        "plain keys": "All keys seen are str, or all are bytes: equal keys give equal values.",
        "not reflected": "No getattr, vars(), __dict__, class pattern, template, eval or pickling can reach it.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate for the attribute of the focus."""
        census = focus.census
        facts = class_facts(project, census) if census and census.file in project.editable else None
        held = next((a for a in census.attributes if a.name == focus.attribute), None) if census else None
        if census is None or facts is None or held is None or facts.index.unparsed:
            return
        found = memo(facts, held.name)
        shown = _shown(project, facts, census, held, found) if found is not None else []
        edit = _edit(project, facts, held.name) if shown else None
        if found is None or edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{census.file}:{census.name}:{held.name}",
            rule=self.id,
            title=f"copies of `{census.name}` start with an empty `{held.name}`",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"the entries of `{held.name}` are no longer copied with each of {census.count} instances",
            level=self.level,
            file=census.file,
            line=facts.node.lineno,
            function=census.name,
            frees=held.size,
            shown=shown,
            users=[f"{use.place} {held.name}" for use in facts.index.attributes.get(held.name, [])],
            assumes=[
                f"nobody relies on a value of `{census.name}.{held.name}` being the same object in a copy",
                f"keys of `{held.name}` are {held.keys[0]}, and the other attributes of `{census.name}` hold text or"
                " numbers, as in the profiled run",
            ],
            edits=[edit],
            read=mentioning(project, held.name, facts.name)
            | {path: project.sources[path].blob for path in sorted(found.computation.files | {facts.module.path})},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _shown(project: Project, facts: ClassFacts, census: ClassCensus, held: AttributeCensus, found: Memo) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    copies = list(_copies(project, facts))
    others = {kind for a in census.attributes if a.name != held.name for kind in a.types}
    plain = others <= {"str", "int", "float", "bool", "NoneType", "bytes", "complex"}
    evidence = {
        "copied": f"copied at {', '.join(copies)}; {census.count} instances" if copies and census.count > 1 else None,
        "plain class": _plain_class(facts),
        "pure memo": f"`{held.name}` is used by {found.method.name} alone, which computes `{found.written}`",
        "unchanging": kept_alike(facts, held.name) if plain else None,
        "equal values": found.alike,
        "plain keys": f"keys are {held.keys[0]}" if len(held.keys) == 1 and held.keys[0] in _PLAIN_KEYS else None,
        "not reflected": not_reflected(facts, held.name),
    }
    shown = [Shown(check=check, evidence=text) for check, text in evidence.items() if text]
    return shown if len(shown) == len(evidence) else []


def _copies(project: Project, facts: ClassFacts) -> Iterator[str]:
    for module in facts.index.modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and resolve(project, module, node.func) == Library("copy.deepcopy"):
                yield f"{module.path}:{node.lineno}"


def _plain_class(facts: ClassFacts) -> str | None:
    node = facts.node
    if node.keywords or node.decorator_list or len(facts.below) > 1:
        return None
    if any(not (isinstance(base, ast.Name) and base.id == "object") for base in node.bases):
        return None
    names = {n.name for n in node.body if isinstance(n, FUNCTIONS)}
    names |= {n.id for item in node.body for n in ast.walk(item) if isinstance(n, ast.Name)}
    return f"`{facts.name}` has no base, no subclass and no method of copying" if not names & _PICKLING else None


def _edit(project: Project, facts: ClassFacts, name: str) -> EditedFile | None:
    tree = concrete(facts.module)
    init = next((method for method in facts.methods() if method.name == "__init__"), None)
    target = tree.statement(init) if tree is not None and init is not None else None
    if tree is None or init is None or not isinstance(target, cst.FunctionDef):
        return None
    code = f'def __getstate__(self):\n    return {{**self.__dict__, "{name}": {{}}}}\n'
    made = cst.parse_statement(code)
    assert isinstance(made, cst.FunctionDef)
    made = made.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    return edited(facts.module, tree, {target: cst.FlattenSentinel([target, made])})
