"""A13: matches are kept in a list, each with the whole text it was found in, and only one group of them is read."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from agents.memory.analysis.lifetime import Local, local, plainly_bound, uncaptured, unobserved
from agents.memory.analysis.modules import COMPREHENSIONS, FUNCTIONS, FunctionNode, Module, find_function, module_of
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.playbook.examples import a13 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from agents.memory.playbook.source_edits import source, spliced

_FINDING = frozenset({"search", "match", "fullmatch"})
_CATCHING = (ast.Try, ast.TryStar, ast.With, ast.AsyncWith)
_INTERRUPTED = (ast.Yield, ast.YieldFrom, ast.Await)


@dataclass
class _Kept:
    """What is done with the list: the calls whose results it keeps, and the reads of its elements."""

    makers: list[ast.Call] = field(default_factory=list)
    reads: list[ast.expr] = field(default_factory=list)


class KeptText:
    """`found.append(rx.search(text))` -> `found.append(rx.search(text).group(1))`, and `m.group(1)` -> `m`."""

    id: ClassVar[str] = "A13"
    name: ClassVar[str] = "the text kept instead of the match"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "matches": "The census saw a list of re.Match, and all it is given are results of search, match or fullmatch.",
        "plain local": "The list is a plain local, bound once, captured by no lambda, def, class or generator.",
        "one group": "Its elements are only read in loops over the list, and only one and the same group of them.",
        "not observed": "Nothing reads the frame: no locals(), eval, exec; no frame access in the project.",
        "not caught": "No try or with is around the making, and no yield or await lets others run meanwhile.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate: the list of the focus."""
        holding = focus.holding
        module = module_of(project, focus.file) if focus.file in project.editable else None
        if holding is None or module is None or holding.kind != "local":
            return
        if (holding.type, holding.element) != ("list", "re.Match"):
            return
        function = find_function(module, focus.function, focus.lines | {focus.peak_line})
        name = local(module, function, holding.name) if isinstance(function, FUNCTIONS) else None
        kept = _kept(project, name) if name is not None else None
        if name is None or kept is None or not isinstance(function, FUNCTIONS):
            return
        group = source(module, kept.reads[0]).removeprefix(_element(kept.reads[0]).id)
        evidence = {
            "matches": f"{holding.length or 'many'} re.Match, made by `{source(module, kept.makers[0])}`",
            "plain local": plainly_bound(name) and uncaptured(name),
            "one group": f"{len(kept.reads)} reads, all of `{group}`",
            "not observed": unobserved(project, name),
            "not caught": _not_caught(module, function, kept),
        }
        shown = [Shown(check=check, evidence=one) for check in self.preconditions if (one := evidence[check])]
        changes: list[tuple[ast.AST, str]] = [(made, f"{source(module, made)}{group}") for made in kept.makers]
        changes += [(read, _element(read).id) for read in kept.reads]
        edit = spliced(module, changes) if len(shown) == len(evidence) else None
        if edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}:{holding.name}",
            rule=self.id,
            title=f"keep the text of the matches in `{holding.name}` of {focus.function}, not the matches",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"the texts that the matches in `{holding.name}` were found in are no longer kept by them",
            level=self.level,
            file=focus.file,
            line=kept.makers[0].lineno,
            function=focus.function,
            frees=holding.own or focus.size,
            shown=shown,
            users=[f"{focus.file}:{read.lineno} {focus.function}" for read in kept.reads],
            assumes=[
                "each search finds something and has the group, as in the profiled run",
                "what is searched is text or bytes, which cannot change",
            ],
            edits=[edit],
            read={focus.file: module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _kept(project: Project, name: Local) -> _Kept | None:
    """The makers and reads; None where anything else is done with the list or its elements."""
    module, kept, elements = name.module, _Kept(), dict[ast.AST, ast.Name]()
    for node in ast.walk(name.function):
        if not isinstance(node, ast.Name) or node.id != name.name:
            continue
        parent = module.parents[node]
        if isinstance(node.ctx, ast.Store):
            if len(name.bindings) != 1 or not _begun(parent, node, kept):
                return None
        elif (made := _appended(module, parent)) is not None:
            kept.makers.append(made)
        elif (
            isinstance(parent, ast.For | ast.comprehension)
            and parent.iter is node
            and isinstance(parent.target, ast.Name)
        ):
            reader = parent if isinstance(parent, ast.For) else module.parents[parent]
            if isinstance(parent, ast.comprehension) and (not isinstance(reader, COMPREHENSIONS) or parent.is_async):
                return None
            elements[reader] = parent.target
        elif not (
            isinstance(parent, ast.Call)
            and parent.args == [node]
            and resolve(project, module, parent.func) == Builtin("len")
        ):
            return None
    if not kept.makers or not elements or not all(_finds(made) for made in kept.makers):
        return None
    return kept if _only_groups(name, elements, kept) else None


def _begun(parent: ast.AST, node: ast.Name, kept: _Kept) -> bool:
    match parent:
        case ast.Assign(targets=[target], value=ast.List(elts=[])):
            return target is node
        case ast.Assign(targets=[target], value=ast.ListComp(elt=ast.Call() as made)):
            kept.makers.append(made)
            return target is node
    return False


def _appended(module: Module, parent: ast.AST) -> ast.Call | None:
    """The call whose result is appended, where `parent` is the `.append` of the list."""
    if not isinstance(parent, ast.Attribute) or parent.attr != "append":
        return None
    call = module.parents[parent]
    if not isinstance(call, ast.Call) or call.func is not parent or call.keywords or len(call.args) != 1:
        return None
    made = call.args[0]
    return made if isinstance(made, ast.Call) and isinstance(module.parents[call], ast.Expr) else None


def _finds(made: ast.Call) -> bool:
    return isinstance(made.func, ast.Attribute) and made.func.attr in _FINDING


def _only_groups(name: Local, elements: Mapping[ast.AST, ast.Name], kept: _Kept) -> bool:
    """Whether each element is read only where the loops over the list are, and for one group; notes the reads."""
    module = name.module
    wanted = {target.id for target in elements.values()}
    for node in ast.walk(name.function):
        if isinstance(node, ast.arg | ast.alias | ast.Global | ast.Nonlocal) and wanted & set(_names(node)):
            return False
        if not isinstance(node, ast.Name) or node.id not in wanted or node in elements.values():
            continue
        read = _group_of(module, node)
        around = [a for a in module.ancestors(node) if a in elements and elements[a].id == node.id]
        if read is None or not around:
            return False
        loop = around[0]
        if isinstance(loop, ast.For) and not any(node in set(ast.walk(statement)) for statement in loop.body):
            return False
        kept.reads.append(read)
    return bool(kept.reads) and len({ast.unparse(_group(read)) for read in kept.reads}) == 1


def _names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Global | ast.Nonlocal):
        return node.names
    return [getattr(node, "arg", "") or getattr(node, "asname", "") or getattr(node, "name", "")]


