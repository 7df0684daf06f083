"""C28: an attribute holds a record of which only the fields are used. Keep the fields themselves."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

import libcst as cst

from agents.memory.analysis.classes import ClassFacts, class_facts
from agents.memory.analysis.concrete import Concrete, Replacement, concrete, edited
from agents.memory.analysis.modules import Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.uses import Reflection, last_name, mentioning
from agents.memory.playbook.attribute_edits import declarations
from agents.memory.playbook.examples import c28 as examples
from agents.memory.playbook.records import Record, record_of
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.storage import KNOWING, needs_dict, unrelated
from messaging.contents import EditedFile

_SAVED = 48
"""Bytes of a record that are not its fields: the headers of the object and of the collector, and the reference."""
_PICKLERS = frozenset({"copyreg", "jsonpickle", "marshal"})
_ASKING = frozenset({"getattr", "hasattr", "delattr", "attrgetter", "object"})


class FlattenedRecord:
    """`self._a = Record(x=1, y=2)`, read as `self._a.x` -> `self._a_x = 1; self._a_y = 2`, read as `self._a_x`."""

    id: ClassVar[str] = "C28"
    name: ClassVar[str] = "fields instead of a record that holds them"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "one record": "The attribute is written once, in the body of __init__, with a call of a NamedTuple or plain"
        " dataclass that gives each field once.",
        "fields alone": "Every use of the attribute in the repository and its tests reads a field of it.",
        "private": "The name is private and no class attribute; no text of the repository names it.",
        "not reflected": "No getattr, vars(), __dict__, eval or pickling format can reach it.",
        "not seen half": "No code can look at an instance whose __init__ failed between the fields.",
        "free names": "No code of the repository uses the new names.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """A candidate for the attribute of the focus, else for each of the class's, biggest first."""
        census = focus.census
        facts = class_facts(project, census) if census and census.file in project.editable else None
        if census is None or facts is None or facts.decorator is not None or facts.index.unparsed:
            return
        sizes = {attribute.name: attribute.size for attribute in census.attributes}
        for name in [focus.attribute] if focus.attribute else sorted(sizes, key=lambda name: -sizes[name]):
            record = record_of(project, facts, name)
            shown = _shown(project, facts, name, record) if record is not None else []
            edits = _edits(project, facts, name, record) if record is not None and shown else []
            if record is None or not edits:
                continue
            kind = record.node.name
            assumes = [f"no code outside this repository reads `{census.name}.{name}` or loads old pickles of it"]
            if record.unknown:
                assumes.append(f"whatever has its `{name}` read is a `{census.name}`: no other class here has one")
            if any(r.as_value for r in facts.index.reflections):
                assumes.append(f"no text that is evaluated reads `{name}`")
            yield Candidate(
                key=f"{self.id}:{census.file}:{census.name}:{name}",
                rule=self.id,
                title=f"keep the {len(record.values)} fields of `{census.name}.{name}` in the instance itself",
                category=self.category,
                strategy=self.strategy,
                mechanism=f"no longer makes a `{kind}` for each of {census.count} `{census.name}` instances:"
                f" its fields are attributes",
                level=self.level,
                file=census.file,
                line=record.statement.lineno,
                function=census.name,
                frees=min(sizes.get(name) or focus.size, census.count * _SAVED),
                shown=shown,
                users=[f"{use.place} {name}" for use, _ in record.reads],
                assumes=assumes,
                edits=edits,
                read=mentioning(project, name, facts.name, kind) | {census.file: facts.module.source.blob},
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _shown(project: Project, facts: ClassFacts, name: str, record: Record) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    new = _names(name, record)
    index = facts.index
    taken = set(new.values()) & (index.attributes.keys() | index.strings.keys() | index.dotted | project.words)
    evidence = {
        "one record": f"line {record.statement.lineno}: `{record.node.name}` with {len(record.values)} fields",
        "fields alone": f"{len(record.reads)} reads, each of a field",
        "private": _private(project, facts, name),
        "not reflected": _not_reflected(facts, name),
        "not seen half": _not_seen_half(facts, record),
        "free names": None if taken else ", ".join(new.values()),
    }
    shown = [Shown(check=check, evidence=found) for check, found in evidence.items() if found]
    return shown if len(shown) == len(evidence) else []


def _names(name: str, record: Record) -> dict[str, str]:
    return {field: f"{name}_{field.strip('_')}" for field in record.values}


def _private(project: Project, facts: ClassFacts, name: str) -> str | None:
    index = facts.index
    if not name.startswith("_") or name.startswith("__"):
        return None
    if _texts(facts, name) or name in index.dotted or name in index.matched or name in project.words:
        return None
    for below in facts.family:
        for module, node in index.classes.get(below, []):
            bound = module.bindings(node).get(name, [])
            if any(getattr(module.parents.get(b), "value", b) is not None for b in bound):
                return None
            if KNOWING & module.bindings(node).keys():
                return None
    return f"`{name}` is private, and only attributes are called so"


def _texts(facts: ClassFacts, name: str) -> list[str]:
    """Places of strings that hold the name, the class's own `__slots__` left out."""
    own = {
        f"{facts.module.path}:{line}"
        for item in facts.node.body
        if isinstance(item, ast.Assign) and last_name(item.targets[0]) == "__slots__"
        for line in range(item.lineno, (item.end_lineno or 0) + 1)
    }
    return [place for place in facts.index.strings.get(name, []) if place not in own]


def _not_reflected(facts: ClassFacts, name: str) -> str | None:
    index = facts.index
    if needs_dict(facts, frozenset()) is not None or index.imported & _PICKLERS:
        return None
    for r in index.reflections:
        if (r.as_value and not _runs_text(r, name)) or (
            r.how in ("dir", "__getstate__", "asdict", "astuple") and r.receiver is None
        ):
            return None
        asks = r.how in _ASKING and r.name in (None, name)
        if asks and (r.receiver is None or not unrelated(facts, r.receiver, r.module)):
            return None
    return f"{len(index.reflections)} uses of reflection in the tree, none can reach `{name}`"


def _runs_text(r: Reflection, name: str) -> bool:
    """Whether it runs text, in a file that does not mention the attribute itself."""
    return r.how in ("eval", "exec") and name.encode() not in r.module.source.data


def _not_seen_half(facts: ClassFacts, record: Record) -> str | None:
    """Nothing has the instance before the fields are set, and nothing catches what their values raise."""
    module, init = facts.module, record.init
    own = init.args.posonlyargs[0].arg if init.args.posonlyargs else init.args.args[0].arg
    for node in ast.walk(init):
        if isinstance(node, ast.Name) and node.id == own and node.lineno <= (record.statement.end_lineno or 0):
            parent = module.parents[node]
            if not isinstance(parent, ast.Attribute):
                return None
            called = module.parents[parent]
            if isinstance(called, ast.Call) and called.func is parent:
                return None
    for name in facts.family:
        for _, node in facts.index.classes.get(name, []):
            for inner in ast.walk(node):
                if isinstance(inner, ast.FunctionDef) and inner.name == "__del__":
                    return None
                if isinstance(inner, ast.Try) and any(
                    isinstance(n, ast.Attribute) and n.attr == "__init__" for n in ast.walk(inner)
                ):
                    return None
    for use in facts.index.attributes.get("__init__", []):
        if last_name(use.node.value) not in facts.index.classes and not isinstance(use.node.value, ast.Call):
            return None  # obj.__init__() on an instance that is already in use
    return f"__init__ hands `{own}` to nobody up to line {record.statement.end_lineno}"


def _edits(project: Project, facts: ClassFacts, name: str, record: Record) -> list[EditedFile]:
    new = _names(name, record)
    modules: dict[str, Module] = {use.module.path: use.module for use, _ in record.reads}
    modules[facts.module.path] = facts.module
    edits = []
    for path, module in modules.items():
        tree = concrete(module)
        if tree is None or path not in project.editable:
            return []
        replacements: dict[cst.CSTNode, Replacement] = {}
        for use, outer in record.reads:
            found = tree.expression(outer) if use.module is module else None
            if isinstance(found, cst.Attribute) and isinstance(found.value, cst.Attribute):
                flat = found.with_changes(value=found.value.value, attr=cst.Name(new[outer.attr]))
                replacements[found] = flat
            elif use.module is module:
                return []
        if module is facts.module:
            own = _in_class(tree, facts, name, record, new)
            if not own:
                return []
            replacements |= own
        edit = edited(module, tree, replacements)
        if edit is None:
            return []
        edits.append(edit)
    return edits


def _in_class(
    tree: Concrete, facts: ClassFacts, name: str, record: Record, new: dict[str, str]
) -> dict[cst.CSTNode, Replacement]:
    """The replacements for the assignment, the declaration, and the slots; empty when one is not found."""
    small = tree.statement(record.statement)
    line = tree.lines_of.get(small) if small is not None else None
    target = record.statement.targets[0] if isinstance(record.statement, ast.Assign) else record.statement.target
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or not isinstance(target, ast.Attribute):
        return {}
    own = ast.unparse(target.value)
    call = set(ast.walk(record.statement))
    here = record.module is facts.module
    lines = [
        _assignment(tree if here or value in call else None, own, new[field], value)
        for field, value in record.values.items()
    ]
    if any(found is None for found in lines):
        return {}
    first, *rest = [found for found in lines if found is not None]
    first = first.with_changes(leading_lines=line.leading_lines)
    replacements: dict[cst.CSTNode, Replacement] = {line: cst.FlattenSentinel([first, *rest])}
    for item in declarations(facts, name):
        found = tree.statement(item)
        if found is None:
            return {}
        replacements[found] = cst.RemoveFromParent()
    slots = _in_slots(tree, facts, name, list(new.values()))
    if slots is None:
        return {}
    return replacements | slots


def _assignment(tree: Concrete | None, own: str, name: str, value: ast.expr) -> cst.SimpleStatementLine | None:
    """`own.name = value`. Without a tree the value is the default of a record class of another file, a constant."""
    found = tree.expression(value) if tree is not None else None
    if tree is not None and found is not None:
        code = tree.tree.code_for_node(found)
    elif tree is None:
        code = ast.unparse(value)
    else:
        return None
    if '"""' not in code and "'''" not in code:
        code = re.sub(r"\n {4}", "\n", code)  # the call's own indentation goes
    for text in (f"{own}.{name} = {code}", f"{own}.{name} = (\n{code}\n)"):
        try:
            ast.parse(text)
        except SyntaxError:
            continue
        statement = cst.parse_statement(text)
        return statement if isinstance(statement, cst.SimpleStatementLine) else None
    return None


def _in_slots(tree: Concrete, facts: ClassFacts, name: str, names: list[str]) -> dict[cst.CSTNode, Replacement] | None:
    """The new names in place of the old in `__slots__`; None when there are slots that cannot be edited."""
    if "__slots__" not in facts.module.bindings(facts.node):
        return {}
    for item in facts.node.body:
        small = tree.statement(item) if isinstance(item, ast.Assign) else None
        if not isinstance(item, ast.Assign) or not isinstance(small, cst.Assign):
            continue
        if last_name(item.targets[0]) != "__slots__" or not isinstance(small.value, cst.Tuple | cst.List):
            continue
        elements: list[cst.BaseElement] = []
        for element in small.value.elements:
            old = isinstance(element.value, cst.SimpleString) and element.value.evaluated_value == name
            new = [element.with_changes(value=cst.SimpleString(f'"{one}"'), comma=_comma(element)) for one in names]
            if old and not isinstance(element.comma, cst.Comma):
                new[-1] = new[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            elements += new if old else [element]
        return {small.value: small.value.with_changes(elements=elements)} if len(elements) > 1 else None
    return None


def _comma(element: cst.BaseElement) -> cst.Comma:
    comma = element.comma
    return comma if isinstance(comma, cst.Comma) else cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
