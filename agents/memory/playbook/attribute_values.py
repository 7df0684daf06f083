"""What an attribute is given and holds: copies of itself, values of its own, and objects that it alone keeps alive."""

import ast
from collections.abc import Iterator

from agents.memory.analysis.classes import ClassFacts, keyword
from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.kinds import CONTAINERS, SCALARS
from agents.memory.analysis.modules import COMPREHENSIONS, Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.removal import removed_values
from agents.memory.analysis.resolution import Builtin, Library, resolve
from agents.memory.analysis.uses import AttributeUse, last_name
from agents.memory.playbook.attribute_edits import declarations
from runtime.measure.holdings import ClassCensus

_MAKERS = ("list", "tuple", "dict", "set", "frozenset")
_PLAIN = frozenset(_MAKERS)
_SCALAR_TYPES = frozenset(
    {"str", "bytes", "int", "float", "bool", "NoneType", "complex", "bytearray", "decimal.Decimal"}
    | {f"datetime.{name}" for name in ("datetime", "date", "time", "timedelta")}
    | {"fractions.Fraction"}
)
_KEEPERS = frozenset({"tempfile", "_weakref", "weakref", "ctypes", "mmap", "shared_memory", "ExitStack", "finalize"})
"""Imported where an object's end does something, or an address outlives it."""
_ITERATED = ("extend", "update")
_DISPLAYS = (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.ListComp, ast.DictComp, ast.SetComp)


def copies(census: ClassCensus, name: str, writes: list[AttributeUse]) -> dict[ast.expr, ast.Attribute]:
    """Values written that are copies of the attribute itself (`x.log = list(y.log)`) -> the attribute they read.

    Only where every instance in the census holds a plain container: copying that runs no code of the project.
    """
    types = types_of(census, name)
    if not types or not types <= _PLAIN:
        return {}
    copied: dict[ast.expr, ast.Attribute] = {}
    for use in writes:
        for value in removed_values(use) or []:
            match value:
                case ast.Call(func=ast.Name(id=kind), args=[ast.Attribute() as source], keywords=[]) if kind in _MAKERS:
                    pass
                case ast.Call(func=ast.Attribute(value=ast.Attribute() as source, attr="copy"), args=[], keywords=[]):
                    pass
                case ast.Attribute() as source:
                    pass
                case _:
                    continue
            if source.attr == name and isinstance(source.value, ast.Name):
                copied[value] = source
    return copied


def types_of(census: ClassCensus, name: str) -> set[str]:
    """Types of the attribute's values in the profiled run."""
    return {kind for found in census.attributes if found.name == name for kind in found.types}


def owned(
    project: Project, facts: ClassFacts, name: str, writes: list[AttributeUse], copied: frozenset[ast.expr]
) -> bool:
    """Whether what is fed through the attribute can be seen through it alone, and feeding it steps no iterator."""
    feeds = [use for use in writes if _feeds(use)]
    if not feeds:
        return True
    for module, value, chained in _given(project, facts, name, writes):
        if chained or not (value in copied or _fresh(project, facts, module, value)):
            return False
    return all(_steps_nothing(project, use) for use in feeds)


def _feeds(use: AttributeUse) -> bool:
    return use.kind == "feed" or isinstance(use.module.statement(use.node), ast.AugAssign)


def _given(
    project: Project, facts: ClassFacts, name: str, writes: list[AttributeUse]
) -> Iterator[tuple[Module, ast.expr, bool]]:
    """Every value that becomes the attribute's own, and whether another target gets it too."""
    for use in writes:
        statement = use.module.statement(use.node)
        if isinstance(statement, ast.Assign) and use.node in statement.targets:
            yield use.module, statement.value, len(statement.targets) > 1
        elif isinstance(statement, ast.AnnAssign) and statement.target is use.node and statement.value is not None:
            yield use.module, statement.value, False
    for item in declarations(facts, name):
        if item.value is not None:
            yield facts.module, item.value, isinstance(item, ast.Assign)


def _fresh(project: Project, facts: ClassFacts, module: Module, value: ast.expr) -> bool:
    """Whether evaluating `value` makes a new object of a builtin type, or one that never changes."""
    if isinstance(value, (*_DISPLAYS, ast.Constant, ast.JoinedStr)):
        return True
    if isinstance(value, ast.Call):
        factory = keyword(value, "default_factory")
        if factory is not None and resolve(project, module, value.func) == Library("dataclasses.field"):
            return resolve(project, module, factory) in [Builtin(maker) for maker in _MAKERS]
        return resolve(project, module, value.func) in [Builtin(maker) for maker in _MAKERS]
    kind = Kinds(project, module).of(value)
    return kind is not None and kind.name in SCALARS


