"""What the rules that give a class slots share: who reaches the dict of an instance, or the class as an object."""

import ast

from agents.memory.analysis.classes import ClassFacts, keyword, self_method
from agents.memory.analysis.modules import FUNCTIONS, Module
from agents.memory.analysis.resolution import Library, resolve
from agents.memory.analysis.uses import SETTERS, Reflection, last_name

WEAK = frozenset(
    {"weakref", "_weakref", "_weakrefset", "WeakSet", "WeakMethod", "WeakKeyDictionary", "WeakValueDictionary"}
    | {"ReferenceType", "WeakIdKeyDictionary", "WeakTensorKeyDictionary"}
)
"""Words of code that makes weak references."""
CACHED = frozenset({"cached_property", "cachedproperty"})
"""Decorators that keep their value in the instance dict."""
KNOWING = frozenset(
    {"__dict__", "__weakref__", "__getattr__", "__getattribute__", "__setattr__", "__delattr__", "__class__"}
    | {"__getstate__", "__setstate__", "__reduce__", "__reduce_ex__", "__init_subclass__", "__set_name__"}
)
"""Members of a class that know how its instances store attributes."""
_DICT_READERS = frozenset({"vars", "setattr", "delattr"})
"""Builtins that reach the instance dict of what they are given."""
_STORAGE = frozenset({"__dict__", "__weakref__"})
"""What an instance with slots lacks."""

_STATE = ("__getstate__", "__reduce__", "__reduce_ex__")
"""What gives another value for an instance with slots."""
_PARSING = frozenset({"parse_args", "parse_known_args", "parse_intermixed_args", "parse_known_intermixed_args"})
"""Methods of argparse that set attributes on the namespace they are given."""


def needs_dict(facts: ClassFacts, names: frozenset[str]) -> str | None:
    """The place of the first code that may reach the dict of an instance, or set a name not in `names` by reflection.

    None when there is none in the tree.
    """
    for reflection in facts.index.reflections:
        if _may_need_dict(facts, reflection, names):
            return reflection.place
    # Their names as strings, for getattr and its like, and the functions as values.
    for text in sorted(_STORAGE & facts.index.strings.keys()):
        return facts.index.strings[text][0]
    for name in _STATE:
        for use in facts.index.attributes.get(name, []):
            if last_name(use.node.value) != "super" and not unrelated(facts, use.node.value, use.module):
                return use.place
    for module in facts.index.modules:
        for node in ast.walk(module.tree):
            if _is_reader_passed_on(module, node) or _writes_for_us(facts, module, node):
                return f"{module.path}:{getattr(node, 'lineno', 0)}"
    return None


def _writes_for_us(facts: ClassFacts, module: Module, node: ast.AST) -> bool:
    """Whether the library is given an object to set attributes on that may be an instance of the class."""
    if not isinstance(node, ast.Call):
        return False
    name = last_name(node.func)
    given = None
    if name in _PARSING:
        given = node.args[1] if len(node.args) > 1 else keyword(node, "namespace")
    elif name == "update_wrapper":
        given = node.args[0] if node.args else keyword(node, "wrapper")
    if given is None or (isinstance(given, ast.Constant) and given.value is None):
        return False
    scope = module.owner(given, given.id) if isinstance(given, ast.Name) else None
    local = module.bindings(scope).get(given.id, []) if scope is not None and isinstance(given, ast.Name) else []
    if local and all(isinstance(binding, FUNCTIONS) for binding in local):
        return False
    return not unrelated(facts, given, module)


def is_class(facts: ClassFacts, expr: ast.expr, module: Module, depth: int = 3) -> bool:
    """Whether the expression may be the class; what it is passed as is another concern."""
    if isinstance(expr, ast.Call):
        return last_name(expr) in ("type", "super")
    if isinstance(expr, ast.Name) and depth:
        scope = module.owner(expr, expr.id)
        for binding in module.bindings(scope).get(expr.id, []) if scope is not None else []:
            value = getattr(module.parents.get(binding), "value", None)
            if isinstance(value, ast.expr) and is_class(facts, value, module, depth - 1):
                return True
    return last_name(expr) in facts.below | {"cls", "__class__"}


def _is_reader_passed_on(module: Module, node: ast.AST) -> bool:
    """Whether the node is `vars`, `setattr` or the like, used in another way than called in place."""
    if isinstance(node, ast.ImportFrom):
        return node.module == "builtins" and any(alias.name in _DICT_READERS for alias in node.names)
    if isinstance(node, ast.Name):
        found = node.id in _DICT_READERS and isinstance(node.ctx, ast.Load)
    elif isinstance(node, ast.Attribute):
        found = node.attr in SETTERS[2:] or (node.attr in _DICT_READERS and last_name(node.value) == "builtins")
    else:
        return False
    parent = module.parents[node]
    return found and not (isinstance(parent, ast.Call) and parent.func is node)


