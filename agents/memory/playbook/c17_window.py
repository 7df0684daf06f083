"""C17: a list of which only the last few elements are read: a deque that keeps no more."""

import ast
from typing import ClassVar

from agents.memory.analysis import knowledge
from agents.memory.analysis.accumulators import Accumulator, appended, looped
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.playbook.accumulated import AccumulatorRule, Replaced
from agents.memory.playbook.examples import c17 as examples
from agents.memory.playbook.rule import Example, Level, Strategy
from agents.memory.playbook.source_edits import library

_AT_ONCE = knowledge.EXHAUSTING_BUILTINS - {"dict"}
"""Builtins that have read their argument when they return, and that know no list from a deque."""

_MOST = 2**31 - 1
"""Elements that a deque can be told to keep on every platform."""


class Window(AccumulatorRule):
    """`w.append(x)` and `w[-5:]`: what lies further back is dropped."""

    id: ClassVar[str] = "C17"
    name: ClassVar[str] = "list of which only the end is read"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"

    def replaced(self, analyst: Analyst, found: Accumulator) -> Replaced | None:
        """For an empty list that a loop appends to and that is read as `w[-k:]` and `w[-n]` alone, n up to k."""
        made = library(analyst.project, analyst.module, found.begin, "collections.deque")
        if made is None or found.added or not isinstance(found.begin, ast.Assign):
            return None
        if not isinstance(found.value, ast.List) or found.value.elts:
            return None
        changes: list[tuple[ast.AST, str]] = []
        sizes: set[int] = set()
        single = [0]
        grows = False
        for use in found.uses:
            if appended(analyst, use) is not None:
                grows = grows or looped(analyst, use, found.begin)
                continue
            outer = analyst.module.parents[use]
            match outer:
                case ast.Subscript(
                    value=value, slice=ast.Slice(lower=lower, upper=None, step=None), ctx=ast.Load()
                ) if value is use:
                    sizes.add(_back(lower))
                    changes.append((outer, found.name if _read_at_once(analyst, outer) else f"list({found.name})"))
                case ast.Subscript(value=value, slice=index, ctx=ast.Load()) if value is use and _back(index):
                    single.append(_back(index))
                case ast.If() | ast.While() if outer.test is use:
                    pass
                case _:
                    return None
        if not grows or len(sizes) != 1 or max(single) > min(sizes) or not 0 < min(sizes) <= _MOST:
            return None
        (size,) = sizes
        changes.append((found.value, f"{made[0]}(maxlen={size})"))
        return Replaced(
            changes,
            f"keep the last {size} of `{found.name}`",
            f"`{found.name}` holds {size} elements instead of all that were ever appended",
            f"`{found.name}` is read as its last {size} elements, {len(changes) - 1} times, and by indexes up to them",
            "a deque takes what a list takes",
            (f"no finalizer or weak reference tells whether elements before the last {size} are alive",),
            made[1],
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _back(index: ast.expr | None) -> int:
    """n of `-n`; 0 when it is anything else."""
    match index:
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as number)) if number is not True:
            return number
    return 0


def _read_at_once(analyst: Analyst, node: ast.expr) -> bool:
    """Whether a builtin reads the slice and is done with it: numbers alone, so that no code of theirs runs."""
    parent = analyst.module.parents[node]
    if not isinstance(parent, ast.Call) or parent.args != [node] or parent.keywords:
        return False
    meaning = resolve(analyst.project, analyst.module, parent.func)
    return isinstance(meaning, Builtin) and meaning.name in _AT_ONCE
