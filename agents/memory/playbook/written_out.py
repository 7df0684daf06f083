"""A call of a small list helper, written out in the caller: `take(n, xs)` as `list(islice(xs, n))`."""

import ast
from dataclasses import dataclass

from agents.memory.analysis import helpers
from agents.memory.analysis.modules import FUNCTIONS, Module, module_of, text
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, Function, resolve
from agents.memory.analysis.restated import restated
from agents.memory.playbook.source_edits import atom, library, source, span, spliced


@dataclass(frozen=True)
class WrittenOut:
    """A helper's call as an expression of the caller.

    Args:
        helper: the function.
        project: the project with the caller's file restated.
        module: that file.
        node: the expression in it that stands for the call.
        assumes: what must hold for the two to be the same.
    """

    helper: Function
    project: Project
    module: Module
    node: ast.expr
    assumes: tuple[str, ...]


def written_out(project: Project, module: Module, call: ast.Call) -> WrittenOut | None:
    """The call written out; None when the callee does more, or the same cannot be said in the caller's file."""
    helper = resolve(project, module, call.func)
    if not isinstance(helper, Function) or helper.bound:
        return None
    value = helpers.list_helper(helper)
    given = helpers.arguments_of(helper.node, call)
    if value is None or given is None or not _builds_list(project, helper.module, value):
        return None
    names = helpers.expression_names(project, helper.module, helper.node, value)
    if names is None or not _may_stand(module, call, helper, value, given):
        return None
    written = _text(project, module, call, helper, value, given, names)
    edit = written and spliced(module, [(call, written[0])], written[1])
    if not written or not edit:
        return None
    after = restated(project, module.path, edit.text)
    there = module_of(after, module.path)
    node = _same_place(module, there, call, written[0]) if there is not None else None
    if there is None or node is None:
        return None
    assumes = _reordered(after, there, node, helper, value, given, call)
    return None if assumes is None else WrittenOut(helper, after, there, node, assumes)


def _builds_list(project: Project, module: Module, value: ast.expr) -> bool:
    match value:
        case ast.ListComp():
            return True
        case ast.Call(func=func, args=[arg], keywords=[]) if not isinstance(arg, ast.Starred):
            return resolve(project, module, func) in (Builtin("list"), Builtin("tuple"))
    return False


def _may_stand(module: Module, call: ast.Call, helper: Function, value: ast.expr, given: dict[str, ast.expr]) -> bool:
    """Whether each argument may stand where its parameter does."""
    targets = helpers.own_targets(value)
    for name, argument in given.items():
        parts = list(ast.walk(argument))
        if any(isinstance(n, ast.NamedExpr | ast.Await | ast.Yield | ast.YieldFrom) for n in parts):
            return False
        if any(isinstance(n, ast.Name) and n.id in targets for n in parts):
            return False
        uses = [n for n in ast.walk(value) if isinstance(n, ast.Name) and n.id == name]
        once = len(uses) == 1 and not helpers.put_off(helper.module, uses[0], value)
        if not once and not isinstance(argument, ast.Constant) and not _fixed_name(module, argument):
            return False
    return True


def _fixed_name(module: Module, argument: ast.expr) -> bool:
    """Whether the argument is a local that no other function can bind anew."""
    if not isinstance(argument, ast.Name):
        return False
    owner = module.owner(argument, argument.id)
    return isinstance(owner, FUNCTIONS) and not any(
        isinstance(n, ast.Nonlocal) and argument.id in n.names for n in ast.walk(owner)
    )


def _text(
    project: Project,
    module: Module,
    call: ast.Call,
    helper: Function,
    value: ast.expr,
    given: dict[str, ast.expr],
    names: dict[ast.AST, str | None],
) -> tuple[str, tuple[str, ...]] | None:
    """The helper's expression in the caller's names, and the modules to import."""
    start, end = span(helper.module, value)
    data = helper.module.source.data
    if b"#" in data[start:end] or b"\\" in data[start:end]:
        return None
    imports: list[str] = []
    parts: list[tuple[int, int, str]] = []
    for node, dotted in names.items():
        assert isinstance(node, ast.Name | ast.Attribute)
        if dotted is not None:
            named = library(project, module, call, dotted)
            if named is None:
                return None
            imports += named[1]
            parts.append((*span(helper.module, node), named[0]))
        elif isinstance(node, ast.Name) and helper.module.owner(node, node.id) is helper.node:
            argument = given[node.id]
            where = helper.module if argument in helper.node.args.defaults else module
            bare = isinstance(helper.module.parents[node], ast.Call) and not isinstance(argument, ast.GeneratorExp)
            parts.append((*span(helper.module, node), source(where, argument) if bare else atom(where, argument)))
        elif isinstance(node, ast.Name) and helper.module.owner(node, node.id) is None and _hidden(module, call, node):
            return None
    written = data
    for first, last, new in sorted(parts, reverse=True):
        written = written[:first] + new.encode() + written[last:]
    grown = len(written) - len(data)
    return written[start : end + grown].decode(), tuple(dict.fromkeys(imports))


def _hidden(module: Module, at: ast.AST, builtin: ast.Name) -> bool:
    """Whether the builtin's name means something else at that place."""
    return module.star_import or module.owner(at, builtin.id) is not None


def _same_place(module: Module, there: Module, call: ast.Call, written: str) -> ast.expr | None:
    """The node of the restated file that stands where the call stood."""
    grown = written.count("\n") - source(module, call).count("\n")
    moved = there.source.data.count(b"\n") - module.source.data.count(b"\n") - grown
    for node in there.nodes:
        here = isinstance(node, ast.expr) and (node.lineno, node.col_offset) == (call.lineno + moved, call.col_offset)
        if isinstance(node, ast.expr) and here and source(there, node) == written:
            return node
    return None


def _reordered(
    project: Project,
    module: Module,
    node: ast.expr,
    helper: Function,
    value: ast.expr,
    given: dict[str, ast.expr],
    call: ast.Call,
) -> tuple[str, ...] | None:
    """What another order of evaluation assumes; None when the order may matter."""
    frame = module.frame(node)
    effects = Analyst(project, module, frame).of(*_at_once(node))
    if effects.writes or effects.leaves or effects.binds:
        return None
    given_order = [arg for arg in [*call.args, *(k.value for k in call.keywords)] if _works(arg)]
    events: list[ast.expr] = []
    for part in helpers.evaluated(value):
        if isinstance(part, ast.Name) and part.id in given and helper.module.owner(part, part.id) is helper.node:
            events += [given[part.id]] if _works(given[part.id]) else []
        elif part is not value and isinstance(part, ast.expr) and _works(part) and not _dotted(project, helper, part):
            events.append(part)
    if events[: len(given_order)] == given_order:
        return ()
    last = max(index for index, event in enumerate(events) if event in given_order)
    events = events[: last + 1]
    both = " and ".join(f"`{text(argument)}`" for argument in events)
    return (f"of {both} at most one fails",)


def _at_once(node: ast.expr) -> list[ast.expr]:
    """What is computed when the list is made, but for its elements."""
    match node:
        case ast.ListComp(generators=[first, *_]):
            return [first.iter]
        case ast.Call(args=args):
            return list(args)
    return []


def _works(node: ast.expr) -> bool:
    return not isinstance(node, ast.Name | ast.Constant)


def _dotted(project: Project, helper: Function, node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and resolve(project, helper.module, node) is not None
