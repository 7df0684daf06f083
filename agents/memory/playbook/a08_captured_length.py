"""A08: functions that are kept hold a large value in a cell or default, and only ever ask how long it is."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.flow import flow_of
from agents.memory.analysis.modules import FUNCTIONS, LOOPS, FunctionNode, Module, enclosing, module_of
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.uses import uses
from agents.memory.playbook.examples import a08 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import source, spliced
from messaging.contents import EditedFile

_FIXED = frozenset({"str", "bytes", "tuple", "frozenset", "range"})
"""Types whose length never changes, and whose `len` runs no code of the program's."""
_ASKING = (b"__defaults__", b"__kwdefaults__", b"__closure__", b"signature", b"getclosurevars", b"getfullargspec")
Nested = ast.FunctionDef | ast.Lambda


@dataclass(frozen=True)
class _Captured:
    """A value that a nested function captures: `calls` are all its uses there, each a call of len."""

    nested: Nested
    calls: list[ast.expr]
    default: ast.expr | None
    """What the parameter of that name is, when nothing is passed; None: it is a name of the function around."""
    parameter: ast.arg | None


class CapturedLength:
    """`lambda k, data=data: k % len(data)` -> `lambda k, data_length=len(data): k % data_length`."""

    id: ClassVar[str] = "A08"
    name: ClassVar[str] = "the length captured instead of the value"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "fixed length": "Every value captured was of one builtin type that cannot change.",
        "only its length": "The function asks for nothing of the value but its length, and never binds the name.",
        "bound once": "The name of the function around is bound once, before and in no loop; or it is a default that"
        " no call here passes by name.",
        "not inspected": "Nothing in the project reads the defaults, cells or signatures of functions.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: the captured name of the focus."""
        holding = focus.holding
        module = module_of(project, focus.file) if focus.file in project.editable else None
        if holding is None or module is None or holding.kind != "captured" or holding.type not in _FIXED:
            return
        found = [
            captured
            for node in module.nodes
            if isinstance(node, Nested) and _first_line(node) == holding.line
            if (captured := _captured(project, module, node, holding.name)) is not None
        ]
        length = f"{holding.name}_length"
        if (
            len(found) != 1
            or module.star_import
            or any(length.encode() in text.data for text in project.sources.values())
        ):
            return
        captured = found[0]
        asked = any(word in text.data for text in project.sources.values() for word in _ASKING)
        around = None if captured.default is not None else _around(module, captured, holding.name)
        bound = _not_passed(project, holding.name) if captured.default is not None else around and around[1]
        evidence = {
            "fixed length": f"{holding.length or 'all'} functions hold a {holding.type}",
            "only its length": f"{len(captured.calls)} uses, all `len({holding.name})`",
            "bound once": bound,
            "not inspected": None if asked else "no file mentions __defaults__, __closure__ or signatures",
        }
        shown = [Shown(check=check, evidence=one) for check in self.preconditions if (one := evidence[check])]
        edit = _edit(module, captured, around and around[0], holding.name, length) if len(shown) == 4 else None
        if edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}:{holding.name}",
            rule=self.id,
            title=f"capture the length of `{holding.name}` in {focus.function}, not `{holding.name}`",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"the functions that are kept no longer keep `{holding.name}`",
            level=self.level,
            file=focus.file,
            line=captured.nested.lineno,
            function=focus.function,
            frees=focus.size,
            shown=shown,
            users=[f"{focus.file}:{call.lineno} {focus.function}" for call in captured.calls],
            assumes=[
                f"`{holding.name}` is always a {holding.type}, as in the profiled run",
                *([f"no caller passes `{holding.name}`"] if captured.default is not None else []),
            ],
            edits=[edit],
            read={focus.file: module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _first_line(node: ast.stmt | ast.expr) -> int:
    """As co_firstlineno: with decorators, the first one's."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(one.lineno for one in decorators)])


def _captured(project: Project, module: Module, nested: Nested, name: str) -> _Captured | None:
    """The uses of the name in the nested function; None where one is no `len(name)`."""
    body = nested.body if isinstance(nested, ast.FunctionDef) else [nested.body]
    calls: list[ast.expr] = []
    for node in (inner for part in body for inner in ast.walk(part)):
        bound = isinstance(node, ast.arg | ast.Global | ast.Nonlocal | ast.alias | ast.ExceptHandler | ast.MatchAs)
        if bound and name in ast.unparse(node):
            return None
        if isinstance(node, ast.Name) and node.id == name:
            call = module.parents[node]
            if not isinstance(call, ast.Call) or call.args != [node] or call.keywords:
                return None
            if resolve(project, module, call.func) != Builtin("len"):
                return None
            calls.append(call)
    if not calls or module.owner(nested, "len") is not None:
        return None
    parameter, default = _default(nested.args, name)
    return None if parameter is not None and default is None else _Captured(nested, calls, default, parameter)


def _default(arguments: ast.arguments, name: str) -> tuple[ast.arg | None, ast.expr | None]:
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults = [*[None] * (len(plain) - len(arguments.defaults)), *arguments.defaults]
    stars = [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    pairs = [*zip(plain, defaults, strict=True), *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    pairs += [(one, None) for one in stars]
    return next(((one, default) for one, default in pairs if one.arg == name), (None, None))


def _not_passed(project: Project, name: str) -> str | None:
    for module in uses(project).modules:
        if any(isinstance(node, ast.keyword) and node.arg == name for node in module.nodes):
            return None
    return f"no call in the tree passes `{name}=`"


def _around(module: Module, captured: _Captured, name: str) -> tuple[ast.stmt, str] | None:
    """The statement to take the length before, and the evidence that the name means one value from there on."""
    outer = module.owner(captured.nested, name)
    statement = module.statement(captured.nested)
    if not isinstance(outer, FUNCTIONS) or not _directly_in(module, statement, outer):
        return None
    bindings = module.bindings(outer)[name]
    if len(bindings) != 1 or name not in flow_of(module, outer).assigned_before(statement):
        return None
    if any(isinstance(around, LOOPS) for around in enclosing(module, bindings[0], outer)):
        return None
    inside = set(ast.walk(captured.nested))
    others = [n for n in ast.walk(outer) if isinstance(n, ast.Name) and n.id == name and n not in inside]
    if any(module.frame(node) is not outer or isinstance(node.ctx, ast.Del) for node in others):
        return None
    return statement, f"`{name}` of {outer.name} is bound once, and captured here only"


def _directly_in(module: Module, statement: ast.stmt, outer: FunctionNode) -> bool:
    frames = [node for node in module.ancestors(statement) if isinstance(node, (*FUNCTIONS, ast.ClassDef, ast.Lambda))]
    return bool(frames) and frames[0] is outer


def _edit(module: Module, captured: _Captured, before: ast.stmt | None, name: str, length: str) -> EditedFile | None:
    changes: list[tuple[ast.AST, str]] = [(call, length) for call in captured.calls]
    if captured.default is not None and captured.parameter is not None:
        changes += [
            (captured.parameter, length),
            (captured.default, f"len({source(module, captured.default)})"),
        ]
        annotated = captured.parameter.annotation is not None
        return None if annotated else spliced(module, changes)
    if before is None:
        return None
    line = _first_line(before)
    text = module.source.text.splitlines()[line - 1]
    indent = text[: len(text) - len(text.lstrip())]
    if before.col_offset != len(indent.encode()) or _shares_line(module, before):
        return None
    point = ast.Pass(lineno=line, col_offset=before.col_offset, end_lineno=line, end_col_offset=before.col_offset)
    return spliced(module, [*changes, (point, f"{length} = len({name})\n{indent}")])


def _shares_line(module: Module, statement: ast.stmt) -> bool:
    """Whether the statement begins on the line of a header: `if x: return lambda: len(data)`."""
    parent = module.parents[statement]
    return getattr(parent, "lineno", 0) == statement.lineno
