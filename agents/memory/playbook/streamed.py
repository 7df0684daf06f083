"""What the rules share that take a whole result in pieces: the places, the proof, the text edits, the candidates."""

import ast
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from agents.memory.analysis.handles import Handle
from agents.memory.analysis.modules import COMPREHENSIONS, Module, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.restated import restated, taken_back
from agents.memory.analysis.streams import Streaming, Taken, streaming, taken
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Focus, Shown, Strategy
from agents.memory.playbook.source_edits import source, span, spliced
from agents.memory.playbook.widened import widened
from messaging.contents import EditedFile

PROOF = {
    "source": "Where the pieces come from is known, and that it gives them as the rewrite takes them.",
    "same pieces": "The pieces one after the other are exactly those of the whole.",
    "single pass": "One reader iterates over them once and does nothing else with them.",
    "left alone": "Nothing else reads, moves or changes the source before the last piece is taken.",
    "exceptions alike": "No handler around is there for what taking the pieces may raise.",
}
"""The preconditions of the streaming rules: name -> what it means."""


@dataclass(frozen=True)
class Pieces:
    """Code that gives the elements of a whole one at a time: `each`, or `(elt for target in each ...)`.

    Args:
        each: the iterable.
        target: what the first `for` binds, where there is one.
        part: the iterable of a second `for` over each target, where there is one.
        elt: the element: the name the second `for` binds, or an expression of the target.
        helper: a function to put into the module.
        imports: modules it needs.
    """

    each: str
    target: str = ""
    part: str = ""
    elt: str = ""
    helper: str = ""
    imports: tuple[str, ...] = ()

    @property
    def loops(self) -> str:
        """The `for` clauses."""
        inner = f" for {self.elt} in {self.part}" if self.part else ""
        return f"for {self.target} in {self.each}{inner}"

    @property
    def lazy(self) -> str:
        """An iterable that makes the elements while it is iterated over."""
        return f"({self.elt} {self.loops})" if self.target else self.each

    @property
    def eager(self) -> str:
        """The list of them."""
        return f"[{self.elt} {self.loops}]" if self.target else f"list({self.each})"


@dataclass(frozen=True)
class Whole:
    """An expression whose value is made whole only to be taken apart.

    Args:
        node: the expression.
        pieces: what takes its place.
        source: evidence for the precondition "source".
        same: evidence for "same pieces".
        files: the file, or the cursor and connection, it is read from; none for a value in memory that cannot change.
        assumes: what is not shown.
        smaller: whether a list of the pieces already holds less than making the whole does.
    """

    node: ast.expr
    pieces: Pieces
    source: str
    same: str
    files: tuple[Handle, ...] = ()
    assumes: tuple[str, ...] = ()
    smaller: bool = False


