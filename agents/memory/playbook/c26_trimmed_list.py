"""C26: a list that grows by append has room for more to come. Hand over a copy that has none once it is complete."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.classes import class_facts
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, find_function, module_of, qualified_name
from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import c26 as examples
from agents.memory.playbook.grown_lists import Grown, grown_lists, many
from agents.memory.playbook.lazy_edits import touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import spliced

_SPARE = 4
"""A list of up to a dozen elements has about a quarter of its bytes to spare after appends, a longer one an eighth."""


class TrimmedList:
    """`rows.append(row)` -> `rows.append(row[:])`, where `row` was grown here and nothing uses it any more."""

    id: ClassVar[str] = "C26"
    name: ClassVar[str] = "over-allocated lists trimmed"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "grown": "The local is only ever bound to a new builtin list, and a method of the list adds to it.",
        "sole owner": "Every read of the local is of the list itself; nothing else holds it when it is handed over.",
        "not observed": "Nothing in the project reads frames.",
        "complete": "The list is put into a container or attribute, or returned, and no path reads the local after it.",
        "many": "The code makes one such list after the other, or the profiled run saw many instances with one.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such local of the focus: all the places that hand it over."""
        for module, function in _places(project, focus):
            found: dict[str, list[Grown]] = {}
            for one in grown_lists(project, module, function):
                found.setdefault(one.name.name, []).append(one)
            for name, handed in found.items():
                if _meant(handed, focus):
                    yield from self._candidate(project, focus, module, name, handed)

    def _candidate(
        self, project: Project, focus: Focus, module: Module, name: str, handed: list[Grown]
    ) -> Iterator[Candidate]:
        repeated = next((why for one in handed if (why := many(project, one))), "")
        if focus.census is not None:
            repeated = f"{focus.census.count} instances of `{focus.census.name}` in the profiled run"
        edit = spliced(module, [(one.read, f"{name}[:]") for one in handed]) if repeated else None
        if edit is None:
            return
        function = qualified_name(module, handed[0].name.function)
        bound, alone, unread = handed[0].evidence
        places = ", ".join(f"{one.taker} at line {one.read.lineno}" for one in handed)
        evidence = {
            "grown": bound,
            "sole owner": alone,
            "not observed": unread,
            "complete": f"handed over to {places}",
            "many": repeated,
        }
        yield Candidate(
            key=f"{self.id}:{module.path}:{function}:{name}",
            rule=self.id,
            title=f"trim `{name}` in {function} once it is complete",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"the lists that `{name}` was keep no room for elements that never come",
            level=self.level,
            file=module.path,
            line=handed[0].read.lineno,
            function=function,
            frees=max(focus.size // _SPARE, 1),
            shown=[Shown(check=check, evidence=evidence[check]) for check in self.preconditions],
            users=[f"{module.path}:{one.read.lineno} {function}" for one in handed],
            assumes=[f"few of the lists grow again after {function} has handed them over"],
            edits=[edit],
            read={module.path: module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _places(project: Project, focus: Focus) -> Iterator[tuple[Module, FunctionNode | ast.Module]]:
    """The functions to look into: that of the focus, or those that assign its attribute."""
    module = module_of(project, focus.file)
    if focus.census is not None:
        facts = class_facts(project, focus.census) if focus.attribute else None
        if facts is None or "list" not in _types(focus):
            return
        seen: set[ast.AST] = set()
        for use in facts.index.attributes.get(focus.attribute, []):
            scope = use.module.frame(use.node)
            own = use.kind == "write" and facts.instance(use.node.value, use.module) is not False
            if own and scope not in seen and isinstance(scope, (*FUNCTIONS, ast.Module)):
                seen.add(scope)
                if use.module.path in project.editable:
                    yield use.module, scope
        return
    if module is None or focus.file not in project.editable:
        return
    if focus.function:
        found = find_function(module, focus.function, focus.lines)
        if found is not None:
            yield module, found
        return
    yield from ((module, scope) for scope in _around(module, focus.lines))


def _around(module: Module, lines: frozenset[int]) -> Iterator[FunctionNode | ast.Module]:
    """The innermost function of each line; the module for those outside of all."""
    found: dict[ast.AST, None] = {}
    for line in sorted(lines):
        functions = [f for same in module.functions.values() for f in same if f.lineno <= line <= (f.end_lineno or 0)]
        found[max(functions, key=lambda f: f.lineno, default=module.tree)] = None
    for scope in found:
        assert isinstance(scope, (*FUNCTIONS, ast.Module))
        yield scope


def _types(focus: Focus) -> set[str]:
    attributes = focus.census.attributes if focus.census is not None else []
    return {kind for one in attributes if one.name == focus.attribute for kind in one.types}


def _meant(handed: list[Grown], focus: Focus) -> bool:
    """Whether the focus is about the list: its attribute, what holds such lists, or a line that makes them."""
    if focus.census is not None:
        return any(one.taker.endswith(f".{focus.attribute}`") for one in handed)
    name = handed[0].name
    if focus.holding is not None and f"`{focus.holding.name}`" in {one.taker for one in handed}:
        return True
    statements = {name.module.statement(access.node) for access in name.mentions}
    return any(touches(s, focus.lines) for s in statements if not hasattr(s, "body"))
