"""Effects of calls: what the callee is, what is known of it, and what a project function does when it is looked up."""

import ast
from typing import TYPE_CHECKING

from agents.memory.analysis import knowledge
from agents.memory.analysis.callees import Callees, is_generator, returns_fresh_list
from agents.memory.analysis.effects import NOTHING, Effects, Place, union
from agents.memory.analysis.kinds import CONTAINERS, NUMBERS, SCALARS
from agents.memory.analysis.modules import COMPREHENSIONS, Module, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Class, Function, Library, methods, resolve

if TYPE_CHECKING:
    from agents.memory.analysis.expressions import Expressions

_FIRST_ARGUMENT_WRITERS = frozenset(
    {"heapq.heappush", "heapq.heappop", "heapq.heapify", "heapq.heapreplace", "heapq.heappushpop", "bisect.insort"}
)
_ITERATING = knowledge.EXHAUSTING_BUILTINS | knowledge.STOPPING_BUILTINS | {"bytes", "bytearray"}

__all__ = ["Calls", "is_generator"]


class Calls:
    """Effects of the calls in one analyst's frame."""

    def __init__(self, analyst: "Expressions") -> None:
        self._analyst = analyst
        self._project: Project = analyst.project
        self._module: Module = analyst.module
        self._callees = Callees(analyst)

    def of(self, call: ast.Call) -> Effects:
        """Effects of computing the arguments and making the call."""
        meaning = resolve(self._project, self._module, call.func)
        match meaning:
            case Builtin(name=name):
                return self._builtin(name, call)
            case Library(name=name):
                return self._library(name, call)
            case Function():
                receiver = call.func.value if isinstance(call.func, ast.Attribute) and meaning.bound else None
                if is_generator(meaning.node) and self._stepped_here(call):
                    # Its body runs where it is stepped.
                    return self._arguments(call)
                return self._arguments(call) | self._callees.function(meaning, call, receiver, stepped=False)
            case Class():
                return self._arguments(call) | self._callees.constructor(meaning)
        if isinstance(call.func, ast.Attribute):
            return self._analyst.of(call.func.value) | self._method(call, call.func)
        return self._analyst.of(call.func) | self._arguments(call) | self._unknown(call)

    def step(self, call: ast.Call) -> Effects | None:
        """Effects of iterating over the call's result; None when this call says nothing about it."""
        analyst = self._analyst
        meaning = resolve(self._project, self._module, call.func)
        match meaning:
            case Builtin(name="enumerate" | "zip" | "reversed" | "iter"):
                return union(
                    analyst.step(arg) for arg in call.args[:1] + (call.args[1:] if meaning.name == "zip" else [])
                )
            case Builtin(name="map" | "filter") if len(call.args) >= 2:
                return self._callback(call.args[0]) | union(analyst.step(arg) for arg in call.args[1:])
            case Library(name=name) if name.startswith("itertools."):
                return self._arguments(call) | union(analyst.step(arg) for arg in call.args)
            case Library(name=name) if name in knowledge.STEPPING_LIBRARY and call.args:
                return analyst.step(call.args[0]) | Effects(raises=(text(call),))
            case Function(node=node):
                if is_generator(node):
                    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
                    return self._callees.function(meaning, call, receiver if meaning.bound else None, stepped=True)
                return NOTHING if returns_fresh_list(self._project, meaning) else None
        func = call.func
        view = isinstance(func, ast.Attribute) and func.attr in {"items", "keys", "values"} and not call.args
        if isinstance(func, ast.Attribute) and view and func.attr not in methods(self._project):
            known = analyst.kinds.of(func.value) is not None
            return Effects(reads=frozenset({analyst.place(func.value)}), sources=() if known else (text(call),))
        return None

    def _arguments(self, call: ast.Call) -> Effects:
        effects = NOTHING
        for arg in [*call.args, *(keyword.value for keyword in call.keywords)]:
            if isinstance(arg, ast.Lambda):
                effects |= self._callback(arg)
            elif isinstance(arg, ast.GeneratorExp):
                effects |= self._analyst.step(arg)
            else:
                effects |= self._analyst.of(arg)
        if any(keyword.arg is None for keyword in call.keywords):
            effects |= Effects(raises=(f"**arguments of {text(call.func)}",))
        return effects

    def _unknown(self, call: ast.Call) -> Effects:
        what = f"{text(call.func)}()"
        return self._analyst.unknown(call, what) | Effects(calls=(text(call.func),))

    def _callback(self, expr: ast.expr) -> Effects:
        """Effects of calling the function that is the value of `expr` with arguments nothing is known of."""
        analyst = self._analyst
        raising = Effects(raises=(f"{text(expr)}()",))
        if isinstance(expr, ast.Constant) and expr.value is None:
            return NOTHING
        if isinstance(expr, ast.Lambda):
            body = analyst.of(expr.body)
            return body | raising
        match resolve(self._project, self._module, expr):
            case Builtin(name=name) if name in knowledge.PURE_BUILTINS:
                return raising
            case Library(name=name) if _pure_library(name):
                return raising
            case Function() as function:
                return self._callees.function(function, None, None, stepped=False)
            case Class() as found:
                return self._callees.constructor(found)
        if isinstance(expr, ast.Attribute) and isinstance(expr.value, ast.Name):
            builtin = resolve(self._project, self._module, expr.value)
            if isinstance(builtin, Builtin) and builtin.name in {"str", "bytes"}:
                return raising
        made = resolve(self._project, self._module, expr.func) if isinstance(expr, ast.Call) else None
        if made in (Library("operator.itemgetter"), Library("operator.attrgetter")):
            place = Place("", 0, text(expr), expr.lineno)
            return Effects(reads=frozenset({place})) | raising
        return analyst.unknown(expr, f"{text(expr)}()") | Effects(calls=(text(expr),))

    def _builtin(self, name: str, call: ast.Call) -> Effects:
        analyst, args = self._analyst, call.args
        if name == "next" and args:
            stops = (text(call),) if len(args) == 1 else ()
            moved = Effects(writes=frozenset({analyst.place(args[0])}), raises=(text(call),), stops=stops)
            return self._arguments(call) | moved
        if name == "iter" and len(args) == 1:
            return self._arguments(call) | Effects(raises=(text(call),))
        if name == "open" and opened_to_read(call):
            files = Place("", 0, text(call), call.lineno)
            return self._arguments(call) | Effects(reads=frozenset({files}), raises=(text(call),))
        raises = () if self._cannot_raise(name, call) else (text(call),)
        exception = name.endswith(("Error", "Exception", "Warning")) or name in {"StopIteration", "KeyboardInterrupt"}
        if name not in knowledge.PURE_BUILTINS and not exception:
            return self._arguments(call) | self._unknown(call)
        effects = self._arguments(call) | Effects(raises=raises) | analyst.look(*args)
        for keyword in call.keywords:
            if keyword.arg == "key":
                effects |= self._callback(keyword.value)
        if name in {"map", "filter"} and args:
            # Nothing runs before the iterator is stepped; where that happens cannot be seen from here.
            return effects | analyst.unknown(call, f"{text(call)} is kept") if not self._stepped_here(call) else effects
        single = name not in {"min", "max"} or len(args) == 1
        if name in _ITERATING and args and single and not isinstance(args[0], ast.GeneratorExp | ast.Starred):
            effects |= analyst.step(args[0])
        if name in {"getattr", "hasattr"} and args:
            effects |= Effects(reads=frozenset({analyst.place(args[0])}))
        return effects

    def consuming(self, call: ast.Call) -> Effects:
        """Effects of a builtin that consumes its first argument, without those of making the elements."""
        assert isinstance(call.func, ast.Name)
        name = call.func.id
        element = self._analyst.kinds.element(call.args[0])
        effects = NOTHING
        for arg in [*call.args[1:], *(keyword.value for keyword in call.keywords)]:
            effects |= NOTHING if isinstance(arg, ast.Lambda) else self._analyst.of(arg)
        keys = [keyword.value for keyword in call.keywords if keyword.arg == "key"]
        for key in keys:
            effects |= self._callback(key)
        if name in {"sum", "min", "max"}:
            start = [self._analyst.kinds.of(arg) for arg in call.args[1:]]
            known = [element, *start, *(self._analyst.kinds.of(k.value) for k in call.keywords if k.arg == "start")]
            # With no element min() and max() raise: but then no element can have raised before.
            safe = not keys and all(kind is not None and kind.name in NUMBERS for kind in known)
            return effects if safe else effects | Effects(raises=(f"{name}()",))
        return effects if element is not None and element.name in SCALARS else effects | Effects(raises=(f"{name}()",))

    def _stepped_here(self, call: ast.Call) -> bool:
        """Whether the iterator that the call gives is used up where it is made."""
        parent = self._module.parents.get(call)
        if not isinstance(parent, ast.Call):
            return isinstance(parent, ast.For | ast.comprehension | ast.YieldFrom)
        meaning = resolve(self._project, self._module, parent.func)
        if isinstance(meaning, Builtin) and meaning.name in knowledge.LAZY_BUILTINS:
            return self._stepped_here(parent)
        return isinstance(meaning, Builtin | Library)

    def _cannot_raise(self, name: str, call: ast.Call) -> bool:
        kinds = self._analyst.kinds
        if call.keywords or any(isinstance(arg, ast.Starred) for arg in call.args):
            return False
        found = [kinds.of(arg) for arg in call.args]
        names = {kind.name if kind else "" for kind in found}
        if not call.args and name in knowledge.FRESH_BUILTINS | {"tuple", "frozenset", "str", "int", "float", "bool"}:
            return name != "sorted"
        match name:
            case "isinstance" | "callable":
                return True
            case "len" | "list" | "tuple" | "enumerate" | "zip" | "reversed":
                return bool(found) and names <= CONTAINERS - {"iterator"}
            case "str" | "repr" | "bool":
                return len(found) == 1 and names <= SCALARS
            case "int":
                return len(found) == 1 and names <= {"int", "bool"}
            case "float" | "abs":
                return len(found) == 1 and names <= NUMBERS
            case "range":
                return 1 <= len(found) <= 2 and names <= {"int", "bool"}
            case "min" | "max":
                return len(found) >= 2 and names <= NUMBERS
            case "sum" | "sorted" | "set":
                element = kinds.element(call.args[0]) if len(call.args) == 1 else None
                return element is not None and element.name in (SCALARS if name == "set" else NUMBERS)
        return False

    def _library(self, name: str, call: ast.Call) -> Effects:
        effects = self._arguments(call) | Effects(raises=(text(call),)) | self._analyst.look(*call.args)
        if name in _FIRST_ARGUMENT_WRITERS and call.args:
            return effects | Effects(writes=frozenset({self._analyst.place(call.args[0])}))
        hooks = name == "json.loads" and call.keywords
        if not _pure_library(name) or hooks:
            return effects | self._unknown(call)
        if name == "collections.defaultdict" and call.args:
            effects |= self._callback(call.args[0])
        position = knowledge.CALLBACK_LIBRARY.get(name, len(call.args))
        for callback in call.args[position : position + 1]:
            effects |= NOTHING if self._analyst.scalar(callback) else self._callback(callback)
        for keyword in call.keywords:
            effects |= self._callback(keyword.value) if keyword.arg in {"key", "func"} else NOTHING
        for arg in [*call.args, *(keyword.value for keyword in call.keywords)]:
            if isinstance(resolve(self._project, self._module, arg), Function | Class):
                effects |= self._callback(arg)
        return effects

    def _method(self, call: ast.Call, func: ast.Attribute) -> Effects:
        analyst = self._analyst
        kind = analyst.kinds.of(func.value)
        name, place = func.attr, analyst.place(func.value)
        effects = self._arguments(call) | analyst.look(*call.args)
        for keyword in call.keywords:
            if keyword.arg == "key":
                effects |= self._callback(keyword.value)
        reading = Effects(reads=frozenset({place}), raises=(text(call),))
        if kind is not None and kind.name in SCALARS and name in knowledge.TEXT_METHODS:
            effects |= union(analyst.step(arg) for arg in call.args if name == "join")
            safe = kind.name in {"str", "text"} and name in knowledge.SAFE_TEXT_METHODS and not call.args
            return effects if safe and not call.keywords else effects | Effects(raises=(text(call),))
        if name in methods(self._project):
            return effects | self._unknown(call)
        writing = Effects(writes=frozenset({place}))
        if kind is not None and kind.name in CONTAINERS | {"file"}:
            if name in knowledge.CONTAINER_WRITERS or kind.name == "file":
                safe = kind.name == "list" and name == "append"
                return effects | writing | (Effects() if safe else reading)
            if name in knowledge.CONTAINER_READERS:
                safe = kind.name == "dict" and name in {"items", "keys", "values"}
                return effects | (Effects(reads=reading.reads) if safe else reading)
        if name in knowledge.CONTAINER_WRITERS:
            return effects | writing | reading
        if name in knowledge.TELLING_METHODS or (name == "get" and self._plain_get(call, func)):
            return effects | reading
        if name == "__next__":
            return effects | writing | Effects(raises=(text(call),), stops=(text(call),))
        return effects | self._unknown(call)

    def _plain_get(self, call: ast.Call, func: ast.Attribute) -> bool:
        """`record.get("key")` on an element: a look-up in a mapping, not a request or a queue."""
        if not call.args or call.keywords or not isinstance(func.value, ast.Name):
            return False
        key = call.args[0]
        if not (isinstance(key, ast.Constant) and isinstance(key.value, str)) or set(key.value) & set("/:"):
            return False
        scope = self._module.owner(func.value, func.value.id)
        if scope is None or isinstance(scope, COMPREHENSIONS):
            return scope is not None
        nodes = self._module.bindings(scope)[func.value.id]
        return all(isinstance(self._module.parents.get(node), ast.For) for node in nodes)


def _pure_library(name: str) -> bool:
    module = name.rpartition(".")[0]
    return name not in knowledge.IMPURE_NAMES and (name in knowledge.PURE_NAMES or module in knowledge.PURE_MODULES)


def opened_to_read(call: ast.Call) -> bool:
    """Whether an open() only reads: its mode is left out, or is a constant without w, a, x and +."""
    modes = [*call.args[1:2], *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    if any(keyword.arg is None for keyword in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
        return False
    opener = any(keyword.arg == "opener" for keyword in call.keywords) or len(call.args) > 7
    return not opener and all(
        isinstance(mode, ast.Constant) and isinstance(mode.value, str) and not set(mode.value) & set("wax+")
        for mode in modes
    )
