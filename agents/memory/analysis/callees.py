"""Effects of project functions and classes as their callers see them: bodies are looked up, then mapped."""

import ast
from typing import TYPE_CHECKING

from agents.memory.analysis import knowledge
from agents.memory.analysis.effects import Effects, Place
from agents.memory.analysis.kinds import FILE
from agents.memory.analysis.modules import FunctionNode, Module, own_nodes
from agents.memory.analysis.ownership import owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Class, Function, Library, resolve

if TYPE_CHECKING:
    from agents.memory.analysis.expressions import Expressions


class Callees:
    """What the project's own functions and classes do when one analyst's frame calls them."""

    def __init__(self, analyst: "Expressions") -> None:
        self._analyst = analyst
        self._project: Project = analyst.project

    def function(
        self, function: Function, call: ast.Call | None, receiver: ast.expr | None, *, stepped: bool
    ) -> Effects:
        """Effects of a project function's body, as seen by this caller."""
        node, written = function.node, f"{function.node.name}()"
        static = [d for d in node.decorator_list if isinstance(d, ast.Name) and d.id == "staticmethod"]
        opaque = isinstance(node, ast.AsyncFunctionDef) or len(static) != len(node.decorator_list)
        if opaque or self._analyst.depth <= 0 or (is_generator(node) and not stepped):
            return self._analyst.unknown(node, written) | Effects(calls=(node.name,))
        body = summary(self._analyst, function)
        mapping = self._parameters(function, call, receiver)
        return Effects(
            writes=frozenset(self._seen(place, mapping, written) for place in body.writes),
            reads=frozenset(self._seen(place, mapping, written) for place in body.reads),
            raises=(written,) if body.raises or call is None or not _fits(node, call, function.bound) else (),
            leaves=() if stepped else body.leaves,
            stops=tuple(f"{written}: {stop}" for stop in body.stops),
            calls=body.calls,
            sources=body.sources,
            files=body.files | {function.module.path},
        )

    def _seen(self, place: Place, mapping: dict[str, ast.expr], written: str) -> Place:
        if place.root in mapping:
            return self._analyst.place(mapping[place.root], depth=place.depth)
        return Place(
            "", 0, f"{written}: {place.text}" if not place.text.startswith(written) else place.text, place.line
        )

    def _parameters(self, function: Function, call: ast.Call | None, receiver: ast.expr | None) -> dict[str, ast.expr]:
        if call is None:
            return {}
        names = [arg.arg for arg in function.node.args.posonlyargs + function.node.args.args]
        given = ([receiver] if function.bound and receiver is not None else []) + call.args
        plain = [arg for arg in given if not isinstance(arg, ast.Starred)]
        found = dict(zip(names, plain, strict=False)) if len(plain) == len(given) else {}
        keywords = {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg in names}
        return found | {name: value for name, value in keywords.items() if name is not None}

    def constructor(self, found: Class) -> Effects:
        """Effects of making an instance of a project class."""
        node, module = found.node, found.module
        unknown = self._analyst.unknown(node, f"{node.name}()") | Effects(calls=(node.name,))
        for decorator in node.decorator_list:
            target = decorator.func if isinstance(decorator, ast.Call) else decorator
            if resolve(self._project, module, target) != Library("dataclasses.dataclass"):
                return unknown
        effects = Effects(raises=(f"{node.name}()",), files=frozenset({module.path}))
        for base in node.bases:
            match resolve(self._project, module, base):
                case Builtin(name="object" | "Exception" | "ValueError" | "TypeError"):
                    pass
                case Library(name="typing.NamedTuple" | "enum.Enum" | "enum.IntEnum" | "typing.Protocol" | "abc.ABC"):
                    pass
                case Class() as parent if parent.node is not node and self._analyst.depth > 0:
                    effects |= self.constructor(parent)
                case _:
                    return unknown
        own = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
        if node.keywords or {"__new__", "__setattr__"} & own.keys() or self._odd_factory(module, node):
            return unknown
        for name in ("__init__", "__post_init__"):
            if name in own:
                made = Function(module, own[name], bound=True)
                if own[name].decorator_list or self._analyst.depth <= 0:
                    return unknown
                effects |= self._made(made)
        return effects

    def _made(self, function: Function) -> Effects:
        body = summary(self._analyst, function)
        first = (function.node.args.posonlyargs + function.node.args.args)[0].arg
        written = f"{function.node.name}()"
        own = [place for place in body.writes if place.root == first and place.depth == 0]
        return Effects(
            writes=frozenset(self._seen(p, {}, written) for p in body.writes if p not in own),
            reads=frozenset(self._seen(p, {}, written) for p in body.reads if p.root != first),
            raises=(written,),
            leaves=body.leaves,
            stops=body.stops,
            calls=body.calls,
            sources=body.sources,
            files=body.files,
        )

    def _odd_factory(self, module: Module, node: ast.ClassDef) -> bool:
        for item in ast.walk(node):
            if isinstance(item, ast.keyword) and item.arg == "default_factory":
                made = resolve(self._project, module, item.value)
                if not (isinstance(made, Builtin) and made.name in knowledge.PURE_BUILTINS):
                    return True
        return False


