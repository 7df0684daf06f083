"""Holders that no name leads to: caches and cells of functions, stored tracebacks, cycles.

Stdlib only, Python 3.9 and later.
"""

from __future__ import annotations

import functools
import gc
import types
from collections import Counter

import _lowtide_probe_classes as classes
import _lowtide_probe_graph as graph
import _lowtide_probe_source as source

LEAST = 64 * 1024
"""Bytes from which tracebacks and cycles are reported."""
LOOKED_AT = 100_000
"""Entries of a cache looked at for their types."""

_CACHED = type(functools.lru_cache(len))
_NESTED = (tuple, frozenset)
_NOT_KEPT = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType)


def cache(value: object, places: source.Places) -> dict | None:
    """What of a holding is said otherwise when the value is a `functools.lru_cache`: its function, and its figures."""
    if type(value) is not _CACHED:
        return None
    function = value.__wrapped__
    place = places.of_code(function.__code__) if isinstance(function, types.FunctionType) else None
    if place is None:
        return None
    info = value.cache_info()
    kept = [found for found in gc.get_referents(value) if type(found) is dict and len(found) == info.currsize]
    entries = list(kept[0].items())[:LOOKED_AT] if kept and info.currsize else []
    return {
        "kind": "cache",
        "name": place["function"],
        "place": place,
        "line": place["line"],
        "cache": {
            "hits": info.hits,
            "misses": info.misses,
            "maxsize": info.maxsize,
            "entries": info.currsize,
            "arguments": _types(key for key, _ in entries),
            "results": _types(result for _, result in entries) if info.maxsize is None else [],
        },
    }


def _types(values: object) -> list[str]:
    """Names of the types of `values`, and of what the tuples and frozensets among them hold."""
    found: set[type] = set()
    todo = list(values)
    while todo:
        found.update(map(type, todo))
        todo = [inner for value in todo if type(value) in _NESTED for inner in value]
    return sorted(map(classes.type_name, found))


def captured(held: list[object], reach: graph.Graph, places: source.Places) -> list[dict]:
    """Holdings of kind `captured`: what functions made by one def or lambda keep alive, by the name they know it by.

    What several names reach counts for one of them: the whole is gone through once.
    Defs of a module's top level are left out: what they keep is one object each.

    Args:
        held: what the names found so far hold: it would stay without the functions.
    """
    named = set(map(id, held))
    kept: dict[tuple, list[object]] = {}
    for obj in graph.tracked(lambda kind: kind is types.FunctionType):
        if obj.__closure__ is None and not _has_defaults(obj):
            continue
        if "<locals>" in obj.__qualname__ and places.of_code(obj.__code__) is not None:
            for name, value in _variables(obj):
                if id(value) not in named and not issubclass(type(value), _NOT_KEPT):
                    kept.setdefault((obj.__code__, name), []).append(value)
    found = []
    seen: set[int] = set()
    for (code, name), values in kept.items():
        size = reach.walk(values, seen)
        if size >= LEAST:
            place = places.of_code(code)
            kinds = set(map(type, values))
            kind = classes.type_name(kinds.pop()) if len(kinds) == 1 else "object"
            found.append(_unnamed("captured", name, place, place["line"], kind, size, len(values)))
    return found


def _has_defaults(function: types.FunctionType) -> bool:
    return function.__defaults__ is not None or function.__kwdefaults__ is not None


def _variables(function: types.FunctionType) -> list[tuple[str, object]]:
    """Name and value of the function's filled cells and of its defaults."""
    code = function.__code__
    found = []
    for name, cell in zip(code.co_freevars, function.__closure__ or ()):
        try:
            found.append((name, cell.cell_contents))
        except ValueError:  # an empty cell
            continue
    defaults = function.__defaults__ or ()
    plain = code.co_varnames[: code.co_argcount]
    found += zip(plain[len(plain) - len(defaults) :], defaults)
    found += (function.__kwdefaults__ or {}).items()
    return found


def tracebacks(values: list[object], reach: graph.Graph, places: source.Places) -> list[dict]:
    """Holdings of kind `traceback`: what only the frames of stored exceptions keep alive, by where those were caught.

    Args:
        values: what the names found so far hold.
    """
    stored: dict[tuple, list[types.TracebackType]] = {}
    kinds: dict[tuple, Counter[type]] = {}
    for obj in graph.tracked(lambda kind: issubclass(kind, BaseException)):
        trace = BaseException.__traceback__.__get__(obj)
        caught = _caught(trace, places, reach)
        if caught is not None:
            stored.setdefault(caught, []).append(trace)
            kinds.setdefault(caught, Counter())[type(obj)] += 1
    listed = [trace for traces in stored.values() for trace in traces]
    if not listed or reach.walk(listed, set(), LOOKED_AT) < LEAST:
        return []
    seen: set[int] = set()
    reach.walk(values, seen, beside=set(map(graph.key, listed)))
    found = []
    for (file, function, first, line), traces in stored.items():
        size = reach.walk(traces, seen)
        kind = kinds[file, function, first, line].most_common(1)[0][0]
        if size >= LEAST:
            place = {"file": file, "function": function, "line": first}
            found.append(_unnamed("traceback", "tracebacks", place, line, classes.type_name(kind), size, len(traces)))
    return found


def _caught(trace: types.TracebackType | None, places: source.Places, reach: graph.Graph) -> tuple | None:
    """The project function that caught the exception, and its line; None for one that is still on its way."""
    if trace is None or (trace.tb_next is None and graph.key(trace.tb_frame) in reach.boundary):
        return None
    while trace is not None:
        place = places.of_code(trace.tb_frame.f_code)
        if place is not None:
            return place["file"], place["function"], place["line"], trace.tb_lineno
        trace = trace.tb_next
    return None


def cycles(project: list[type], reach: graph.Graph, places: source.Places) -> list[dict]:
    """A holding of kind `cycle`: what a collection frees now, named after the project class that is in it most.

    The collection is one that the interpreter may make at any time; what it finds is kept until the next.
    """
    garbage = _unreachable()
    size, referents = reach.expand(garbage)
    others = reach.fresh(referents, set(map(graph.key, garbage)))
    size += reach.size([obj for obj in others if not gc.is_tracked(obj)])
    known = frozenset(project)
    counts = Counter(kind for kind in map(type, garbage) if kind in known)
    del garbage, referents, others
    for kind, count in counts.most_common():
        place = places.of_class(kind)
        if place is not None and size >= LEAST:
            return [_unnamed("cycle", f"cycles of {kind.__name__}", place, 0, classes.type_name(kind), size, count)]
    return []


def _unreachable() -> list[object]:
    before = gc.get_debug()
    kept = len(gc.garbage)
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        gc.collect()
    finally:
        gc.set_debug(before)
    found = gc.garbage[kept:]
    del gc.garbage[kept:]
    return found


def _unnamed(kind: str, name: str, place: dict, line: int, type_name: str, size: int, count: int) -> dict:
    return {
        "kind": kind,
        "name": name,
        "place": place,
        "line": line,
        "type": type_name,
        "size": size,
        "own": size,
        "length": count,
    }
