"""B31: futures that are all submitted before the first result is asked for: a bounded number is under way."""

import ast
from collections.abc import Iterator
from typing import ClassVar

from agents.memory.analysis.modules import enclosing, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import harmless
from agents.memory.analysis.resolution import Builtin, Library, resolve
from agents.memory.analysis.streams import Taken, taken
from agents.memory.playbook.examples import b31 as examples
from agents.memory.playbook.lazy_edits import focused, nodes_in, numbered, touches
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import source, spliced
from agents.memory.playbook.streamed import bound_names, with_helper

_POOLS = frozenset({Library(f"concurrent.futures.{kind}PoolExecutor") for kind in ("Thread", "Process")})
_AHEAD = 4
"""Tasks under way for each worker."""
_UNKNOWN = 32
"""Tasks under way where the number of workers is not written there."""
_HELPER = '''
def _in_flight(futures, limit):
    """The futures in their order, at most `limit` of them under way at once."""
    waiting = []
    for future in futures:
        waiting.append(future)
        if len(waiting) >= limit:
            yield waiting.pop(0)
    yield from waiting
'''


class FuturesWindow:
    """`fs = [pool.submit(f, x) for x in xs]`, then `f.result()` of each in turn."""

    id: ClassVar[str] = "B31"
    name: ClassVar[str] = "all futures submitted before the first result"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[dict[str, str]] = {
        "pool": "The tasks go to a pool of concurrent.futures that a with of this function opened.",
        "results in turn": "One loop goes over all futures in their order and asks each for its result, nothing else.",
        "arguments alike": "What the tasks are given is not bound anew or changed while results are taken.",
        "exceptions alike": "Nothing catches the exception of one task and goes on with the others submitted.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for each such list of futures that a line of the focus, or its holding, names."""
        place = focused(project, focus)
        if place is None:
            return
        module, scope = place
        analyst = Analyst(project, module, scope)
        held = focus.holding.name if focus.holding is not None else ""
        lists = [
            (node, workers)
            for node in nodes_in(module, scope)
            if isinstance(node, ast.ListComp) and module.frame(node) is scope
            if (workers := _submitted(analyst, node)) is not None
        ]
        keys = numbered(f"{self.id}:{focus.file}:{focus.function}:{text(node)}" for node, _ in lists)
        for (node, workers), key in zip(lists, keys, strict=True):
            statement, pass_ = module.statement(node), taken(analyst, node)
            if pass_ is None or not (touches(statement, focus.lines) or held in bound_names(statement)):
                continue
            if not _in_turn(analyst, node, pass_) or _told_apart(analyst, node, pass_):
                continue
            limit = workers * _AHEAD if workers else _UNKNOWN
            edit = spliced(module, [(node, f"_in_flight(({source(module, node)[1:-1].strip()}), {limit})")])
            edit = with_helper(analyst, edit, node, _HELPER) if edit is not None else None
            if edit is None:
                continue
            shown = {
                "pool": f"`{text(node.elt)}` submits to a pool of concurrent.futures opened by a with around",
                "results in turn": f"{pass_.region.what} asks each future for its result",
                "arguments alike": f"{pass_.region.what} binds and changes nothing that `{text(node.elt)}` names",
                "exceptions alike": "no handler stands around",
            }
            yield Candidate(
                key=key,
                rule=self.id,
                title=f"keep {limit} tasks under way in {focus.function}",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"at most {limit} tasks are ahead of the one taken: not all results wait in the list",
                level="P",
                file=focus.file,
                line=node.lineno,
                function=focus.function,
                frees=focus.size,
                shown=[Shown(check=check, evidence=shown[check]) for check in self.preconditions],
                users=[f"{focus.file}:{node.lineno} {focus.function}", *pass_.users],
                assumes=[
                    "the tasks do not wait for one another, and neither they nor the loop change what later ones use",
                    "no task fails, nor anything in the loop: those not submitted by then would not run",
                ],
                edits=[edit],
                read={path: project.sources[path].blob for path in sorted(pass_.files | {focus.file})},
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _submitted(analyst: Analyst, node: ast.ListComp) -> int | None:
    """The number of workers of the pool that the comprehension submits to (0: not written there); None: no such."""
    match node.elt:
        case ast.Call(func=ast.Attribute(value=ast.Name() as pool, attr="submit")):
            pass
        case _:
            return None
    if len(node.generators) != 1 or node.generators[0].is_async or _closes_over(analyst, node):
        return None
    if any(isinstance(inner, ast.Call) and not _timeless(analyst, inner) for inner in ast.walk(node)):
        return None
    bound = analyst.module.bindings(analyst.scope).get(pool.id, [])
    made = analyst.module.parents.get(bound[0]) if len(bound) == 1 else None
    match made:
        case ast.withitem(context_expr=ast.Call(args=args, keywords=keywords, func=func)):
            if resolve(analyst.project, analyst.module, func) not in _POOLS:
                return None
        case _:
            return None
    given = args[:1] or [k.value for k in keywords if k.arg == "max_workers"]
    match given:
        case [ast.Constant(value=int() as workers)]:
            return workers
    return 0


def _timeless(analyst: Analyst, call: ast.Call) -> bool:
    """Whether the call may come later: submit() itself, and builtins."""
    submits = isinstance(call.func, ast.Attribute) and call.func.attr == "submit"
    return submits or isinstance(resolve(analyst.project, analyst.module, call.func), Builtin)


def _closes_over(analyst: Analyst, node: ast.ListComp) -> bool:
    """Whether a function inside sees the comprehension's own variable: its last value then, the current one after."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and analyst.module.owner(inner, inner.id) is node:
            frames = (a for a in analyst.module.scopes(inner) if isinstance(a, ast.Lambda | ast.GeneratorExp))
            if any(frame in set(ast.walk(node)) for frame in frames):
                return True
    return False


def _in_turn(analyst: Analyst, node: ast.ListComp, pass_: Taken) -> bool:
    """Whether the pass is one loop, to its end, whose variable is only asked for its result."""
    parents = analyst.module.parents
    if pass_.region.stops or pass_.region.effects.leaves or pass_.users or not _at_once(analyst, pass_):
        return False
    if any(isinstance(inner, ast.Raise | ast.Assert) for inner in ast.walk(pass_.reader)):
        return False
    for use in ast.walk(pass_.reader):
        if use is not node and not (pass_.name and isinstance(use, ast.Name) and use.id == pass_.name):
            continue
        loop = parents[use]
        if not isinstance(loop, ast.For | ast.comprehension) or not isinstance(loop.target, ast.Name):
            return False
        inside = parents[loop] if isinstance(loop, ast.comprehension) else loop
        named = [n for n in ast.walk(inside) if isinstance(n, ast.Name) and n.id == loop.target.id]
        return all(n is loop.target or _asked(analyst, n) for n in named)
    return False


def _asked(analyst: Analyst, name: ast.Name) -> bool:
    method = analyst.module.parents[name]
    call = analyst.module.parents[method]
    asked = isinstance(method, ast.Attribute) and method.attr == "result"
    # A timeout counts from the call on, whatever was submitted by then.
    return asked and isinstance(call, ast.Call) and call.func is method and not call.args and not call.keywords


def _at_once(analyst: Analyst, pass_: Taken) -> bool:
    """Whether the results are asked for right after the tasks were submitted."""
    around = analyst.module.parents[pass_.first]
    suites = (suite for _, suite in ast.iter_fields(around) if isinstance(suite, list) and pass_.first in suite)
    following = [after for suite in suites for after in suite[suite.index(pass_.first) + 1 :]]
    return pass_.reader is pass_.first or following[:1] == [pass_.reader]


def _told_apart(analyst: Analyst, node: ast.ListComp, pass_: Taken) -> str:
    """Why tasks that are submitted later are seen; or ""."""
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    effects = pass_.region.effects
    changed = effects.binds | {place.root for place in effects.writes}
    own = set(ast.walk(node))
    pool = node.elt.func.value.id  # type: ignore[attr-defined]
    if any(isinstance(n, ast.Name) and n.id == pool and n not in own for n in ast.walk(pass_.reader)):
        return f"{pool} is used"
    if names & changed:
        return f"{sorted(names & changed)[0]} changes"
    for around in enclosing(analyst.module, node, analyst.scope):
        if isinstance(around, ast.Try | ast.TryStar | ast.AsyncWith):
            return "a handler stands around"
        for item in around.items if isinstance(around, ast.With) else ():
            called = item.context_expr.func if isinstance(item.context_expr, ast.Call) else item.context_expr
            pool = resolve(analyst.project, analyst.module, called) in _POOLS
            if not pool and not harmless(analyst, item.context_expr):
                return f"the with over `{text(item.context_expr)}`"
    return ""
