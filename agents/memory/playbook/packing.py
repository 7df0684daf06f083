"""What the rules that keep numbers in fewer bytes share: where a list is bound, and code put beside what uses it."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from agents.memory.analysis.classes import ClassFacts, class_facts
from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.kinds import NUMBERS
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, find_function, module_of, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.sequence_holders import Carrier, SequenceUse, Spread
from agents.memory.analysis.uses import uses
from agents.memory.playbook.lazy_edits import nodes_in, touches
from agents.memory.playbook.rule import Focus
from messaging.contents import EditedFile

_ODD_LINES = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|\r(?!\n)")
"""What ends a line for one way of counting lines and not for another."""


@dataclass(frozen=True, eq=False)
class Binding:
    """`name = value` or `self.name = value`: where a list or tuple of the focus comes to be."""

    module: Module
    scope: FunctionNode | ast.Module
    target: ast.Name | ast.Attribute
    value: ast.expr
    facts: ClassFacts | None = None

    @property
    def name(self) -> str:
        """The name or attribute that is bound."""
        return self.target.id if isinstance(self.target, ast.Name) else self.target.attr

    @property
    def carrier(self) -> Carrier:
        """Where the value is first."""
        if isinstance(self.target, ast.Attribute):
            return Carrier(self.name)
        return Carrier(self.name, self.module, self.module.owner(self.target, self.name))


def bindings(project: Project, focus: Focus) -> Iterator[Binding]:
    """Plain assignments of the focus: at its lines, of the name that holds the bytes, of its attribute.

    A name whose list is filled at a line of the focus (`rows.append(...)`) counts as at that line.
    """
    if focus.file not in project.editable:
        return
    module = module_of(project, focus.file)
    if module is None:
        return
    if focus.census is not None:
        facts = class_facts(project, focus.census)
        if facts is not None and focus.attribute:
            yield from _of_attribute(facts, focus.attribute)
        return
    scope = find_function(module, focus.function, focus.lines)
    if scope is None:
        return
    wanted = {focus.holding.name} if focus.holding is not None else set()
    for node in nodes_in(module, scope):
        if isinstance(node, ast.Attribute) and node.attr in ("append", "extend") and touches(node, focus.lines):
            wanted.add(node.value.id if isinstance(node.value, ast.Name) else "")
    for node in nodes_in(module, scope):
        found = _binding(module, scope, node)
        named = found is not None and isinstance(found.target, ast.Name) and found.name in wanted
        if found is not None and (named or touches(node, focus.lines)):
            yield _with_class(project, found)


def _of_attribute(facts: ClassFacts, name: str) -> Iterator[Binding]:
    for method in facts.methods():
        for node in nodes_in(facts.module, method):
            found = _binding(facts.module, method, node)
            if found is None or not isinstance(found.target, ast.Attribute) or found.name != name:
                continue
            if facts.is_self(found.target.value, facts.module):
                yield Binding(found.module, found.scope, found.target, found.value, facts)


def _binding(module: Module, scope: FunctionNode | ast.Module, node: ast.AST) -> Binding | None:
    match node:
        case ast.Assign(targets=[ast.Name() | ast.Attribute() as target], value=value):
            return Binding(module, scope, target, value)
        case ast.AnnAssign(target=ast.Name() | ast.Attribute() as target, value=ast.expr() as value):
            return Binding(module, scope, target, value)
    return None


def _with_class(project: Project, found: Binding) -> Binding:
    owner = found.module.parents.get(found.scope)
    if not isinstance(found.target, ast.Attribute) or not isinstance(owner, ast.ClassDef):
        return found
    facts = ClassFacts(project, found.module, owner, None, {})
    if not facts.is_self(found.target.value, found.module):
        return found
    return Binding(found.module, found.scope, found.target, found.value, facts)


def number_indexes(project: Project, found: Spread) -> list[str]:
    """What is assumed of the indexes: that those nothing is known of are numbers, no slices."""
    unknown = sorted(
        {f"{use.place} `{text(use.other)}`" for use in found.uses if _may_be_slice(project, use) and use.other}
    )
    return [f"no index is a slice object ({', '.join(unknown[:3])})"] if unknown else []


def _may_be_slice(project: Project, use: SequenceUse) -> bool:
    if use.kind != "index" or isinstance(use.other, ast.BinOp | ast.UnaryOp):
        return False  # A slice has no arithmetic.
    kind = Kinds(project, use.module).of(use.other)
    return kind is None or kind.name not in NUMBERS


def outside(binding: Binding, written: str) -> list[str]:
    """What is assumed of readers of an attribute or global that no file of the tree shows; none for a local."""
    if isinstance(binding.target, ast.Name) and isinstance(binding.carrier.scope, FUNCTIONS):
        return []
    return [f"no code outside this repository needs `{binding.name}` to be {written}"]


def identities(project: Project, name: str) -> list[str]:
    """What is assumed where some file compares by identity: a number read twice from an array is two objects."""
    found = project.facts.get("packing.identities")
    if not isinstance(found, bool):
        nodes = (node for module in uses(project).modules for node in ast.walk(module.tree))
        found = project.facts["packing.identities"] = any(map(_by_identity, nodes))
    return [f"no code tells equal numbers of `{name}` apart by identity"] if found else []


def _by_identity(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="id")):
            return True
        case ast.Compare(left=left, ops=ops, comparators=right) if any(isinstance(o, ast.Is | ast.IsNot) for o in ops):
            return not any(isinstance(side, ast.Constant) for side in (left, *right))
    return False


def free(project: Project, module: Module, code: str, imports: Mapping[str, str]) -> bool:
    """Whether the file has `code` and its imports, or can be given them: nothing else there has or uses their names,
    and no file imports all it has. Arguments as those of `with_helper`.
    """
    bound = module.bindings(module.tree)
    loads = {n.id for n in ast.walk(module.tree) if isinstance(n, ast.Name) and module.owner(n, n.id) is None}
    name = _defined(code).name
    has = len(bound.get(name, [])) == 1 and _present(module.tree, code)
    wanted = {imported.rpartition(" ")[2]: f"from {source} import {imported}" for source, imported in imports.items()}
    for local, line in wanted.items():
        nodes = bound.get(local, [])
        if nodes and not (len(nodes) == 1 and _line(nodes[0]) == line and module.parents[nodes[0]] is module.tree):
            return False
    missing = {local for local in wanted if local not in bound} | (set() if has else {name})
    if module.star_import or missing & loads or (name in bound and not has) or _ODD_LINES.search(module.source.text):
        return False
    place = PurePosixPath(module.path)
    stem = place.parent.name if place.stem == "__init__" else place.stem
    return not _imported_whole(project) & {stem, ""}


def _imported_whole(project: Project) -> set[str]:
    """Last components of the modules that some file imports `*` from; empty text for `from . import *`."""
    found = project.facts.get("packing.imported_whole")
    if not isinstance(found, set):
        found = {
            (node.module or "").rpartition(".")[2]
            for other in uses(project).modules
            for node in ast.walk(other.tree)
            if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"
        }
        project.facts["packing.imported_whole"] = found
    return found


def with_helper(edit: EditedFile, code: str, imports: Mapping[str, str]) -> EditedFile:
    """The edit with `from module import names` for each of `imports`, and `code` ahead of the first class or def.

    Args:
        edit: an edited file that uses what `code` defines.
        code: a top-level function or class, which ends with a newline.
        imports: standard library module -> what is imported of it.
    """
    newline = "\r\n" if "\r\n" in edit.text else "\n"
    lines = edit.text.splitlines(keepends=True)
    tree = ast.parse(edit.text)
    if _present(tree, code):
        return edit
    name = _defined(code).name
    first = next(node for node in tree.body if isinstance(node, (*FUNCTIONS, ast.ClassDef)) or _mentions(node, name))
    start = at = min([first.lineno, *(d.lineno for d in getattr(first, "decorator_list", []))]) - 1
    while at and lines[at - 1].startswith("#"):
        at -= 1
    at = at or start  # What the file begins with stays there.
    before, after = "".join(lines[:at]).rstrip(), "".join(lines[at:])
    there = {_line(node) for node in tree.body}
    written = [f"from {source} import {names}" for source, names in sorted(imports.items())]
    before = _with_imports(before, [line for line in written if line not in there], newline)
    body = f"{before}{newline * 3}{code.replace(chr(10), newline)}{newline * 2}{after}"
    return edit.model_copy(update={"text": body})


def _defined(code: str) -> FunctionNode | ast.ClassDef:
    node = ast.parse(code).body[0]
    assert isinstance(node, (*FUNCTIONS, ast.ClassDef))
    return node


def _present(tree: ast.Module, code: str) -> bool:
    """Whether the file defines the same, before it uses it at its top level."""
    wanted, name = ast.dump(_defined(code)), _defined(code).name
    for node in tree.body:
        if isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            if ast.dump(node) == wanted:
                return True
        elif _mentions(node, name):
            return False
    return False


def _line(node: ast.AST) -> str:
    """The text of an import statement with one name; empty for anything else."""
    return ast.unparse(node) if isinstance(node, ast.ImportFrom) and len(node.names) == 1 else ""


def _mentions(node: ast.stmt, name: str) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node))


def _with_imports(before: str, written: list[str], newline: str) -> str:
    """The head of the file with the import lines after its first block of `import`, or before its first `from`."""
    body = ast.parse(before).body
    lines = before.splitlines()
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        documented = body.pop(0)
    else:
        documented = None
    head: ast.stmt | None = documented
    while body and isinstance(body[0], ast.ImportFrom) and body[0].module == "__future__":
        head = body.pop(0)
    block: list[ast.stmt] = []
    for node in body:
        if not isinstance(node, ast.Import) or (block and node.lineno != (block[-1].end_lineno or 0) + 1):
            break
        block.append(node)
    if block:
        at = block[-1].end_lineno or 0
        return newline.join([*lines[:at], *written, *lines[at:]])
    if body and isinstance(body[0], ast.ImportFrom):
        at = body[0].lineno - 1
        return newline.join([*lines[:at], *written, *lines[at:]])
    at = (head.end_lineno or 0) if head is not None else _comments(lines)
    blank = [""] if at else []
    return newline.join([*lines[:at], *blank, *written, *lines[at:]])


def _comments(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
