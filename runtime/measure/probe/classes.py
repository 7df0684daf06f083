"""The census of the project's classes: instances, and what their attributes hold. Stdlib only, Python 3.9 and later."""

from __future__ import annotations

import sys
import types
from collections import Counter

import _lowtide_probe_attributes as attributes
import _lowtide_probe_graph as graph
import _lowtide_probe_source as source

LIMIT = 50
"""Classes reported (runtime.measure.reports.ProbeReport)."""
SAMPLED = 2000
"""Values of an attribute that the order of the attributes is told by."""
LOOKED_AT = 100_000
"""Objects looked at for that, of each attribute."""
LARGEST = 64
"""Attributes of a class looked at."""

_IMMUTABLE = frozenset({str, int, float, bytes, bool, complex, type(None)})


def of_project(modules: list[types.ModuleType]) -> list[type]:
    """All classes made by the project's modules, also inside functions and classes."""
    names = {module.__name__ for module in modules}
    probe = sys.modules.get("_lowtide_probe")  # it was __main__ before the target
    own = {id(value) for value in vars(probe).values()} if probe is not None else set()
    return [
        cls
        for cls in graph.tracked(lambda kind: issubclass(kind, type))
        if id(cls) not in own and type.__getattribute__(cls, "__module__") in names
    ]


def census(project: list[type], reach: graph.Graph, places: source.Places) -> list[dict]:
    """ClassCensus dicts of the classes that have instances, by bytes."""
    wanted = frozenset(project)
    instances: dict[type, list[object]] = {}
    for obj in graph.tracked(lambda kind: kind in wanted and not issubclass(kind, type)):
        instances.setdefault(type(obj), []).append(obj)
    found = []
    for cls, objects in instances.items():
        place = places.of_class(cls)
        if place is not None:
            found.append(_of_class(cls, objects, place, reach))
    found.sort(key=lambda one: (-_bytes(one), one["module"], one["name"]))
    return found[:LIMIT]


def _bytes(one: dict) -> int:
    return one["shallow"] + sum(attribute["size"] for attribute in one["attributes"])


def _of_class(cls: type, objects: list[object], place: dict, reach: graph.Graph) -> dict:
    dicts = graph.instance_dicts(objects)
    shallow = reach.size(objects) + sum(map(sys.getsizeof, dicts))
    values = attributes.values_of(cls, objects)
    seen = {*map(graph.key, objects), *map(graph.key, dicts)}
    sizes = {name: _estimate(held, reach, seen) for name, held in values.items()}
    order = sorted(values, key=lambda name: (-sizes[name], name))
    held_by: list[dict] = []
    for name in order[:LARGEST]:
        held = values[name]
        kinds = Counter(map(type, held))
        held_by.append(
            {
                "name": name,
                "size": reach.walk(held, seen),
                "count": len(held),
                "types": _named(kinds),
                "keys": _keys(held) if kinds.keys() == {dict} else [],
                "distinct": distinct(held, kinds),
                "repeated": repeated(held, kinds),
            }
        )
    return {
        "name": place["function"],
        "module": str(type.__getattribute__(cls, "__module__")),
        "file": place["file"],
        "line": place["line"],
        "count": len(objects),
        "shallow": shallow,
        "slotted": not type.__getattribute__(cls, "__dictoffset__"),
        "attributes": held_by,
    }


def _estimate(values: list[object], reach: graph.Graph, inside: set[int]) -> float:
    """Bytes reachable from `values`, from a sample: it only says in which order attributes are looked at."""
    sample = values[:: len(values) // SAMPLED + 1]
    return reach.walk(sample, set(), LOOKED_AT, inside) * len(values) / len(sample)


def distinct(values: list[object], kinds: Counter[type]) -> float | None:
    """Distinct values / values, of immutable ones; None where some are not. `kinds` counts their types."""
    if kinds.keys() <= _IMMUTABLE:
        return len({(type(value), value) for value in values}) / len(values)
    if kinds.keys() <= _IMMUTABLE | {tuple} and all(
        type(part) in _IMMUTABLE for value in values if type(value) is tuple for part in value
    ):
        return len({(type(value), _types(value), value) for value in values}) / len(values)
    return None


def repeated(values: list[object], kinds: Counter[type]) -> int:
    """Bytes of those str and tuple objects whose value, types included, an earlier object has."""
    if not kinds.keys() & {str, tuple} or distinct(values, kinds) is None:
        return 0
    objects = {id(value): value for value in values if type(value) in (str, tuple)}
    kept = {(type(value), _types(value), value): value for value in objects.values()}
    return sum(map(sys.getsizeof, objects.values())) - sum(map(sys.getsizeof, kept.values()))


def _types(value: object) -> tuple[type, ...]:
    """The types of the parts of a tuple: (0, 1) and (False, 1.0) are equal, and not the same."""
    return tuple(map(type, value)) if type(value) is tuple else ()


def _keys(dicts: list) -> list[str]:
    found: set[type] = set()
    for one in dicts:
        found.update(map(type, one))
    return sorted(map(type_name, found))


def _named(kinds: Counter[type]) -> dict[str, int]:
    named: Counter[str] = Counter()
    for kind, count in kinds.most_common():
        named[type_name(kind)] += count
    return dict(named)


def type_name(cls: type) -> str:
    """`readings.model.Reading`; of builtins the bare name."""
    module = type.__getattribute__(cls, "__module__")
    name = str(type.__getattribute__(cls, "__qualname__"))
    return name if module == "builtins" or not isinstance(module, str) else f"{module}.{name}"
