"""B19: `f.write(json.dumps(x))` -> `json.dump(x, f)`; a list is written item by item, which takes less time."""

import ast
from dataclasses import replace
from typing import ClassVar

from agents.memory.analysis.modules import Module, text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.uses import last_name, uses
from agents.memory.playbook.b20_pickle_dump import PickleDump
from agents.memory.playbook.examples import b19 as examples
from agents.memory.playbook.rule import Example
from agents.memory.playbook.source_edits import source
from agents.memory.playbook.streamed import fresh_name
from agents.memory.playbook.streamed_writes import Written, laid_out, write_call

_CONTAINERS = frozenset({"list", "tuple", "dict", "OrderedDict", "defaultdict", "List", "Dict"})
_LOOKED_AT = frozenset({"__iter__", "__len__", "__bool__"})
"""Methods that dump() asks of a list or dict, and that dumps() passes over."""


class JsonDump(PickleDump):
    """The JSON text is written as it is made. Slower: the encoder in C makes whole texts only."""

    id: ClassVar[str] = "B19"
    name: ClassVar[str] = "JSON text made whole to be written"
    module: ClassVar[str] = "json"
    binary: ClassVar[bool] = False

    def written(self, analyst: Analyst, statement: ast.stmt) -> Written | None:
        """As for pickle, where no list or dict of the repository's own tells dump() and dumps() apart."""
        found = super().written(analyst, statement)
        if found is None:
            return None
        return _items(analyst, found) or (None if _own_containers(analyst) else found)

    def alike(self, given: ast.expr) -> tuple[str, ...]:
        """dumps() reads the storage of a list or dict of a subclass, dump() asks its methods."""
        return (f"no list or dict in `{text(given)}` is of a class with its own `__iter__`, `__len__` or `__bool__`",)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _items(analyst: Analyst, found: Written) -> Written | None:
    """A plain list, with no options, item by item: json has the C encoder make the text of each."""
    module, written = analyst.module, write_call(analyst, found.statement)
    match found.whole:
        case ast.Call(func=func, args=[ast.Name(id=name) as given], keywords=[]) if written is not None:
            kind, file = analyst.kinds.of(given), written[0].name
        case _:
            return None
    counted = resolve(analyst.project, module, _named("enumerate", found.statement, module)) == Builtin("enumerate")
    if kind is None or kind.name != "list" or not counted:
        return None
    number, item = fresh_name(analyst, "number"), fresh_name(analyst, "item")
    lines = (
        f"for {number}, {item} in enumerate({name}):",
        f'    {file}.write((", " if {number} else "[") + {source(module, func)}({item}))',
        f'{file}.write("]" if {name} else "[]")',
        *found.lines[1:],
    )
    if not laid_out(module, found.statement, lines):
        return None
    same = f"`{name}` is a list: its text is that of its items, with a comma and a space between them, in brackets"
    assumes = tuple(one for one in found.assumes if not one.startswith("no list or dict"))
    return replace(found, lines=lines, same=same, assumes=assumes)


def _named(name: str, at: ast.stmt, module: Module) -> ast.Name:
    """A name as code at `at` would use it."""
    node = ast.Name(name, ast.Load())
    module.parents[node] = at
    return node


def _own_containers(analyst: Analyst) -> bool:
    """Whether a class of the tree is a list or dict that says itself what it holds."""
    return any(
        isinstance(node, ast.ClassDef)
        and any(last_name(base) in _CONTAINERS for base in node.bases)
        and any(isinstance(part, ast.FunctionDef) and part.name in _LOOKED_AT for part in node.body)
        for module in uses(analyst.project).modules
        for node in ast.walk(module.tree)
    )
