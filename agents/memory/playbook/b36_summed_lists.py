"""B36: lists that sum() adds up one by one, with a new list for each, are chained instead."""

import ast
import sys
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.mentions import mentioned
from agents.memory.analysis.modules import module_of, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, methods, resolve
from agents.memory.playbook.examples import b36 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import library, source, spliced

_OPERATORS = frozenset({"__radd__", "__add__", "__iter__"})


class SummedLists:
    """`sum(lists, [])` -> `list(chain.from_iterable(lists))`: no copy of all that came before, for each list."""

    id: ClassVar[str] = "B36"
    name: ClassVar[str] = "lists added up by sum()"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "sum of lists": "The call is the builtin sum() with an empty list to start from, whose result is a list.",
        "elements": "What is added up are lists: seen in the code, or sum() would have raised TypeError, which no code"
        " here handles.",
        "plain operators": "No class here defines what `+` or iterating over an object does; unless lists are seen, no"
        " library is imported that may.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such sum that covers a line of the focus."""
        place = focused(project, focus)
        if place is None or any(name in methods(project) for name in _OPERATORS):
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        calls = [
            node
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Call) and touches(node, focus.lines) and _sums_lists(node)
            if resolve(project, module, node.func) == Builtin("sum")
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(call)}" for call in calls)
        for call, key in zip(calls, keys, strict=True):
            named = library(project, module, call, "itertools.chain")
            if named is None or module.star_import or module.owner(call, "list") is not None:
                continue
            lists = call.args[0]
            edit = spliced(module, [(call, f"list({named[0]}.from_iterable({source(module, lists)}))")], named[1])
            if edit is None:
                continue
            kind = analyst.kinds.element(lists)
            known = kind is not None and kind.name == "list"
            if not known and (catches(analyst, module.statement(call)) or _added_otherwise(project)):
                continue  # A handler may be there for the TypeError of what cannot be added up.
            assumed = f"what `{text(lists)}` gives are lists, as in the profiled run, where it could be added up"
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                call,
                key,
                title=f"chain the lists in {focus.function} instead of adding them up",
                mechanism="one list grows; sum() makes a new list of all elements so far for each list it adds",
                shown={
                    "sum of lists": f"line {call.lineno}: `{text(call)}`",
                    "elements": f"`{text(lists)}` is seen to give lists" if known else "the profiled run added them up",
                    "plain operators": "no class in the tree defines __add__, __radd__ or __iter__"
                    + ("" if known else ", and no program file imports a package of others"),
                },
                assumes=[] if known else [assumed],
                edits=[edit],
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _sums_lists(call: ast.Call) -> bool:
    match call:
        case ast.Call(args=[lists, ast.List(elts=[])], keywords=[]):
            return not isinstance(lists, ast.Starred)
        case ast.Call(args=[lists], keywords=[ast.keyword(arg="start", value=ast.List(elts=[]))]):
            return not isinstance(lists, ast.Starred | ast.GeneratorExp)
    return False


def _added_otherwise(project: Project) -> bool:
    """Whether something but a list may be added to a list, or the TypeError of what may not be is handled."""
    own = {part for path in project.sources for part in path.removesuffix(".py").split("/")}
    roots: set[str] = set()
    for path in project.editable:
        module = module_of(project, path)
        if module is None:
            return True
        for node in module.nodes:
            match node:
                case ast.Import(names=names):
                    roots |= {alias.name.partition(".")[0] for alias in names}
                case ast.ImportFrom(module=str(name), level=0):
                    roots.add(name.partition(".")[0])
    if roots - own - sys.stdlib_module_names:
        return True
    return mentioned(project, {"UserList", "TypeError"}) is not None
