"""What a held value is like: its length, its elements, its array. Stdlib only, Python 3.9 and later.

None of the target's code is run: a subclass that says otherwise what its length is, is not asked.
"""

from __future__ import annotations

import itertools
import sys
import types
from collections import Counter, defaultdict

import _lowtide_probe_classes as classes

COLUMNS = 200
"""Columns of a pandas frame beyond which none is named."""
LOOKED_AT = 1000
"""Elements of a container looked at to name the commonest type."""

SAMPLED = 10_000
"""Elements of a container looked at for equal ones."""
FEWEST = 100
"""Elements from which it is worth a look."""
PARTS = 40
"""Parts of each element looked at for equal ones."""

_CONTAINERS = (list, tuple, set, frozenset, dict)


def length(value: object) -> int | None:
    """`len`, where that runs none of the target's code."""
    for base in type(value).__mro__:
        if "__len__" in base.__dict__:
            method = base.__dict__["__len__"]
            if not isinstance(method, types.WrapperDescriptorType):
                return None
            try:
                return method(value)
            except TypeError:
                return None  # an array without dimensions
    return None


def element(value: object) -> str:
    """The commonest type of the first elements (of a dict, of its values); an array's dtype."""
    kind = type(value)
    numpy = sys.modules.get("numpy")
    ndarray = getattr(numpy, "ndarray", None)
    if ndarray is not None and issubclass(kind, ndarray):
        return str(ndarray.dtype.__get__(value))
    base = next((container for container in _CONTAINERS if issubclass(kind, container)), None)
    if base is None:
        return ""
    elements = dict.values(value) if base is dict else base.__iter__(value)
    kinds = Counter(map(type, itertools.islice(elements, LOOKED_AT)))
    return classes.type_name(kinds.most_common(1)[0][0]) if kinds else ""


def grouped(value: object) -> list[str]:
    """Types of the elements of all lists of a dict that has plain lists alone; empty where they are too many."""
    if type(value) not in (dict, defaultdict) or set(map(type, value.values())) != {list}:
        return []
    kinds = set(map(type, itertools.chain.from_iterable(value.values())))
    return sorted(map(classes.type_name, kinds)) if len(kinds) <= PARTS else []


def array(value: object) -> dict | None:
    """ArrayFacts of a plain numpy array."""
    ndarray = getattr(sys.modules.get("numpy"), "ndarray", None)
    if ndarray is None or type(value) is not ndarray:
        return None
    flags = value.flags
    return {
        "shape": list(value.shape),
        "contiguous": bool(flags.c_contiguous and flags.aligned),
        "owner": value.base is None and bool(flags.owndata),
    }


def columns(value: object) -> dict[str, str]:
    """Column -> dtype of a plain pandas frame; empty where two columns, or one that is no text, would not be told."""
    frame = getattr(sys.modules.get("pandas"), "DataFrame", None)
    if frame is None or type(value) is not frame:
        return {}
    names = list(value.columns)
    if len(names) > COLUMNS or not all(type(name) is str for name in names):
        return {}
    found = dict(zip(names, map(str, value.dtypes)))
    return found if len(found) == len(names) else {}


def repeats(value: object) -> list[dict]:
    """Repeats of a plain list, tuple or dict, estimated from elements all over it."""
    if type(value) not in (list, tuple, dict) or len(value) < FEWEST:
        return []
    elements = value.values() if type(value) is dict else value
    sample = list(itertools.islice(elements, 0, None, len(value) // SAMPLED + 1 | 1))
    found = []
    for at, values in {"": sample, **_parts(sample)}.items():
        kinds = Counter(map(type, values))
        named = kinds.keys() - {type(None)}
        if named in ({str}, {tuple}):
            share, size = classes.distinct(values, kinds), classes.repeated(values, kinds)
            if share is not None and size:
                size = size * len(value) // len(sample)
                found.append({"at": at, "type": named.pop().__name__, "distinct": share, "repeated": size})
    return found


def _parts(elements: list) -> dict[str, list]:
    """Values by their place in each element: of rows alike in type and length by index, of plain dicts by key."""
    kinds = set(map(type, elements))
    if kinds == {dict}:
        keys = [key for one in elements for key in one]
        if set(map(type, keys)) != {str}:
            return {}  # looking one up may run the target's code
        named = itertools.islice(elements[0], PARTS)
        return {"keys": keys, **{f"[{key!r}]": [one[key] for one in elements if key in one] for key in named}}
    lengths = set(map(len, elements)) if kinds in ({tuple}, {list}) else set()
    if len(lengths) != 1 or max(lengths) > PARTS:
        return {}
    return {f"[{index}]": [one[index] for one in elements] for index in range(lengths.pop())}
