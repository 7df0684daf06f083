"""A17: a list, of a module or of one function, is only ever appended to. Nothing reads it: keep nothing in it."""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

from agents.memory.analysis.concrete import concrete, edited
from agents.memory.analysis.lifetime import local, plainly_bound, quiet_end, uncaptured, unobserved
from agents.memory.analysis.mentions import asks_identity, loads_by_name, mentioned
from agents.memory.analysis.modules import FUNCTIONS, FunctionNode, Module, find_function, module_of
from agents.memory.analysis.project import Project
from agents.memory.analysis.removal import harmless, removals, surely_bound, unused_locals
from agents.memory.playbook.examples import a17 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy

_REACHING = frozenset({"globals", "vars", "eval", "exec", "__dict__", "getattr", "attrgetter", "f_globals", "dir"})


@dataclass(frozen=True)
class _Log:
    """The statement that makes the list, the calls that append to it, and evidence that nobody else has it."""

    made: ast.Assign | ast.AnnAssign
    appends: list[ast.Call]
    named: str | None
    reached: str | None


class UnreadLog:
    """Takes out each `log.append(x)` of a list that nothing reads, and the list."""

    id: ClassVar[str] = "A17"
    name: ClassVar[str] = "drop a list that is only appended to"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "allocations"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "one list": "The name is bound once, at the module's top level or as a plain local, to an empty list.",
        "only appended to": "Every other mention is a statement `name.append(value)`: of a global, in a function of the"
        " module; of a local, in its own, where it is surely bound.",
        "named nowhere else": "No other file, and no text of the tree, has the global's name; no nested function the"
        " local's.",
        "not reached": "Nothing in the project reads globals, or the function's locals, by a name it computes.",
        "no effect": "The values have no effect of their own, call nothing that may raise, and read no local that may"
        " be unbound.",
        "quiet end": "Nothing notices that the values go earlier, in a project without finalizers, id() and the like.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: the global or local of the focus."""
        holding = focus.holding
        module = module_of(project, focus.file) if focus.file in project.editable else None
        if holding is None or module is None or holding.type != "list":
            return
        name, of_module = holding.name, holding.kind == "global"
        if of_module:
            log = _of_module(project, module, name)
        elif holding.kind in ("local", "suspended"):
            log = _of_function(project, module, focus, name)
        else:
            log = None
        if log is None or not log.appends:
            return
        made, appends = log.made, log.appends
        values = [append.args[0] for append in appends]
        evidence = {
            "one list": f"line {made.lineno}",
            "only appended to": f"lines {', '.join(str(append.lineno) for append in appends)}",
            "named nowhere else": log.named,
            "not reached": log.reached,
            "no effect": f"{len(values)} values of names, constants and calls without effect"
            if harmless(project, module, values)
            else None,
            "quiet end": None
            if asks_identity(project)
            else quiet_end(project, holding.type, holding.element, holding.contents),
        }
        shown = [Shown(check=check, evidence=one) for check in self.preconditions if (one := evidence[check])]
        tree = concrete(module) if len(shown) == len(evidence) else None
        statements: set[ast.stmt] = {made, *(module.statement(append) for append in appends)}
        statements |= unused_locals(project, module, statements) if tree is not None else set()
        if tree is None or not surely_bound(module, statements):
            return
        edit = edited(module, tree, removals(tree, statements, []))
        if edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{focus.file}:{name if of_module else f'{focus.function}:{name}'}",
            rule=self.id,
            title=f"drop `{name}` of {focus.file if of_module else focus.function}, which nothing reads",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"no longer keeps what was appended to `{name}`",
            level="P" if of_module else "A",
            file=focus.file,
            line=made.lineno,
            function=focus.function,
            frees=holding.own or focus.size,
            shown=shown,
            users=[f"{focus.file}:{append.lineno} {name}" for append in appends],
            assumes=[f"no reader of `{name}` outside this repository"] if of_module else [],
            edits=[edit],
            read={path: text.blob for path, text in project.sources.items() if of_module or path == focus.file},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _of_module(project: Project, module: Module, name: str) -> _Log | None:
    """The global list; None where its name may be imported or it is used in another way."""
    if module.star_import or (project.library and not name.startswith("_")):
        return None
    made = next((made for made in module.tree.body if _makes(made, name)), None)
    if not isinstance(made, ast.Assign | ast.AnnAssign):
        return None
    nodes = [node for node in module.nodes if isinstance(node, ast.Name) and node.id == name]
    appends = _appends(module, [node for node in nodes if module.parents[node] is not made])
    if not all(
        isinstance(module.frame(call), FUNCTIONS) and module.owner(call, name) is module.tree for call in appends
    ):
        return None
    reached = (
        None
        if mentioned(project, _REACHING) or loads_by_name(project)
        else "no file mentions globals(), vars(), getattr(), __dict__, eval or exec"
    )
    return _Log(made, appends, _named_once(project, module, name, 1 + len(appends)), reached)


def _of_function(project: Project, module: Module, focus: Focus, name: str) -> _Log | None:
    """The local list; None where it is used in another way."""
    function = find_function(module, focus.function, focus.lines | {focus.peak_line})
    held = local(module, function, name) if isinstance(function, FunctionNode) else None
    if held is None or plainly_bound(held) is None or len(held.bindings) != 1:
        return None
    made = module.statement(held.bindings[0].node)
    if not isinstance(made, ast.Assign | ast.AnnAssign) or not _makes(made, name):
        return None
    reads = [access.node for access in held.mentions if access.node is not held.bindings[0].node]
    appends = _appends(module, reads)
    if not all(name in held.flow.assigned_before(module.statement(call)) for call in appends):
        return None
    return _Log(made, appends, uncaptured(held), unobserved(project, held))


def _makes(statement: ast.stmt, name: str) -> bool:
    match statement:
        case (
            ast.Assign(targets=[ast.Name(id=found)], value=ast.List(elts=[]))
            | ast.AnnAssign(target=ast.Name(id=found), value=ast.List(elts=[]))
        ):
            return found == name
    return False


def _appends(module: Module, nodes: list[ast.AST]) -> list[ast.Call]:
    """The calls that append to the list, one for each mention of it; empty where one is something else."""
    found: list[ast.Call] = []
    for node in nodes:
        attribute = module.parents[node]
        call = module.parents[attribute]
        if not (isinstance(attribute, ast.Attribute) and attribute.attr == "append" and isinstance(call, ast.Call)):
            return []
        plain = call.func is attribute and len(call.args) == 1 and not call.keywords
        if not plain or isinstance(call.args[0], ast.Starred) or not isinstance(module.parents[call], ast.Expr):
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