def summary(analyst: "Expressions", function: Function) -> Effects:
    """Effects of a function's body that its caller can see: writes to what it owns itself are left out."""
    from agents.memory.analysis.purity import Analyst

    cache = analyst.project.facts.setdefault("purity.summaries", {})
    active = analyst.project.facts.setdefault("purity.active", [])
    assert isinstance(cache, dict) and isinstance(active, list)
    key = (function.module.path, function.node.lineno, function.node.name, analyst.depth)
    if key in cache:
        known: Effects = cache[key]
        return known
    if key[:3] in active:
        return _recursion(analyst, function, active, active.index(key[:3]))
    active.append(key[:3])
    try:
        inner = Analyst(analyst.project, function.module, function.node, analyst.depth - 1)
        body = inner.of(*function.node.body)
    finally:
        active.pop()
    found = Effects(
        writes=frozenset(place for place in body.writes if not owned(inner, place) and not _own_file(inner, place)),
        reads=frozenset(place for place in body.reads if not owned(inner, place)),
        raises=body.raises,
        leaves=body.leaves,
        stops=body.stops,
        calls=body.calls,
        sources=body.sources,
        files=body.files,
    )
    met = analyst.project.facts.get("purity.met")
    if isinstance(met, int) and met < len(active):
        return found  # Part of what a function further out does: known when that one is.
    if met == len(active):
        analyst.project.facts["purity.met"] = None
        # What one round writes, the next may write anywhere below.
        found = found | analyst.unknown(function.node, f"{function.node.name}()") if found.writes else found
    cache[key] = found
    return found


def _own_file(inner: "Expressions", place: Place) -> bool:
    """Whether the place is the position of a file that the function opens itself, reads and hands to nobody."""
    module, scope = inner.module, inner.scope
    bindings = module.bindings(scope).get(place.root, []) if place.root and place.stream else []
    opened = [module.parents[node] for node in bindings if node in module.parents]
    if not bindings or not all(
        isinstance(item, ast.withitem) and inner.kinds.of(item.context_expr) == FILE for item in opened
    ):
        return False
    for read in ast.walk(scope):
        if not isinstance(read, ast.Name) or read.id != place.root or not isinstance(read.ctx, ast.Load):
            continue
        parent = module.parents[read]
        stepped = isinstance(parent, ast.For | ast.comprehension) and parent.iter is read
        method = isinstance(parent, ast.Attribute) and isinstance(module.parents[parent], ast.Call)
        reader = isinstance(parent, ast.Call) and resolve(inner.project, module, parent.func) in _READERS
        if module.frame(read) is not scope or not (stepped or method or reader):
            return False
    return True


_READERS = (Library("csv.reader"), Library("csv.DictReader"), Builtin("enumerate"))


def _recursion(analyst: "Expressions", function: Function, active: "list[object]", index: int) -> Effects:
    """What a call of a function that is being looked into adds: what it reads, wherever that hangs."""
    met = analyst.project.facts.get("purity.met")
    analyst.project.facts["purity.met"] = min(met, index) if isinstance(met, int) else index
    written = f"{function.node.name}()"
    return Effects(reads=frozenset({Place("", 0, written, function.node.lineno)}), raises=(written,))


def is_generator(node: FunctionNode) -> bool:
    """Whether calling the function gives a generator."""
    return any(isinstance(n, ast.Yield | ast.YieldFrom) for n in own_nodes(node))


def returns_fresh_list(project: Project, function: Function) -> bool:
    """Whether every return of a plain function gives a list display, a list comprehension or `list(...)`."""
    returns = [n for n in own_nodes(function.node) if isinstance(n, ast.Return)]
    if isinstance(function.node, ast.AsyncFunctionDef) or function.node.decorator_list or not returns:
        return False
    return all(
        isinstance(n.value, ast.List | ast.ListComp)
        or (
            isinstance(n.value, ast.Call)
            and resolve(project, function.module, n.value.func) in (Builtin("list"), Builtin("sorted"))
        )
        for n in returns
    )


def _fits(node: FunctionNode, call: ast.Call, bound: bool) -> bool:
    """Whether the call's arguments bind to the parameters without a TypeError: plain positional ones only."""
    args = node.args
    if args.vararg or args.kwarg or args.kwonlyargs or call.keywords:
        return False
    if any(isinstance(arg, ast.Starred) for arg in call.args):
        return False
    count = len(call.args) + bound
    names = len(args.posonlyargs) + len(args.args)
    return names - len(args.defaults) <= count <= names
