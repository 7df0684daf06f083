"""A01: a local that nothing reads any more is alive while a later statement allocates. Delete it before."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar, Literal

import libcst as cst

from agents.memory.analysis.concrete import concrete, edited, insert_before
from agents.memory.analysis.lifetime import (
    Local,
    Place,
    lineno,
    local,
    place_before_peak,
    plainly_bound,
    quiet_end,
    statement_at,
    uncaptured,
    unobserved,
)
from agents.memory.analysis.modules import find_function, module_of, own_nodes, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.uses import last_name
from agents.memory.playbook.rule import Candidate, Example, Focus, Shown
from runtime.measure.models import Holding


def _invalid(
    body: str,
    why: str,
    holding: str = "data",
    holding_type: str = "list",
    refcounts: Mapping[str, int] | None = None,
) -> Example:
    """An INVALID example: a function `f(rows)` with this body; the peak is the line that binds `big`."""
    return Example(
        before=f"def f(rows):\n    {body}\n",
        function="f",
        peak_line="big =",
        holding=holding,
        holding_type=holding_type,
        refcounts=refcounts or {},
        why=why,
    )


class EarlyDel:
    """Inserts `del name` after the last use that comes before the peak."""

    id: ClassVar[str] = "A01"
    name: ClassVar[str] = "early del of a dead local"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Literal["allocations", "format", "reordering", "quantization"]] = "reordering"
    level: ClassVar[Literal["A", "P", "S"]] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "plain local": "The name is a plain local: no argument, global, nonlocal, import, definition or"
        " exception name (at a script's top level: its own global).",
        "sole owner": "Nothing but the local was seen to hold the object.",
        "not captured": "No lambda, def, class or generator expression can read the local later.",
        "not observed": "Nothing reads the frame: no locals(), eval, exec, frame access or compiling decorator;"
        " a script's top level is not imported.",
        "dead": "No path from the del reads or deletes the name before it is bound again.",
        "assigned": "The name is surely bound where it is deleted.",
        "quiet end": "Nothing notices when the object goes: no finalizer, no weak reference.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: the earliest place after the last use ahead of the peak."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or module is None or focus.file not in project.editable:
            return
        function = find_function(module, focus.function, focus.lines | {focus.peak_line, holding.line})
        if function is None or not _held_here(holding, focus):
            return
        name = local(module, function, holding.name)
        if name is None:
            return
        for peak in _peaks(name, focus, holding):
            place = place_before_peak(name, peak)
            shown = place and _shown(project, focus, holding, name, place)
            if place is None or not shown:
                continue
            tree = concrete(project, module)
            deletion = cst.Del(cst.Name(holding.name))
            edit = tree and edited(module, tree, insert_before(tree, place.before, deletion))
            if not edit:
                continue
            consumer = _consumer(peak)
            yield Candidate(
                key=f"{self.id}:{focus.file}:{focus.function}:{holding.name}",
                rule=self.id,
                title=f"del `{holding.name}` in {focus.function} before {consumer}",
                category=_category(holding.type),
                strategy=self.strategy,
                mechanism=f"frees `{holding.name}` ({holding.type}) before {consumer} allocates",
                level=self.level,
                file=focus.file,
                line=place.before.lineno,
                function=focus.function,
                frees=holding.own or focus.size,
                shown=shown,
                users=sorted({f"{focus.file}:{lineno(use.node)} {focus.function}" for use in name.mentions}),
                edits=[edit],
                read={focus.file: module.source.blob},
            )
            return

    VALID: ClassVar[list[Example]] = [
        Example(
            before="""\
def build(n):
    raw = [i * 1.5 for i in range(n)]
    total = sum(raw)

    # The large one.
    scaled = [total / (i + 1) for i in range(n)]
    return sum(scaled)
""",
            after="""\
def build(n):
    raw = [i * 1.5 for i in range(n)]
    total = sum(raw)
    del raw

    # The large one.
    scaled = [total / (i + 1) for i in range(n)]
    return sum(scaled)
""",
            function="build",
            peak_line="scaled = [",
            holding="raw",
            refcounts={"raw": 1},
            call="build(9)",
        ),
        Example(
            before="""\
def total(path):
    with open(path) as f:
        text: str = f.read()
        count = len(text)
        return [i for i in range(count)]
""",
            after="""\
def total(path):
    with open(path) as f:
        text: str = f.read()
        count = len(text)
        del text
        return [i for i in range(count)]
""",
            function="total",
            peak_line="return [",
            holding="text",
            holding_type="str",
            call="len(total(__file__)) > 0 or total('/nowhere')",
        ),
        Example(
            before="""\
