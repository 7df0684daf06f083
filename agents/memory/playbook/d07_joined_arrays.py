"""D07: an array grows by `np.concatenate` or `np.append` in a loop, which copies all of it each time."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from agents.memory.analysis.external import external
from agents.memory.analysis.lifetime import local, uncaptured, unobserved
from agents.memory.analysis.modules import LOOPS, FunctionNode, Module, enclosing, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import d07 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Strategy
from agents.memory.playbook.source_edits import source, span, spliced
from agents.memory.playbook.streamed import fresh_name, with_helper
from messaging.contents import EditedFile

_CLASSES = {"concatenate": "_Joined", "hstack": "_Stacked", "append": "_Appended"}
"""Functions of numpy that give one array after the other, and the class that does so for many."""
_HELPER = '''
class {name}:
    """What `whole = {joined}` gives for one part after the other, in one array that grows."""

    def __init__(self, whole):
        self._whole = whole
        self._room = None
        self._size = 0

    def add(self, part):
        {flat}whole = self._whole if self._room is None else self._room
        if not self._alike(whole, part):
            self._whole = {grown}
            return
        if self._room is None:
            self._room, self._size, self._whole = {np}.array(whole), len(whole), None
        size = self._size + len(part)
        if size > len(self._room):
            self._room.resize(size + size // 8, refcheck=False)
        self._room[self._size : size] = part
        self._size = size

    def array(self):
        if self._room is not None:
            self._room.resize(self._size, refcheck=False)
            self._whole, self._room = self._room, None
        return self._whole

    @staticmethod
    def _alike(whole, part):
        if not type(whole) is type(part) is {np}.ndarray or not whole.ndim == part.ndim == 1:
            return False
        if not all(one.dtype.kind in "biufc" and one.dtype.isnative for one in (whole, part)):
            return False
        return {np}.promote_types(whole.dtype, part.dtype).num == whole.dtype.num
'''.strip()


@dataclass(frozen=True)
class _Grown:
    """An array that only grows in a loop: the loop, the function that it grows by, and each part that it does by."""

    name: str
    loop: ast.For | ast.While
    func: ast.Attribute
    parts: dict[ast.Assign, ast.expr]


@dataclass(frozen=True)
class _Join:
    """`name = np.concatenate([name, part])`, or of the other functions."""

    name: str
    func: ast.Attribute
    part: ast.expr


class JoinedArrays:
    """`a = np.concatenate([a, x])` in a loop -> `joined.add(x)`, into room that grows; then `a = joined.array()`."""

    id: ClassVar[str] = "D07"
    name: ClassVar[str] = "array concatenated in a loop"
    category: ClassVar[str] = "image-buffers"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Literal["A", "P", "S"]] = "A"
    preconditions: ClassVar[Mapping[str, str]] = {
        "grows only": "In the loop the name is in nothing but its own concatenation with one more part.",
        "bound before": "A statement of the suite of the loop binds it before the loop.",
        "own name": "No other code sees the name while the loop runs: nested functions, handlers, debuggers.",
        "alike": "The new code asks that the parts are flat arrays that keep the dtype; others are concatenated.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such array on a line of the focus, or that its holder is."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        if isinstance(scope, ast.Module):
            return  # A script's globals have other readers.
        analyst = Analyst(project, module, scope)
        seen: set[str] = set()
        for node in nodes_in(module, scope):
            join = _joined(analyst, node)
            name = join.name if join is not None else ""
            held = focus.holding is not None and focus.holding.name == name
            if not name or name in seen or not (held or touches(node, focus.lines)):
                continue
            grown = _grown(analyst, scope, name, node)
            edit = grown and _edit(analyst, grown)
            if grown is None or not edit:
                continue
            seen.add(name)
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                node,
                f"{self.id}:{focus.file}:{focus.function}:{name}",
                title=f"let `{name}` of {focus.function} grow in place, not by copies of all of it",
                mechanism="an array with room for more takes each part; the whole is not there twice",
                shown={
                    "grows only": f"the loop at line {grown.loop.lineno} has it only in "
                    + ", ".join(f"`{text(statement)}`" for statement in grown.parts),
                    "bound before": "an assignment before the loop",
                    "own name": f"nothing else can see `{name}`, and no handler or with is around the loop",
                    "alike": "type, dimensions and dtype are looked at each time",
                },
                assumes=[],
                edits=[edit],
                frees=max(1, focus.size // 2),
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _joined(analyst: Analyst, node: ast.AST) -> _Join | None:
    """What the node is, where it is a statement that lets an array grow."""
    match node:
        case ast.Assign(
            targets=[ast.Name(id=name)],
            value=ast.Call(func=ast.Attribute(value=ast.Name() as package) as func, args=args, keywords=[]),
        ):
            module = analyst.module
            function = external(analyst.project, module, func).removeprefix("numpy.")
        case _:
            return None
    match args:
        case [ast.List(elts=[ast.Name(id=first), part]) | ast.Tuple(elts=[ast.Name(id=first), part])]:
            known = function in ("concatenate", "hstack")
        case [ast.Name(id=first), part]:
            known = function == "append"
        case _:
            return None
    odd = isinstance(part, ast.Starred | ast.NamedExpr | ast.Yield | ast.YieldFrom)
    fits = known and not odd and first == name and module.owner(package, package.id) is module.tree
    return _Join(name, func, part) if fits else None


def _grown(analyst: Analyst, scope: FunctionNode, name: str, node: ast.AST) -> _Grown | None:
    """The outermost loop around the statement that does nothing with the name but let it grow."""
    module = analyst.module
    found = local(module, scope, name)
    if found is None or uncaptured(found) is None or unobserved(analyst.project, found) is None:
        return None
    loops = [a for a in enclosing(module, node, scope) if isinstance(a, LOOPS)]
    for loop in reversed(loops):
        joins = {
            inner: join
            for inner in ast.walk(loop)
            if isinstance(inner, ast.Assign) and module.frame(inner) is scope
            if (join := _joined(analyst, inner)) is not None and join.name == name
        }
        mentions = [n for n in ast.walk(loop) if isinstance(n, ast.Name) and n.id == name]
        if len(mentions) != 2 * len(joins) or isinstance(loop, ast.AsyncFor):
            continue
        outside = enclosing(module, loop, scope)
        if any(isinstance(a, ast.Try | ast.TryStar | ast.With | ast.AsyncWith) for a in outside):
            return None
        funcs = [join.func for join in joins.values()]
        if _before(module, loop, name) and len({ast.dump(func) for func in funcs}) == 1:
            return _Grown(name, loop, funcs[0], {inner: join.part for inner, join in joins.items()})
    return None


def _before(module: Module, loop: ast.stmt, name: str) -> bool:
    """Whether an assignment of the loop's own suite binds the name before it, and nothing takes it away."""
    bindings = module.bindings(module.frame(loop)).get(name, [])
    if any(isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del) for node in bindings):
        return False
    statements = [module.parents.get(node) for node in bindings]
    return any(
        isinstance(one, ast.Assign | ast.AnnAssign) and module.parents[one] is module.parents[loop]
        for one in statements
        if isinstance(one, ast.stmt) and one.lineno < loop.lineno and _same_suite(module, one, loop)
    )