def _steps_nothing(project: Project, use: AttributeUse) -> bool:
    """Whether the values that the feed iterates over are containers, which stay as they are."""
    parent = use.module.parents[use.node]
    values = removed_values(use) or []
    if isinstance(parent, ast.Attribute) and parent.attr not in _ITERATED:
        return True
    if isinstance(parent, ast.Subscript) and not isinstance(parent.slice, ast.Slice):
        return not isinstance(use.module.statement(use.node), ast.AugAssign) or all(
            _rests(project, use.module, value) for value in values[1:]
        )
    return all(_rests(project, use.module, value) for value in values if not isinstance(value, ast.Slice))


def _rests(project: Project, module: Module, value: ast.expr) -> bool:
    kind = Kinds(project, module).of(value)
    return kind is not None and kind.name in (SCALARS | CONTAINERS) - {"iterator"}


def ends(
    project: Project, facts: ClassFacts, census: ClassCensus, name: str, values: list[tuple[Module, ast.expr]]
) -> tuple[str, str] | None:
    """That nothing happens when the values are let go earlier: the evidence, and what it assumes ('' for nothing).

    None when something may: an object with a finalizer, one referred to weakly, a temporary directory.
    """
    unknown = [(module, leaf) for module, value in values for leaf in _leaves(project, module, value)]
    if not unknown:
        return f"{len(values)} values of plain data", ""
    types = types_of(census, name)
    assumed = f"every `{name}` is plain data, as in the profiled run"
    if not types or any(_from_library(project, module, leaf) for module, leaf in unknown):
        return None
    if types <= _SCALAR_TYPES:
        return f"in the profiled run only {', '.join(sorted(types))}", assumed
    index = facts.index
    if index.finalizers or index.weakrefs or index.imported & _KEEPERS:
        return None
    if not all(kind in _PLAIN | _SCALAR_TYPES or kind.rpartition(".")[2] in index.classes for kind in types):
        return None
    return f"in the profiled run only {', '.join(sorted(types))}; no finalizer and no weak reference in the tree", (
        f"nothing that only `{name}` keeps alive does anything when it goes"
    )


def _leaves(project: Project, module: Module, value: ast.expr) -> Iterator[ast.expr]:
    """The parts of a value that may be objects of any type."""
    kinds = Kinds(project, module)
    if isinstance(value, ast.JoinedStr | ast.Compare | ast.Constant | ast.Slice):
        return
    kind = kinds.of(value)
    if kind is not None and kind.name in SCALARS | {"range"}:
        return
    # What is known of a dict's elements is its keys.
    if kind is not None and kind.name in ("list", "tuple", "set") and kind.element and kind.element.name in SCALARS:
        return
    if isinstance(value, ast.List | ast.Set | ast.Tuple):
        parts = value.elts
    elif isinstance(value, ast.Dict):
        parts = [*(key for key in value.keys if key is not None), *value.values]
    elif isinstance(value, ast.Call) and last_name(value.func) in _MAKERS and not value.args:
        parts = [k.value for k in value.keywords]
    elif isinstance(value, ast.ListComp | ast.SetComp):
        parts = [value.elt]
    elif isinstance(value, ast.IfExp):
        parts = [value.body, value.orelse]
    else:
        yield value
        return
    for part in parts:
        yield from _leaves(project, module, part)


def _from_library(project: Project, module: Module, leaf: ast.expr) -> bool:
    """Whether the object may be one that a library made here, or an open file: those may end with an effect."""
    kind = Kinds(project, module).of(leaf)
    if kind is not None and kind.name in ("file", "generator", "iterator"):
        return True
    for part in ast.walk(leaf):
        if isinstance(part, ast.Call) and _made_by_library(project, module, part):
            return True
        if not isinstance(part, ast.Name):
            continue
        scope = module.owner(part, part.id)
        if scope is None or isinstance(scope, COMPREHENSIONS):
            continue
        for binding in module.bindings(scope).get(part.id, []):
            parent = module.parents.get(binding)
            if isinstance(parent, ast.withitem):
                return True
            value = getattr(parent, "value", None)
            if isinstance(value, ast.Call) and _made_by_library(project, module, value):
                return True
    return False


def _made_by_library(project: Project, module: Module, call: ast.Call) -> bool:
    kind = Kinds(project, module).of(call)
    if kind is not None:
        return kind.name in ("file", "generator", "iterator")
    found = resolve(project, module, call.func)
    if found in (Library("copy.copy"), Library("copy.deepcopy")):
        return False  # the type stays
    return isinstance(found, Library) or (found is None and last_name(call)[:1].isupper())