class Report:
    def render(self, n, *extra):
        rows = [[i] for i in range(n)]
        for row in rows:
            row.append(1)
        found = sum(len(row) for row in rows)
        out = []
        while len(out) < found:
            out.append("x" * 100)
        return out
""",
            after="""\
class Report:
    def render(self, n, *extra):
        rows = [[i] for i in range(n)]
        for row in rows:
            row.append(1)
        found = sum(len(row) for row in rows)
        del rows
        out = []
        while len(out) < found:
            out.append("x" * 100)
        return out
""",
            function="Report.render",
            peak_line="out.append",
            holding="rows",
            holding_element="list",
            call="Report().render(3, 4)",
        ),
        Example(
            before="""\
def parse(n):
    for size in (n, n + 1):
        data = list(range(size))
        if len(data) > 3:
            out = [1] * size
        elif size:
            out = [2] * size
    return out
""",
            after="""\
def parse(n):
    for size in (n, n + 1):
        data = list(range(size))
        if len(data) > 3:
            out = [1] * size
        elif size:
            del data
            out = [2] * size
    return out
""",
            function="parse",
            peak_line="out = [2]",
            holding="data",
            call="[parse(n) for n in (1, 2, 3, 9)]",
        ),
        Example(
            before="""\
def twice(n):
    rows = list(range(n)); total = sum(rows); rows = [total] * n
    return rows
""",
            after="""\
def twice(n):
    rows = list(range(n)); total = sum(rows); del rows; rows = [total] * n
    return rows
""",
            function="twice",
            peak_line="rows = [",
            holding="rows",
            call="twice(4)",
        ),
        Example(
            before="""\
def steps(n):
    while chunk := list(range(n)):
        try:
            total = sum(chunk)
        finally:
            n -= 1
        yield [total] * n
""",
            after="""\
def steps(n):
    while chunk := list(range(n)):
        try:
            total = sum(chunk)
        finally:
            n -= 1
        del chunk
        yield [total] * n
""",
            function="steps",
            peak_line="yield",
            holding="chunk",
            call="list(steps(4))",
        ),
        Example(
            before="""\
rows = [str(i) for i in range(9)]
total = len(rows)
if __name__ != "nowhere":
    out = [total] * 9
""",
            after="""\
rows = [str(i) for i in range(9)]
total = len(rows)
del rows
if __name__ != "nowhere":
    out = [total] * 9