def _group_of(module: Module, node: ast.Name) -> ast.expr | None:
    """`m.group(1)`, `m.group()` or `m[1]` around `m`; None for another use, or one that asks which object it is."""
    parent = module.parents[node]
    whole: ast.AST = parent
    if isinstance(parent, ast.Attribute) and parent.attr == "group":
        whole = module.parents[parent]
        if not (isinstance(whole, ast.Call) and whole.func is parent and not whole.keywords and len(whole.args) <= 1):
            return None
        if not all(isinstance(arg, ast.Constant) for arg in whole.args):
            return None
    elif not (isinstance(parent, ast.Subscript) and parent.value is node and isinstance(parent.slice, ast.Constant)):
        return None
    above = module.parents[whole]
    if isinstance(above, ast.Compare) and any(isinstance(op, ast.Is | ast.IsNot) for op in above.ops):
        return None
    return whole if isinstance(whole, ast.expr) and isinstance(getattr(whole, "ctx", ast.Load()), ast.Load) else None


def _group(read: ast.expr) -> ast.expr:
    match read:
        case ast.Subscript(slice=asked) | ast.Call(args=[asked]):
            return asked
    return ast.Constant(0)


def _element(read: ast.expr) -> ast.Name:
    inner = read.func.value if isinstance(read, ast.Call) and isinstance(read.func, ast.Attribute) else read
    inner = inner.value if isinstance(inner, ast.Subscript) else inner
    assert isinstance(inner, ast.Name)
    return inner


def _not_caught(module: Module, function: FunctionNode, kept: _Kept) -> str | None:
    if any(isinstance(node, _INTERRUPTED) for node in ast.walk(function)):
        return None
    for made in kept.makers:
        for ancestor in module.ancestors(made):
            if ancestor is function:
                break
            if isinstance(ancestor, _CATCHING):
                return None
    return f"lines {', '.join(str(made.lineno) for made in kept.makers)}: no try, with or yield"
