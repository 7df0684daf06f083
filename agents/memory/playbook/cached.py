"""What the rules on `functools` caches share: the cached function of a focus, and its decorator."""

import ast

from agents.memory.analysis.modules import FunctionNode, Module, find_function, module_of
from agents.memory.analysis.project import Project
from agents.memory.analysis.resolution import Library, resolve
from agents.memory.analysis.uses import uses
from agents.memory.playbook.rule import Focus
from runtime.measure.holdings import Cache

_LOOKS = ("cache_info", "cache_parameters", "__wrapped__")


def unbounded(project: Project, focus: Focus) -> tuple[Module, ast.FunctionDef, Cache] | None:
    """The function whose cache, which has no bound, holds the bytes of the focus; None when it is no such function.

    It has the one decorator, and no code of the project asks for the figures of a cache.
    """
    holding, module = focus.holding, module_of(project, focus.file)
    if holding is None or holding.cache is None or holding.cache.maxsize is not None or module is None:
        return None
    if focus.file not in project.editable or uses(project).unparsed or looked_at(project):
        return None
    function = find_function(module, focus.function, focus.lines)
    if not isinstance(function, ast.FunctionDef) or len(function.decorator_list) != 1:
        return None
    found = _is_unbounded(project, module, function)
    return (module, function, holding.cache) if found else None


def looked_at(project: Project) -> str | None:
    """The first mention of a cache's figures or of the function below it; None when there is none."""
    index = uses(project)
    places = [use.place for name in _LOOKS for use in index.attributes.get(name, [])]
    places += [place for name in _LOOKS for place in index.strings.get(name, [])]
    return places[0] if places else None


def _is_unbounded(project: Project, module: Module, function: FunctionNode) -> bool:
    match function.decorator_list[0]:
        case ast.Call(func=func, args=args, keywords=keywords):
            bounds = [*args, *(k.value for k in keywords if k.arg == "maxsize")]
            none = len(bounds) == 1 and isinstance(bounds[0], ast.Constant) and bounds[0].value is None
            alone = len(args) + len(keywords) == 1
            return alone and none and resolve(project, module, func) == Library("functools.lru_cache")
        case decorator:
            return resolve(project, module, decorator) == Library("functools.cache")
