"""Whether every caller of a function takes the list it returns once, element by element: it may be a generator then."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from agents.memory.analysis.consumers import Consumption, conditions, consumption, evaluated_here
from agents.memory.analysis.laziness import Region, Verdict, judge
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, module_of, text
from agents.memory.analysis.ownership import introspected, owned
from agents.memory.analysis.plainness import properties_read
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.analysis.resolution import Function, resolve
from agents.memory.analysis.sharing import again, frozen_while_yielding, leaves, shared
from agents.memory.analysis.uses import uses


@dataclass
class Callers:
    """The calls of a function, and the proof that each may be given a generator."""

    verdict: Verdict = field(default_factory=Verdict)
    users: list[str] = field(default_factory=list)
    files: set[str] = field(default_factory=set)


def callers(project: Project, module: Module, node: FunctionNode) -> Callers | None:
    """The proof for every call in the tree; None when one of them, or a mention that is no call, forbids it.

    Args:
        project: the project in which the function is a generator already.
    """
    found = Callers()
    if (project.library and not node.name.startswith("_")) or node.name in project.words:
        return None
    if _in_doctest(project, node.name) or _by_computed_name(project, module, node):
        return None
    for there, mention in _mentions(project, node.name):
        if there is None:
            return None
        call = there.parents.get(mention)
        if not isinstance(call, ast.Call) or call.func is not mention:
            return None
        meaning = resolve(project, there, mention)
        if not isinstance(meaning, Function) or meaning.node is not node:
            return None
        if there is module and _passes_on(there, call, node):
            continue
        verdict = _call(project, there, call, found)
        if verdict is None:
            return None
        verdict.assumes = [*found.verdict.assumes, *verdict.assumes]
        found.verdict = verdict
        found.files.add(there.path)
    return found if found.users else None


def _in_doctest(project: Project, name: str) -> bool:
    called = re.compile(rb"^[ \t#]*(?:>>>|\.\.\.)[^\n]*\b" + re.escape(name.encode()) + rb"\b", re.MULTILINE)
    return any(called.search(source.data) for source in project.sources.values())


def _by_computed_name(project: Project, module: Module, node: FunctionNode) -> bool:
    """Whether a `getattr(x, "get_" + kind)` of the tree may give the function."""
    method = isinstance(module.parents.get(node), ast.ClassDef)
    for found in uses(project).reflections:
        if found.how != "getattr" or found.name is not None:
            continue
        own = isinstance(found.receiver, ast.Name) and found.receiver.id in {"self", "cls"}
        if not (own and not method) and node.name.startswith(_known_start(found.node)):
            return True
    return False


def _known_start(call: ast.AST) -> str:
    """The text that the name asked for begins with, as far as it is written down."""
    asked = call.args[1] if isinstance(call, ast.Call) and len(call.args) > 1 else None
    match asked:
        case ast.BinOp(left=ast.Constant(value=str(start)), op=ast.Add()):
            return start
        case ast.BinOp(left=ast.Constant(value=str(start)), op=ast.Mod()):
            return start.partition("%")[0]
        case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
            return start
    return ""


def _passes_on(module: Module, call: ast.Call, node: FunctionNode) -> bool:
    """Whether the call stands in the function itself, as a `yield from` statement: its callers' proof covers it."""
    above = module.parents[call]
    return (
        isinstance(above, ast.YieldFrom) and isinstance(module.parents[above], ast.Expr) and module.frame(call) is node
    )


def _mentions(project: Project, name: str) -> Iterator[tuple[Module | None, ast.expr]]:
    """Every expression of the tree that may name the function; None as file when one does not parse."""
    for path, source in sorted(project.sources.items()):
        if name.encode() not in source.data:
            continue
        module = module_of(project, path)
        if module is None:
            yield None, ast.Constant(None)
            continue
        for node in module.nodes:
            match node:
                case ast.Name(id=found) | ast.Attribute(attr=found) if found == name:
                    yield module, node
                case ast.alias(name=found, asname=str()) if found.rpartition(".")[2] == name:
                    yield None, ast.Constant(None)
                case ast.Constant(value=str(written)) if written == name:
                    yield None, node


def _call(project: Project, module: Module, call: ast.Call, found: Callers) -> Verdict | None:
    frame, statement = module.frame(call), module.statement(call)
    if not isinstance(frame, (*FUNCTIONS, ast.Module)) or not evaluated_here(module, call, statement):
        return None
    analyst = Analyst(project, module, frame)
    taken = consumption(analyst, call)
    if taken is None or introspected(frame) or frozen_while_yielding(analyst, call):
        return None
    region = _region(analyst, module, call, statement, taken)
    made = analyst.step(call)
    verdict = judge(made, f"`{text(call)}`", region, lambda place: owned(analyst, place, statement))
    if verdict.veto or properties_read(analyst, statement):
        return None
    sources = [leaf for argument in call.args for leaf in leaves(analyst, argument)]
    late = bool(region.stops or region.catches or region.catches_consumer or region.effects.leaves)
    if shared(analyst, sources, call, statement, to_end=late):
        return None
    unknown = [text(leaf) for leaf in sources if not again(analyst, leaf)] if region.stops else []
    verdict.assumes += [f"nobody reads on from {name} where it is an iterator ({region.stops[0]})" for name in unknown]
    where = getattr(frame, "name", "<module>")
    found.users += [f"{module.path}:{call.lineno} {where}", *taken.users]
    found.files |= taken.files | made.files
    return verdict


def _region(analyst: Analyst, module: Module, call: ast.Call, statement: ast.stmt, taken: Consumption) -> Region:
    stops = tuple(conditions(module, call, statement)) + taken.stops
    return Region(taken.effects, taken.what, stops, catches(analyst, statement), taken.catches)
