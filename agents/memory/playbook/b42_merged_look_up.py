"""B42: two dicts that are merged only to look keys up are looked up one after the other."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.effects import Effects, Place
from agents.memory.analysis.laziness import Region, judge
from agents.memory.analysis.mentions import mentioned
from agents.memory.analysis.modules import FUNCTIONS, LOOPS, FunctionNode, Module, enclosing, text
from agents.memory.analysis.ownership import owned
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.reads import every_read, kept_in
from agents.memory.playbook.examples import b42 as examples
from agents.memory.playbook.lazy_candidates import lazy_candidate
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Strategy
from agents.memory.playbook.source_edits import library, spliced
from runtime.measure.holdings import Holding

_ANNOTATED = frozenset({"dict", "Dict"})
_UNLIKE_DICTS = frozenset({"__missing__", "defaultdict", "Counter", "UserDict", "WeakValueDictionary"})
"""Words of code with mappings that answer for keys they lack: a copy of one does not."""


class MergedLookUp:
    """`both = {**a, **b}` -> `both = ChainMap(b, a)`, where `both` is only asked for single keys."""

    id: ClassVar[str] = "B42"
    name: ClassVar[str] = "merged dict for look-ups"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "merge": "A dict display of nothing but `**` of locals, each a plain dict.",
        "look-ups": "Each read of the merged dict is `[key]`, `get()` or `in`.",
        "inputs unchanged": "The dicts are neither rebound nor changed before the function ends.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such merge that a line of the focus, or its holding, names."""
        place = focused(project, focus)
        if place is None or not isinstance(place[1], FUNCTIONS):
            return
        module, scope = place[0], place[1]
        held = focus.holding.name if focus.holding is not None else None
        analyst = Analyst(project, module, scope)
        found = [
            (node, kept[1], kept[2])
            for node in nodes_in(module, scope)
            if isinstance(node, ast.Dict) and len(node.keys) > 1 and not any(node.keys)
            if (kept := kept_in(module, node)) is not None and kept[0] is scope
            if touches(kept[1], focus.lines) or kept[2] == held
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{name}" for *_, name in found)
        for (node, statement, name), key in zip(found, keys, strict=True):
            parts = [value for value in node.values if isinstance(value, ast.Name)]
            types = [_dict(analyst, scope, part, focus.seen(part.id)) for part in parts]
            reads = every_read(module, scope, name)
            if len(parts) != len(node.values) or None in types or not reads:
                continue
            if not all(_looked_up(module, read) for read in reads):
                continue
            unchanged = _unchanged(analyst, scope, statement, parts)
            named = library(project, module, node, "collections.ChainMap")
            if unchanged is None or named is None:
                continue
            new = f"{named[0]}({', '.join(part.id for part in reversed(parts))})"
            edit = spliced(module, [(node, new)], named[1])
            if edit is None:
                continue
            yield lazy_candidate(
                self,
                project,
                focus,
                module,
                statement,
                key,
                title=f"look keys up in {focus.function} without merging the dicts",
                mechanism=f"`{name}` asks the dicts one after the other; no copy of them is made",
                shown={
                    "merge": f"line {node.lineno}: `{text(node)}`",
                    "look-ups": f"{len(reads)} reads of `{name}`, each of one key",
                    "inputs unchanged": unchanged[0],
                },
                assumes=[*(why for why in types if why), *unchanged[1]],
                edits=[edit],
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _dict(analyst: Analyst, scope: FunctionNode, name: ast.Name, held: Holding | None) -> str | None:
    """What is assumed so that the local is a plain dict ("": nothing); None when that is not known."""
    kind = analyst.kinds.of(name)
    if kind is not None:
        return "" if kind.name == "dict" else None
    bound = analyst.module.bindings(scope).get(name.id, [])
    if len(bound) != 1 or _defaulted(scope, bound[0]) or mentioned(analyst.project, _UNLIKE_DICTS) is not None:
        return None
    noted = bound[0].annotation if isinstance(bound[0], ast.arg) else None
    base = noted.value if isinstance(noted, ast.Subscript) else noted
    last = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    if last in _ANNOTATED:
        return f"`{name.id}` is the plain dict that its annotation says"
    return f"`{name.id}` is a plain dict, as in the profiled run" if held is not None and held.type == "dict" else None


def _defaulted(scope: FunctionNode, bound: ast.AST) -> bool:
    """Whether the parameter may be left out: then it is mostly None."""
    positional = [*scope.args.posonlyargs, *scope.args.args]
    given = [d for d in scope.args.kw_defaults if d is not None]
    optional = positional[len(positional) - len(scope.args.defaults) :] if scope.args.defaults else []
    return bound in optional or (bool(given) and bound in scope.args.kwonlyargs)


def _looked_up(module: Module, read: ast.Name) -> bool:
    parent = module.parents[read]
    match parent:
        case ast.Subscript(value=value, slice=index, ctx=ast.Load()):
            return value is read and not isinstance(index, ast.Slice)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[value]):
            return value is read
        case ast.Attribute(attr="get"):
            called = module.parents[parent]
            return isinstance(called, ast.Call) and called.func is parent and not called.keywords
    return False


def _unchanged(
    analyst: Analyst, scope: FunctionNode, statement: ast.Assign, parts: list[ast.Name]
) -> tuple[str, list[str]] | None:
    """Evidence that nothing from the merge on changes the dicts, with what is assumed for it."""
    loops = [a for a in enclosing(analyst.module, statement, scope) if isinstance(a, LOOPS)]
    start = loops[-1].lineno if loops else statement.lineno + 1
    later = [
        n
        for n in ast.walk(scope)
        if isinstance(n, ast.stmt) and n.lineno >= start and analyst.module.frame(n) is scope and n is not statement
    ]
    around = {a for n in later for a in analyst.module.ancestors(n)}
    tops = [n for n in later if n not in around or analyst.module.parents[n] is scope]
    reads = frozenset(Place(part.id, 0, part.id, part.lineno) for part in parts)
    made = Effects(names=frozenset(part.id for part in parts), reads=reads)
    region = Region(analyst.of(*tops, *later), f"what follows line {statement.lineno}")
    verdict = judge(made, "a look-up", region, lambda place: owned(analyst, place))
    return None if verdict.veto else (verdict.inputs, verdict.assumes)
