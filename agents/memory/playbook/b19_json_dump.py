"""B19: `f.write(json.dumps(x))` -> `json.dump(x, f)`."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.uses import last_name, uses
from agents.memory.playbook.b20_pickle_dump import PickleDump
from agents.memory.playbook.examples import b19 as examples
from agents.memory.playbook.rule import Example
from agents.memory.playbook.streamed_writes import Written

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
        return None if found is None or _own_containers(analyst) else found

    def alike(self, given: ast.expr) -> tuple[str, ...]:
        """dumps() reads the storage of a list or dict of a subclass, dump() asks its methods."""
        return (f"no list or dict in `{text(given)}` is of a class with its own `__iter__`, `__len__` or `__bool__`",)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _own_containers(analyst: Analyst) -> bool:
    """Whether a class of the tree is a list or dict that says itself what it holds."""
    return any(
        isinstance(node, ast.ClassDef)
        and any(last_name(base) in _CONTAINERS for base in node.bases)
        and any(isinstance(part, ast.FunctionDef) and part.name in _LOOKED_AT for part in node.body)
        for module in uses(analyst.project).modules
        for node in ast.walk(module.tree)
    )
