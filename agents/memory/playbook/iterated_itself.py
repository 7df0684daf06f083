"""A temporary sequence that is only iterated over: whether what it is made of may be iterated over instead."""

import ast

from agents.memory.analysis.consumers import conditions, consumption, evaluated_here
from agents.memory.analysis.effects import Effects, union
from agents.memory.analysis.laziness import Region, Verdict, judge
from agents.memory.analysis.modules import text
from agents.memory.analysis.ownership import owned
from agents.memory.analysis.plainness import properties_read
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.sharing import leaves
from agents.memory.analysis.snapshots import looked_up, snapshot


class Iterated:
    """The proof for one temporary.

    Args:
        verdict: evidence by precondition, and what is assumed.
        what: the reader, for people.
        users: `file:line name` of the project functions it goes through.
        files: paths of the files the proof read.
    """

    def __init__(self, verdict: Verdict, what: str, users: tuple[str, ...], files: frozenset[str]) -> None:
        self.verdict, self.what, self.users, self.files = verdict, what, users, files


def iterated(analyst: Analyst, node: ast.expr, originals: list[ast.expr]) -> Iterated | None:
    """Whether the reader of `node` may iterate over `originals`, lists and tuples, one after the other."""
    module = analyst.module
    statement = module.statement(node)
    taken = consumption(analyst, node)
    if taken is None or not evaluated_here(module, node, statement):
        return None
    stops = tuple(conditions(module, node, statement)) + taken.stops
    region = Region(taken.effects, taken.what, stops, catches(analyst, statement), taken.catches)
    # Stepping a list or tuple runs no code but the interpreter's, and reads what it holds.
    stepped = [Effects(reads=frozenset({analyst.place(original)})) for original in originals if _named(original)]
    named = Effects(names=frozenset(n.id for o in originals for n in ast.walk(o) if isinstance(n, ast.Name)))
    made = union([*stepped, named])
    what = "iterating over " + " and ".join(f"`{text(original)}`" for original in originals)
    verdict = judge(made, what, region, lambda place: owned(analyst, place, statement))
    if verdict.veto or properties_read(analyst, statement):
        return None
    for original in originals:
        sources = list(leaves(analyst, original))
        held = snapshot(analyst, original, sources, statement, yields=bool(region.effects.leaves))
        if held is None or looked_up(analyst, sources, statement):
            return None
        verdict.assumes += held
    return Iterated(verdict, taken.what, taken.users, region.effects.files | taken.files)


def _named(expr: ast.expr) -> bool:
    return isinstance(expr, ast.Name | ast.Attribute | ast.Subscript)
