"""A09: a cache without a bound grows for as long as the program runs, and is seldom hit. Give it a bound."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.reproducible import computation
from agents.memory.playbook.cached import unbounded
from agents.memory.playbook.examples import a09 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import library, spliced
from messaging.contents import EditedFile
from runtime.measure.holdings import Cache

_NUMBERS = frozenset({"int", "bool"})
"""Without float: 0.0 and -0.0 are one key, and which of them a result was made of depends on what was kept."""
_ARGUMENTS = _NUMBERS | {"str", "bytes", "NoneType", "tuple", "object"}
_RESULTS = (_ARGUMENTS - {"object"}) | {
    "float",
    "complex",
    "frozenset",
    "range",
    "datetime.date",
    "datetime.datetime",
    "decimal.Decimal",
}
_SMALLEST = 128
"""The default of lru_cache."""
_SHARE = 16
"""Where there were hits, the part of the entries that stays: 1 / 16."""


class BoundedCache:
    """`@lru_cache(maxsize=None)` or `@cache` -> `@lru_cache(maxsize=n)`."""

    id: ClassVar[str] = "A09"
    name: ClassVar[str] = "bound for an unbounded cache"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "unbounded": "The function's one decorator is functools.cache, or lru_cache with maxsize None; nothing in the"
        " project asks for a cache's figures.",
        "seldom hit": "Fewer than half as many hits as misses were counted, and most entries would go.",
        "pure": "The function has no effect, calls nothing unknown, itself included, and reads no state but its"
        " arguments.",
        "plain arguments": "Arguments seen are text, None and numbers of one type: equal ones give equal results.",
        "plain results": "Results seen are immutable: text, numbers, None, dates, tuples and frozensets of them.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for the cached function of the focus."""
        place = unbounded(project, focus)
        if place is None:
            return
        module, function, cache = place
        bound = _bound(cache)
        body: list[ast.AST] = [*function.body]
        found = computation(project, module, function, body) if bound else None
        numbers = _NUMBERS & set(cache.arguments)
        plain = set(cache.arguments) <= _ARGUMENTS and len(numbers) <= 1
        results = bool(cache.results) and set(cache.results) <= _RESULTS
        edit = _edit(project, module, function, bound) if found and plain and results else None
        if found is None or edit is None:
            return
        evidence = {
            "unbounded": f"line {function.decorator_list[0].lineno}: {ast.unparse(function.decorator_list[0])}",
            "seldom hit": f"{cache.hits} hits, {cache.misses} misses, {cache.entries} entries at the peak",
            "pure": f"`{function.name}` computes from its arguments alone",
            "plain arguments": f"arguments of {', '.join(cache.arguments)}",
            "plain results": f"results of {', '.join(cache.results)}",
        }
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}",
            rule=self.id,
            title=f"keep the last {bound} results of {focus.function} instead of all {cache.entries}",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"the cache of `{function.name}` holds {bound} entries at most",
            level=self.level,
            file=focus.file,
            line=function.lineno,
            function=focus.function,
            frees=focus.size,
            shown=[Shown(check=check, evidence=evidence[check]) for check in self.preconditions],
            users=[f"{focus.file}:{function.lineno} {focus.function}"],
            assumes=[
                f"arguments and results of `{function.name}` are of the types seen in the profiled run",
                f"nobody relies on `{function.name}` giving the same object twice",
            ],
            edits=[edit],
            read={path: project.sources[path].blob for path in sorted(found.files | {focus.file})},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _bound(cache: Cache) -> int:
    """How many entries to keep; 0 where the cache is hit too often, or would keep most of them."""
    if 2 * cache.hits > cache.misses:
        return 0
    bound = _SMALLEST
    while cache.hits and bound < cache.entries // _SHARE:
        bound *= 2
    return bound if 2 * bound <= cache.entries else 0


def _edit(project: Project, module: Module, function: ast.FunctionDef, bound: int) -> EditedFile | None:
    decorator = function.decorator_list[0]
    if isinstance(decorator, ast.Call):
        return spliced(module, [(decorator, f"{ast.unparse(decorator.func)}(maxsize={bound})")])
    if isinstance(decorator, ast.Attribute):
        return spliced(module, [(decorator, f"{ast.unparse(decorator.value)}.lru_cache(maxsize={bound})")])
    named = library(project, module, function, "functools.lru_cache")
    return spliced(module, [(decorator, f"{named[0]}(maxsize={bound})")], named[1]) if named else None