def _same_suite(module: Module, one: ast.stmt, other: ast.stmt) -> bool:
    return any(
        isinstance(suite, list) and one in suite and other in suite
        for _, suite in ast.iter_fields(module.parents[other])
    )


def _edit(analyst: Analyst, grown: _Grown) -> EditedFile | None:
    module, loop = analyst.module, grown.loop
    begin = span(module, loop)[0]
    data = module.source.data
    line = data.rfind(b"\n", 0, begin) + 1
    indent = data[line:begin].decode()
    if indent.strip() or data[:line].rstrip(b"\r\n").endswith(b"\\"):
        return None
    newline = "\r\n" if b"\r\n" in data else "\n"
    joined = fresh_name(analyst, f"joined_{grown.name.strip('_')}")
    helper, made = _helper(source(module, grown.func.value), grown.func.attr)
    before = f"{joined} = {made}({grown.name}){newline}{indent}"
    changes: list[tuple[ast.AST, str]] = [(_at(loop.lineno, loop.col_offset), before)]
    for join, part in grown.parts.items():
        written = source(module, part)
        loose = isinstance(part, ast.GeneratorExp | ast.Tuple)
        changes.append((join, f"{joined}.add({f'({written})' if loose else written})"))
    assert loop.end_lineno is not None and loop.end_col_offset is not None
    after = f"{newline}{indent}{grown.name} = {joined}.array()"
    changes.append((_at(loop.end_lineno, loop.end_col_offset), after))
    edit = spliced(module, changes)
    return edit and with_helper(analyst, edit, loop, helper)


def _helper(package: str, function: str) -> tuple[str, str]:
    """The class that lets an array grow as the function does, and its name."""
    pair = "({}, {})" if function == "append" else "([{}, {}])"
    call = f"{package}.{function}{pair}"
    fields = {
        "{name}": _CLASSES[function],
        "{joined}": call.format("whole", "part"),
        "{grown}": call.format("self.array()", "part"),
        "{flat}": f"part = {package}.ravel(part)\n        " if function == "append" else "",
        "{np}": package,
    }
    helper = _HELPER
    for field, value in fields.items():
        helper = helper.replace(field, value)
    return helper, _CLASSES[function]


def _at(line: int, column: int) -> ast.AST:
    """A place in the text."""
    node = ast.AST()
    node.lineno = node.end_lineno = line  # type: ignore[attr-defined]
    node.col_offset = node.end_col_offset = column  # type: ignore[attr-defined]
    return node
