"""List comprehensions that feed a new collection, or one that only this frame sees: what the rules for them share."""

import ast

from agents.memory.analysis.effects import NOTHING, Effects
from agents.memory.analysis.kinds import SCALARS
from agents.memory.analysis.laziness import Region, Verdict, judge
from agents.memory.analysis.modules import text
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import methods
from agents.memory.analysis.sharing import read_by, shared
from agents.memory.playbook.lazy_edits import needs_own_frame

HASHING = ("__hash__", "__eq__")
"""Methods that a set, dict or Counter calls on its elements or keys."""


def fed(
    analyst: Analyst,
    call: ast.Call,
    listed: ast.ListComp,
    what: str,
    *,
    effects: Effects = NOTHING,
    hashed: ast.expr | None = None,
    hooks: tuple[str, ...] = (),
    frame: bool = True,
) -> Verdict | None:
    """Whether `call` may take the elements of `listed` one at a time; None when it may not.

    Args:
        what: the consumer, for people.
        effects: of what the consumer does with an element beside hashing it.
        hashed: what it hashes of an element.
        hooks: methods of a class here that it may call on elements which are no scalars.
        frame: whether the elements will be made in a generator.
    """
    project, module = analyst.project, analyst.module
    scalar = hashed is not None and _scalar(analyst, hashed)
    names = () if scalar else (*hooks, *(HASHING if hashed is not None else ()))
    if any(name in methods(project) for name in names) or introspected(listed):
        return None
    if frame and needs_own_frame(module, listed):
        return None
    statement = module.statement(call)
    if hashed is not None:
        effects = effects | analyst.hashing(hashed)
    region = Region(effects, what, (), catches(analyst, statement))
    made = analyst.elements(listed)
    verdict = judge(made, f"`{text(listed.elt)}`", region, lambda place: owned(analyst, place, statement))
    if verdict.veto or shared(analyst, read_by(analyst, listed), listed, call, to_end=False):
        return None
    return verdict


def _scalar(analyst: Analyst, expr: ast.expr) -> bool:
    if isinstance(expr, ast.Tuple):
        return all(_scalar(analyst, part) for part in expr.elts)
    kind = analyst.kinds.of(expr)
    return kind is not None and kind.name in SCALARS
