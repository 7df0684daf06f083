"""B34: a list that is built only to be counted is counted while it is made."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import ClassVar

from agents.memory.analysis import helpers
from agents.memory.analysis.effects import NOTHING
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.modules import COMPREHENSIONS, FunctionNode, Module, text
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, Function, resolve
from agents.memory.analysis.restated import taken_back
from agents.memory.playbook.examples import b34 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, evidence, focused, needs_own_frame, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import atom, clauses, source, spliced
from agents.memory.playbook.written_out import written_out

_SIZED = frozenset({"list", "tuple", "dict", "set", "range", "str", "view"})
"""Kinds whose length is that of a list of their elements."""


class CountedList:
    """`len([x for x in xs if p])` -> `sum(1 for x in xs if p)`; `len(list(it))` -> `sum(1 for _ in it)`."""

    id: ClassVar[str] = "B34"
    name: ClassVar[str] = "list that is only counted"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "counted": "A list comprehension, list(), tuple() or a helper that returns one is the argument of the builtin"
        " len(), and nothing else reads it.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such count that covers a line of the focus, or that calls the helper it is."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        counts = [
            (module, scope, node)
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Call) and touches(node, focus.lines) and _counts(project, module, node)
        ]
        counts += _of_helper(project, module, scope)
        keys = numbered(f"{self.id}:{there.path}:{focus.function}:{text(call)}" for there, _, call in counts)
        for (there, frame, call), key in zip(counts, keys, strict=True):
            candidate = self._candidate(project, focus, there, frame, call, key) or self._helper(
                project, focus, there, call, key
            )
            if candidate is not None:
                yield candidate

    def _helper(self, project: Project, focus: Focus, module: Module, call: ast.Call, key: str) -> Candidate | None:
        made = call.args[0]
        out = written_out(project, module, made) if isinstance(made, ast.Call) else None
        if out is None:
            return None
        counting = out.module.parents[out.node]
        frame = out.module.frame(counting)
        if not isinstance(counting, ast.Call) or not isinstance(frame, ast.FunctionDef | ast.Module):
            return None
        found = self._candidate(out.project, focus, out.module, frame, counting, key, out.assumes)
        if found is None:
            return None
        helper = out.helper
        user = f"{helper.module.path}:{helper.node.lineno} {helper.node.name}"
        read = found.read | {helper.module.path: helper.module.source.blob}
        moved = found.model_copy(update={"users": [*found.users, user], "read": read, "line": call.lineno})
        return taken_back(project, moved)

    def _candidate(
        self,
        project: Project,
        focus: Focus,
        module: Module,
        scope: FunctionNode | ast.Module,
        call: ast.Call,
        key: str,
        assumes: tuple[str, ...] = (),
    ) -> Candidate | None:
        analyst = Analyst(project, module, scope)
        listed = call.args[0]
        region = Region(NOTHING, f"len() at line {call.lineno}", (), catches(analyst, module.statement(call)))
        if isinstance(listed, ast.ListComp):
            made, what = analyst.elements(listed), f"`{text(listed.elt)}`"
            if introspected(listed) or needs_own_frame(module, listed):
                return None
        elif (copied := _copied(project, module, listed)) is not None:
            # Whatever ends the iteration ends it for list() and for a loop alike.
            made, what = replace(analyst.step(copied), stops=(), calls=()), f"iterating over `{text(copied)}`"
        else:
            return None
        verdict = judge(made, what, region, lambda place: False)
        edit = None if verdict.veto else spliced(module, [(call, self._counted(analyst, listed))])
        if edit is None or module.star_import or module.owner(call, "sum") is not None:
            return None
        return lazy_candidate(
            self,
            project,
            focus,
            module,
            call,
            key,
            title=f"count in {focus.function} without a list",
            mechanism=f"the elements that len() at line {call.lineno} counts are counted as they come, and not kept",
            shown={"counted": f"line {call.lineno}: `{text(call)}`", **evidence(verdict)},
            assumes=[*assumes, *verdict.assumes],
            edits=[edit],
            files=made.files,
        )

    def _counted(self, analyst: Analyst, listed: ast.expr) -> str:
        module = analyst.module
        if isinstance(listed, ast.ListComp):
            element, rest = listed.elt, clauses(module, listed)
            own = isinstance(element, ast.Name) and isinstance(module.owner(element, element.id), COMPREHENSIONS)
            if own or isinstance(element, ast.Constant):
                return f"sum(1 {rest})"
            return f"sum(1 for _ in ({source(module, element)} {rest}))"
        copied = _copied(analyst.project, module, listed)
        assert copied is not None
        kind = analyst.kinds.of(copied)
        if kind is not None and kind.name in _SIZED:
            return f"len({source(module, copied)})"
        return f"sum(1 for _ in {atom(module, copied)})"

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _counts(project: Project, module: Module, node: ast.AST) -> bool:
    match node:
        case ast.Call(func=func, args=[ast.ListComp() | ast.Call()], keywords=[]):
            return resolve(project, module, func) == Builtin("len")
    return False


def _copied(project: Project, module: Module, node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Call(func=func, args=[copied], keywords=[]) if not isinstance(copied, ast.Starred):
            known = resolve(project, module, func) in (Builtin("list"), Builtin("tuple"))
            return copied if known else None
    return None


def _of_helper(
    project: Project, module: Module, scope: FunctionNode | ast.Module
) -> list[tuple[Module, FunctionNode | ast.Module, ast.Call]]:
    """The counts of what the function of the focus returns, where that is a helper that only builds a list."""
    if isinstance(scope, ast.Module):
        return []
    helper = Function(module, scope)
    if helpers.list_helper(helper) is None:
        return []
    found: list[tuple[Module, FunctionNode | ast.Module, ast.Call]] = []
    for there, call in helpers.helper_calls(project, helper):
        counting = there.parents[call]
        frame = there.frame(call)
        counted = isinstance(counting, ast.Call) and _counts(project, there, counting)
        if counted and isinstance(frame, ast.FunctionDef | ast.AsyncFunctionDef | ast.Module):
            found.append((there, frame, counting))  # type: ignore[arg-type]
    return found
