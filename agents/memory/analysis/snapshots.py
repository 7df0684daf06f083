"""When a copy of something shared is a snapshot on purpose: somebody else may change it during the loop."""

import ast
import re
from collections.abc import Iterable

from agents.memory.analysis.kinds import SCALARS
from agents.memory.analysis.modules import parameters, text
from agents.memory.analysis.ownership import owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Library, resolve

_MEANWHILE = re.compile(
    rb"\b(_?threading|_?thread|concurrent|asyncio|multiprocessing|gevent|eventlet|trio|anyio|weakref|signal"
    rb"|QThread|Timer|async)\b"
)
"""Words of code that runs while other code is in the middle of a loop."""
_PLAIN = frozenset({"list", "tuple", "dict", "set", "range", "str", "text", "view"})


def snapshot(
    analyst: Analyst, original: ast.expr, sources: Iterable[ast.expr], reader: ast.stmt, *, yields: bool
) -> list[str] | None:
    """What iterating over `original` without a copy assumes of its sharers; None when the copy may be meant."""
    assumes = []
    if isinstance(original, ast.Call) and _of_interpreter(analyst, original):
        return None
    for leaf in sources:
        kind = analyst.kinds.of(leaf)
        if (kind is not None and kind.name in SCALARS | {"range"}) or owned(analyst, analyst.place(leaf), reader):
            continue
        if yields or isinstance(resolve(analyst.project, analyst.module, leaf), Library):
            return None
        if _concurrent(analyst.project) and not _parameter(analyst, leaf):
            return None
        assumes.append(f"nothing else changes {text(leaf)} during the iteration")
    return assumes


def _of_interpreter(analyst: Analyst, call: ast.Call) -> bool:
    """Whether a library hands out state of the interpreter: gc.get_objects(), threading.enumerate()."""
    meaning = resolve(analyst.project, analyst.module, call.func)
    return isinstance(meaning, Library) and meaning.name.partition(".")[0] in {"gc", "sys", "threading", "weakref"}


def _parameter(analyst: Analyst, leaf: ast.expr) -> bool:
    if not isinstance(leaf, ast.Name) or isinstance(analyst.scope, ast.Module):
        return False
    return leaf.id in {arg.arg for arg in parameters(analyst.scope)}  # type: ignore[arg-type]


def _concurrent(project: Project) -> bool:
    cached = project.facts.get("snapshots.concurrent")
    if not isinstance(cached, bool):
        cached = any(_MEANWHILE.search(source.data) for source in project.sources.values())
        project.facts["snapshots.concurrent"] = cached
    return cached


def looked_up(analyst: Analyst, sources: Iterable[ast.expr], reader: ast.stmt) -> str:
    """The first `d[k]` in `reader` on one of `sources` that may add to it or reorder it (defaultdict); or ""."""
    names = {text(leaf) for leaf in sources}
    for node in ast.walk(reader):
        if isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice) and text(node.value) in names:
            kind = analyst.kinds.of(node.value)
            if kind is None or kind.name not in _PLAIN:
                return text(node)
    return ""
