"""The builtin kinds of values that the proofs know, and how two of them join."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """A builtin type: `int`, `number` (int or float), `text` (str or bytes), `list`, `file`, ...

    `element` is the kind of what iterating over it gives; `items` those of a tuple of known length.
    """

    name: str
    element: "Kind | None" = None
    items: tuple["Kind | None", ...] = ()


INT = Kind("int")
NUMBER = Kind("number")
BOOL = Kind("bool")
TEXT = Kind("text")
STR = Kind("str", TEXT)
FILE = Kind("file", TEXT)
TEXTS = Kind("list", TEXT)
SCALARS = frozenset({"int", "number", "bool", "str", "text", "none"})
"""Immutable kinds whose objects hold no other object that could change."""
NUMBERS = frozenset({"int", "number", "bool"})
CONTAINERS = frozenset({"list", "tuple", "dict", "set", "range", "str", "text", "view", "iterator"})
"""Builtin collections and the iterators over them: stepping runs no code but the interpreter's."""
BOTTOM = Kind("bottom")
"""A name met again while its own bindings are being inferred: adds nothing."""


def constant_kind(value: object) -> Kind | None:
    """The kind of a literal."""
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return NUMBER
    if isinstance(value, str):
        return STR
    if isinstance(value, bytes):
        return TEXT
    return Kind("none") if value is None else None


def item_kind(kind: Kind | None, index: int) -> Kind | None:
    """The kind of the element that a value of `kind` has at `index`."""
    if kind is None:
        return None
    return kind.items[index] if index < len(kind.items) else kind.element


def join(kinds: list[Kind | None]) -> Kind | None:
    """The kind of what may be of any of `kinds`; None when they do not agree."""
    known = [kind for kind in kinds if kind != BOTTOM]
    if not known:
        return BOTTOM if kinds else None
    if any(kind is None for kind in known):
        return None
    names = {kind.name for kind in known if kind is not None}
    if len(names) == 1:
        first = known[0]
        assert first is not None
        same = all(kind == first for kind in known)
        return first if same else Kind(first.name, join([k.element for k in known if k]))
    if names <= NUMBERS:
        return NUMBER if "number" in names else INT
    return TEXT if names <= {"str", "text"} else None