class StreamingRule(ABC):
    """A rule that finds wholes and takes them in pieces. Subclasses say which, in `whole`."""

    id: ClassVar[str]
    preconditions: ClassVar[dict[str, str]] = PROOF
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"

    @abstractmethod
    def whole(self, analyst: Analyst, node: ast.expr) -> Whole | None:
        """The whole that `node` is, with what takes its place; None when it is none."""

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """Candidates for each whole that a line of the focus, or its holding, names; the lazy one first."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        held = focus.holding.name if focus.holding is not None else ""
        wholes = [
            found
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Call)
            if touches(node, focus.lines) or (held and held in bound_names(module.statement(node)))
            if module.frame(node) is scope and (found := self.whole(analyst, node)) is not None
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(found.node)}" for found in wholes)
        for found, key in zip(wholes, keys, strict=True):
            here = list(self._candidates(analyst, focus, found, key))
            if all(candidate.key != key for candidate in here):
                yield from self._widened(analyst, focus, found, key)
            yield from here

    def _widened(self, analyst: Analyst, focus: Focus, found: Whole, key: str) -> Iterator[Candidate]:
        """The lazy candidate once the with around the whole goes on to the end of its reader."""
        wide = widened(analyst, found.node) if found.files else None
        if wide is None:
            return
        for candidate in self.find(restated(analyst.project, focus.file, wide), focus):
            if candidate.key == key:
                stays = f"{candidate.mechanism}; the file stays open until they are taken"
                yield taken_back(analyst.project, candidate).model_copy(update={"mechanism": stays})

    def _candidates(self, analyst: Analyst, focus: Focus, found: Whole, key: str) -> Iterator[Candidate]:
        pass_ = taken(analyst, found.node)
        proof = _proof(analyst, found, pass_)
        proven = False
        if pass_ is not None and not proof.veto:
            edit = lazy_edit(analyst, found, pass_)
            if edit is not None:
                proven = True
                yield self._candidate(analyst, focus, found, key, edit, pass_, proof)
        if found.smaller and (not proven or proof.assumes):
            edit = spliced(analyst.module, [(found.node, found.pieces.eager)], found.pieces.imports)
            edit = edit and with_helper(analyst, edit, found.node, found.pieces.helper)
            if edit is not None:
                yield self._candidate(analyst, focus, found, f"{key}:list", edit, None, Streaming())

    def _candidate(
        self,
        analyst: Analyst,
        focus: Focus,
        found: Whole,
        key: str,
        edit: EditedFile,
        pass_: Taken | None,
        proof: Streaming,
    ) -> Candidate:
        project, written = analyst.project, text(found.node)
        lazy = pass_ is not None
        assumes = [*found.assumes, *(line for file in found.files for line in file.assumes), *proof.assumes]
        reader = pass_.region.what if pass_ is not None else f"the list at line {found.node.lineno}"
        shown = {
            "source": found.source,
            "same pieces": found.same,
            "single pass": f"`{written}` is read once, by {reader}" if lazy else f"{reader} is built as before",
            "left alone": proof.alone or "the pieces are all taken where the whole was made",
            "exceptions alike": proof.exceptions or "taking the pieces raises where making the whole did",
        }
        users = list(pass_.users) if pass_ is not None else []
        files = (pass_.files if pass_ is not None else frozenset()) | {focus.file}
        holding = focus.holding
        size = holding.own if holding is not None and lazy and holding.name == getattr(pass_, "name", "") else 0
        whole = f"`{written}` is not made whole: {reader} takes its pieces one at a time"
        return Candidate(
            key=key,
            rule=self.id,
            title=f"take `{written}` in {focus.function} piece by piece" + ("" if lazy else ", into the same list"),
            category=self.category,
            strategy=self.strategy,
            mechanism=whole,
            level="P" if assumes else "A",
            file=focus.file,
            line=found.node.lineno,
            function=focus.function,
            frees=(size or focus.size) if lazy else max(1, focus.size // 2),
            shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
            users=[f"{focus.file}:{found.node.lineno} {focus.function}", *users],
            assumes=list(dict.fromkeys(assumes)),
            edits=[edit],
            read={path: project.sources[path].blob for path in sorted(files)},
        )


def _proof(analyst: Analyst, found: Whole, pass_: Taken | None) -> Streaming:
    if pass_ is None:
        return Streaming(veto="it is not iterated over once")
    proofs = [streaming(analyst, file, found.node, pass_) for file in found.files]
    if not proofs:
        return Streaming(alone="it is a value that cannot change", exceptions="taking a piece cannot raise")
    vetoed = next((proof for proof in proofs if proof.veto), None)
    return vetoed or replace(proofs[0], assumes=[line for proof in proofs for line in proof.assumes])


def lazy_edit(analyst: Analyst, found: Whole, pass_: Taken) -> EditedFile | None:
    """The edit that puts the lazy pieces in place of the whole, in the form that reads best there."""
    module, node, pieces = analyst.module, found.node, found.pieces
    clause = module.parents[node]
    changes: list[tuple[ast.AST, str]]
    if pieces.part and isinstance(clause, ast.comprehension) and _plain_clause(module, clause):
        # A second `for` in the comprehension that is there.
        inner = f"{pieces.each} for {source(module, clause.target)} in {pieces.part}"
        changes = [(clause.target, pieces.target), (node, inner)]
    elif pieces.target and _sole_argument(module, node):
        changes = [(node, pieces.lazy[1:-1])]
    elif not pieces.target and pass_.name and module.parents[node] is pass_.first:
        changes = [(node, f"iter({pieces.each})")]
    else:
        changes = [(node, pieces.lazy)]
    edit = spliced(module, changes, pieces.imports)
    return edit and with_helper(analyst, edit, node, pieces.helper)


def _plain_clause(module: Module, clause: ast.comprehension) -> bool:
    outer = module.parents[clause]
    bare = isinstance(clause.target, ast.Name | ast.Tuple) and isinstance(outer, COMPREHENSIONS)
    between = module.source.data[span(module, clause.target)[1] : span(module, clause.iter)[0]]
    return bare and re.fullmatch(rb"\s+in\s+", between) is not None


def _sole_argument(module: Module, node: ast.expr) -> bool:
    """Whether the expression is a call's only argument, without parentheses of its own."""
    call = module.parents[node]
    if not isinstance(call, ast.Call) or call.args != [node] or call.keywords:
        return False
    begin, end = span(module, node)
    data = module.source.data
    before, after = data[span(module, call.func)[1] : begin], data[end : span(module, call)[1]]
    return before.strip() == b"(" and after.strip() == b")"


def bound_names(statement: ast.stmt) -> set[str]:
    """The names an assignment binds."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def fresh_name(analyst: Analyst, wanted: str) -> str:
    """`wanted`, or with a number after it where the frame's code already uses that name."""
    used = {n.id for n in ast.walk(analyst.scope) if isinstance(n, ast.Name)}
    used |= {n.arg for n in ast.walk(analyst.scope) if isinstance(n, ast.arg)}
    return next(name for name in (wanted, *(f"{wanted}_{number}" for number in range(2, 99))) if name not in used)


def text_of(analyst: Analyst, expr: ast.expr) -> str:
    """The expression as it is written."""
    return source(analyst.module, expr)


def with_helper(analyst: Analyst, edit: EditedFile, node: ast.AST, helper: str) -> EditedFile | None:
    """The edit with a function or class put before the top-level statement that holds `node`; None: name taken."""
    if not helper:
        return edit
    module = analyst.module
    (function,) = ast.parse(helper).body
    assert isinstance(function, ast.FunctionDef | ast.ClassDef)
    bound = module.bindings(module.tree).get(function.name, [])
    if bound:
        same = len(bound) == 1 and ast.dump(bound[0]) == ast.dump(function)
        return edit if same else None
    if module.star_import or any(isinstance(n, ast.Name) and n.id == function.name for n in ast.walk(module.tree)):
        return None
    top = next(a for a in [node, *module.ancestors(node)] if module.parents.get(a) is module.tree)
    first = min([top.lineno, *(d.lineno for d in getattr(top, "decorator_list", []))])  # type: ignore[attr-defined]
    newline = "\r\n" if b"\r\n" in module.source.data else "\n"
    # Bytes end lines as Python does; a str would end them at more characters.
    lines = edit.text.encode().splitlines(keepends=True)
    added = helper.strip("\n").replace("\n", newline) + newline * 3
    written = b"".join([*lines[: first - 1], added.encode(), *lines[first - 1 :]]).decode()
    return edit.model_copy(update={"text": written})
