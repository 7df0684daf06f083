"""C30: a list of equally long tuples is kept as one array for each position of the tuple."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.kinds import NUMBERS
from agents.memory.analysis.mentions import mentioned
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.sequence_holders import Spread
from agents.memory.analysis.sequence_uses import spread
from agents.memory.analysis.uses import last_name, uses
from agents.memory.playbook.examples import c30 as examples
from agents.memory.playbook.lazy_edits import numbered
from agents.memory.playbook.packed_candidates import packed_candidate
from agents.memory.playbook.packed_rows import GLOBALS, IMPORTS, MOST, NAME, packed_rows
from agents.memory.playbook.packing import Binding, bindings, free, number_indexes, outside, with_helper
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import source, spliced
from messaging.contents import EditedFile

_ALLOWED = frozenset({"index", "store", "update", "append", "iterate", "length", "truth", "none"})
_THREADS = frozenset({"threading", "_thread", "ThreadPoolExecutor", "ThreadPool", "to_thread", "run_in_executor"})


class PackedRows:
    """`rows = []` and `[row] * n` -> a small class that keeps the columns in arrays and gives equal tuples back."""

    id: ClassVar[str] = "C30"
    name: ClassVar[str] = "list of tuples in columns"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "rows": "The list begins empty or as one element repeated, and tuples of one length are seen to be put in.",
        "closed uses": "All that is done with the list, wherever it is passed, is to append, to read or store at a"
        " number, to iterate over it, to take its length or truth, or to compare it with None.",
        "one thread": "No two threads can reach it.",
        "free names": "The file has nothing else of the names that the edit brings in, and no other file imports all"
        " it has.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each binding of the focus to such a list."""
        found = [
            (binding, start) for binding in bindings(project, focus) if (start := _start(binding.value)) is not None
        ]
        keys = numbered(f"{self.id}:{b.module.path}:{focus.function}:{b.name}" for b, _ in found)
        for (binding, start), key in zip(found, keys, strict=True):
            flow = spread(project, binding.carrier, binding.facts)
            width = _width(project, binding, start, flow)
            apart = _one_thread(project, flow)
            if flow.unknown or not flow.kinds <= _ALLOWED or width is None or apart is None:
                continue
            if not free(project, binding.module, packed_rows(width), IMPORTS):
                continue
            new = f"{NAME}({source(binding.module, start) if start.elts else ''})"
            edit = spliced(binding.module, [(start, new)])
            if edit is not None:
                edit = with_helper(edit, packed_rows(width), IMPORTS)
                yield self._candidate(project, focus, binding, flow, key, edit, width, apart)

    def _candidate(
        self,
        project: Project,
        focus: Focus,
        binding: Binding,
        flow: Spread,
        key: str,
        edit: EditedFile,
        width: int,
        apart: str,
    ) -> Candidate:
        assumes = [
            *outside(binding, "a list"),
            f"no code tells equal rows of `{binding.name}` apart by identity",
            *_repeats(project, binding),
            *number_indexes(project, flow),
            *flow.assumes,
        ]
        shown = {
            "rows": f"line {binding.value.lineno}: `{text(binding.value)}`; tuples of {width} are put in",
            "closed uses": f"{len(flow.uses)} uses through {len(flow.carriers)} names: {', '.join(sorted(flow.kinds))}",
            "one thread": apart,
            "free names": f"nothing else has or uses {', '.join(GLOBALS)} in {binding.module.path}",
        }
        return packed_candidate(
            self,
            project,
            focus,
            binding,
            [flow],
            key,
            edit,
            title=f"keep the tuples of `{binding.name}` in one array for each position",
            mechanism=f"each tuple in `{binding.name}` takes one or two bytes for each of its {width} values",
            shown=shown,
            assumes=assumes,
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _start(value: ast.expr) -> ast.List | None:
    """The display that the list begins as: `[]`, or `[row]` where it is repeated."""
    if isinstance(value, ast.List):
        return None if value.elts else value
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult):
        value = value.left
        if isinstance(value, ast.List) and len(value.elts) == 1 and not isinstance(value.elts[0], ast.Starred):
            return value
    return None


def _width(project: Project, binding: Binding, start: ast.List, flow: Spread) -> int | None:
    """The length of the tuples put in, as far as displays tell; None when they differ or there is none."""
    put = [use.other for use in flow.uses if use.kind in ("append", "store") and use.other is not None]
    if start.elts:
        put += [start.elts[0], *_given(project, binding, start.elts[0])]
    widths = {
        len(value.elts)
        for value in put
        if isinstance(value, ast.Tuple) and not any(isinstance(e, ast.Starred) for e in value.elts)
    }
    width = widths.pop() if len(widths) == 1 else 0
    return width if 2 <= width <= MOST else None


def _given(project: Project, binding: Binding, element: ast.expr) -> list[ast.expr]:
    """What calls in the tree pass for the element, where it is a parameter of the function or method."""
    scope = binding.scope
    if not isinstance(element, ast.Name) or not isinstance(scope, FUNCTIONS):
        return []
    names = [arg.arg for arg in [*scope.args.posonlyargs, *scope.args.args]]
    if element.id not in names:
        return []
    owner = binding.module.parents[scope]
    called = owner.name if isinstance(owner, ast.ClassDef) and scope.name == "__init__" else scope.name
    at = names.index(element.id) - isinstance(owner, ast.ClassDef)
    return [
        value
        for module in uses(project).modules
        for call in ast.walk(module.tree)
        if isinstance(call, ast.Call) and last_name(call.func) == called
        for value in [*call.args[at : at + 1], *(k.value for k in call.keywords if k.arg == element.id)]
    ]


def _one_thread(project: Project, flow: Spread) -> str | None:
    """Evidence that one thread at a time reaches the list: no threads in the project, or a local of plain calls."""
    threads = mentioned(project, _THREADS)
    if threads is None:
        return "no file of the tree starts a thread"
    scopes: list[FunctionNode | ast.AST | None] = [carrier.scope for carrier in flow.carriers]
    local = all(isinstance(scope, FUNCTIONS) for scope in scopes)
    return "a local of plain calls" if local and all(u.module.frame(u.node) in scopes for u in flow.uses) else None


def _repeats(project: Project, binding: Binding) -> list[str]:
    """What is assumed of the factors of `[row] * n`: that they are whole numbers, where that is not known."""
    unknown = []
    value = binding.value
    while isinstance(value, ast.BinOp):
        kind = Kinds(project, binding.module).of(value.right)
        if kind is None or kind.name not in NUMBERS:
            unknown.append(f"`{text(value.right)}`")
        value = value.left
    return [f"{' and '.join(reversed(unknown))} in `{text(binding.value)}` is an int"] if unknown else []
