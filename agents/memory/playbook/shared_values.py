"""Equal values of an attribute share one object: the edit, and the proof, for strings and for tuples."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from agents.memory.analysis.classes import ClassFacts, class_facts
from agents.memory.analysis.concrete import Concrete, Replacement, concrete, edited
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.uses import mentioning
from agents.memory.playbook.rule import Candidate, Focus, Rule, Shown
from runtime.measure.models import AttributeCensus

LIMIT = 1000
"""Values remembered: the memo never grows beyond them."""
_DISTINCT = 0.3
"""Share of different values above which a memo does not pay (catalogue)."""
PRECONDITIONS: Mapping[str, str] = {
    "repeated": "In the profiled run few of the attribute's values differ, and equal ones are objects of their own.",
    "plain writes": "It is assigned in __init__ by a plain statement, and it is no property.",
    "exact types": "Only values whose types leave no difference between equal ones are shared: the code tests that.",
    "no identity": "No code of the repository compares the attribute by identity, nor locals where it is read.",
    "free names": "No code of the repository uses the new names.",
}


@dataclass(frozen=True)
class Sharing:
    """What is shared. `kind`: the type's name; `words`: for titles; `test`: source of when `value` must be left."""

    kind: str
    words: str
    test: str
    described: str
    builtins: tuple[str, ...]


def find(rule: Rule, project: Project, focus: Focus, sharing: Sharing) -> Iterator[Candidate]:
    """A candidate for the attribute of the focus, else for each of the class's, biggest first."""
    census = focus.census
    facts = class_facts(project, census) if census and census.file in project.editable else None
    if census is None or facts is None or facts.index.unparsed or facts.module.parents[facts.node] != facts.module.tree:
        return
    for attribute in sorted(census.attributes, key=lambda one: -one.size):
        frees = _frees(attribute, sharing)
        if not frees or (focus.attribute and attribute.name != focus.attribute):
            continue
        writes = _writes(facts, attribute.name)
        shown = _shown(rule, facts, attribute, writes, sharing)
        tree = concrete(facts.module) if shown else None
        edit = edited(facts.module, tree, _replacements(tree, facts, attribute.name, writes, sharing)) if tree else None
        if edit is None:
            continue
        yield Candidate(
            key=f"{rule.id}:{census.file}:{census.name}:{attribute.name}",
            rule=rule.id,
            title=f"one object for equal {sharing.words} in `{census.name}.{attribute.name}`",
            category=rule.category,
            strategy=rule.strategy,
            mechanism=f"equal values of `{attribute.name}` share one object; at most {LIMIT} are remembered",
            level=rule.level,
            file=census.file,
            line=facts.node.lineno,
            function=census.name,
            frees=frees,
            shown=shown,
            users=[f"{facts.module.path}:{write.lineno} {attribute.name}" for write in writes],
            assumes=[
                f"`{census.name}.{attribute.name}` repeats its values in other runs too",
                f"nobody tells equal {sharing.words} of `{attribute.name}` apart by identity",
            ],
            edits=[edit],
            read=mentioning(project, attribute.name, facts.name) | {census.file: facts.module.source.blob},
        )


def _frees(attribute: AttributeCensus, sharing: Sharing) -> int:
    """Bytes that are repeats, by the census; 0 when most values differ, or the attribute holds other things."""
    held = {name for name in attribute.types if name != "NoneType"}
    if held != {sharing.kind} or attribute.distinct is None or attribute.distinct > _DISTINCT:
        return 0
    return attribute.repeated


def _writes(facts: ClassFacts, name: str) -> list[ast.Assign]:
    found = []
    for use in facts.index.attributes.get(name, []):
        statement = use.module.parents[use.node]
        method = use.module.parents.get(statement)
        while method is not None and not isinstance(method, ast.FunctionDef):
            method = use.module.parents.get(method)
        if (
            use.kind == "write"
            and facts.is_self(use.node.value, use.module)
            and isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(method, ast.FunctionDef)
            and method.name == "__init__"
            and not isinstance(statement.value, ast.Constant | ast.Yield | ast.Await)
        ):
            found.append(statement)
    return found


