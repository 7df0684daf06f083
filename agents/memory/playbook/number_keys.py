"""What the proposals C06, C16 and C24 share: sets and dicts whose keys are numbers, and what is done with them."""

import ast
from dataclasses import dataclass, field
from typing import Literal

from agents.memory.analysis.inference import Kinds
from agents.memory.analysis.modules import FUNCTIONS
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.playbook.packing import Binding, bindings
from agents.memory.playbook.rule import Candidate, Focus, Rule, Shown

_KEY_METHODS = {"set": frozenset({"add", "discard"}), "dict": frozenset({"get", "setdefault"})}


@dataclass
class Keyed:
    """A local set or dict that is only used by its keys.

    Args:
        binding: where it comes to be, empty.
        keys: every key that is put in, looked up or taken out.
        others: places of `len()` and of loops over it.
    """

    binding: Binding
    keys: list[ast.expr] = field(default_factory=list)
    others: list[str] = field(default_factory=list)


def keyed(project: Project, focus: Focus, kind: Literal["set", "dict"]) -> Keyed | None:
    """The local of the focus that holds an empty `kind` at first; None when it is used in any other way."""
    holding = focus.holding
    if holding is None or holding.type != kind or holding.kind != "local":
        return None
    found = [b for b in bindings(project, focus) if b.name == holding.name and isinstance(b.target, ast.Name)]
    if len(found) != 1 or not _is_empty(project, found[0], kind) or not isinstance(found[0].scope, FUNCTIONS):
        return None
    keyed_ = Keyed(found[0])
    module = found[0].module
    for node in ast.walk(found[0].scope):
        if not isinstance(node, ast.Name) or node.id != holding.name or not isinstance(node.ctx, ast.Load):
            continue
        parent = module.parents[node]
        match parent:
            case ast.Subscript(value=value, slice=key) if value is node and kind == "dict":
                keyed_.keys.append(key)
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[held]) if held is node:
                keyed_.keys.append(key)
            case ast.Attribute(attr=name) if name in _KEY_METHODS[kind]:
                call = module.parents[parent]
                if not isinstance(call, ast.Call) or call.func is not parent or not call.args or call.keywords:
                    return None
                keyed_.keys.append(call.args[0])
            case ast.Call(func=func) if resolve(project, module, func) == Builtin("len"):
                keyed_.others.append(f"{module.path}:{node.lineno}")
            case _:
                return None
    return keyed_ if keyed_.keys else None


def all_ints(project: Project, found: Keyed) -> bool:
    """Whether every key surely is an int."""
    kinds = Kinds(project, found.binding.module)
    return all((kind := kinds.of(key)) is not None and kind.name == "int" for key in found.keys)


def proposal(rule: Rule, project: Project, focus: Focus, found: Keyed, title: str, mechanism: str) -> Candidate:
    """The proposal for people, without an edit: `rule.preconditions` are what they have to look at."""
    binding = found.binding
    keys = sorted({ast.unparse(key) for key in found.keys})
    seen = f"{len(found.keys)} keys in the source: {', '.join(f'`{key}`' for key in keys[:4])}"
    where = [f"{binding.module.path}:{key.lineno} `{ast.unparse(key)}`" for key in found.keys]
    evidence = dict.fromkeys(rule.preconditions, "for a person to decide") | {
        "keys": seen,
        "closed uses": f"line {binding.value.lineno}; every use in {focus.function} is by a key or takes the length",
    }
    return Candidate(
        key=f"{rule.id}:{binding.module.path}:{focus.function}:{binding.name}",
        rule=rule.id,
        title=title,
        category=rule.category,
        strategy=rule.strategy,
        mechanism=mechanism,
        level="S",
        file=binding.module.path,
        line=binding.value.lineno,
        function=focus.function,
        frees=focus.size,
        shown=[Shown(check=check, evidence=evidence[check]) for check in rule.preconditions],
        users=sorted({*where, *found.others}),
        assumes=["the keys are dense and not negative, and their bound is known before the first"],
        edits=[],
        read={binding.module.path: project.sources[binding.module.path].blob},
    )


def _is_empty(project: Project, binding: Binding, kind: str) -> bool:
    match binding.value:
        case ast.Dict(keys=[]):
            return kind == "dict"
        case ast.Call(func=func, args=[], keywords=[]):
            return resolve(project, binding.module, func) == Builtin(kind)
    return False
