"""B43: a list comprehension that feeds a Counter, deque, dict or list becomes a generator expression."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.concrete import concrete, edited
from agents.memory.analysis.effects import NOTHING, Effects
from agents.memory.analysis.laziness import Verdict
from agents.memory.analysis.modules import text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Library, resolve
from agents.memory.playbook.examples import b43 as examples
from agents.memory.playbook.fed_collections import fed
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import PROOF, as_sole_argument, evidence, focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy

_HASHING = (Builtin("frozenset"), Library("collections.Counter"))
_PAIRS = (Builtin("dict"), Library("collections.OrderedDict"))
_ADDING = (Library("math.fsum"), Library("math.prod"))


@dataclass(frozen=True)
class _Fed:
    """What a call does with the elements of its first argument, for `fed`."""

    what: str
    hashes: bool = False
    pairs: bool = False
    hooks: tuple[str, ...] = ()
    effects: Effects = NOTHING


class FedCollection:
    """`Counter([f(x) for x in xs])` -> `Counter(f(x) for x in xs)`, `out.extend([...])` -> `out.extend(...)`."""

    id: ClassVar[str] = "B43"
    name: ClassVar[str] = "list comprehension that feeds a collection"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "consumer": "The call is frozenset, dict, Counter, OrderedDict, deque, fsum or prod, or extend() or update() of"
        " a local of a known builtin type, and takes each element once.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such call that covers a line of the focus."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        calls = [
            (node, listed, how)
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Call) and touches(node, focus.lines) and node.args
            if isinstance(listed := node.args[0], ast.ListComp) and (how := _fed(analyst, node)) is not None
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(call)}" for call, *_ in calls)
        for (call, listed, how), key in zip(calls, keys, strict=True):
            verdict = _verdict(analyst, call, listed, how)
            tree = concrete(module)
            edit = edited(module, tree, as_sole_argument(tree, call, listed)) if verdict and tree else None
            if verdict is None or edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                call,
                key,
                title=f"feed {how.what.partition(' ')[0]} in {focus.function} from a generator",
                mechanism=f"{how.what} takes `{text(listed.elt)}` one at a time; the list of them is not built",
                shown={
                    "consumer": f"line {call.lineno}: `{text(call.func)}` takes each element once",
                    **evidence(verdict),
                },
                assumes=verdict.assumes,
                edits=[edit],
                files=analyst.elements(listed).files,
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _fed(analyst: Analyst, call: ast.Call) -> _Fed | None:
    if call.keywords or any(isinstance(arg, ast.Starred) for arg in call.args):
        return None
    meaning = resolve(analyst.project, analyst.module, call.func)
    alone = len(call.args) == 1
    what = f"{text(call.func)}() at line {call.lineno}"
    if meaning == Library("collections.deque"):
        return _Fed(what, effects=analyst.of(*call.args[1:]))
    if not alone:
        return None
    if meaning in _HASHING:
        return _Fed(what, hashes=True)
    if meaning in _PAIRS:
        return _Fed(what, pairs=True, effects=Effects(raises=(what,)))
    if meaning in _ADDING:
        hooks = ("__float__", "__index__", "__mul__", "__rmul__")
        return _Fed(what, hooks=hooks, effects=Effects(raises=(what,)))
    if meaning is None and isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
        return _method(analyst, call.func, what)
    return None


def _method(analyst: Analyst, func: ast.Attribute, what: str) -> _Fed | None:
    kind = analyst.kinds.of(func.value)
    place = analyst.place(func.value)
    changed = Effects(writes=frozenset({place}), reads=frozenset({place}))
    if kind is None:
        return None
    if kind.name == "list" and func.attr == "extend":
        return _Fed(what, effects=changed)
    if kind.name == "set" and func.attr == "update":
        return _Fed(what, hashes=True, effects=changed)
    if kind.name == "dict" and func.attr == "update":
        return _Fed(what, pairs=True, effects=changed | Effects(raises=(what,)))
    return None


def _verdict(analyst: Analyst, call: ast.Call, listed: ast.ListComp, how: _Fed) -> Verdict | None:
    hashed: ast.expr | None = listed.elt if how.hashes else None
    if how.pairs:
        if not isinstance(listed.elt, ast.Tuple) or len(listed.elt.elts) != 2:
            return None  # Taking a pair apart may run code of its own.
        hashed = listed.elt.elts[0]
    return fed(analyst, call, listed, how.what, effects=how.effects, hashed=hashed, hooks=how.hooks)
