"""B22: `text.split("\\n")` or `text.splitlines()` of a text in memory, iterated over once: `re.finditer()` gives the
lines one at a time."""

import ast
from collections.abc import Iterator
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Class, Library, imported_module, methods, resolve
from agents.memory.playbook.examples import b22 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level
from agents.memory.playbook.source_edits import library
from agents.memory.playbook.streamed import Pieces, StreamingRule, Whole, text_of

_SPLITTERS = (Library("re.compile"), Library("collections.UserString"))
"""What makes objects whose split() takes a str, and that are none."""
_ENDS = r"\n\r\v\f\x1c-\x1e\x85\u2028\u2029"
_LINES = f'r"(?s)(?!\\Z)([^{_ENDS}]*)(?:\\r\\n|.)?"'
"""Each line of str.splitlines() with its end; the line without it is group 1."""
_SEEN = " is a plain str, as it was seen"


class SplitInLines(StreamingRule):
    """`for line in text.split("\\n"):` or `text.splitlines()`, without the list of all lines."""

    id: ClassVar[str] = "B22"
    name: ClassVar[str] = "text split into lines that are iterated over once"
    level: ClassVar[Level] = "P"

    def whole(self, analyst: Analyst, node: ast.expr) -> Whole | None:
        """A split() of a text at each \\n."""
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Call(func=ast.Attribute(attr="read")))):
                return None
            case ast.Call(func=ast.Attribute(value=value, attr="split"), args=[ast.Constant(value="\n")], keywords=[]):
                return self._split(analyst, node, value)
            case ast.Call(func=ast.Attribute(value=value, attr="splitlines")):
                return self._splitlines(analyst, node, value)
        return None

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """As for all rules of pieces; what only the census tells to be a str, it has to tell."""
        for candidate in super().find(project, focus):
            told = [line.split("`")[1] for line in candidate.assumes if line.endswith(_SEEN)]
            if all((seen := focus.seen(name)) is not None and seen.type == "str" for name in told):
                yield candidate

    def _split(self, analyst: Analyst, node: ast.Call, value: ast.expr) -> Whole | None:
        kind = analyst.kinds.of(value)
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

    def _splitlines(self, analyst: Analyst, node: ast.Call, value: ast.expr) -> Whole | None:
        kind, ends = analyst.kinds.of(value), _keepends(node)
        found = library(analyst.project, analyst.module, node, "re.finditer")
        if found is None or ends is None or "splitlines" in methods(analyst.project):
            return None
        named = isinstance(value, ast.Name) and kind is None and not _other(analyst, value)
        if not named and (kind is None or kind.name != "str"):
            return None  # Those of bytes end at other characters.
        finditer, imports = found
        written = text_of(analyst, value)
        element = "match.group()" if ends else "match.group(1)"
        pieces = Pieces(f"{finditer}({_LINES}, {written})", "match", elt=element, imports=imports)
        same = "it matches up to each end of a line that splitlines() knows, and the rest where that is not empty"
        assumes = (f"`{written}`{_SEEN}",) if named else ()
        return Whole(node, pieces, f"`{written}` is a str", same, assumes=assumes)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _keepends(call: ast.Call) -> bool | None:
    """What is given for `keepends`; None where that is not written there."""
    match call:
        case ast.Call(args=[], keywords=[]):
            return False
        case (
            ast.Call(args=[ast.Constant(value=given)], keywords=[])
            | ast.Call(args=[], keywords=[ast.keyword(arg="keepends", value=ast.Constant(value=given))])
        ):
            return bool(given) if isinstance(given, int) else None
    return None


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
