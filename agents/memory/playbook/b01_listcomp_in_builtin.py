"""B01: a list comprehension that a builtin consumes at once becomes a generator expression."""

import ast
from collections.abc import Iterator
from typing import ClassVar, Literal

from agents.memory.analysis.concrete import concrete, edited
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.modules import FunctionNode, Module, text
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.playbook.lazy_edits import (
    PROOF,
    as_sole_argument,
    evidence,
    focused,
    needs_own_frame,
    nodes_in,
    numbered,
    touches,
)
from agents.memory.playbook.rule import Candidate, Example, Focus, Shown

_CONSUMERS = frozenset({"sum", "min", "max", "any", "all"})


class ListcompInBuiltin:
    """`sum([f(x) for x in y])` -> `sum(f(x) for x in y)`: the list is never built."""

    id: ClassVar[str] = "B01"
    name: ClassVar[str] = "list comprehension in a consuming builtin"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Literal["allocations", "format", "reordering", "quantization"]] = "allocations"
    level: ClassVar[Literal["A", "P", "S"]] = "A"
    preconditions: ClassVar[dict[str, str]] = {
        "consumer": "The call is the builtin sum, min, max, any or all, which nothing in sight rebinds.",
        **PROOF,
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such call that covers a line of the focus."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        calls = [
            (call, call.args[0])
            for call in nodes_in(module, scope)
            if isinstance(call, ast.Call) and touches(call, focus.lines) and call.args
            if isinstance(call.args[0], ast.ListComp) and _consumes(project, module, call)
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(call)}" for call, _ in calls)
        for (call, listed), key in zip(calls, keys, strict=True):
            candidate = self._candidate(project, focus, module, scope, call, listed, key)
            if candidate is not None:
                yield candidate

    def _candidate(
        self,
        project: Project,
        focus: Focus,
        module: Module,
        scope: FunctionNode | ast.Module,
        call: ast.Call,
        listed: ast.ListComp,
        key: str,
    ) -> Candidate | None:
        analyst = Analyst(project, module, scope)
        name, statement = text(call.func), module.statement(call)
        stops = (f"{name}() stops early",) if name in {"any", "all"} else ()
        region = Region(analyst.consuming(call), f"{name}() at line {call.lineno}", stops, catches(analyst, statement))
        made = analyst.elements(listed)
        what = f"`{text(listed.elt)}`"
        verdict = judge(made, what, region, lambda at: owned(analyst, at, statement))
        tree = concrete(project, module)
        if verdict.veto or introspected(listed) or needs_own_frame(module, listed) or tree is None:
            return None
        edit = edited(module, tree, as_sole_argument(tree, call, listed))
        if edit is None:
            return None
        shown = {"consumer": f"line {call.lineno}: {name} is the builtin", **evidence(verdict)}
        return Candidate(
            key=key,
            rule=self.id,
            title=f"pass {name}() in {focus.function} a generator instead of a list",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"{name}() takes {what} one at a time; the list of them is not built",
            level="P" if verdict.assumes else "A",
            file=focus.file,
            line=call.lineno,
            function=focus.function,
            frees=focus.size,
            shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
            users=[f"{focus.file}:{call.lineno} {name}"],
            assumes=verdict.assumes,
            edits=[edit],
            read={path: project.sources[path].blob for path in sorted(made.files | {focus.file})},
        )

    VALID: ClassVar[list[Example]] = [
        Example(
            before="""\
def f(n):
    return sum([i * i for i in range(n)])
""",
            after="""\
def f(n):
    return sum(i * i for i in range(n))
""",
            function="f",
            focus_line="i * i for",
            call="f(10)",
        ),
        Example(
            before="""\
def f(ys):
    return max([len(y) for y in ys], default=0)
""",
            after="""\
def f(ys):
    return max((len(y) for y in ys), default=0)
""",
            function="f",
            focus_line="len(y)",
            call="f(['a', 'bcd']), f([])",
        ),
        Example(
            before="""\
def f(ys):
    # The smallest.
    return min([
        # by weight
        y * 2 for y in ys if y
    ])
""",
            after="""\
def f(ys):
    # The smallest.
    return min(
        # by weight
        y * 2 for y in ys if y
    )
""",
            function="f",
            focus_line="y * 2",
            call="f([])",
        ),
        Example(
            before="""\
def f(ys):
    return any([y is None for y in ys])
""",
            after="""\
def f(ys):
    return any(y is None for y in ys)
""",
            function="f",
            focus_line="y is None",
            call="f([1, None]), f([])",
        ),
        Example(
            before="""\
def weight(row):
    return row['w'] + 1


class Report:
    rows = [{'w': 1}, {'w': 2.5}]

    def total(self, start):
        return sum([weight(row) for row in self.rows], start)
""",
            after="""\
def weight(row):
    return row['w'] + 1


class Report:
    rows = [{'w': 1}, {'w': 2.5}]

    def total(self, start):
        return sum((weight(row) for row in self.rows), start)
""",
            function="Report.total",
            focus_line="weight(row) for",
            call="Report().total(0.5)",
        ),
        Example(
            before="""\
def f(ys):
    first = lambda rows: sum([r[0] for r in rows])
    return first(ys)
""",
            after="""\
def f(ys):
    first = lambda rows: sum(r[0] for r in rows)
    return first(ys)
""",
            function="f.<lambda>",
            focus_line="r[0] for",
            call="f([(1, 2), (3, 4)])",
        ),
        Example(
            before="""\
from weights import weigh


def f(ys):
    return sum([weigh(y) for y in ys])
""",
            after="""\
from weights import weigh


def f(ys):
    return sum(weigh(y) for y in ys)
""",
            function="f",
            focus_line="weigh(y)",
            call="f('ab')",
            extra={"weights.py": "TABLE = {'a': 1, 'b': 2}\n\n\ndef weigh(letter):\n    return TABLE[letter]\n"},
        ),
    ]
    INVALID: ClassVar[list[Example]] = [
        Example(
            before="""\
from numpy import *


def f(ys):
    return sum([y for y in ys])
""",
            function="f",
            focus_line="sum([",
            why="consumer: the star import may bind another sum",
        ),
        Example(
            before="""\
def f(ys, sum):
    return sum([y for y in ys])
""",
            function="f",
            focus_line="sum([",
            why="consumer: sum is a parameter",
        ),
        Example(
            before="""\
def sum(rows):
    return rows[0]


def f(ys):
    return sum([y for y in ys])
""",
            function="f",
            focus_line="sum([y",
            why="consumer: the module defines sum",
        ),
        Example(
            before="""\
def f(ys):
    return sorted([y for y in ys])
""",
            function="f",
            focus_line="sorted(",
            why="consumer: sorted() builds the list anyway",
        ),
        Example(
            before="""\
def f(ys):
    return ','.join([str(y) for y in ys])
""",
            function="f",
            focus_line="join(",
            why="consumer: join() builds the list anyway",
        ),
        Example(
            before="""\
def f(ys):
    return max([y for y in ys], [1])
""",
            function="f",
            focus_line="max(",
            why="consumer: with two arguments max compares the list itself",
        ),
        Example(
            before="""\
def f(ys):
    return min([y for y in ys], key=lambda y: ys.append(y))
""",
            function="f",
            focus_line="min(",
            why="inputs unchanged: the key changes what the comprehension iterates over",
        ),
        Example(
            before="""\
def f(ys):
    k = 1
    return sum([y * k for y in ys], (k := 5))
""",
            function="f",
            focus_line="sum(",
            why="inputs unchanged: the call rebinds k before the sum begins",
        ),
        Example(
            before="""\
def f(ys, seen):
    return all([seen.add(y) for y in ys])
""",
            function="f",
            focus_line="all(",
            why="effects apart: all() stops at the first None, and the other elements are not added",
        ),
        Example(
            before="""\
def f(jobs):
    return any([job.run() for job in jobs])
""",
            function="f",
            focus_line="any(",
            why="effects apart: any() would leave the later jobs undone",
        ),
        Example(
            before="""\
LOG = []


def note(y):
    LOG.append(y)
    return y


def f(ys):
    return max([note(y) for y in ys], key=lambda y: len(LOG))
""",
            function="f",
            focus_line="max(",
            why="effects apart: the key sees what note() has done so far",
        ),
        Example(
            before="""\
OUT = []


def f(ys):
    return max([int(y) for y in ys], key=lambda y: OUT.append(y) or 0)
""",
            function="f",
            focus_line="max(",
            why="exceptions alike: when int() raises, OUT holds values it would not have held",
        ),
        Example(
            before="""\
def f(ys):
    return sum([next(y) for y in ys])
""",
            function="f",
            focus_line="sum(",
            why="plain body: StopIteration of next() becomes a RuntimeError",
        ),
        Example(
            before="""\
def head(y):
    return next(iter(y))


def f(ys):
    return sum([head(y) for y in ys])
""",
            function="f",
            focus_line="sum([",
            why="plain body: head() may raise StopIteration",
        ),
        Example(
            before="""\
async def f(ys):
    return sum([await y for y in ys])
""",
            function="f",
            focus_line="sum(",
            why="plain body: await makes an asynchronous generator",
        ),
        Example(
            before="""\
async def f(ys):
    return sum([y async for y in ys])
""",
            function="f",
            focus_line="sum(",
            why="plain body: async for makes an asynchronous generator",
        ),
        Example(
            before="""\
def f(ys):
    return sum([(last := y) for y in ys]), last
""",
            function="f",
            focus_line="sum(",
            why="plain body: `:=` binds a name of the function",
        ),
        Example(
            before="""\
class A:
    def f(self, ys):
        return sum([super().weigh(y) for y in ys])
""",
            function="A.f",
            focus_line="sum(",
            why="plain body: super() without arguments works otherwise in a generator",
        ),
        Example(
            before="""\
def f(ys):
    return sum([len(locals()) for y in ys])
""",
            function="f",
            focus_line="sum(",
            why="plain body: the comprehension reads its own frame",
        ),
    ]


def _consumes(project: Project, module: Module, call: ast.Call) -> bool:
    meaning = resolve(project, module, call.func)
    if not isinstance(meaning, Builtin) or meaning.name not in _CONSUMERS:
        return False
    if any(isinstance(arg, ast.Starred) for arg in call.args) or any(k.arg is None for k in call.keywords):
        return False
    return len(call.args) == 1 or (meaning.name == "sum" and len(call.args) == 2)
