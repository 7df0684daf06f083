"""The function that C04 and C07 put into a program: numbers in an array where each keeps its type and value there."""

import ast

from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.modules import COMPREHENSIONS, FUNCTIONS, Module
from agents.memory.analysis.ownership import introspected
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.playbook.lazy_edits import needs_own_frame
from agents.memory.playbook.source_edits import source

NAME = "_packed_numbers"
GLOBALS = ("_packed_numbers", "array", "islice", "ne")
IMPORTS = {"array": "array", "itertools": "islice", "operator": "ne"}
"""Standard library module -> what the function uses of it."""
CODE = '''\
def _packed_numbers(values):
    """The values in an array where all are floats, or all ints of 64 bits; else in a list."""
    values = iter(values)
    chunk = list(islice(values, 4096))
    packed = array("d" if type(next(iter(chunk), None)) is float else "q")
    kinds = {float} if packed.typecode == "d" else {int}
    while True:
        more = len(chunk) == 4096
        try:
            fits = set(map(type, chunk)) <= kinds and not any(map(ne, chunk, chunk))  # NaN is known by identity
            packed.fromlist(chunk if fits else [])
        except OverflowError:
            fits = False
        if not fits:
            return [*packed, *chunk, *(values if more else ())]
        if not more:
            return packed
        chunk = list(islice(values, 4096))
'''
_NUMBERS = frozenset({"int", "number"})
_OWN = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)


def packed_text(project: Project, module: Module, value: ast.expr, element: str = "") -> str | None:
    """The call that gives the numbers of a list comprehension or of `list(...)` packed; None for anything else.

    Args:
        project: the whole tree.
        module: the file of `value`.
        value: what makes the list.
        element: the elements' type as the probe saw it; where it is no number, the source has to tell.
    """
    kind = Kinds(project, module).of(value)
    known = kind is not None and kind.element is not None and kind.element.name in _NUMBERS
    if not known and element not in ("int", "float"):
        return None
    match value:
        case ast.ListComp() if _is_plain(project, module, value):
            return f"{NAME}({source(module, value)[1:-1].strip()})"
        case ast.Call(func=func, args=[ast.expr() as given], keywords=[]) if not isinstance(given, ast.Starred):
            if resolve(project, module, func) == Builtin("list"):
                return f"{NAME}({source(module, given)})"
    return None


def _is_plain(project: Project, module: Module, listed: ast.ListComp) -> bool:
    """Whether the comprehension does the same as a generator expression that is exhausted at once."""
    if introspected(listed) or needs_own_frame(module, listed) or any(g.is_async for g in listed.generators):
        return False
    if any(isinstance(node, _OWN) for node in ast.walk(listed)) or "#" in source(module, listed):
        return False
    scope = next(s for s in module.scopes(listed) if not isinstance(s, COMPREHENSIONS))
    if not isinstance(scope, (*FUNCTIONS, ast.Module)):
        return False
    return not Analyst(project, module, scope).elements(listed).stops
