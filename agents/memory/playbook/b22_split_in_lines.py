"""B22: `text.split("\\n")` of a text in memory, iterated over once: `re.finditer()` gives the lines one at a time."""

import ast
from typing import ClassVar, Literal

from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Class, Library, imported_module, methods, resolve
from agents.memory.playbook.examples import b22 as examples
from agents.memory.playbook.rule import Example
from agents.memory.playbook.source_edits import library
from agents.memory.playbook.streamed import Pieces, StreamingRule, Whole, text_of

_SPLITTERS = (Library("re.compile"), Library("collections.UserString"))
"""What makes objects whose split() takes a str, and that are none."""


class SplitInLines(StreamingRule):
    """`for line in text.split("\\n"):` without the list of all lines."""

    id: ClassVar[str] = "B22"
    name: ClassVar[str] = "text split into lines that are iterated over once"
    strategy: ClassVar[Literal["allocations", "format", "reordering", "quantization"]] = "allocations"
    level: ClassVar[Literal["A", "P", "S"]] = "P"

    def whole(self, analyst: Analyst, node: ast.expr) -> Whole | None:
        """A split() of a text at each \\n."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=value, attr="split"), args=[ast.Constant(value="\n")], keywords=[]
            ) if not (
                isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "read"
            ):
                kind = analyst.kinds.of(value)
            case _:
                return None
        found = library(analyst.project, analyst.module, node, "re.finditer")
        if found is None or (kind is not None and kind.name not in {"str", "text"}):
            return None
        if kind is None and (_other(analyst, value) or catches(analyst, analyst.module.statement(node))):
            return None
        finditer, imports = found
        pieces = Pieces(
            f'{finditer}("(?m)^.*", {text_of(analyst, value)})', "match", elt="match.group()", imports=imports
        )
        known = kind is not None
        written = text_of(analyst, value)
        source = f"`{written}` is a str" if known else f"`{written}` has a split() that takes a str"
        same = "`(?m)^.*` matches from each beginning of a line to its \\n or the end, once, also where that is empty"
        return Whole(node, pieces, source, same, assumes=() if known else (f"`{written}` is a plain str",))

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _other(analyst: Analyst, value: ast.expr) -> bool:
    """Whether the value may be no str although it has a split(): a module, a compiled pattern, a class of one's own."""
    if "split" in methods(analyst.project) or imported_module(analyst.project, analyst.module, value) is not None:
        return True
    if isinstance(value, ast.Attribute):
        return value.attr == "str" or isinstance(resolve(analyst.project, analyst.module, value), Library)
    if isinstance(value, ast.Name):
        scope = analyst.module.owner(value, value.id)
        nodes = analyst.module.bindings(scope).get(value.id, []) if scope is not None else []
        made = [getattr(analyst.module.parents.get(node), "value", None) for node in nodes]
        return any(isinstance(one, ast.Call) and _other(analyst, one) for one in made)
    if not isinstance(value, ast.Call):
        return False
    called = resolve(analyst.project, analyst.module, value.func)
    return isinstance(called, Class) or called in _SPLITTERS
