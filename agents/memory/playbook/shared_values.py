"""Equal values of an attribute share one object: the edit, and the proof, for strings and for tuples."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import libcst as cst

from agents.memory.analysis.classes import ClassFacts, class_facts
from agents.memory.analysis.concrete import Concrete, Replacement, concrete, edited
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.uses import mentioning
from agents.memory.playbook.rule import Candidate, Focus, Rule, Shown
from runtime.measure.holdings import AttributeCensus

LIMIT = 1000
"""Values remembered: the memo never grows beyond them."""
_DISTINCT = 0.3
"""Share of different values above which a memo does not pay (catalogue)."""
PRECONDITIONS: Mapping[str, str] = {
    "repeated": "In the profiled run few of the values differ, and equal ones are objects of their own.",
    "plain writes": "The attribute is assigned in __init__ by a plain statement, and it is no property; what a local"
    " collects is made by expressions that are seen.",
    "exact types": "Only values whose types leave no difference between equal ones are shared: the code tests that.",
    "no identity": "No code of the repository compares the attribute by identity, nor locals where it is read; for a"
    " local, no code of its file tells equal values apart.",
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
    """A candidate for the attribute of the focus; else one for all of the class's that qualify together, if there are
    two or more, then one for each, biggest first.
    """
    census = focus.census
    facts = class_facts(project, census) if census and census.file in project.editable else None
    if census is None or facts is None or facts.index.unparsed or facts.module.parents[facts.node] != facts.module.tree:
        return
    fit: list[_Shared] = []
    for attribute in sorted(census.attributes, key=lambda one: -one.size):
        frees = _frees(attribute, sharing)
        if not frees or (focus.attribute and attribute.name != focus.attribute):
            continue
        writes = _writes(facts, attribute.name)
        evidence = _evidence(facts, attribute, writes, sharing)
        if all(evidence.values()):
            fit.append(_Shared(attribute, frees, writes, evidence))
    together = [fit] if len(fit) > 1 and sum(map(_different, fit)) <= LIMIT else []
    for group in (*together, *([one] for one in fit)):
        candidate = _candidate(rule, facts, group, sharing)
        if candidate is not None:
            yield candidate


@dataclass(frozen=True)
class _Shared:
    """An attribute whose equal values can share one object."""

    attribute: AttributeCensus
    frees: int
    writes: list[ast.Assign]
    evidence: Mapping[str, str]


def _different(shared: _Shared) -> int:
    return round((shared.attribute.distinct or 0) * shared.attribute.count)


def _candidate(rule: Rule, facts: ClassFacts, group: Sequence[_Shared], sharing: Sharing) -> Candidate | None:
    """The candidate for attributes that share one memo; None when the edit cannot be written."""
    names = [shared.attribute.name for shared in group]
    made = _names(names[0] if len(names) == 1 else f"{sharing.kind}s_of_{facts.name}")
    if _taken(facts, made):
        return None
    tree = concrete(facts.module)
    writes = [write for shared in group for write in shared.writes]
    edit = edited(facts.module, tree, _replacements(tree, facts, made, writes, sharing)) if tree else None
    if edit is None:
        return None
    path, listed = facts.module.path, ", ".join(f"`{name}`" for name in names)
    owner = facts.name
    single = f"`{owner}.{names[0]}`" if len(names) == 1 else f"{len(names)} attributes of `{owner}`"
    read = {path: facts.module.source.blob}
    for name in names:
        read |= mentioning(facts.project, name, owner)
    shown = {check: "; ".join(dict.fromkeys(one.evidence[check] for one in group)) for check in group[0].evidence}
    return Candidate(
        key=f"{rule.id}:{path}:{owner}:{','.join(names)}",
        rule=rule.id,
        title=f"one object for equal {sharing.words} in {single}",
        category=rule.category,
        strategy=rule.strategy,
        mechanism=f"equal values of {listed} share one object; at most {LIMIT} are remembered",
        level=rule.level,
        file=path,
        line=facts.node.lineno,
        function=owner,
        frees=sum(one.frees for one in group),
        shown=[
            Shown(check=check, evidence=text) for check, text in {**shown, "free names": " and ".join(made)}.items()
        ],
        users=[f"{path}:{write.lineno} {one.attribute.name}" for one in group for write in one.writes],
        assumes=[
            *(f"`{owner}.{name}` repeats its values in other runs too" for name in names),
            f"nobody tells equal {sharing.words} of {listed} apart by identity",
        ],
        edits=[edit],
        read=read,
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


def _evidence(
    facts: ClassFacts, attribute: AttributeCensus, writes: list[ast.Assign], sharing: Sharing
) -> dict[str, str]:
    """Evidence for each precondition but that the new names are free; "" where there is none."""
    name = attribute.name
    distinct = round((attribute.distinct or 0) * attribute.count)
    lines = ", ".join(str(write.lineno) for write in writes)
    repeated = f"{distinct} different values in {attribute.count} instances, {attribute.repeated} bytes repeat"
    return {
        "repeated": repeated,
        "plain writes": f"written in __init__ at line {lines}" if writes and not _bound(facts, name) else "",
        "exact types": f"shared: {sharing.described}" if _builtin(facts, sharing) else "",
        "no identity": "" if _compared(facts, name) else f"no `is` with `.{name}`",
    }


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
    tree: Concrete, facts: ClassFacts, names: tuple[str, str], writes: list[ast.Assign], sharing: Sharing
) -> dict[cst.CSTNode, Replacement]:
    memo, share = names
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