""",
            peak_line="out = [",
            holding="rows",
            call="out",
        ),
    ]
    INVALID: ClassVar[list[Example]] = [
        _invalid("rows = rows + [1]\n    out = sum(rows)\n    big = [0] * 9", "`rows` is an argument", "rows"),
        _invalid("global data\n    data = [1]\n    big = [0] * 9", "a global"),
        _invalid("import json as data\n    data.dumps(1)\n    big = [0] * 9", "an import"),
        _invalid(
            "try:\n        1 / 0\n    except ValueError as data:\n        print(data)\n        big = [0] * 9",
            "an exception name: the end of the handler deletes it",
        ),
        _invalid("data = [1]\n    out = sum(data)\n    big = [0] * 9", "held elsewhere too", refcounts={"data": 2}),
        _invalid(
            "data = [1]\n    key = lambda: data\n    out = sum(data)\n    big = [0] * 9\n    key()",
            "a lambda reads it later",
        ),
        _invalid(
            "data = [1]\n    later = (x in data for x in rows)\n    big = [0] * 9\n    list(later)",
            "a generator expression reads it later",
        ),
        _invalid(
            "sum = list\n    data = [1]\n    later = sum(x in data for x in rows)\n    big = [0] * 9",
            "`sum` is not the builtin: what it keeps may read the name later",
        ),
        _invalid("data = [1]\n    print(data)\n    big = [0] * 9\n    return locals()", "locals() shows it"),
        _invalid("data = [1]\n    print(data)\n    big = rows.query('x in @data')", "the callee reads the frame"),
        _invalid("data = [1]\n    print(data)\n    big = [0] * 9\n    return data", "it is returned"),
        _invalid("data = [1]\n    print(data)\n    big = [0] * 9\n    del data", "it is deleted later"),
        _invalid(
            "data = [1]\n    for row in rows:\n        print(data)\n        big = [0] * 9",
            "the next pass reads it",
        ),
        _invalid(
            "data = [1]\n    print(data)\n    for row in rows:\n        big = [0] * 9\n        data = [row]",
            "at the peak it holds the value of the pass before, bound after it",
        ),
        _invalid(
            "data = [1]\n    try:\n        print(data)\n        big = [0] * 9\n"
            "    except MemoryError:\n        print(data)",
            "the handler reads it",
        ),
        _invalid(
            "data = [1]\n    try:\n        print(data)\n        big = [0] * 9\n    finally:\n        print(data)",
            "the finally suite reads it",
        ),
        _invalid("for data in rows:\n        print(data)\n    big = [0] * 9", "without rows it is not bound"),
        _invalid("if rows:\n        data = [1]\n        print(data)\n    big = [0] * 9", "bound in one branch only"),
        _invalid(
            "data = open(str(rows))\n    text = data.read()\n    big = [0] * 9",
            "closing a file can be noticed",
            holding_type="_io.TextIOWrapper",
        ),
        Example(
            before="class Lock:\n    def __del__(self):\n        print('gone')\n\n\n"
            "def f(n):\n    data = [Lock()]\n    print(data)\n    big = [0] * n\n    return big\n",
            function="f",
            peak_line="big =",
            holding="data",
            holding_element="example.Lock",
            why="the finalizer would run earlier",
        ),
        Example(
            before="from numba import njit\n\n\n@njit\ndef f(n):\n    data = [1]\n    out = sum(data)\n"
            "    big = [0] * n\n    return big, out\n",
            function="f",
            peak_line="big =",
            holding="data",
            why="a compiler reads the function's source",
        ),
        Example(
            before="data = [1]\nprint(data)\nbig = [0] * 9\n",
            peak_line="big =",
            holding="data",
            extra={"other.py": "from example import data\n"},
            why="another file imports the global",
        ),
        Example(
            before="data = [1]\nprint(data)\nbig = [0] * 9\n\n\ndef show():\n    return data\n",
            peak_line="big =",
            holding="data",
            why="a function of the file reads the global",
        ),
        Example(
            before="def f(n):\n    total = n\n    big = [0] * n\n    data = [1]\n    return big, data\n",
            function="f",
            peak_line="big =",
            holding="data",
            why="not bound before the peak",
        ),
    ]


def _held_here(holding: Holding, focus: Focus) -> bool:
    if holding.place is not None and holding.place.function != focus.function:
        return False
    return holding.kind == ("global" if focus.function == "<module>" else "local")


def _peaks(name: Local, focus: Focus, holding: Holding) -> Iterator[ast.stmt]:
    """The statement at the peak; where the peak's line is unknown, those of the focus that do not use the name."""
    line = focus.peak_line or holding.line
    if line:
        statement = statement_at(name.module, name.function, line)
        if statement is not None:
            yield statement
        return
    mentioning = name.mentioning()
    for line in sorted(focus.lines):
        statement = statement_at(name.module, name.function, line)
        if statement is not None and statement not in mentioning:
            yield statement


def _shown(project: Project, focus: Focus, holding: Holding, name: Local, place: Place) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    refcount = holding.refcount or focus.refcounts.get(holding.name)
    where = f"line {place.last.lineno}"
    flow = name.flow
    dead = (
        flow.reachable(place.before)
        and holding.name not in flow.live_before(place.before)
        and not flow.returns_unbound(place.before, holding.name)
    )
    evidence = {
        "plain local": plainly_bound(name),
        "sole owner": None
        if refcount is not None and refcount > 1
        else f"reference count {refcount}"
        if refcount
        else f"no other owner in the census of `{holding.name}`",
        "not captured": uncaptured(name),
        "not observed": unobserved(project, name),
        "dead": f"last mention before the peak at {where}; no path reads `{holding.name}` after it" if dead else None,
        "assigned": f"every path to line {place.before.lineno} binds `{holding.name}`"
        if holding.name in flow.assigned_before(place.before)
        else None,
        "quiet end": quiet_end(project, holding.type, holding.element),
    }
    shown = [Shown(check=check, evidence=found) for check, found in evidence.items() if found]
    return shown if len(shown) == len(evidence) else []


def _consumer(peak: ast.stmt) -> str:
    """What allocates at the peak: the first call's name, else the statement's first line."""
    header = [node for node in own_nodes(ast.Module([peak], [])) if isinstance(node, ast.Call)]
    named = [last_name(call) for call in header if last_name(call)]
    return f"`{named[0]}`" if named else f"`{text(peak).splitlines()[0]}`"


def _category(type_name: str) -> str:
    return "image-buffers" if type_name.startswith(("numpy.", "PIL.")) else "data-structures"
