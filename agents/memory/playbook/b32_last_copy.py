"""B32: a copy of a collection that is not used again is the collection itself."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis import knowledge
from agents.memory.analysis.effects import Place
from agents.memory.analysis.modules import FUNCTIONS, LOOPS, enclosing, text
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.reads import kept_in
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.playbook.deep_copies import read_copies
from agents.memory.playbook.examples import b32 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import spliced

_COPIED = frozenset({"list", "dict"})
"""Copies of a set step in another order than the set."""
_TELLING = knowledge.CONTAINER_READERS - {"keys", "values", "items", "elements"}
_STEPPING = knowledge.EXHAUSTING_BUILTINS | {"len", "any", "all", "print", "bool", "str", "repr"}


class LastCopy:
    """`ys = list(xs)` -> `ys = xs`, where `xs` is a local list that nobody else holds and nothing reads again."""

    id: ClassVar[str] = "B32"
    name: ClassVar[str] = "copy of what is not used again"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "copy": "The value is a shallow copy of a local of a known builtin type, of that very type.",
        "sole owner": "Every value of the local is new, and nothing but the local holds it when it is copied.",
        "last use": "The copy stands in no loop, and nothing reads the local after it.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such copy that a line of the focus, or its holding, names."""
        place = focused(project, focus)
        if place is None or not isinstance(place[1], FUNCTIONS) or introspected(place[1]):
            return
        module, scope = place
        held = focus.holding.name if focus.holding is not None else None
        analyst = Analyst(project, module, scope)
        found = [
            (node, original, kept[1], kept[2])
            for node in nodes_in(module, scope)
            if isinstance(node, ast.expr) and (original := _copied(analyst, node)) is not None
            if (kept := kept_in(module, node)) is not None and kept[0] is scope and kept[2] != original.id
            if touches(kept[1], focus.lines) or held in (kept[2], original.id)
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(node)}" for node, *_ in found)
        for (node, original, statement, name), key in zip(found, keys, strict=True):
            if not owned(analyst, Place(original.id, 0, original.id, node.lineno), statement):
                continue
            if any(isinstance(a, LOOPS) for a in enclosing(module, statement, scope)):
                continue
            uses = [n for n in ast.walk(scope) if isinstance(n, ast.Name) and n.id == original.id and n is not original]
            if not all(_leaves_it_alone(analyst, use, statement) for use in uses):
                continue
            edit = spliced(module, [(node, original.id)])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                statement,
                key,
                title=f"take `{original.id}` itself in {focus.function} instead of a copy",
                mechanism=f"`{name}` is `{original.id}`, which nothing uses any more; no copy is made",
                shown={
                    "copy": f"line {node.lineno}: `{text(node)}`",
                    "sole owner": f"`{original.id}` is made here and not handed on before line {node.lineno}",
                    "last use": f"`{original.id}` is not read after line {node.lineno}",
                },
                assumes=[],
                edits=[edit],
            )
        yield from self._proposals(analyst, focus)

    def _proposals(self, analyst: Analyst, focus: Focus) -> Iterator[Candidate]:
        """Copies by the copy module that the function only reads; who else writes to them is for a person to see."""
        held = focus.holding.name if focus.holding is not None else None
        found = [one for one in read_copies(analyst) if touches(one[0], focus.lines) or one[1] == held]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(call)}" for _, _, call, _ in found)
        for (statement, name, call, evidence), key in zip(found, keys, strict=True):
            candidate = lazy_candidate(
                self,
                analyst.project,
                focus,
                analyst.module,
                statement,
                key,
                title=f"take the original in {focus.function} instead of `{text(call)}`",
                mechanism=f"`{name}` is the object itself: no copy of it and of all it holds is made",
                shown={
                    "copy": evidence,
                    "sole owner": "to be made sure of: nobody changes the original while the copy is in use",
                    "last use": "to be made sure of: nothing that the elements are passed to changes them",
                },
                assumes=[],
                edits=[],
            )
            yield candidate.model_copy(update={"level": "S"})

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _copied(analyst: Analyst, node: ast.expr) -> ast.Name | None:
    """The local that the expression copies, of the type of the copy."""
    match node:
        case ast.Call(func=func, args=[ast.Name() as original], keywords=[]):
            kind = analyst.kinds.of(original)
            meaning = resolve(analyst.project, analyst.module, func)
            name = kind.name if kind is not None and kind.name in _COPIED else ""
            return original if name and meaning == Builtin(name) else None
        case ast.Call(func=ast.Attribute(value=ast.Name() as original, attr="copy"), args=[], keywords=[]):
            kind = analyst.kinds.of(original)
            return original if kind is not None and kind.name in _COPIED else None
        case ast.Subscript(value=ast.Name() as original, slice=ast.Slice(lower=None, upper=None, step=None)):
            kind = analyst.kinds.of(original)
            return original if kind is not None and kind.name == "list" else None
    return None


def _leaves_it_alone(analyst: Analyst, use: ast.Name, copying: ast.stmt) -> bool:
    """Whether this use is over when the copy is made: no alias, view, iterator or later change comes of it."""
    parent = analyst.module.parents[use]
    after = (use.lineno, use.col_offset) >= (copying.end_lineno, copying.end_col_offset)
    if not isinstance(use.ctx, ast.Load):
        return not (after and isinstance(parent, ast.AugAssign))
    if after:
        return False
    match parent:
        case ast.Attribute(attr=name):
            called = analyst.module.parents[parent]
            known = _TELLING | knowledge.CONTAINER_WRITERS
            return isinstance(called, ast.Call) and called.func is parent and name in known
        case ast.Call(func=func):
            meaning = resolve(analyst.project, analyst.module, func)
            return isinstance(meaning, Builtin) and meaning.name in _STEPPING
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            put_off = isinstance(analyst.module.parents[parent], ast.GeneratorExp)
            return iterated is use and not put_off
        case ast.Subscript(value=value):
            return value is use
        case ast.Compare() | ast.BinOp() | ast.FormattedValue() | ast.AugAssign():
            return True
        case ast.If() | ast.While():
            return True
        case ast.UnaryOp(op=ast.Not()):
            return True
    return False
