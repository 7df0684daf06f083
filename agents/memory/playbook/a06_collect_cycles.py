"""A06: objects that only refer to each other stay until the collector comes by. Collect where the next are made."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.lifetime import statement_at, suite_of
from agents.memory.analysis.mentions import ADDRESSING, NOTICING, mentioned
from agents.memory.analysis.modules import LOOPS, Loop, Module, enclosing, find_function, module_of
from agents.memory.analysis.project import Project
from agents.memory.playbook.examples import a06 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import library, span, spliced
from messaging.contents import EditedFile

_MOST = 200
"""Collections in one run: each looks at every object of the program."""


class CollectCycles:
    """Inserts `gc.collect()` at the end of the loop body around the peak; outside of loops before the peak."""

    id: ClassVar[str] = "A06"
    name: ClassVar[str] = "collect reference cycles at a phase boundary"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "cycles": "A collection at the peak found the bytes: nothing but cycles held them.",
        "seldom": f"The statement at the peak runs {_MOST} times at most.",
        "own collector": "The project does not mention gc: collections may come at any time, and nothing counts them.",
        "quiet end": "No code of the project notices that objects go: no finalizer, weak reference or temporary file.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for the statement at the peak of the focus."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or holding.kind != "cycle" or module is None or focus.file not in project.editable:
            return
        function = find_function(module, focus.function, focus.lines)
        peak = statement_at(module, function, focus.peak_line) if function is not None else None
        shown = _shown(project, focus, holding.type) if peak is not None else []
        if function is None or peak is None or not shown:
            return
        loop = next((n for n in [peak, *enclosing(module, peak, function)] if isinstance(n, LOOPS)), None)
        edit = _edit(project, module, peak, loop)
        if edit is None:
            return
        where = (
            f"after each pass of the loop at line {loop.lineno}" if loop is not None else f"before line {peak.lineno}"
        )
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}",
            rule=self.id,
            title=f"collect cycles of `{holding.type}` in {focus.function} {where}",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"gc.collect() frees {holding.length} objects of `{holding.type}` in cycles {where}",
            level=self.level,
            file=focus.file,
            line=peak.lineno,
            function=focus.function,
            frees=focus.size,
            shown=shown,
            users=[f"{focus.file}:{peak.lineno} {focus.function}"],
            assumes=[f"the statement runs about {focus.hits} times, as in the profiled run: it collects as often"],
            edits=[edit],
            read={focus.file: module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _shown(project: Project, focus: Focus, kind: str) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    evidence = {
        "cycles": f"a collection freed {focus.size} bytes, `{kind}` among them",
        "seldom": f"it ran {focus.hits} times" if 0 < focus.hits <= _MOST else None,
        "own collector": None if mentioned(project, {"gc"}) else "no file of the project mentions gc",
        "quiet end": None
        if mentioned(project, ADDRESSING | NOTICING)
        else "no file of the project mentions __del__, weakref, finalize, tempfile, ctypes or memoryview",
    }
    shown = [Shown(check=check, evidence=text) for check, text in evidence.items() if text]
    return shown if len(shown) == len(evidence) else []


def _edit(project: Project, module: Module, peak: ast.stmt, loop: Loop | None) -> EditedFile | None:
    """The call before `peak`, or behind the last statement of the loop's body."""
    node = peak if loop is None else loop.body[-1]
    named = library(project, module, node, "gc.collect")
    start, end = span(module, node)
    data = module.source.data
    first = start if loop is None else span(module, loop.body[0])[0]
    indent = data[data.rfind(b"\n", 0, first) + 1 : first].decode()
    rest = data[end:].splitlines()[0] if data[end:] else b""
    if named is None or indent.strip() or (rest.strip() and not rest.strip().startswith(b"#")):
        return None
    if loop is None and suite_of(module, peak)[1] == 0:
        return None  # The first statement: nothing of this function has ended before it.
    if loop is not None and isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue):
        return None
    # With the comment behind it.
    whole = ast.Pass(
        lineno=node.lineno,
        col_offset=node.col_offset,
        end_lineno=node.end_lineno,
        end_col_offset=(node.end_col_offset or 0) + len(rest),
    )
    written = (data[start:end] + rest).decode()
    newline = "\r\n" if b"\r\n" in data else "\n"
    parts = [f"{named[0]}()", written] if loop is None else [written, f"{named[0]}()"]
    return spliced(module, [(whole, f"{newline}{indent}".join(parts))], named[1])
