"""What the rules that make code lazy share: where they look, the LibCST edits, and the candidate they give."""

import ast
from collections.abc import Iterable, Iterator

import libcst as cst

from agents.memory.analysis import knowledge
from agents.memory.analysis.concrete import Concrete, Replacement
from agents.memory.analysis.laziness import Verdict
from agents.memory.analysis.modules import (
    FunctionNode,
    Module,
    comprehension_targets,
    find_function,
    module_of,
    text,
)
from agents.memory.analysis.project import Project
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.sharing import again, leaves
from agents.memory.playbook.rule import Focus


def focused(project: Project, focus: Focus) -> tuple[Module, FunctionNode | ast.Module] | None:
    """The file and function of the focus; None when it may not be edited or is not found."""
    if focus.file not in project.editable:
        return None
    module = module_of(project, focus.file)
    scope = find_function(module, focus.function, focus.lines) if module is not None else None
    return (module, scope) if module is not None and scope is not None else None


def nodes_in(module: Module, scope: FunctionNode | ast.Module) -> list[ast.AST]:
    """The nodes of the function's own code, lambdas and comprehensions included, in walking order."""
    return module.code_of(scope)


def touches(node: ast.AST, lines: frozenset[int]) -> bool:
    """Whether the node covers one of `lines`."""
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
    return not lines.isdisjoint(range(first, last + 1))


def needs_own_frame(module: Module, node: ast.ListComp) -> bool:
    """Whether a generator's frame would show: super() and `__class__`, or a closure that outlives its element.

    All closures of a list comprehension see the last value of its names, those of a generator the current one.
    """
    targets = comprehension_targets(node)
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id in {"super", "__class__"}:
            return True
        if isinstance(inner, ast.Lambda | ast.GeneratorExp):
            captured = any(isinstance(n, ast.Name) and n.id in targets for n in ast.walk(inner))
            if captured and not _used_up(module, inner):
                return True
    return False


def left_over(analyst: Analyst, node: ast.ListComp, stops: tuple[str, ...]) -> list[str]:
    """What is assumed of iterables that may be the caller's iterators, when elements may be left in them."""
    unknown = [text(leaf) for leaf in leaves(analyst, node.generators[0].iter) if not again(analyst, leaf)]
    return [f"nobody reads on from {name} where it is an iterator ({stops[0]})" for name in unknown if stops]


def _used_up(module: Module, closure: ast.Lambda | ast.GeneratorExp) -> bool:
    parent = module.parents[closure]
    if isinstance(closure, ast.Lambda):
        return isinstance(parent, ast.keyword) and parent.arg == "key"
    if isinstance(parent, ast.comprehension):
        return parent.iter is closure
    match parent:
        case ast.Call(func=ast.Name(id=name)):
            return name in knowledge.EXHAUSTING_BUILTINS | knowledge.STOPPING_BUILTINS
        case ast.Call(func=ast.Attribute(attr="join")):
            return True
    return False


def as_generator(found: Concrete, node: ast.ListComp) -> dict[cst.CSTNode, Replacement]:
    """The list comprehension as a generator expression in parentheses; empty when it is not found."""
    listed = found.expression(node)
    if not isinstance(listed, cst.ListComp):
        return {}
    inner = cst.LeftParen(whitespace_after=listed.lbracket.whitespace_after)
    outer = cst.RightParen(whitespace_before=listed.rbracket.whitespace_before)
    return {listed: _generator(listed, [*listed.lpar, inner], [outer, *listed.rpar])}


def as_sole_argument(found: Concrete, call: ast.Call, node: ast.ListComp) -> dict[cst.CSTNode, Replacement]:
    """The call with its argument as a generator expression, without parentheses of its own where that may be."""
    listed, called = found.expression(node), found.expression(call)
    if not isinstance(listed, cst.ListComp) or not isinstance(called, cst.Call):
        return {}
    arg = called.args[0]
    bare = len(called.args) == 1 and isinstance(arg.comma, cst.MaybeSentinel) and not listed.lpar
    spaced = not _empty(called.whitespace_before_args) or not _empty(arg.whitespace_after_arg)
    bracketed = not _empty(listed.lbracket.whitespace_after) or not _empty(listed.rbracket.whitespace_before)
    if not bare or (spaced and bracketed):
        return as_generator(found, node)
    generator = _generator(listed, [], [])
    if not bracketed:
        return {listed: generator}
    # What stood between the brackets, comments too, now stands between the call's parentheses.
    moved = arg.with_changes(value=generator, whitespace_after_arg=listed.rbracket.whitespace_before)
    return {called: called.with_changes(whitespace_before_args=listed.lbracket.whitespace_after, args=[moved])}


def _generator(listed: cst.ListComp, lpar: list[cst.LeftParen], rpar: list[cst.RightParen]) -> cst.GeneratorExp:
    return cst.GeneratorExp(elt=listed.elt, for_in=listed.for_in, lpar=lpar, rpar=rpar)


def _empty(space: cst.BaseParenthesizableWhitespace) -> bool:
    return isinstance(space, cst.SimpleWhitespace) and not space.value


def numbered(keys: Iterable[str]) -> Iterator[str]:
    """`keys`, with a number after each that came before: two places in one function may read the same."""
    seen: dict[str, int] = {}
    for key in keys:
        seen[key] = seen.get(key, 0) + 1
        yield key if seen[key] == 1 else f"{key}#{seen[key]}"


def evidence(verdict: Verdict) -> dict[str, str]:
    """The verdict's evidence by the names these rules give the preconditions."""
    return {
        "inputs unchanged": verdict.inputs,
        "effects apart": verdict.apart,
        "exceptions alike": verdict.exceptions,
        "plain body": verdict.plain,
    }


PROOF = {
    "inputs unchanged": "What the producer reads is neither rebound nor changed before the consumer has ended.",
    "effects apart": "No effect of the producer can be met or missed by the consumer, whatever their order.",
    "exceptions alike": "When the producer raises, the consumer has done nothing that outlives the exception.",
    "plain body": "The producer has no await, yield, `:=`, and nothing that leaks StopIteration.",
}
"""The preconditions `analysis.laziness` shows: name -> what it means."""
