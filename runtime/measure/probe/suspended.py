"""What the frames of suspended generators and coroutines keep alive, by the names they know it by.

Stdlib only, Python 3.9 and later. They are on no thread's stack: whoever will go on with them holds them.
"""

from __future__ import annotations

import gc
import types

import _lowtide_probe_classes as classes
import _lowtide_probe_facts as facts
import _lowtide_probe_graph as graph
import _lowtide_probe_names as names
import _lowtide_probe_source as source

LEAST = 64 * 1024
"""Bytes from which a name is reported."""
SHARE = 0.01
"""And from this share of what all other names reach: telling what those hold as well takes a walk over all of it."""
LOOKED_AT = 100_000
"""Frames looked at, and objects to tell whether they hold as much as that."""
TYPES = 40
"""Types of what a name keeps alive, beyond which none is named."""

_FRAMES = {
    types.GeneratorType: "gi_frame",
    types.CoroutineType: "cr_frame",
    types.AsyncGeneratorType: "ag_frame",
}


def suspended(held: list[object], total: int, reach: graph.Graph, places: source.Places) -> list[dict]:
    """Holdings of kind `suspended`: each name of the frames that wait at one line, all of them together.

    Args:
        held: what the names found so far hold: it would stay without these frames.
        total: bytes of that.
        reach: the graph; frames at work are in its boundary.
        places: where code stands.
    """
    known = set(map(id, held))
    asleep, roots = _asleep(reach, places)
    kept: dict[tuple, list[names.Root]] = {}
    for root in roots:
        if id(root.value) not in known:
            place = root.place
            kept.setdefault((place["file"], place["function"], root.line, root.name), []).append(root)
    known.clear()
    values = [root.value for group in kept.values() for root in group]
    looked_at: set[int] = set()
    size = reach.walk(values, looked_at, LOOKED_AT)
    if size < LEAST or (size < SHARE * total and len(looked_at) < LOOKED_AT):
        return []
    seen: set[int] = set()
    graph.Graph(reach.boundary | asleep).walk(held, seen)
    found = [_holding(group, reach, seen) for group in kept.values()]
    return [holding for holding in found if holding["size"] >= LEAST]


def _asleep(reach: graph.Graph, places: source.Places) -> tuple[set[int], names.Roots]:
    """Keys of all suspended generators and coroutines, and the names of those of the project."""
    keys: set[int] = set()
    roots = names.Roots()
    for obj in [obj for obj in gc.get_objects() if type(obj) in _FRAMES][:LOOKED_AT]:
        frame = getattr(obj, _FRAMES[type(obj)])
        if frame is None or graph.key(frame) in reach.boundary:
            continue
        keys.add(graph.key(obj))
        place = places.of_code(frame.f_code)
        if place is not None:
            roots.add(names.of_frame(frame, place, frame.f_lineno or place["line"]))
    return keys, roots


def _holding(group: list[names.Root], reach: graph.Graph, seen: set[int]) -> dict:
    first = group[0]
    values = [root.value for root in group]
    kinds = set(map(type, values))
    refcount = max(root.refcount for root in group)
    size, contents = _reached(values, reach, seen)
    alone = size if refcount == 1 else 0
    return {
        "kind": "suspended",
        "name": first.name,
        "place": first.place,
        "line": first.line,
        "type": classes.type_name(type(first.value)) if len(kinds) == 1 else "object",
        "size": size,
        "own": alone,
        "group": alone,
        "contents": contents if alone else [],
        "length": len(group),
        "refcount": refcount,
        "element": facts.element(first.value) if len(group) == 1 else "",
    }


def _reached(values: list[object], reach: graph.Graph, seen: set[int]) -> tuple[int, list[str]]:
    """Bytes of what is reachable and not in `seen`, which grows by it, and its types; none where they are many."""
    total = 0
    kinds: set[type] = set()
    todo = reach.fresh(values, seen)
    while todo:
        batch = todo[-graph.BATCH :]
        del todo[-graph.BATCH :]
        size, referents = reach.expand(batch)
        total += size
        kinds.update(map(type, batch))
        todo += reach.fresh(referents, seen)
    found = sorted(classes.type_name(kind) for kind in kinds if not issubclass(kind, graph.STOPS))
    return total, found if len(found) <= TYPES else []
