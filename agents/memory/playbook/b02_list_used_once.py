"""B02: a list comprehension bound to a local that is iterated over once becomes a generator expression."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

from agents.memory.analysis.concrete import concrete, edited
from agents.memory.analysis.consumers import (
    Consumption,
    conditions,
    consumption,
)
from agents.memory.analysis.effects import Place
from agents.memory.analysis.laziness import Region, Verdict, judge
from agents.memory.analysis.modules import FunctionNode, Module, text
from agents.memory.analysis.ownership import fresh, introspected, owned
from agents.memory.analysis.plainness import calls_back, looks_up, plain, properties_read
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import between, catches, earlier
from agents.memory.analysis.restated import taken_back
from agents.memory.analysis.sharing import frozen_while_yielding, read_by, shared
from agents.memory.analysis.single_read import single_read, type_comment
from agents.memory.playbook.append_loops import Restated, comprehended
from agents.memory.playbook.copied_readers import read_lists
from agents.memory.playbook.examples import b02 as examples
from agents.memory.playbook.lazy_edits import (
    PROOF,
    as_generator,
    evidence,
    focused,
    left_over,
    needs_own_frame,
    nodes_in,
    numbered,
    touches,
)
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy


@dataclass(frozen=True)
class _Binding:
    """`name = [...]` and the one read of it."""

    statement: ast.Assign
    name: str
    listed: ast.ListComp
    read: ast.Name
    reader: ast.stmt


class ListUsedOnce:
    """`xs = [f(y) for y in ys]`, then one pass over `xs`: the list is never built."""

    id: ClassVar[str] = "B02"
    name: ClassVar[str] = "intermediate list used once"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "single consumer": "The binding reaches one read, which iterates over the list once and does nothing else.",
        "same suite": "No with, try or loop ends, and no loop begins, between the binding and the read.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such list that a line of the focus, or its holding, names."""
        place = focused(project, focus)
        if place is None or introspected(place[1]):
            return
        module, scope = place
        held = focus.holding.name if focus.holding is not None else None
        lists = [
            (statement, target.id, statement.value)
            for statement in nodes_in(module, scope)
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.ListComp)
            for target in statement.targets[:1]
            if isinstance(target, ast.Name) and len(statement.targets) == 1
            if not type_comment(module, statement)
            if touches(statement, focus.lines) or target.id == held
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{name}" for _, name, _ in lists)
        for (statement, _, listed), key in zip(lists, keys, strict=True):
            binding = _listed(project, module, scope, statement, listed)
            candidate = binding and self._candidate(project, focus, module, scope, binding, key)
            if candidate:
                yield candidate
        if not isinstance(scope, ast.Module):
            yield from self._of_forms(project, focus, module, scope)

    def _of_forms(self, project: Project, focus: Focus, module: Module, scope: FunctionNode) -> Iterator[Candidate]:
        """Candidates for lists that are found where they are said as a comprehension: append loops, list(reader)."""
        held = focus.holding.name if focus.holding is not None else None

        def wanted(name: str, first: int, last: int) -> bool:
            return name == held or not focus.lines.isdisjoint(range(first, last + 1))

        for said in chain(comprehended(project, module, scope, wanted), read_lists(project, module, scope, wanted)):
            assigned = next(n for n in said.module.nodes if isinstance(n, ast.Assign) and n.lineno == said.line)
            if not isinstance(assigned.value, ast.ListComp):
                continue
            binding = _listed(said.project, said.module, said.scope, assigned, assigned.value)
            key = f"{self.id}:{focus.file}:{focus.function}:{said.name}:{said.form}"
            candidate = binding and self._candidate(said.project, focus, said.module, said.scope, binding, key)
            if candidate:
                yield taken_back(project, _unwrapped(candidate, said).model_copy(update={"line": said.first}))
                return

    def _candidate(
        self,
        project: Project,
        focus: Focus,
        module: Module,
        scope: FunctionNode | ast.Module,
        binding: _Binding,
        key: str,
    ) -> Candidate | None:
        analyst = Analyst(project, module, scope)
        taken = consumption(analyst, binding.read)
        way = between(analyst, binding.statement, binding.reader)
        if taken is None or way.veto or needs_own_frame(module, binding.listed):
            return None
        tree = concrete(module)
        if tree is None:
            return None
        region = Region(
            way.effects | earlier(analyst, binding.read, binding.reader) | taken.effects,
            taken.what,
            way.stops + tuple(conditions(module, binding.read, binding.reader)) + taken.stops,
            catches(analyst, binding.statement),
            way.catches_consumer + taken.catches,
        )
        made = analyst.elements(binding.listed)
        if _read_elsewhere(analyst, binding, region) or calls_back(
            analyst, taken.what.partition("(")[0], binding.listed
        ):
            return None
        verdict = _judged(analyst, binding, region)
        verdict.assumes += left_over(analyst, binding.listed, region.stops)
        edit = None if verdict.veto else edited(module, tree, as_generator(tree, binding.listed))
        if edit is None:
            return None
        shown = {
            "single consumer": f"`{binding.name}` of line {binding.statement.lineno} is read once,"
            f" at line {binding.read.lineno}, by {taken.what}",
            "same suite": f"from line {binding.statement.lineno} control falls through to line {binding.reader.lineno}",
            **evidence(verdict),
        }
        holding = focus.holding
        held = holding.own if holding is not None and holding.name == binding.name else 0
        return Candidate(
            key=key,
            rule=self.id,
            title=f"generate `{binding.name}` in {focus.function} while it is consumed",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"the list `{binding.name}` is not built: {taken.what} takes its elements one at a time",
            level="P" if verdict.assumes else "A",
            file=focus.file,
            line=binding.statement.lineno,
            function=focus.function,
            frees=held or focus.size,
            shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
            users=_users(focus, binding, taken),
            assumes=verdict.assumes,
            edits=[edit],
            read={
                path: project.sources[path].blob
                for path in sorted(made.files | region.effects.files | taken.files | {focus.file})
            },
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _unwrapped(candidate: Candidate, said: Restated) -> Candidate:
    """The candidate with the iterator itself where a generator would only hand its elements on."""
    (edit,) = candidate.edits
    wrapped = f"(item for item in {said.plain})"
    if not said.plain or edit.text.count(wrapped) != 1:
        return candidate
    return candidate.model_copy(
        update={"edits": [edit.model_copy(update={"text": edit.text.replace(wrapped, said.plain)})]}
    )


def _listed(
    project: Project, module: Module, scope: FunctionNode | ast.Module, statement: ast.Assign, listed: ast.ListComp
) -> _Binding | None:
    """The binding of a list that is read once; None when its reads are more, none, or not all seen."""
    found = single_read(project, module, scope, statement)
    return None if found is None else _Binding(statement, found.name, listed, found.read, found.reader)


def _judged(analyst: Analyst, binding: _Binding, region: Region) -> Verdict:
    """The verdict, where a loop may change the elements themselves when they are new objects."""
    element = _element(analyst, binding) if fresh(analyst, binding.listed.elt) else None

    def mine(place: Place) -> bool:
        changed = place.root == element and place.depth == 0
        return changed or owned(analyst, place, binding.reader)

    return judge(analyst.elements(binding.listed), f"`{text(binding.listed.elt)}`", region, mine)


def _read_elsewhere(analyst: Analyst, binding: _Binding, region: Region) -> bool:
    """Whether something else may read on from the iterables, or look at what making the elements changes unseen."""
    listed, reader = binding.listed, binding.reader
    early = any(stop.endswith("stops early") for stop in region.stops)
    if (early and not plain(analyst, listed)) or (region.stops and looks_up(analyst, listed)):
        return True
    if properties_read(analyst, listed, reader) or frozen_while_yielding(analyst, binding.statement):
        return True
    late = bool(region.stops or region.catches or region.catches_consumer or region.effects.leaves)
    sources = read_by(analyst, listed)
    return bool(shared(analyst, sources, listed, reader, to_end=late, binds=binding.name))


def _element(analyst: Analyst, binding: _Binding) -> str | None:
    """The name that a loop over the list, or over enumerate() of it, gives each element, and nothing else."""
    match binding.reader:
        case ast.For(target=ast.Name() as target, iter=ast.Name()):
            name = target.id
        case ast.For(
            target=ast.Tuple(elts=[ast.Name(), ast.Name() as target]),
            iter=ast.Call(func=ast.Name(id="enumerate"), args=[ast.Name()]),
        ):
            name = target.id
        case _:
            return None
    return name if len(analyst.module.bindings(analyst.scope)[name]) == 1 else None


def _users(focus: Focus, binding: _Binding, taken: Consumption) -> list[str]:
    return [f"{focus.file}:{binding.read.lineno} {focus.function}", *taken.users]
