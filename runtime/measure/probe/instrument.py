"""Puts probe calls into the functions of a chain, in the AST of their file. Stdlib only, Python 3.9 and later.

Nothing is bound in the target's namespaces: the compiled code calls the probes as constants. Only a generator or a
coroutine gets one local, `_lowtide_activation`, since it can be left and entered again at each yield.

    enter(k, i)              first statement of function k, before its statement i; returns its activation
    stage(i)                 before statement i
    back(i)                  at the end of the body of a loop or `with` i, and before `continue` and `break`
    leave(k)                 in a `finally` around the body
    light(i, value)          round each element of a comprehension
    suspend(a, v), resume(a, v)   round a yield
    stage_in(a, i), back_in(a, i), leave_in(a)    the same as above within a generator or coroutine
"""

from __future__ import annotations

import ast
import types
import warnings
from collections.abc import Callable, Iterator

import _lowtide_probe_describe as describe

ACTIVATION = "_lowtide_activation"
PROBES = (
    "enter",
    "stage",
    "back",
    "leave",
    "light",
    "suspend",
    "resume",
    "stage_in",
    "back_in",
    "leave_in",
)
_MARK = "\0lowtide probe "
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_CONTEXTS = (ast.With, ast.AsyncWith)
_DEFINITIONS = (*_FUNCTIONS, ast.ClassDef)


class Function:
    """A probed function: its place in the chain and its stages in source order.

    `number` is its index in the recorder, `first` the number of its first stage: stages are numbered through over
    all functions. `approximate` says that it can be left at points that no probe sees (await, yield from), `resumed`
    that it is a generator or coroutine. `bodies`: stage of a loop -> first and last of the stages in its body, and one.
    """

    def __init__(self, place: dict, number: int, first: int) -> None:
        self.place = place
        self.number = number
        self.first = first
        self.stages: list[dict] = []
        self.bodies: dict[int, tuple[int, int]] = {}
        self.approximate = False
        self.resumed = False


def definitions(tree: ast.Module) -> Iterator[tuple[str, int, ast.AST]]:
    """Qualified name without `<locals>`, first line (of a decorator, if any) and node of each def and class."""
    todo: list[tuple[str, ast.AST]] = [("", tree)]
    while todo:
        prefix, node = todo.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _DEFINITIONS):
                name = prefix + child.name
                yield name, min([child.lineno, *(d.lineno for d in child.decorator_list)]), child
                todo.append((name + ".", child))
            elif not isinstance(child, ast.expr):
                todo.append((prefix, child))


def places_in(tree: ast.Module, places: list[dict]) -> list[tuple[dict, ast.AST]]:
    """The node of each place. Of several functions by one name the one at the place's line, else the first."""
    known = list(definitions(tree))
    found = []
    for place in places:
        if place["function"] == "<module>":
            found.append((place, tree))
            continue
        same = [(line, node) for name, line, node in known if name == place["function"]]
        exact = [node for line, node in same if line == place["line"]]
        if same:
            found.append((place, exact[0] if exact else min(same, key=lambda pair: pair[0])[1]))
    return found


def instrument(
    text: str,
    filename: str,
    places: list[dict],
    export: str,
    functions: list[Function],
    probes: dict,
    weave: Callable[[ast.Module], None] | None = None,
) -> types.CodeType:
    """Compiles a file with probes in the functions at `places`.

    Args:
        text: the source.
        filename: what the code object is to say it comes from.
        places: FunctionPlace dicts of this file.
        export: absolute path of the export.
        functions: the probed functions of all files; those of this one are appended.
        probes: name -> callable, for each of PROBES and of those that `weave` puts in.
        weave: puts further probes into the tree, round these.

    Raises:
        SyntaxError: the file cannot be compiled, or not with probes in it (20 nested blocks are CPython's limit).
    """
    tree = ast.parse(text, filename)
    names = describe.Names(tree, export)
    lines = [line.encode("utf-8", "surrogatepass") for line in text.split("\n")]
    nodes = places_in(tree, places)
    added: list[Function] = []
    pending = []
    count = sum(len(function.stages) for function in functions)
    for place, node in nodes:
        function = Function(place, len(functions) + len(added), count)
        weaver = _Weaver(function, lines, names)
        weaver.number(node)
        count += len(function.stages)
        added.append(function)
        pending.append((weaver, node))
    for weaver, node in pending:
        weaver.weave(node)
    if weave is not None:
        weave(tree)
    code = compiled(tree, filename, probes)
    functions.extend(added)
    return code


