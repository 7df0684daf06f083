"""C29: a tuple or list of the code points of a text, 8 bytes a character, becomes bytes or an array of them."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.sequence_holders import Spread
from agents.memory.analysis.sequence_uses import spread
from agents.memory.playbook.examples import c29 as examples
from agents.memory.playbook.lazy_edits import numbered
from agents.memory.playbook.packed_candidates import packed_candidate
from agents.memory.playbook.packing import Binding, bindings, free, identities, number_indexes, outside, with_helper
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced
from messaging.contents import EditedFile

_READS = frozenset({"index", "iterate", "length", "truth", "none"})
_HELPER = "_code_points"
_CODE = '''\
def _code_points(text):
    """The code points of `text`: one byte each where it is ASCII, else four."""
    if type(text) is str and text.isascii():
        return text.encode()
    return array("I", map(ord, text))
'''


class CodePoints:
    """`tuple(ord(c) for c in s)` -> `_code_points(s)`, which gives bytes or an array of the same numbers."""

    id: ClassVar[str] = "C29"
    name: ClassVar[str] = "code points in a tuple or list"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "code points": "Every element is ord() of one element of what is iterated over, by builtins nothing rebinds.",
        "closed uses": "All that is done with the sequence, wherever it is passed, is to index it by a number, to"
        " iterate over it, to take its length or truth, or to compare it with None.",
        "free names": "The file has nothing else of the names that the edit brings in, and no other file imports all"
        " it has.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each binding of the focus to such a sequence."""
        found = [
            (binding, text) for binding in bindings(project, focus) if (text := _text(project, binding)) is not None
        ]
        keys = numbered(f"{self.id}:{b.module.path}:{focus.function}:{b.name}" for b, _ in found)
        for (binding, text), key in zip(found, keys, strict=True):
            flow = spread(project, binding.carrier, binding.facts)
            if flow.unknown or not flow.kinds <= _READS or not free(project, binding.module, _CODE, {"array": "array"}):
                continue
            edit = spliced(binding.module, [(binding.value, f"{_HELPER}({source(binding.module, text)})")])
            if edit is not None:
                edit = with_helper(edit, _CODE, {"array": "array"})
                yield self._candidate(project, focus, binding, flow, key, edit)

    def _candidate(
        self, project: Project, focus: Focus, binding: Binding, flow: Spread, key: str, edit: EditedFile
    ) -> Candidate:
        written = ast.unparse(binding.value)
        assumes = [
            *outside(binding, "a list or tuple"),
            *identities(project, binding.name),
            *number_indexes(project, flow),
            *flow.assumes,
        ]
        shown = {
            "code points": f"line {binding.value.lineno}: `{written}`",
            "closed uses": f"{len(flow.uses)} uses through {len(flow.carriers)} names: {', '.join(sorted(flow.kinds))}",
            "free names": f"nothing else has or uses `{_HELPER}` or `array` in {binding.module.path}",
        }
        return packed_candidate(
            self,
            project,
            focus,
            binding,
            [flow],
            key,
            edit,
            title=f"keep the code points in `{binding.name}` in bytes or an array",
            mechanism=f"`{binding.name}` takes one byte a character of ASCII text, four of other text, not eight",
            shown=shown,
            assumes=assumes,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _text(project: Project, binding: Binding) -> ast.expr | None:
    """What the code points are of; None when the value is something else."""
    value = binding.value
    if isinstance(value, ast.Call) and _builtin(project, binding, value.func) in ("tuple", "list"):
        if len(value.args) != 1 or value.keywords:
            return None
        value = value.args[0]
        if isinstance(value, ast.Call) and _builtin(project, binding, value.func) == "map":
            if len(value.args) == 2 and not value.keywords and _builtin(project, binding, value.args[0]) == "ord":
                return None if isinstance(value.args[1], ast.Starred) else value.args[1]
            return None
        if not isinstance(value, ast.GeneratorExp | ast.ListComp):
            return None
    elif not isinstance(value, ast.ListComp):
        return None
    match value:
        case (
            ast.ListComp(
                elt=ast.Call(func=func, args=[ast.Name(id=name)], keywords=[]),
                generators=[ast.comprehension(target=ast.Name(id=target), iter=text, ifs=[], is_async=0)],
            )
            | ast.GeneratorExp(
                elt=ast.Call(func=func, args=[ast.Name(id=name)], keywords=[]),
                generators=[ast.comprehension(target=ast.Name(id=target), iter=text, ifs=[], is_async=0)],
            )
        ) if name == target and _builtin(project, binding, func) == "ord":
            return text
    return None


def _builtin(project: Project, binding: Binding, func: ast.expr) -> str:
    meaning = resolve(project, binding.module, func)
    return meaning.name if isinstance(meaning, Builtin) else ""
