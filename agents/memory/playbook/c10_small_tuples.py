"""C10: many small lists that are only read. A tuple of the same elements is smaller and one block."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.mentions import mentioned
from agents.memory.analysis.modules import FUNCTIONS, Module, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.reflection import not_reflected
from agents.memory.analysis.resolution import Builtin, methods, resolve
from agents.memory.analysis.sequence_holders import SequenceUse, Spread
from agents.memory.analysis.sequence_uses import elements, enumerated, spread
from agents.memory.playbook.examples import c10 as examples
from agents.memory.playbook.grown_lists import grown_lists
from agents.memory.playbook.lazy_edits import numbered
from agents.memory.playbook.packed_candidates import packed_candidate
from agents.memory.playbook.packing import Binding, bindings, number_indexes, outside
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced

_READS = frozenset({"index", "slice", "iterate", "length", "truth", "none"})
_SHARE = 8
"""A list of three elements is a quarter smaller as a tuple; with what it holds it is about an eighth."""
_SHARE_GROWN = 3
"""Of a list that was appended to, the room for more goes as well."""
_SLICES = frozenset({"slice", "s_", "index_exp"})
"""Names that make slice objects."""
_SLICING = frozenset({"__getitem__", "__setitem__", "__delitem__"})
"""Methods that are given them."""


@dataclass(frozen=True)
class _Lists:
    """Lists of one kind: what is made a tuple, and every use of them.

    Args:
        bindings: where they, or the list that holds them, come to be.
        what: "the lists in `rows`", "`Row.cells`".
        made: the expressions that make them -> the text that makes tuples.
        flows: all uses of what holds them, then of themselves.
    """

    bindings: list[Binding]
    what: str
    made: dict[ast.expr, str]
    flows: list[Spread]


class SmallTuples:
    """`rows.append([a, b])` -> `rows.append((a, b))`, where all that is done with the elements is to read them."""

    id: ClassVar[str] = "C10"
    name: ClassVar[str] = "small read-only lists as tuples"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "new lists": "Each list is made where it is put into the attribute or the list that holds it: by a display, a"
        " comprehension, list(), or by appends to a local that nothing else holds.",
        "closed uses": "All that is done with them, wherever they are passed, is to read them by number, to iterate"
        " over them or a part, to take their length or truth, or to compare them with None; no index is a slice object"
        " that the project makes or is given.",
        "not reflected": "An attribute is reached by its name alone, and no instance is pickled.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for the attribute of the focus, and one for each list of lists bound there."""
        found = [b for b in bindings(project, focus) if not (project.library and _public(b))]
        kinds = [_of_attribute(project, focus, found), *(_of_elements(project, b) for b in found)]
        lists = [one for one in kinds if one is not None and one.made]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{one.bindings[0].name}" for one in lists)
        for one, key in zip(lists, keys, strict=True):
            binding = one.bindings[0]
            hidden = _not_reflected(one)
            if any(number_indexes(project, flow) for flow in one.flows) and _makes_slices(project):
                continue
            edit = spliced(binding.module, list(one.made.items())) if hidden else None
            if edit is None or hidden is None:
                continue
            uses = [use for flow in one.flows for use in flow.uses]
            carriers = sum(len(flow.carriers) for flow in one.flows)
            kinds_of_use = ", ".join(sorted({use.kind for use in uses}))
            assumes = [
                *outside(binding, "or to hold lists"),
                *(line for flow in one.flows for line in (*number_indexes(project, flow), *flow.assumes)),
            ]
            candidate = packed_candidate(
                self,
                project,
                focus,
                binding,
                one.flows,
                key,
                edit,
                title=f"tuples for {one.what}",
                mechanism=f"{one.what} are one block each, without a pointer to another and without room to grow",
                shown={
                    "new lists": ", ".join(f"line {made.lineno}: `{text(made)}`" for made in one.made),
                    "closed uses": f"{len(uses)} uses through {carriers} names: {kinds_of_use}",
                    "not reflected": hidden,
                },
                assumes=list(dict.fromkeys(assumes)),
            )
            grown = any(isinstance(made, ast.Name) for made in one.made)
            share = _SHARE_GROWN if grown else _SHARE
            yield candidate.model_copy(update={"frees": max(focus.size // share, 1)})

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _public(binding: Binding) -> bool:
    """Whether code that nobody here can see may read what is bound: no local, no name with an underscore."""
    local = isinstance(binding.target, ast.Name) and isinstance(binding.carrier.scope, FUNCTIONS)
    return not local and not binding.name.startswith("_")


def _makes_slices(project: Project) -> bool:
    """Whether an index may be a slice object, which gives a part of a tuple instead of a list: made, or passed on."""
    return bool(_SLICING & methods(project).keys()) or mentioned(project, _SLICES) is not None


def _not_reflected(found: _Lists) -> str | None:
    """Evidence for the attributes among what is bound; None where one may be reached by other ways."""
    evidence = "no attribute holds them"
    for binding in found.bindings:
        if isinstance(binding.target, ast.Attribute):
            told = not_reflected(binding.facts, binding.name) if binding.facts is not None else None
            if told is None:
                return None
            evidence = told
    return evidence


def _of_attribute(project: Project, focus: Focus, found: list[Binding]) -> _Lists | None:
    """The lists that an attribute of the class is given."""
    if focus.census is None or not found:
        return None
    types = {kind for one in focus.census.attributes if one.name == focus.attribute for kind in one.types}
    flow = spread(project, found[0].carrier, found[0].facts) if "list" in types else None
    if flow is None or flow.unknown or not flow.kinds <= _READS:
        return None
    made = {b.value: new for b in found if (new := _as_tuple(project, b.module, b.value)) is not None}
    return _Lists(found, f"`{focus.census.name}.{focus.attribute}`", made, [flow])


def _of_elements(project: Project, binding: Binding) -> _Lists | None:
    """The lists that are put into the list that is bound."""
    value = binding.value
    if not isinstance(value, ast.List | ast.ListComp):
        return None
    outer = spread(project, binding.carrier, binding.facts)
    if outer.unknown:
        return None
    flow = _elements(project, outer)
    if flow.unknown or not flow.kinds <= _READS:
        return None
    rows = [value.elt] if isinstance(value, ast.ListComp) else list(value.elts)
    here = [use for use in outer.uses if use.module is binding.module and use.kind in ("append", "store")]
    rows += [use.other for use in here if use.other is not None]
    made = {row: new for row in rows if (new := _as_tuple(project, binding.module, row)) is not None}
    return _Lists([binding], f"the lists in `{binding.name}`", made, [outer, flow])


def _elements(project: Project, outer: Spread) -> Spread:
    """As `elements`, and a loop that unpacks each element into several names iterates over it."""
    unpacked: list[SequenceUse] = []
    others: list[SequenceUse] = []
    for use in outer.uses:
        parent = use.module.parents[use.node]
        target = enumerated(project, use.module, parent)
        if isinstance(parent, ast.For | ast.comprehension):
            target = parent.target
        several = use.kind == "iterate" and isinstance(target, ast.Tuple | ast.List)
        (unpacked if several else others).append(use)
    flow = elements(project, replace(outer, uses=others))
    flow.uses += unpacked
    return flow


def _as_tuple(project: Project, module: Module, value: ast.expr) -> str | None:
    """The text of a tuple of the same elements; None where the expression does not make a new list."""
    if isinstance(value, ast.List):
        return _display(module, value)
    if module.star_import or module.owner(value, "tuple") is not None:
        return None
    if isinstance(value, ast.ListComp):
        return f"tuple({source(module, value)})"
    if isinstance(value, ast.Call) and resolve(project, module, value.func) == Builtin("list"):
        plain = len(value.args) == 1 and not value.keywords and not isinstance(value.args[0], ast.Starred)
        return f"tuple{source(module, value)[len(source(module, value.func)) :]}" if plain else None
    match value:
        case ast.Subscript(value=ast.Name() as copied, slice=ast.Slice(lower=None, upper=None, step=None)):
            kind = Kinds(project, module).of(copied)
            return f"tuple({copied.id})" if kind is not None and kind.name == "list" else None
    scope = module.frame(value)
    if isinstance(value, ast.Name) and isinstance(scope, (*FUNCTIONS, ast.Module)):
        handed = {one.read for one in grown_lists(project, module, scope)}
        return f"tuple({value.id})" if value in handed else None
    return None


def _display(module: Module, value: ast.List) -> str | None:
    inside = source(module, value)[1:-1]
    for written in (f"({inside})", f"({inside},)"):
        try:
            tree = ast.parse(written, mode="eval").body
        except SyntaxError:
            continue
        if isinstance(tree, ast.Tuple) and list(map(ast.dump, tree.elts)) == list(map(ast.dump, value.elts)):
            return written
    return None
