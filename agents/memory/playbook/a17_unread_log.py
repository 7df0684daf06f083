"""A17: a list at the top of a module is only ever appended to. Nothing reads it: keep nothing in it."""

import ast
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.concrete import concrete, edited
from agents.memory.analysis.lifetime import quiet_end
from agents.memory.analysis.mentions import loads_by_name, mentioned
from agents.memory.analysis.modules import FUNCTIONS, Module, module_of
from agents.memory.analysis.project import Project
from agents.memory.analysis.removal import harmless, removals, unused_locals
from agents.memory.playbook.examples import a17 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy

_REACHING = frozenset({"globals", "vars", "eval", "exec", "__dict__", "getattr", "attrgetter", "f_globals", "dir"})


class UnreadLog:
    """Takes out each `LOG.append(x)` of a module-level list that nothing reads, and the list."""

    id: ClassVar[str] = "A17"
    name: ClassVar[str] = "drop a list that is only appended to"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "one list": "The name is bound once, at the module's top level, to an empty list.",
        "only appended to": "Every other mention is a statement `name.append(value)` in a function of the module.",
        "named nowhere else": "No other file, and no text of the tree, has the name.",
        "not reached": "Nothing in the project reads globals by a name it computes.",
        "no effect": "The values have no effect of their own and call nothing that may raise.",
        "quiet end": "Nothing notices that the values go earlier, in a project without finalizers and the like.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: the global of the focus."""
        holding = focus.holding
        module = module_of(project, focus.file) if focus.file in project.editable else None
        if holding is None or module is None or (holding.kind, holding.type) != ("global", "list"):
            return
        name = holding.name
        if module.star_import or (project.library and not name.startswith("_")):
            return
        made = _made(module, name)
        appends = _appends(module, name, made) if made is not None else []
        if made is None or not appends:
            return
        values = [append.args[0] for append in appends]
        evidence = {
            "one list": f"line {made.lineno}",
            "only appended to": f"lines {', '.join(str(append.lineno) for append in appends)}",
            "named nowhere else": _named_once(project, module, name, 1 + len(appends)),
            "not reached": None
            if mentioned(project, _REACHING) or loads_by_name(project)
            else "no file mentions globals(), vars(), getattr(), __dict__, eval or exec",
            "no effect": f"{len(values)} values of names, constants and calls without effect"
            if harmless(project, module, values)
            else None,
            "quiet end": quiet_end(project, holding.type, holding.element, holding.contents),
        }
        shown = [Shown(check=check, evidence=one) for check in self.preconditions if (one := evidence[check])]
        tree = concrete(module) if len(shown) == len(evidence) else None
        statements: set[ast.stmt] = {made, *(module.statement(append) for append in appends)}
        statements |= unused_locals(project, module, statements) if tree is not None else set()
        edit = edited(module, tree, removals(tree, statements, [])) if tree is not None else None
        if edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{focus.file}:{name}",
            rule=self.id,
            title=f"drop `{name}` of {focus.file}, which nothing reads",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"no longer keeps what was appended to `{name}`",
            level=self.level,
            file=focus.file,
            line=made.lineno,
            function=focus.function,
            frees=holding.own or focus.size,
            shown=shown,
            users=[f"{focus.file}:{append.lineno} {name}" for append in appends],
            assumes=[f"no reader of `{name}` outside this repository"],
            edits=[edit],
            read={path: text.blob for path, text in project.sources.items()},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _made(module: Module, name: str) -> ast.Assign | ast.AnnAssign | None:
    """The statement that makes the list."""
    for statement in module.tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.List(elts=[])) if found == name:
                return statement
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.List(elts=[])) if found == name:
                return statement
    return None


def _appends(module: Module, name: str, made: ast.stmt) -> list[ast.Call]:
    """Every call that appends to the list; empty where it is mentioned in any other way."""
    found: list[ast.Call] = []
    for node in module.nodes:
        if not isinstance(node, ast.Name) or node.id != name:
            continue
        if module.parents[node] is made:
            continue
        attribute = module.parents[node]
        call = module.parents[attribute]
        if not (isinstance(attribute, ast.Attribute) and attribute.attr == "append" and isinstance(call, ast.Call)):
            return []
        plain = call.func is attribute and len(call.args) == 1 and not call.keywords
        if not plain or isinstance(call.args[0], ast.Starred) or not isinstance(module.parents[call], ast.Expr):
            return []
        if not isinstance(module.frame(node), FUNCTIONS) or module.owner(node, name) is not module.tree:
            return []
        found.append(call)
    return found


def _named_once(project: Project, module: Module, name: str, times: int) -> str | None:
    """Evidence that the name is written nowhere but in the module's own code, comments and texts included."""
    word = re.compile(rf"\b{re.escape(name)}\b".encode())
    for path, text in project.sources.items():
        if len(word.findall(text.data)) != (times if path == module.path else 0):
            return None
    return (
        f"`{name}` is written {times} times in {module.path}, and in no other file"
        if name not in project.words
        else None
    )
