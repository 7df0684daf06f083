"""The index of the whole tree, tests included: who reads and writes an attribute, which classes there are, what is
reached by reflection. What is not in the index is not in the repository."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from agents.memory.analysis.modules import FUNCTIONS, Module, module_of
from agents.memory.analysis.project import Project

MUTATORS = frozenset({"append", "appendleft", "add", "extend", "insert", "update", "setdefault", "discard", "clear"})
"""Methods that only feed or empty a container, when their result is discarded."""
_REFLECTION = frozenset({"getattr", "setattr", "hasattr", "delattr", "attrgetter"})
SETTERS = ("setattr", "delattr", "__setattr__", "__delattr__")
"""Calls that set or delete an attribute by its name as a string."""
_WHOLE = frozenset({"vars", "asdict", "astuple", "fields", "replace"})
_MODULES_OF_WHOLE = frozenset({"dataclasses", "dc", "attr", "attrs", "copy", "builtins"})
_PICKLERS = frozenset(
    {"pickle", "cPickle", "copyreg", "shelve", "joblib", "cloudpickle", "dill", "marshal", "jsonpickle"}
)
_PEEKERS = frozenset({"pympler", "objgraph", "guppy"})
_BUILTINS = frozenset({"getattr", "setattr", "hasattr", "delattr", "vars", "dir", "eval", "exec"})
_ANY_MENTION = frozenset(
    {"getmembers", "getmembers_static", "getattr_static", "get_referents", "get_referrers"}
    | {"__getattribute__", "__match_args__", "__reduce__", "__reduce_ex__"}
)
_DICTS = ("__dict__", "__getstate__", "__slots__", "__weakref__")
_WORD = re.compile(r"[A-Za-z_]\w*")
_DOTTED = re.compile(r"(?<=[\w)\]])\.(\w+)")
_FIELD = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, eq=False)
class AttributeUse:
    """One `obj.name`. A `feed` is a load that only feeds a mutator whose result is discarded, or stores an item."""

    module: Module
    node: ast.Attribute
    kind: Literal["read", "write", "feed", "delete"]

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.module.path}:{self.node.lineno}"


@dataclass(frozen=True, eq=False)
class Reflection:
    """A call or attribute that reaches attributes by other ways than by their name in the source.

    Args:
        how: `getattr`, `vars`, `__dict__`, `asdict`, `pickle` ...
        name: the attribute's name, where it is a constant; None when it is computed, or all attributes are reached.
        receiver: the object looked at, where there is one.
        as_value: the function is passed on or bound to another name, or runs text: it may reach any attribute.
    """

    module: Module
    node: ast.AST
    how: str
    name: str | None = None
    receiver: ast.expr | None = None
    as_value: bool = False

    @property
    def place(self) -> str:
        """`file:line`."""
        return f"{self.module.path}:{getattr(self.node, 'lineno', 0)}"


@dataclass
class Uses:
    """The index. Names map to what is found in any file of the tree."""

    modules: list[Module] = field(default_factory=list)
    attributes: dict[str, list[AttributeUse]] = field(default_factory=dict)
    classes: dict[str, list[tuple[Module, ast.ClassDef]]] = field(default_factory=dict)
    """By plain name."""
    reflections: list[Reflection] = field(default_factory=list)
    strings: dict[str, list[str]] = field(default_factory=dict)
    """Text of string constants, the identifiers in those that could be names or paths, and the attributes that
    replacement fields of formats read (`{.name}`) -> places."""
    dotted: set[str] = field(default_factory=set)
    """Names that follow a dot in any string or docstring: what templates, doctests and evaluated text may read."""
    matched: set[str] = field(default_factory=set)
    """Attributes that class patterns read by keyword (`case Row(key=k)`)."""
    imported: set[str] = field(default_factory=set)
    """Every component of every imported name."""
    finalizers: list[str] = field(default_factory=list)
    """Places of `__del__` methods."""
    weakrefs: list[str] = field(default_factory=list)
    """Places of imports of weakref."""
    unparsed: list[str] = field(default_factory=list)
    """Files that could not be read: nothing is closed while there is one."""

    @property
    def class_names(self) -> set[str]:
        """Plain names of all classes of the tree."""
        return set(self.classes)

    def subclasses(self, name: str) -> list[tuple[Module, ast.ClassDef]]:
        """Classes that name `name` as a base, by its last component."""
        return [
            (module, node)
            for found in self.classes.values()
            for module, node in found
            if any(last_name(base) == name for base in node.bases)
        ]


def uses(project: Project) -> Uses:
    """The index of the project, made once."""
    found = project.facts.get("uses")
    if found is None:
        found = Uses()
        for path in project.sources:
            module = module_of(project, path)
            if module is None:
                found.unparsed.append(path)
            else:
                _add(found, module)
        project.facts["uses"] = found
    assert isinstance(found, Uses)
    return found


def _add(index: Uses, module: Module) -> None:
    index.modules.append(module)
    for node in ast.walk(module.tree):
        match node:
            case ast.Attribute():
                use = AttributeUse(module, node, _kind(module, node))
                index.attributes.setdefault(node.attr, []).append(use)
                if node.attr in _DICTS:
                    index.reflections.append(Reflection(module, node, node.attr, receiver=node.value))
                index.reflections += _mention(module, node, node.attr)
            case ast.Name(id=name, ctx=ast.Load()):
                index.reflections += _mention(module, node, name)
            case ast.MatchClass():
                index.matched.update(node.kwd_attrs)
            case ast.ClassDef():
                index.classes.setdefault(node.name, []).append((module, node))
            case ast.FunctionDef(name="__del__"):
                index.finalizers.append(f"{module.path}:{node.lineno}")
            case ast.Call():
                index.reflections += _reflection(module, node)
            case ast.Import() | ast.ImportFrom():
                _add_import(index, module, node)
            case ast.Constant(value=str(value)):
                index.dotted.update(_DOTTED.findall(value))
                for text in () if _is_docstring(module, node) else _texts(value):
                    index.strings.setdefault(text, []).append(f"{module.path}:{node.lineno}")


def _kind(module: Module, node: ast.Attribute) -> Literal["read", "write", "feed", "delete"]:
    if isinstance(node.ctx, ast.Store):
        return "write"
    if isinstance(node.ctx, ast.Del):
        return "delete"
    parent = module.parents[node]
    if isinstance(parent, ast.Subscript) and parent.value is node and not isinstance(parent.ctx, ast.Load):
        return "feed"
    if isinstance(parent, ast.Attribute) and parent.attr in MUTATORS:
        call = module.parents[parent]
        if isinstance(call, ast.Call) and call.func is parent and isinstance(module.parents[call], ast.Expr):
            return "feed"
    return "read"


def _mention(module: Module, node: ast.Name | ast.Attribute, name: str) -> Iterator[Reflection]:
    """The reflection that a name stands for, but for the calls that `_reflection` understands."""
    parent = module.parents[node]
    called = isinstance(parent, ast.Call) and parent.func is node
    free = False
    if name in _ANY_MENTION:
        free = True
    elif name == "attrgetter":
        free = not called
    elif name in ("inspect", "builtins"):
        free = isinstance(node, ast.Name) and not isinstance(parent, ast.Attribute) and _is_imported(module, node)
    elif name in _BUILTINS and isinstance(node, ast.Attribute):
        free = isinstance(node.value, ast.Name) and node.value.id in ("builtins", "__builtins__")
    elif name in _BUILTINS and isinstance(node, ast.Name) and _is_imported(module, node):
        free = not called or name in ("eval", "exec")
        if name == "dir" and isinstance(parent, ast.Call) and called and parent.args:
            yield Reflection(module, node, name, receiver=parent.args[0])
    if free:
        yield Reflection(module, node, name, as_value=True)


def _is_imported(module: Module, node: ast.Name) -> bool:
    """Whether the name is a builtin or an import: not a local of the same name."""
    scope = module.owner(node, node.id)
    bindings = module.bindings(scope).get(node.id, []) if scope is not None else []
    return scope is None or any(isinstance(binding, ast.Import | ast.ImportFrom | ast.alias) for binding in bindings)


def _reflection(module: Module, node: ast.Call) -> Iterator[Reflection]:
    how = last_name(node.func)
    if how in _WHOLE and node.args and _is_plain(node.func):
        yield Reflection(module, node, how, receiver=node.args[0] if node.args else None)
    elif how in ("__setattr__", "__delattr__"):
        # object.__setattr__(obj, name, value), or obj.__setattr__(name, value)
        through_object = len(node.args) == (3 if how == "__setattr__" else 2)
        receiver = node.args[0] if through_object else None
        named = node.args[1 if through_object else 0] if node.args else None
        constant = named.value if isinstance(named, ast.Constant) else None
        yield Reflection(module, node, how, constant if isinstance(constant, str) else None, receiver)
    elif how in _REFLECTION or (how in ("object", "patch") and "patch" in ast.unparse(node.func)):
        names = node.args if how == "attrgetter" else node.args[1:2]
        receiver = node.args[0] if node.args and how != "attrgetter" else None
        texts = [arg.value if isinstance(arg, ast.Constant) else None for arg in names]
        for text in texts or [None]:
            whole = text if isinstance(text, str) else None
            for name in (whole or "").split(".") if whole else [None]:
                dict_ = name in _DICTS and how != "setattr"
                yield Reflection(module, node, name if dict_ and name else how, None if dict_ else name, receiver)


def _is_plain(func: ast.expr) -> bool:
    # `text.replace()` and `form.fields()` are methods of something else.
    return isinstance(func, ast.Name) or ast.unparse(func).partition(".")[0] in _MODULES_OF_WHOLE


def _add_import(index: Uses, module: Module, node: ast.Import | ast.ImportFrom) -> None:
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        names.append(node.module)
    parts = {part for name in names for part in name.split(".")}
    index.imported |= parts
    if "weakref" in parts:
        index.weakrefs.append(f"{module.path}:{node.lineno}")
    for pickler in sorted(parts & (_PICKLERS | _PEEKERS)):
        index.reflections.append(Reflection(module, node, pickler))
    for alias in node.names:
        # `from operator import attrgetter as f`, `from inspect import getmembers`
        renamed = alias.asname not in (None, alias.name) and alias.name in _BUILTINS | {"attrgetter"} | _WHOLE
        if alias.name in _ANY_MENTION or (renamed and isinstance(node, ast.ImportFrom) and not node.level):
            index.reflections.append(Reflection(module, node, alias.name, as_value=True))


def _texts(value: str) -> set[str]:
    texts = {value}
    if not re.search(r"\s", value):
        texts.update(_WORD.findall(value))
    for replacement in _FIELD.findall(value):
        texts.update(f"{{{word}}}" for word in re.findall(r"\.\w+", replacement))
    return texts


def _is_docstring(module: Module, node: ast.Constant) -> bool:
    return isinstance(module.parents[node], ast.Expr)


def last_name(node: ast.expr) -> str:
    """The last component of a name or dotted name, of what a call calls, of what a subscript subscribes; else ''."""
    if isinstance(node, ast.Call):
        return last_name(node.func)
    if isinstance(node, ast.Subscript):
        return last_name(node.value)
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def defines(node: ast.ClassDef, name: str) -> bool:
    """Whether the class body itself defines a method called `name`."""
    return any(isinstance(item, FUNCTIONS) and item.name == name for item in node.body)


def mentioning(project: Project, *names: str) -> dict[str, str]:
    """Path -> blob of every file whose bytes contain one of the names."""
    wanted = [name.encode() for name in names]
    return {
        path: source.blob
        for path, source in sorted(project.sources.items())
        if any(name in source.data for name in wanted)
    }