def compiled(tree: ast.Module, filename: str, probes: dict) -> types.CodeType:
    """The code of a tree with probe calls in it.

    Raises:
        SyntaxError: it cannot be compiled.
    """
    ast.fix_missing_locations(tree)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        code = compile(tree, filename, "exec", dont_inherit=True)
    return bind(code, {_MARK + name: probe for name, probe in probes.items()})


def bind(code: types.CodeType, constants: dict) -> types.CodeType:
    """`code` with constants that are keys of `constants` replaced by their values, in nested code too."""
    bound = tuple(
        bind(constant, constants)
        if isinstance(constant, types.CodeType)
        else constants.get(constant, constant)
        if type(constant) is str
        else constant
        for constant in code.co_consts
    )
    return code.replace(co_consts=bound)


class _Weaver:
    """Numbers the stages of one function, then weaves the probes in."""

    def __init__(self, function: Function, lines: list[bytes], names: describe.Names) -> None:
        self.function = function
        self._lines = lines
        self._names = names
        self._stage_of: dict[ast.stmt, int] = {}
        self._leaves = False

    def number(self, node: ast.AST) -> None:
        """Finds the stages; the tree stays as it is."""
        self._number(node.body[preamble(node) :], None, 0)
        inside = list(own_scope(node))
        is_async = isinstance(node, ast.AsyncFunctionDef)
        self._leaves = is_async or any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in inside)
        self.function.resumed = self._leaves
        self.function.approximate = is_async or any(isinstance(inner, ast.YieldFrom) for inner in inside)

    def _number(self, body: list[ast.stmt], parent: int | None, depth: int) -> None:
        for statement in body:
            if not _is_stage(statement):
                continue
            index = len(self.function.stages)
            self._stage_of[statement] = index
            stage = describe.describe(statement, self._lines, self._names)
            self.function.stages.append({**stage, "depth": depth, "parent": parent})
            for inner in _bodies(statement):
                start = len(self.function.stages)
                self._number(inner, index, depth + 1)
                if isinstance(statement, _LOOPS) and inner is statement.body:
                    first = self.function.first
                    self.function.bodies[first + index] = first + start, first + len(self.function.stages)

    def weave(self, node: ast.AST) -> None:
        """Puts the probes into the tree."""
        self._wrap_values(node)
        start = preamble(node)
        body = node.body[start:]
        if not body:
            return
        first, last = body[0], body[-1]
        opened = self._stage_of.get(first)
        self._weave(body, None)
        if opened is not None:
            del body[0]
        leave = (
            call("leave_in", ast.Name(ACTIVATION, ast.Load()))
            if self._leaves
            else call("leave", ast.Constant(self.function.number))
        )
        index = -1 if opened is None else self.function.first + opened
        entered = call("enter", ast.Constant(self.function.number), ast.Constant(index))
        enter: ast.stmt = ast.Expr(entered)
        if self._leaves:
            enter = ast.Assign([ast.Name(ACTIVATION, ast.Store())], entered)
        whole = ast.Try(body=body, handlers=[], orelse=[], finalbody=[ast.Expr(leave)])
        locate(enter, first)
        locate(whole.finalbody[0], last)
        ast.copy_location(whole, first)
        node.body[start:] = [enter, whole]

    def _weave(self, body: list[ast.stmt], parent: int | None, loop: int | None = None) -> None:
        """Weaves one list of statements in place.

        Args:
            body: the list.
            parent: the stage to go back to at its end: one that does something itself then.
            loop: the stage of the innermost loop round it.
        """
        woven: list[ast.stmt] = []
        last = body[-1]
        for statement in body:
            index = self._stage_of.get(statement)
            if index is not None:
                woven.append(self._probe("stage", index, statement))
            elif isinstance(statement, (ast.Break, ast.Continue)) and loop is not None:
                woven.append(self._probe("back", loop, statement))
            woven.append(statement)
            is_loop = isinstance(statement, _LOOPS)
            for inner in _bodies(statement):
                repeated = is_loop and inner is statement.body
                goes_on = repeated or isinstance(statement, _CONTEXTS)
                self._weave(inner, index if goes_on else None, index if repeated else loop)
        if parent is not None and not isinstance(last, (ast.Return, ast.Raise, ast.Break, ast.Continue)):
            woven.append(self._probe("back", parent, last))
        body[:] = woven

    def _probe(self, name: str, index: int, near: ast.stmt) -> ast.stmt:
        number = ast.Constant(self.function.first + index)
        if self._leaves:
            return locate(ast.Expr(call(name + "_in", ast.Name(ACTIVATION, ast.Load()), number)), near)
        return locate(ast.Expr(call(name, number)), near)

    def _wrap_values(self, node: ast.AST) -> None:
        """Light probes round the elements of comprehensions, suspend and resume round yields."""
        for inner in list(own_scope(node)):
            if isinstance(inner, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
                inner.elt = self._light(inner.elt)
            elif isinstance(inner, ast.DictComp):
                inner.value = self._light(inner.value)
        for holder in [node, *own_scope(node)]:
            replace_yields(holder, self._resumed)

    def _light(self, value: ast.expr) -> ast.expr:
        return locate(call("light", ast.Constant(self.function.number), value), value)

    def _resumed(self, node: ast.Yield) -> ast.expr:
        value = node.value if node.value is not None else ast.Constant(None)
        activation = ast.Name(ACTIVATION, ast.Load())
        node.value = locate(call("suspend", activation, value), node)
        return locate(call("resume", ast.Name(ACTIVATION, ast.Load()), node), node)


def _is_stage(statement: ast.stmt) -> bool:
    silent = (ast.Global, ast.Nonlocal, ast.Pass, ast.Break, ast.Continue)
    return not isinstance(statement, silent) and not (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )


def _bodies(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The lists of statements inside a compound one, in source order; none for a def or class."""
    if isinstance(statement, _DEFINITIONS):
        return
    if getattr(statement, "body", None):
        yield statement.body
    for case in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield case.body
    for field in ("orelse", "finalbody"):
        if getattr(statement, field, None):
            yield getattr(statement, field)


def preamble(node: ast.AST) -> int:
    """How many statements must stay first: the docstring and `from __future__` imports."""
    count = 0
    body = node.body
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        count = 1
    while count < len(body) and isinstance(body[count], ast.ImportFrom) and body[count].module == "__future__":
        count += 1
    return count


def own_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes inside a function's (module's, class's) body that run as part of it, comprehensions included."""
    todo: list[ast.AST] = list(node.body)
    while todo:
        inner = todo.pop()
        yield inner
        if not isinstance(inner, (*_DEFINITIONS, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(inner))


def replace_yields(holder: ast.AST, made: Callable[[ast.Yield], ast.expr]) -> None:
    """Puts something in the place of each yield that is a direct part of a node."""
    for field, value in ast.iter_fields(holder):
        if isinstance(value, ast.Yield):
            setattr(holder, field, made(value))
        elif isinstance(value, list):
            value[:] = [made(v) if isinstance(v, ast.Yield) else v for v in value]


def call(probe: str, *arguments: ast.expr) -> ast.Call:
    """A call of a probe by its name, which `compiled` puts itself in the place of."""
    return ast.Call(ast.Constant(_MARK + probe), list(arguments), [])


def locate(made: ast.AST, near: ast.AST) -> ast.AST:
    """Gives what was made, and what is new inside it, the place of `near`; nodes with a place keep theirs."""
    ast.copy_location(made, near)
    ast.fix_missing_locations(made)
    return made