def _may_need_dict(facts: ClassFacts, reflection: Reflection, names: frozenset[str]) -> bool:
    if reflection.how not in ("__dict__", "__weakref__", "vars", "object", *SETTERS):
        return False
    if reflection.name is not None and reflection.name in names:
        return False
    receiver = reflection.receiver
    if receiver is None:
        return True
    method = self_method(reflection.module, receiver)
    if method is not None and reflection.module.parents[method] is facts.node:
        return True
    return not unrelated(facts, receiver, reflection.module)


def unrelated(facts: ClassFacts, expr: ast.expr, module: Module) -> bool:
    """Whether the expression is surely no instance of the class, nor of one that derives from it."""
    if facts.instance(expr, module) is False or _unrelated_class(facts, expr, module):
        return True
    if not isinstance(expr, ast.Name):
        return False
    scope = module.owner(expr, expr.id)
    bindings = module.bindings(scope).get(expr.id, []) if scope is not None else []
    values = [_assigned(module, binding) for binding in bindings]
    return bool(values) and all(
        isinstance(value, ast.Call) and _unrelated_class(facts, value.func, module) for value in values
    )


def _assigned(module: Module, binding: ast.AST) -> ast.expr | None:
    """The value that a plain assignment to one name gives it."""
    parent = module.parents.get(binding)
    return parent.value if isinstance(parent, ast.Assign | ast.AnnAssign) else None


def _unrelated_class(facts: ClassFacts, expr: ast.expr, module: Module) -> bool:
    """Whether `expr` is the class that a classmethod of another class is given: no instance, and not this class."""
    if not isinstance(expr, ast.Name):
        return False
    scope = module.owner(expr, expr.id)
    if not isinstance(scope, FUNCTIONS) or len(module.bindings(scope).get(expr.id, [])) != 1:
        return False
    owner = module.parents[scope]
    first = [*scope.args.posonlyargs, *scope.args.args][:1]
    return (
        isinstance(owner, ast.ClassDef)
        and owner.name not in facts.family
        and bool(first)
        and first[0].arg == expr.id
        and any(last_name(decorator) == "classmethod" for decorator in scope.decorator_list)
    )


def old_pickles(facts: ClassFacts) -> str | None:
    """The place of the first call that may pickle with a protocol below 2, which cannot store slots; or None."""
    if facts.index.imported & {"copyreg", "jsonpickle"}:
        return "an import of copyreg or jsonpickle"
    if not facts.index.imported & {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib"}:
        return None
    for module in facts.index.modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call) and not all(map(_is_new_protocol, _protocols(node))):
                return f"{module.path}:{node.lineno}"
    return None


def _protocols(call: ast.Call) -> list[ast.expr]:
    place = {"dumps": 1, "Pickler": 1, "dump": 2, "__reduce_ex__": 0}.get(last_name(call))
    if place is None:
        return []
    return [*call.args[place : place + 1], *(k.value for k in call.keywords if k.arg in ("protocol", None))]


def _is_new_protocol(expr: ast.expr) -> bool:
    if isinstance(expr, ast.Constant):
        return expr.value is None or (isinstance(expr.value, int) and expr.value >= 2)
    if isinstance(expr, ast.UnaryOp):
        return isinstance(expr.op, ast.USub)
    return last_name(expr) in ("HIGHEST_PROTOCOL", "DEFAULT_PROTOCOL")


def is_foreign(facts: ClassFacts, expr: ast.expr, module: Module, depth: int = 4) -> bool:
    """Whether the expression is a library of ctypes or one of its functions: no instance of a project class."""
    if isinstance(expr, ast.Attribute):
        return depth > 0 and is_foreign(facts, expr.value, module, depth - 1)
    if isinstance(expr, ast.Call):
        meaning = resolve(facts.project, module, expr.func)
        return isinstance(meaning, Library) and meaning.name.startswith("ctypes.")
    if not isinstance(expr, ast.Name) or not depth:
        return False
    scope = module.owner(expr, expr.id)
    bindings = module.bindings(scope).get(expr.id, []) if scope is not None else []
    values = [_assigned(module, binding) for binding in bindings]
    return bool(values) and all(value is not None and is_foreign(facts, value, module, depth - 1) for value in values)