def _shown(
    rule: Rule, facts: ClassFacts, attribute: AttributeCensus, writes: list[ast.Assign], sharing: Sharing
) -> list[Shown]:
    name = attribute.name
    distinct = round((attribute.distinct or 0) * attribute.count)
    lines = ", ".join(str(write.lineno) for write in writes)
    evidence = {
        "repeated": f"{distinct} different values in {attribute.count} instances, {attribute.repeated} bytes repeat",
        "plain writes": f"written in __init__ at line {lines}" if writes and not _bound(facts, name) else None,
        "exact types": f"shared: {sharing.described}" if _builtin(facts, sharing) else None,
        "no identity": None if _compared(facts, name) else f"no `is` with `.{name}`",
        "free names": None if _taken(facts, _names(name)) else " and ".join(_names(name)),
    }
    shown = [Shown(check=check, evidence=evidence[check] or "") for check in rule.preconditions if evidence[check]]
    return shown if len(shown) == len(evidence) else []


def _names(attribute: str) -> tuple[str, str]:
    plain = attribute.strip("_")
    return f"_shared_{plain}", f"_share_{plain}"


def _taken(facts: ClassFacts, names: tuple[str, str]) -> bool:
    return any(name.encode() in facts.project.sources[path].data for name in names for path in facts.project.sources)


def _bound(facts: ClassFacts, name: str) -> bool:
    """Whether the attribute is a property or another value of a class, or the class stores attributes its own way."""
    return any(
        {name, "__setattr__", "__getattribute__"} & _defined(node)
        for family in facts.family
        for _, node in facts.index.classes.get(family, [])
    )


def _defined(node: ast.ClassDef) -> set[str]:
    return {item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.ClassDef)} | {
        target.id
        for item in node.body
        if isinstance(item, ast.Assign)
        for target in item.targets
        if isinstance(target, ast.Name)
    }


def _builtin(facts: ClassFacts, sharing: Sharing) -> bool:
    """Whether the names of the test mean the builtins at the top of the module."""
    for name in sharing.builtins:
        node = ast.Name(name, ast.Load())
        facts.module.parents[node] = facts.module.tree
        if resolve(facts.project, facts.module, node) != Builtin(name):
            return False
    return True


def _compared(facts: ClassFacts, name: str) -> bool:
    for module in facts.index.modules:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops):
                sides = [node.left, *node.comparators]
                if any(isinstance(side, ast.Constant | ast.Call) for side in sides):
                    continue
                # A local may hold the attribute's value.
                around = node if any(isinstance(side, ast.Attribute) for side in sides) else module.frame(node)
                if any(isinstance(n, ast.Attribute) and n.attr == name for n in ast.walk(around)):
                    return True
    return False


def _replacements(
    tree: Concrete, facts: ClassFacts, name: str, writes: list[ast.Assign], sharing: Sharing
) -> dict[cst.CSTNode, Replacement]:
    memo, share = _names(name)
    top = tree.statement(facts.node)
    if not isinstance(top, cst.ClassDef):
        return {}
    text = (
        f"{memo}: dict = {{}}\n\n\ndef {share}(value):\n"
        f'    """An equal {sharing.described} seen before, or `value` itself; {LIMIT} are remembered."""\n'
        f"    if {sharing.test}:\n        return value\n"
        f"    return {memo}.setdefault(value, value) if len({memo}) < {LIMIT} else {memo}.get(value, value)\n"
    )
    first, second = cst.parse_module(text).body
    lines = top.leading_lines
    blank = [cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)]
    first = first.with_changes(leading_lines=[*(line for line in lines if line.comment is None)])
    comments = [line for line in lines if line.comment is not None]
    found: dict[cst.CSTNode, Replacement] = {}
    for write in writes:
        value = tree.statement(write)
        if not isinstance(value, cst.Assign):
            return {}
        found[value.value] = cst.Call(cst.Name(share), [cst.Arg(_argument(value.value))])
    # The class is replaced whole, so the assignments in it are replaced first.
    inner = top.visit(_Inner(found))
    assert isinstance(inner, cst.ClassDef)
    return {top: cst.FlattenSentinel([first, second, inner.with_changes(leading_lines=[*blank, *comments])])}


def _argument(value: cst.BaseExpression) -> cst.BaseExpression:
    """The value as the one argument of a call: a tuple in parentheses, most others without them."""
    if isinstance(value, cst.Tuple):
        return value if value.lpar else value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return value if isinstance(value, cst.GeneratorExp | cst.NamedExpr) else value.with_changes(lpar=[], rpar=[])


class _Inner(cst.CSTTransformer):
    def __init__(self, replacements: Mapping[cst.CSTNode, Replacement]) -> None:
        super().__init__()
        self._replacements = replacements

    def on_leave(self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT) -> Replacement:  # type: ignore[override]
        left: Replacement = super().on_leave(original_node, updated_node)
        return self._replacements.get(original_node, left)
