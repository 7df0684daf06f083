"""A05: a stored exception keeps the frames that it went through alive, with all their locals. Keep it without them."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.mentions import ADDRESSING, NOTICING, TEMPORARIES, mentioned
from agents.memory.analysis.modules import FunctionNode, Module, find_function, module_of, nodes_of
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Class, Library, resolve
from agents.memory.analysis.uses import MUTATORS, uses
from agents.memory.playbook.examples import a05 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import spliced

_LOOKING = frozenset(
    {"traceback", "__traceback__", "with_traceback", "exc_info", "print_exc", "format_exc", "print_exception", "tblib"}
    | {"format_exception", "TracebackException", "tb_frame", "tb_next", "tb_lineno", "excepthook", "set_exception"}
    | {
        "exception",
        "capture_exception",
        "stack_info",
        "last_traceback",
        "post_mortem",
        "inspect",
        "throw",
        "ExceptionGroup",
    }
)
"""Words of code that looks at tracebacks, or hands exceptions to what does (`logger.exception`)."""


class ExceptionData:
    """`errors.append(e)` -> `errors.append(e.with_traceback(None))`."""

    id: ClassVar[str] = "A05"
    name: ClassVar[str] = "exception kept without its traceback"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "stored": "A handler around the line that raised stores its exception: in a container, an attribute or a name.",
        "not raised": "The handler ends without raising, and nothing in the project raises an exception it was given.",
        "not looked at": "No code of the project, tests included, mentions tracebacks or exc_info, or logs exceptions.",
        "quiet end": "No code of the project notices that the locals of the ended frames go.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each handler that stores what it catches."""
        holding = focus.holding
        module = module_of(project, focus.file)
        if holding is None or holding.kind != "traceback" or module is None or focus.file not in project.editable:
            return
        function = find_function(module, focus.function, focus.lines)
        if function is None or uses(project).unparsed:
            return
        for handler in _handlers(function, focus.lines):
            stores = list(_stores(project, module, handler))
            shown = _shown(project, module, handler, stores)
            changes = [(name, f"{name.id}.with_traceback(None)") for name in stores]
            edit = spliced(module, changes) if shown else None
            if edit is None:
                continue
            name = handler.name
            yield Candidate(
                key=f"{self.id}:{focus.file}:{focus.function}:{ast.unparse(handler).splitlines()[0]}",
                rule=self.id,
                title=f"keep `{name}` in {focus.function} without its traceback",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"`{name}` no longer keeps the frames it went through, and their locals, alive",
                level=self.level,
                file=focus.file,
                line=handler.lineno,
                function=focus.function,
                frees=focus.size,
                shown=shown,
                users=[f"{focus.file}:{use.lineno} {focus.function}" for use in stores],
                assumes=[
                    f"nobody outside this repository looks at the traceback of what `{focus.function}` keeps",
                    "no local of a frame that has ended holds a file or another resource that is to stay open",
                ],
                edits=[edit],
                read={path: source.blob for path, source in sorted(project.sources.items())},
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _handlers(function: FunctionNode | ast.Module, lines: frozenset[int]) -> Iterator[ast.ExceptHandler]:
    """Handlers with a name, of `try` statements of the function whose body covers one of the lines."""
    for node in nodes_of(*function.body):
        if isinstance(node, ast.Try) and any(
            node.body[0].lineno <= line <= (node.body[-1].end_lineno or 0) for line in lines
        ):
            yield from (handler for handler in node.handlers if handler.name)


def _stores(project: Project, module: Module, handler: ast.ExceptHandler) -> Iterator[ast.Name]:
    """The uses of the exception that keep it: what becomes an element, an attribute, an item or another name."""
    for node in nodes_of(*handler.body):
        if not isinstance(node, ast.Name) or node.id != handler.name or not isinstance(node.ctx, ast.Load):
            continue
        kept: ast.expr = node
        parent = module.parents[kept]
        while isinstance(parent, ast.Tuple | ast.List | ast.Dict):
            kept, parent = parent, module.parents[parent]
        match parent:
            case ast.Assign(value=value) | ast.AnnAssign(value=value) if value is kept:
                yield node
            case ast.Call(func=ast.Attribute(attr=method), args=args) if kept in args and method in MUTATORS:
                if isinstance(module.parents[parent], ast.Expr):
                    yield node


def _shown(project: Project, module: Module, handler: ast.ExceptHandler, stores: list[ast.Name]) -> list[Shown]:
    evidence = {
        "stored": f"line {', '.join(str(use.lineno) for use in stores)} keeps `{handler.name}`" if stores else None,
        "not raised": _not_raised(project, handler),
        "not looked at": None if mentioned(project, _LOOKING) else "no file of the project mentions a traceback",
        "quiet end": None
        if mentioned(project, ADDRESSING | NOTICING - TEMPORARIES)
        else "no file of the project mentions __del__, weakref, finalize, ctypes or memoryview",
    }
    shown = [Shown(check=check, evidence=text) for check, text in evidence.items() if text]
    return shown if len(shown) == len(evidence) else []


def _not_raised(project: Project, handler: ast.ExceptHandler) -> str | None:
    if any(isinstance(node, ast.Raise | ast.Yield | ast.YieldFrom | ast.Await) for node in ast.walk(handler)):
        return None
    names = [node for node in ast.walk(handler) if isinstance(node, ast.Name) and node.id == handler.name]
    if not all(isinstance(name.ctx, ast.Load) for name in names):
        return None
    count = 0
    for module in uses(project).modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Raise):
                count += 1
                if not _raises_new(project, module, node):
                    return None
    return f"the handler does not raise; all {count} `raise` of the project make a new exception or pass theirs on"


def _raises_new(project: Project, module: Module, node: ast.Raise) -> bool:
    """Whether it raises a new exception, or what the handler it stands in has caught, and so does its cause."""
    caught = [a.name for a in module.ancestors(node) if isinstance(a, ast.ExceptHandler)]
    if node.exc is None:
        return True
    own_cause = isinstance(node.cause, ast.Name) and node.cause.id in caught
    if not (own_cause or node.cause is None or isinstance(node.cause, ast.Constant)):
        return False  # Its traceback is shown with the other's.
    made = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
    if isinstance(resolve(project, module, made), Builtin | Class | Library):
        return True
    return isinstance(node.exc, ast.Name) and node.exc.id in caught
