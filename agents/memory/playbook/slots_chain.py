"""A plain class and its project bases as one chain: what slots each would get. An instance is without a dict only
when its class and all its bases have slots."""

import ast
from dataclasses import dataclass

from agents.memory.analysis.classes import ClassFacts
from agents.memory.analysis.modules import FUNCTIONS, Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, Class, Library, resolve
from agents.memory.analysis.uses import last_name
from agents.memory.playbook.storage import CACHED, KNOWING

_EMPTY_BASES = frozenset({"abc.ABC", "typing.Generic", "typing.Protocol"})
"""Library bases that have empty slots themselves."""
_QUIET_DECORATORS = frozenset({"functools.total_ordering", "typing.final"})


@dataclass(frozen=True)
class Link:
    """One class of the chain. `names`: its attributes in order; `slotted`: it has these slots already."""

    facts: ClassFacts
    names: tuple[str, ...]
    slotted: bool


def chain(project: Project, facts: ClassFacts) -> list[Link] | None:
    """The class first, then its project bases upwards.

    None when one of them is not plain: another base or metaclass, an unknown decorator, a member that knows how
    attributes are stored, an attribute that is also a value of the class, slots that cannot be read, or a second
    class of the chain's names in the tree that derives otherwise.
    """
    found: list[ClassFacts] = []
    todo: ClassFacts | None = facts
    while todo is not None:
        if todo in found or not _plain(project, todo):
            return None
        found.append(todo)
        bases = [base for base in todo.node.bases if not _is_empty(project, todo.module, base)]
        if len(bases) > 1:
            return None
        above = resolve(project, todo.module, bases[0]) if bases else None
        if bases and not isinstance(above, Class):
            return None
        todo = ClassFacts(project, above.module, above.node, None, {}) if isinstance(above, Class) else None
    links: list[Link] = []
    taken: set[str] = set()
    properties: set[str] = set()
    for one in reversed(found):
        properties |= _properties(one)
        existing = _slots(one.node)
        if existing is None:
            return None
        names = existing if _has_slots(one.node) else _written(one)
        own = tuple(name for name in names if name not in taken | properties)
        taken |= set(own)
        links.append(Link(one, own, _has_slots(one.node)))
    if any(name.startswith("__") and name.endswith("__") for name in taken - {"__weakref__"}):
        return None
    # Among them a property further down that hides what its base writes.
    if any(_values(one) & taken for one in found) or not _single_below(project, found[-1], found):
        return None
    return links[::-1]


def _plain(project: Project, facts: ClassFacts) -> bool:
    node, module = facts.node, facts.module
    if any(k.arg != "metaclass" or resolve(project, module, k.value) != Library("abc.ABCMeta") for k in node.keywords):
        return False
    for decorator in node.decorator_list:
        meaning = resolve(project, module, decorator)
        if not isinstance(meaning, Library) or meaning.name not in _QUIET_DECORATORS:
            return False
    for item in ast.walk(node):
        if isinstance(item, FUNCTIONS) and any(last_name(d) in CACHED for d in item.decorator_list):
            return False
    return not KNOWING & module.bindings(node).keys()


def _is_empty(project: Project, module: Module, base: ast.expr) -> bool:
    meaning = resolve(project, module, base.value if isinstance(base, ast.Subscript) else base)
    return meaning == Builtin("object") or (isinstance(meaning, Library) and meaning.name in _EMPTY_BASES)


def _has_slots(node: ast.ClassDef) -> bool:
    return any(isinstance(n, ast.Name) and n.id == "__slots__" and isinstance(n.ctx, ast.Store) for n in ast.walk(node))


def _slots(node: ast.ClassDef) -> list[str] | None:
    """The slots that the class body states; [] when it has none; None when they cannot be read or name a dict."""
    if not _has_slots(node):
        return []
    for item in node.body:
        match item:
            case ast.Assign(targets=[ast.Name(id="__slots__")], value=value):
                try:
                    stated = ast.literal_eval(value)
                except ValueError:
                    return None
                names = [stated] if isinstance(stated, str) else stated
                if not isinstance(names, list | tuple) or "__dict__" in names:
                    return None
                return [name for name in names if isinstance(name, str)]
    return None


def _written(facts: ClassFacts) -> list[str]:
    """Names that the methods of the class write or delete on their first parameter, in source order."""
    found = [
        (use.node.lineno, use.node.col_offset, name)
        for name, uses in facts.index.attributes.items()
        for use in uses
        if use.kind in ("write", "delete") and use.module is facts.module and facts.is_self(use.node.value, use.module)
    ]
    return list(dict.fromkeys(name for _, _, name in sorted(found)))


def _properties(facts: ClassFacts) -> set[str]:
    return {
        item.name
        for item in facts.node.body
        if isinstance(item, ast.FunctionDef)
        for decorator in item.decorator_list
        if resolve(facts.project, facts.module, decorator) == Builtin("property")
        or (isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter", "getter"))
    }


def _values(facts: ClassFacts) -> set[str]:
    """Names that the class body gives a value; an annotation alone is none."""
    return {
        name
        for name, bindings in facts.module.bindings(facts.node).items()
        if any(getattr(facts.module.parents.get(b), "value", b) is not None for b in bindings)
    }


def _single_below(project: Project, top: ClassFacts, found: list[ClassFacts]) -> bool:
    """Whether every class that derives from the chain has no other base with a layout, and no slots of its own."""
    own = {one.node for one in found}
    for name in top.below:
        for module, node in top.index.classes.get(name, []):
            if node in own:
                continue
            if name in {one.name for one in found} or _has_slots(node):
                return False
            if len([base for base in node.bases if not _is_empty(project, module, base)]) > 1:
                return False
            if KNOWING & module.bindings(node).keys():
                return False
    return True
