"""Every focus that a profile could give a file: each function, each name that holds something, each class.

Types come from a run where there was one (`Facts`), else they are guessed: `Facts.guess`.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, module_of, own_nodes, qualified_name
from agents.memory.analysis.project import Project
from agents.memory.playbook.rule import Focus
from runtime.measure.holdings import AttributeCensus, ClassCensus, Holding
from runtime.measure.models import MIB, FunctionPlace

SIZE = 50 * MIB
"""Bytes each focus stands for."""
COUNT = 1000
"""Instances of each class."""
PEAKS = 3
"""Statements that are taken for the peak's, for each name."""


@dataclass(frozen=True)
class Facts:
    """What a run saw.

    Args:
        names: (file, function, name) -> qualified type, commonest element type, types of all that it holds.
        attributes: (file, class) -> attribute -> type -> instances.
        guess: the type of what was not seen; empty: such a name is no focus.
    """

    names: Mapping[tuple[str, str, str], tuple[str, str, Sequence[str]]] = field(default_factory=dict)
    attributes: Mapping[tuple[str, str], Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    guess: str = "list"


def foci(project: Project, path: str, facts: Facts) -> Iterator[Focus]:
    """Every focus that a profile could give one file."""
    module = module_of(project, path)
    if module is None:
        return
    scopes: list[FunctionNode | ast.Module] = [module.tree]
    scopes += [node for node in ast.walk(module.tree) if isinstance(node, FUNCTIONS)]
    for scope in scopes:
        yield from _of_scope(module, scope, facts)
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef):
            yield from _of_class(module, node, facts)


def _of_scope(module: Module, scope: FunctionNode | ast.Module, facts: Facts) -> Iterator[Focus]:
    name, path = qualified_name(module, scope), module.path
    own = sorted({line for node in own_nodes(scope) for line in _lines(node)})
    if not own:
        return
    yield Focus(path, name, frozenset(own), SIZE)
    statements = sorted({n.lineno for n in own_nodes(scope) if isinstance(n, ast.stmt)})
    place = FunctionPlace(file=path, function=name, line=getattr(scope, "lineno", 1))
    held = _names(module, scope)
    counts = dict.fromkeys(held, 1)
    for local, (kind, lines) in held.items():
        seen = facts.names.get((path, name, local), (facts.guess, "", ()))
        for line in peaks(statements, lines) if seen[0] else ():
            holding = Holding(
                kind=kind,
                name=local,
                place=place,
                line=line,
                type=seen[0],
                size=SIZE,
                own=SIZE,
                length=COUNT,
                refcount=1,
                element=seen[1],
                contents=list(seen[2]),
            )
            # No lines, as they had their focus: a rule that does not ask for the holder is then asked once a function.
            yield Focus(path, name, frozenset(), SIZE, holding=holding, peak_line=line, refcounts=counts)


def _lines(node: ast.AST) -> Iterable[int]:
    first = getattr(node, "lineno", None)
    return range(first, (getattr(node, "end_lineno", None) or first) + 1) if first is not None else ()


def _names(module: Module, scope: FunctionNode | ast.Module) -> dict[str, tuple[str, list[int]]]:
    """Name -> the kind of holder it is, and the lines that mention it."""
    bound = "global" if isinstance(scope, ast.Module) else "local"
    found: dict[str, tuple[str, list[int]]] = {}
    if not isinstance(scope, ast.Module):
        arguments = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
        found = {argument.arg: ("argument", [argument.lineno]) for argument in arguments}
    for node in own_nodes(scope):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and module.owner(node, node.id) is scope:
            found.setdefault(node.id, (bound, []))
    for node in own_nodes(scope):
        if isinstance(node, ast.Name) and node.id in found:
            found[node.id][1].append(node.lineno)
    return found


def peaks(statements: Sequence[int], mentions: Sequence[int]) -> list[int]:
    """Lines of statements that do not mention the name and follow one that does, then the last statement.

    At most `PEAKS`: the last mentions first, for behind them a name is most often dead.
    """
    used = set(mentions)
    after = [next((line for line in statements if line > use and line not in used), 0) for use in sorted(used)]
    last = statements[-1:] if mentions else []
    return list(dict.fromkeys(line for line in [*reversed(after), *last] if line))[:PEAKS]


def _of_class(module: Module, node: ast.ClassDef, facts: Facts) -> Iterator[Focus]:
    name, path = qualified_name(module, node), module.path
    seen = facts.attributes.get((path, name), {})
    if not seen and not facts.guess:
        return
    kinds = seen or {attribute: {facts.guess: COUNT} for attribute in _attributes(node)}
    census = ClassCensus(
        name=name,
        module=path.removesuffix(".py").replace("/", "."),
        file=path,
        line=node.lineno,
        count=COUNT,
        shallow=SIZE,
        slotted=any(getattr(target, "id", "") == "__slots__" for target in _assigned(node)),
        attributes=[
            AttributeCensus(name=attribute, size=SIZE, count=COUNT, types=dict(types), distinct=0.01)
            for attribute, types in kinds.items()
        ],
    )
    lines = frozenset({node.lineno})
    yield Focus(path, name, lines, SIZE, census=census)
    for attribute in census.attributes:
        yield Focus(path, name, lines, SIZE, census=census, attribute=attribute.name)


def _assigned(node: ast.ClassDef) -> Iterator[ast.expr]:
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            yield from statement.targets
        elif isinstance(statement, ast.AnnAssign):
            yield statement.target


def _attributes(node: ast.ClassDef) -> list[str]:
    names = [target.id for target in _assigned(node) if isinstance(target, ast.Name)]
    for method in node.body:
        if isinstance(method, FUNCTIONS) and method.args.args:
            own = method.args.args[0].arg
            names += [
                inner.attr
                for inner in ast.walk(method)
                if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store)
                if isinstance(inner.value, ast.Name) and inner.value.id == own
            ]
    return [name for name in dict.fromkeys(names) if not name.startswith("__")]
