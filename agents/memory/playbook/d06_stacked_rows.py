"""D06: rows are collected in a list to be stacked: list and array are there at the same time."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.accumulators import Accumulator, accumulators, appended, looped
from agents.memory.analysis.array_uses import loads, only_read
from agents.memory.analysis.arrays import PAIRING, ROUNDING, Arrays
from agents.memory.analysis.effects import NOTHING
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.lifetime import local, uncaptured, unobserved
from agents.memory.analysis.modules import text
from agents.memory.analysis.ownership import owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.region import catches
from agents.memory.playbook.array_rules import arrays_of
from agents.memory.playbook.examples import d06 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import needs_own_frame, nodes_in, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced
from agents.memory.playbook.streamed import with_helper

_STACKING = frozenset({"vstack", "stack", "array", "asarray"})
"""What makes one row of the result of each flat array in a list."""
_NEW = ROUNDING | PAIRING | {"full", "zeros", "ones", "empty", "arange", "linspace", "array", "where", "sort", "copy"}
"""Functions of numpy whose result, where it is an array, is new: nobody else holds it or its data."""
_HELPER = '''
class _Rows:
    """What `stack` makes of a list of rows, in one array that grows, as long as they are flat, plain and alike."""

    def __init__(self, stack):
        self._stack = stack
        self._rows = []
        self._room = None
        self._count = 0

    def append(self, row):
        if not self._fits(row):
            if self._room is not None:
                self._rows, self._room = [*self._room[: self._count]], None
            self._rows.append(row)
            return
        if self._room is None:
            self._room = {np}.empty((8, len(row)), row.dtype)
        elif self._count == len(self._room):
            self._room.resize((self._count + self._count // 8 + 8, len(row)), refcheck=False)
        self._room[self._count] = row
        self._count += 1

    def _fits(self, row):
        if self._rows or type(row) is not {np}.ndarray or row.ndim != 1:
            return False
        if row.dtype.kind not in "biufc" or not row.dtype.isnative:
            return False
        room = self._room
        return room is None or (len(row) == room.shape[1] and row.dtype.num == room.dtype.num)

    def stacked(self):
        if self._room is None:
            return self._stack(self._rows)
        room, self._room = self._room, None
        room.resize((self._count, room.shape[1]), refcheck=False)
        return room
'''.strip()
_STACKED = '''
def _stacked(stack, rows):
    """What `stack` makes of a list of the rows, which are taken one at a time."""
    found = _Rows(stack)
    for row in rows:
        found.append(row)
    return found.stacked()
'''.strip()


@dataclass(frozen=True)
class _Collected:
    """A list of rows.

    Args:
        found: where it begins; None for a list comprehension that is stacked at once.
        rows: what is appended.
        call: the call that stacks it.
        assumes: what is not shown.
        proof: of a comprehension, that its rows may be taken one at a time.
    """

    found: Accumulator | None
    rows: tuple[ast.expr, ...]
    call: ast.Call
    assumes: frozenset[str]
    proof: str = ""


class StackedRows:
    """`rows = []`, `rows.append(row)`, `np.vstack(rows)` -> the rows are put into one array as they come.

    So are those of `np.vstack([row for ...])`.
    """

    id: ClassVar[str] = "D06"
    name: ClassVar[str] = "rows collected to be stacked"
    category: ClassVar[str] = "image-buffers"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "only stacked": "The list begins empty, is appended to and is stacked once: nothing else is done with it.",
        "own name": "No other code sees the name: nested functions, debuggers.",
        "new rows": "Each row is an array that nobody else holds, and that stays as it is once it is appended.",
        "alike": "The new code asks that the rows are flat arrays of one length and dtype; others are collected.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such list on a line of the focus, or that its holder is."""
        arrays = arrays_of(project, focus)
        if arrays is None:
            return
        analyst, module = arrays.analyst, arrays.analyst.module
        for found in accumulators(analyst):
            near = any(touches(module.statement(use), focus.lines) for use in found.uses)
            held = focus.holding is not None and focus.holding.name == found.name
            collected = _collected(arrays, found) if near or held else None
            if collected is not None:
                yield from self._candidate(arrays, focus, collected)
        for node in nodes_in(module, arrays.function):
            if isinstance(node, ast.Call) and touches(node, focus.lines) and module.frame(node) is arrays.function:
                collected = _listed(arrays, node)
                if collected is not None:
                    yield from self._candidate(arrays, focus, collected)

    def _candidate(self, arrays: Arrays, focus: Focus, collected: _Collected) -> Iterator[Candidate]:
        module, func, found = arrays.analyst.module, collected.call.func, collected.found
        assert isinstance(func, ast.Attribute)
        stack = source(module, func)
        helpers = [_HELPER.replace("{np}", source(module, func.value))]
        if found is not None:
            name = found.name
            seen = f"`{name}` begins at line {found.begin.lineno}; nothing but {len(found.uses) - 1} appends, then"
            changes = [(found.value, f"_Rows({stack})"), (collected.call, f"{name}.stacked()")]
        else:
            name = text(collected.call)
            seen = f"the list has no name; {collected.proof};"
            listed = collected.call.args[0]
            generator = f"({source(module, listed)[1:-1].strip()})"
            changes = [(collected.call, f"_stacked({stack}, {generator})")]
            helpers.append(_STACKED)
        edit = spliced(module, changes)
        for helper in helpers:
            edit = edit and with_helper(arrays.analyst, edit, collected.call, helper)
        if not edit:
            return
        rows = ", ".join(f"`{text(row)}` at line {row.lineno}" for row in collected.rows)
        yield lazy_candidate(
            self,
            arrays.analyst.project,
            focus,
            module,
            collected.call,
            f"{self.id}:{focus.file}:{focus.function}:{name}",
            title=f"put the rows of `{name}` in {focus.function} into one array as they come",
            mechanism=f"`{text(collected.call)}` would make the array beside the list of all rows",
            shown={
                "only stacked": f"{seen} `{text(collected.call)}` at line {collected.call.lineno}",
                "own name": "nothing else can see the list",
                "new rows": rows,
                "alike": "type, dimensions, length and dtype of each row are looked at",
            },
            assumes=sorted(collected.assumes),
            edits=[edit],
            frees=max(1, focus.size // 2),
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _collected(arrays: Arrays, found: Accumulator) -> _Collected | None:
    analyst, module = arrays.analyst, arrays.analyst.module
    name = local(module, arrays.function, found.name)
    if name is None or uncaptured(name) is None or unobserved(analyst.project, name) is None:
        return None
    if found.added or not isinstance(found.begin, ast.Assign) or not isinstance(found.value, ast.List):
        return None
    rows: list[ast.expr] = []
    assumes: frozenset[str] = frozenset()
    calls: list[ast.Call] = []
    for use in found.uses:
        row = appended(analyst, use)
        parent = module.parents[use]
        if row is not None:
            new = _new(arrays, row, module.statement(use))
            if new is None:
                return None
            rows.append(row)
            assumes |= new
        elif isinstance(parent, ast.Call) and _stacks(arrays, parent) and not looped(analyst, parent, found.begin):
            calls.append(parent)
        else:
            return None
    return _Collected(found, tuple(rows), calls[0], assumes) if len(calls) == 1 and rows else None


def _listed(arrays: Arrays, call: ast.Call) -> _Collected | None:
    """A list comprehension of new rows that is stacked at once, where a generator gives them alike."""
    analyst = arrays.analyst
    listed = call.args[0] if call.args else None
    if not isinstance(listed, ast.ListComp) or not _stacks(arrays, call) or needs_own_frame(analyst.module, listed):
        return None
    statement = analyst.module.statement(call)
    new = _made(arrays, listed.elt)
    region = Region(NOTHING, f"the stacking at line {call.lineno}", (), catches(analyst, statement))
    verdict = judge(analyst.elements(listed), f"`{text(listed.elt)}`", region, lambda at: owned(analyst, at, statement))
    if new is None or verdict.veto:
        return None
    return _Collected(None, (listed.elt,), call, new | {*verdict.assumes}, verdict.plain)


def _stacks(arrays: Arrays, call: ast.Call) -> bool:
    """Whether the call is `np.vstack(rows)` or the like, by a name of numpy that the module's top level binds."""
    module = arrays.analyst.module
    match call:
        case ast.Call(
            func=ast.Attribute(value=ast.Name() as package) as func, args=[ast.Name() | ast.ListComp()], keywords=[]
        ):
            return arrays.numpy(func) in _STACKING and module.owner(package, package.id) is module.tree
    return False


def _new(arrays: Arrays, row: ast.expr, statement: ast.stmt) -> frozenset[str] | None:
    """What is assumed so that nobody else holds the row, if it is an array, once it is appended; None: somebody may."""
    if not isinstance(row, ast.Name):
        return _made(arrays, row)
    module = arrays.analyst.module
    name = local(module, arrays.function, row.id)
    nodes = module.bindings(arrays.function).get(row.id, [])
    bound = module.parents.get(nodes[0]) if len(nodes) == 1 else None
    if name is None or uncaptured(name) is None or unobserved(arrays.analyst.project, name) is None:
        return None
    if not isinstance(bound, ast.Assign) or len(bound.targets) != 1 or bound.targets[0] is not nodes[0]:
        return None
    fields = ast.iter_fields(module.parents[statement])
    suite = next((part for _, part in fields if isinstance(part, list) and statement in part), [])
    if bound not in suite or suite.index(bound) > suite.index(statement):
        return None
    uses = [use for use in loads(arrays, row.id) if use is not row]
    # It is bound anew before each time it is appended: no loop leads from there to a use between the two.
    unshared = all(bound.lineno < use.lineno < statement.lineno and only_read(arrays, use) for use in uses)
    return _made(arrays, bound.value) if unshared else None


def _made(arrays: Arrays, row: ast.expr) -> frozenset[str] | None:
    """What is assumed so that the expression, where it gives an array, gives a new one; None: it may not."""
    found = arrays.of(row)
    if found is not None and found.fresh:
        return found.assumes
    if not isinstance(row, ast.Call) or any(k.arg != "dtype" for k in row.keywords):
        return None
    name = arrays.numpy(row.func)
    # A further argument of a ufunc is where the result is put, one of array() may be that nothing is copied.
    most = 1 if name in ROUNDING else 2 if name in PAIRING | {"array"} else 3
    plain = not any(isinstance(arg, ast.Starred) for arg in row.args) and len(row.args) <= most
    return frozenset() if plain and name in _NEW else None
