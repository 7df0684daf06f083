"""A11: a list is built from another that dies with it, element by element. Write the elements back instead."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.effects import Place
from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.lifetime import Local, local, plainly_bound, quiet_end, suite_of, uncaptured, unobserved
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, enclosing, find_function, module_of, text
from agents.memory.analysis.ownership import owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.suites import own_statements
from agents.memory.playbook.examples import a11 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import source, spliced
from messaging.contents import EditedFile

_INDICES = ("index", "position", "number", "at_index")


@dataclass(frozen=True)
class _Loop:
    """`out = []`, `for x in items:`, `out.append(E)` last in its body, and nothing else of `out` up to its end."""

    start: ast.Assign
    loop: ast.For
    append: ast.Expr
    value: ast.expr
    out: str


class WriteBack:
    """`for x in items: out.append(f(x))` -> `for i, x in enumerate(items): items[i] = f(x)`, then `out = items`."""

    id: ClassVar[str] = "A11"
    name: ClassVar[str] = "elements written back into a list that dies"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "one for one": "A loop over the list appends one value in each pass, last, to a list that begins empty.",
        "own list": "The input is a builtin list made in the function that nobody else can see: never handed on.",
        "dead": "Nothing reads the input but the loop's header, from the loop on; the loop does not mention it.",
        "plain local": "Both names are plain locals, captured by no lambda, def, class or generator expression.",
        "not observed": "Nothing reads the frame: no locals(), eval, exec; no frame access in the project.",
        "quiet end": "Nothing notices that the elements go earlier, in a project without finalizers and the like.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: the loop over the list of the focus."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or holding.kind != "local" or holding.type != "list" or module is None:
            return
        function = find_function(module, focus.function, focus.lines | {focus.peak_line})
        if not isinstance(function, FUNCTIONS) or focus.file not in project.editable:
            return
        found = _loop(project, module, function, holding.name)
        shown = _shown(project, focus, module, function, found) if found is not None else []
        edit = _edit(module, function, holding.name, found) if found is not None and shown else None
        if found is None or edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}:{holding.name}",
            rule=self.id,
            title=f"write the values of `{found.out}` back into `{holding.name}` in {focus.function}",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"each element of `{holding.name}` goes when its value is made: the two lists are one",
            level=self.level,
            file=focus.file,
            line=found.loop.lineno,
            function=focus.function,
            frees=(holding.own or focus.size) // 2,
            shown=shown,
            users=[f"{focus.file}:{found.loop.lineno} {focus.function}"],
            assumes=[f"`{holding.name}` has no other owner at the loop, as in the profiled run"],
            edits=[edit],
            read={focus.file: module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _loop(project: Project, module: Module, function: FunctionNode, items: str) -> _Loop | None:
    for loop in own_statements(function.body):
        if not (isinstance(loop, ast.For) and isinstance(loop.iter, ast.Name) and loop.iter.id == items):
            continue
        suite, index = suite_of(module, loop)
        before = suite[index - 1] if index else None
        match before, loop.body[-1]:
            case (
                ast.Assign(targets=[ast.Name(id=out)], value=ast.List(elts=[])) as start,
                ast.Expr(
                    value=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=filled), attr="append"), args=[value], keywords=[]
                    )
                ) as append,
            ) if out == filled and out != items and not isinstance(value, ast.Starred):
                found = _Loop(start, loop, append, value, out)
                if not loop.orelse and len(loop.body) >= 1 and _straight(loop) and _apart(found, items):
                    return found
    return None


def _straight(loop: ast.For) -> bool:
    """Whether each pass that ends comes to the last statement: no break, continue, return or yield."""
    leaving = (ast.Break, ast.Continue, ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.Try, ast.With)
    return not any(isinstance(node, leaving) for node in ast.walk(loop))


def _apart(found: _Loop, items: str) -> bool:
    """Whether the loop mentions the two lists only in its header and in the append."""
    names = [n for n in ast.walk(found.loop) if isinstance(n, ast.Name) and n.id in (items, found.out)]
    return len(names) == 2


def _shown(project: Project, focus: Focus, module: Module, function: FunctionNode, found: _Loop) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    holding = focus.holding
    assert holding is not None
    names = [local(module, function, name) for name in (holding.name, found.out)]
    both = [name for name in names if name is not None]
    if len(both) < 2 or holding.held_with or (holding.refcount or 1) > 2:  # The loop's iterator refers to it too.
        return []
    plain = [plainly_bound(name) and uncaptured(name) for name in both]
    seen = [unobserved(project, name) for name in both]
    evidence = {
        "one for one": f"line {found.loop.lineno}: each pass appends `{text(found.value)}` to `{found.out}`",
        "own list": _own_list(project, module, function, found, both[0]),
        "dead": _dead(module, found, both[0]),
        "plain local": "; ".join(p for p in plain if p) if all(plain) else None,
        "not observed": seen[0] if all(seen) else None,
        "quiet end": quiet_end(project, holding.type, holding.element, holding.contents),
    }
    shown = [Shown(check=check, evidence=one) for check, one in evidence.items() if one]
    return shown if len(shown) == len(evidence) else []


def _own_list(project: Project, module: Module, function: FunctionNode, found: _Loop, name: Local) -> str | None:
    analyst = Analyst(project, module, function)
    kind = Kinds(project, module).of(found.loop.iter)
    place = Place(name.name, 0, name.name, found.loop.lineno)
    if kind is None or kind.name != "list" or len(name.bindings) != 1 or not owned(analyst, place, found.loop):
        return None
    if any(
        isinstance(a, ast.Try | ast.TryStar | ast.With | ast.AsyncWith) for a in enclosing(module, found.loop, function)
    ):
        return None  # What an exception in mid-iteration leaves of `out` may be read.
    return f"`{name.name}` is a list made here, and handed to nobody before line {found.loop.lineno}"


def _dead(module: Module, found: _Loop, name: Local) -> str | None:
    suite, index = suite_of(module, found.loop)
    after = suite[index + 1] if index + 1 < len(suite) else None
    if after is None or name.name in name.flow.live_before(after):
        return None
    if name.flow.returns_unbound(found.loop, name.name):
        return None
    return f"no path from line {after.lineno} on reads `{name.name}`"


def _edit(module: Module, function: FunctionNode, items: str, found: _Loop) -> EditedFile | None:
    used = {n.id for n in ast.walk(module.tree) if isinstance(n, ast.Name)} | {
        a.arg for a in ast.walk(function) if isinstance(a, ast.arg)
    }
    index = next((name for name in _INDICES if name not in used), None)
    if index is None or module.owner(found.loop.iter, "enumerate") is not None or module.star_import:
        return None
    target = source(module, found.loop.target)
    target = f"({target})" if isinstance(found.loop.target, ast.Tuple) and not target.startswith("(") else target
    outer = " " * found.loop.col_offset
    changes: list[tuple[ast.AST, str]] = [
        (found.loop.target, f"{index}, {target}"),
        (found.loop.iter, f"enumerate({items})"),
        (found.append, f"{items}[{index}] = {source(module, found.value)}\n{outer}{found.out} = {items}"),
        (found.start, ""),
    ]
    return spliced(module, changes)
