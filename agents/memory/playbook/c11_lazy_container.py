"""C11: most instances hold a container that stays empty. Make it when it is first fed."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.classes import ClassFacts, class_facts, declared_elsewhere
from agents.memory.analysis.mentions import mentioned
from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.uses import AttributeUse, mentioning
from agents.memory.playbook.examples import c11 as examples
from agents.memory.playbook.lazy_containers import fed, feeds_alone, tolerant
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import library, source, spliced
from agents.memory.playbook.storage import KNOWING, needs_dict
from messaging.contents import EditedFile

_EMPTY = {"list": 56, "dict": 64}
"""Bytes of an empty container."""
_WRITTEN = {"list": "[]", "dict": "{}"}
_THREADS = frozenset({"threading", "_thread", "concurrent", "ThreadPoolExecutor", "gevent", "greenlet"})
_COPIERS = frozenset({"pickle", "cPickle", "deepcopy", "dill", "cloudpickle", "joblib", "shelve", "copyreg"})
_ASKING = frozenset({"getattr", "attrgetter", "asdict", "astuple", "vars", "__getstate__", "object"})


class LazyContainer:
    """`self.a = []` -> `self.a = ()`, and before each `obj.a.append(v)`: `if not obj.a: obj.a = []`."""

    id: ClassVar[str] = "C11"
    name: ClassVar[str] = "containers made when they are first fed"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "mostly empty": "In the profiled run most of the containers were empty.",
        "one making": "The attribute is assigned once, an empty list or dict in __init__, and is no value of a class.",
        "tolerant readers": "Every read tests it, looks a key up in it or steps through it at once.",
        "plain feeding": "Every other use feeds it by a statement on a plain name, which no other class can answer to,"
        " with values whose making changes nothing.",
        "not reflected": "No reflection, copying or pickling sees what stands in for the empty container.",
        "one thread": "The repository starts no threads: two could make the container at once.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate for the attribute of the focus, else for each of the class's, biggest first."""
        census = focus.census
        facts = class_facts(project, census) if census and census.file in project.editable else None
        if census is None or facts is None or facts.index.unparsed or facts.decorator is not None:
            return
        for attribute in sorted(census.attributes, key=lambda one: -one.size):
            name = attribute.name
            kind = next(iter(attribute.types), "")
            if (focus.attribute and name != focus.attribute) or len(attribute.types) != 1 or kind not in _EMPTY:
                continue
            saved = attribute.count * _EMPTY[kind]
            uses = [
                u for u in facts.index.attributes.get(name, []) if facts.instance(u.node.value, u.module) is not False
            ]
            making = _making(project, facts, uses, kind)
            if attribute.size > 2 * saved or making is None:
                continue
            shown = _shown(self, project, facts, name, kind, uses, making)
            edits = _edits(project, facts, name, kind, uses, making) if shown else []
            if not edits:
                continue
            yield Candidate(
                key=f"{self.id}:{census.file}:{census.name}:{name}",
                rule=self.id,
                title=f"make `{census.name}.{name}` when it is first fed",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"the empty {kind}s of `{name}` in {census.count} `{census.name}` instances are not made",
                level=self.level,
                file=census.file,
                line=making.lineno,
                function=census.name,
                frees=min(saved, attribute.size),
                shown=shown,
                users=[f"{use.place} {name}" for use in uses],
                assumes=[
                    f"no code outside this repository changes, keeps or compares `{census.name}.{name}`",
                    f"whatever has its `{name}` fed is a `{census.name}`: no other class here has one",
                ],
                edits=edits,
                read=mentioning(project, name, facts.name) | {census.file: facts.module.source.blob},
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _making(project: Project, facts: ClassFacts, uses: list[AttributeUse], kind: str) -> ast.Assign | None:
    writes = [use for use in uses if use.kind in ("write", "delete")]
    if len(writes) != 1 or not facts.is_self(writes[0].node.value, writes[0].module):
        return None
    module, statement = facts.module, facts.module.parents.get(writes[0].node)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    init = module.frame(statement)
    if not isinstance(init, ast.FunctionDef) or init.name != "__init__" or module.parents[init] is not facts.node:
        return None
    value = statement.value
    literal = ast.unparse(value) == _WRITTEN[kind]
    made = isinstance(value, ast.Call) and not value.args and not value.keywords
    called = isinstance(value, ast.Call) and made and resolve(project, module, value.func) == Builtin(kind)
    return statement if literal or called else None


def _shown(
    rule: LazyContainer,
    project: Project,
    facts: ClassFacts,
    name: str,
    kind: str,
    uses: list[AttributeUse],
    making: ast.Assign,
) -> list[Shown]:
    readers = [use for use in uses if use.kind == "read"]
    feeders = [use for use in uses if use.kind == "feed"]
    reached = [
        r.place
        for r in facts.index.reflections
        if r.as_value or (r.how in _ASKING and r.name in (None, name) and not _not_ours(facts, r.receiver, r.module))
    ]
    copied = mentioned(project, _COPIERS) if kind == "dict" else None
    named = name in facts.index.strings or name in facts.index.matched or name in project.words
    hidden = reached or copied or named or needs_dict(facts, frozenset({name}))
    evidence = {
        "mostly empty": f"they hold less than {2 * _EMPTY[kind]} bytes each",
        "one making": f"line {making.lineno}" if not _bound(facts, name) else "",
        "tolerant readers": f"{len(readers)} reads" if all(tolerant(facts, use, kind) for use in readers) else "",
        "plain feeding": f"{len(feeders)} statements" if _plain_feeding(project, facts, name, kind, feeders) else "",
        "not reflected": "" if hidden else f"none of {len(facts.index.reflections)} uses of reflection can reach it",
        "one thread": "" if mentioned(project, _THREADS) else "no file mentions threads",
    }
    shown = [Shown(check=check, evidence=evidence[check]) for check in rule.preconditions if evidence[check]]
    return shown if len(shown) == len(evidence) else []


def _not_ours(facts: ClassFacts, receiver: ast.expr | None, module: Module) -> bool:
    return receiver is not None and facts.instance(receiver, module) is False


def _bound(facts: ClassFacts, name: str) -> bool:
    return any(
        ({name} | KNOWING) & module.bindings(node).keys()
        for family in facts.family
        for module, node in facts.index.classes.get(family, [])
    )


def _plain_feeding(project: Project, facts: ClassFacts, name: str, kind: str, feeders: list[AttributeUse]) -> bool:
    statements = [fed(use, kind) for use in feeders]
    if None in statements or len(set(map(id, statements))) < len(statements):
        return False
    if any(use.module.path not in project.editable or not feeds_alone(project, use) for use in feeders):
        return False
    return not declared_elsewhere(facts, name)


def _edits(
    project: Project, facts: ClassFacts, name: str, kind: str, uses: list[AttributeUse], making: ast.Assign
) -> list[EditedFile]:
    feeders = [use for use in uses if use.kind == "feed"]
    modules = {use.module.path: use.module for use in feeders} | {facts.module.path: facts.module}
    edits: list[EditedFile] = []
    empty, imports, before = "()", tuple[str, ...](), list[tuple[ast.AST, str]]()
    if kind == "dict":
        top = _top(facts)
        empty = f"_NO_{name.strip('_').upper()}"
        proxy = library(project, facts.module, top, "types.MappingProxyType")
        if proxy is None or any(empty.encode() in found.data for found in project.sources.values()):
            return []
        imports = proxy[1]
        before = [(_above(facts.module, top), f"{empty} = {proxy[0]}({{}})\n\n\n")]
    for module in modules.values():
        changes: list[tuple[ast.AST, str]] = []
        for use in feeders:
            statement = module.statement(use.node) if use.module is module else None
            if statement is None:
                continue
            indent = _indent(module, statement)
            if indent is None:
                return []
            fed_to = ast.unparse(use.node)
            test = f"if not {fed_to}:\n{indent}    {fed_to} = {_WRITTEN[kind]}\n{indent}"
            changes.append((statement, test + source(module, statement)))
        if module is facts.module:
            changes += [(making.value, empty), *before]
        edit = spliced(module, changes, imports if module is facts.module else ())
        if edit is None:
            return []
        edits.append(edit)
    return edits


def _top(facts: ClassFacts) -> ast.stmt:
    """The statement of the module that the class is, or lies in."""
    return next(s for s in facts.module.tree.body if any(node is facts.node for node in ast.walk(s)))


def _above(module: Module, statement: ast.stmt) -> ast.AST:
    """The point before the statement, its decorators and the comments directly above it."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    line = min([statement.lineno, *(decorator.lineno for decorator in decorators)])
    lines = module.source.text.splitlines()
    while line > 1 and lines[line - 2].startswith("#"):
        line -= 1
    return ast.Pass(lineno=line, col_offset=0, end_lineno=line, end_col_offset=0)


def _indent(module: Module, statement: ast.stmt) -> str | None:
    """What stands before the statement on its line; None where that is more than space, or more follows it."""
    lines = module.source.text.splitlines()
    before = lines[statement.lineno - 1].encode()[: statement.col_offset].decode()
    after = lines[(statement.end_lineno or 1) - 1].encode()[statement.end_col_offset :].decode().strip()
    return before if not before.strip() and (not after or after.startswith("#")) else None
