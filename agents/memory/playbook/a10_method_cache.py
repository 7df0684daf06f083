"""A10: the cache of a method keeps every instance it was called on alive. Keep the value on the instance instead."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.classes import ClassFacts
from agents.memory.analysis.mentions import ADDRESSING, NOTICING, TEMPORARIES, mentioned
from agents.memory.analysis.modules import FUNCTIONS, Module
from agents.memory.analysis.project import Project
from agents.memory.analysis.reflection import not_reflected
from agents.memory.analysis.uses import mentioning
from agents.memory.playbook.cached import unbounded
from agents.memory.playbook.examples import a10 as examples
from agents.memory.playbook.rule import Candidate, Example, Focus, Level, Shown, Strategy
from messaging.contents import EditedFile

_HOOKS = frozenset(
    {"__slots__", "__eq__", "__hash__", "__setattr__", "__getattr__", "__getattribute__", "__getstate__", "__reduce__"}
    | {"__copy__", "__deepcopy__", "__reduce_ex__", "__init_subclass__", "__del__", "__dict__"}
)
_COPYING = frozenset(
    {"copy", "deepcopy", "pickle", "shelve", "joblib", "dill", "cloudpickle", "marshal", "cache_clear"}
)


class MethodCache:
    """The value of a cached method without arguments is kept in the instance's `__dict__`, and goes with it."""

    id: ClassVar[str] = "A10"
    name: ClassVar[str] = "cache of a method kept on the instance"
    category: ClassVar[str] = "data-structures"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "P"
    preconditions: ClassVar[Mapping[str, str]] = {
        "cached method": "A method without arguments, whose one decorator is functools.cache or lru_cache with maxsize"
        " None; nothing in the project asks for a cache's figures or empties one.",
        "compared by identity": "The class derives from object alone, has no subclass, no decorator, no `__eq__` or"
        " `__hash__`, no slots and no attribute hooks: each instance has its own entry.",
        "not copied": "No code of the project copies or pickles: a copy would take the value with it.",
        "not reflected": "No getattr, vars() or `__dict__` can meet the attribute that is added.",
        "quiet end": "No code of the project notices that the instances go.",
    }

    def find(self, project: Project, focus: Focus) -> Iterator[Candidate]:
        """One candidate for the cached method of the focus."""
        place = unbounded(project, focus)
        if place is None:
            return
        module, method, cache = place
        owner = module.parents[method]
        if not isinstance(owner, ast.ClassDef):
            return
        facts = ClassFacts(project, module, owner, None, {})
        name = f"_{method.name.strip('_')}_kept"
        shown = _shown(project, facts, method, name)
        edit = _edit(module, method, name) if shown else None
        if edit is None:
            return
        yield Candidate(
            key=f"{self.id}:{focus.file}:{focus.function}",
            rule=self.id,
            title=f"keep the value of {focus.function} on the instance",
            category=self.category,
            strategy=self.strategy,
            mechanism=f"the cache no longer keeps {cache.entries} instances of `{owner.name}` alive",
            level=self.level,
            file=focus.file,
            line=method.lineno,
            function=focus.function,
            frees=focus.size,
            shown=shown,
            users=[f"{use.place} {method.name}" for use in facts.index.attributes.get(method.name, [])],
            assumes=[f"no attribute `{name}` is given to a `{owner.name}` from outside this repository"],
            edits=[edit],
            read=mentioning(project, name, owner.name, method.name) | {focus.file: module.source.blob},
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _shown(project: Project, facts: ClassFacts, method: ast.FunctionDef, name: str) -> list[Shown]:
    """Evidence for each precondition; empty when one cannot be shown."""
    index = facts.index
    made = f"_make_{method.name.strip('_')}"
    args = method.args
    alone = len([*args.posonlyargs, *args.args]) == 1 and not (args.vararg or args.kwarg or args.kwonlyargs)
    free = not any(word in index.attributes or word in index.strings for word in (name, made))
    dunder = method.name.startswith("__")
    read_only = all(use.kind == "read" for use in index.attributes.get(method.name, []))
    evidence = {
        "cached method": f"line {method.lineno}: `{method.name}` takes the instance alone"
        if alone and free and not dunder and read_only
        else None,
        "compared by identity": _by_identity(facts),
        "not copied": None if mentioned(project, _COPYING) else "no file of the project mentions copy or pickle",
        "not reflected": not_reflected(facts, name),
        "quiet end": None
        if mentioned(project, ADDRESSING | NOTICING - TEMPORARIES)
        else "no file of the project mentions __del__, weakref, finalize, ctypes or memoryview",
    }
    shown = [Shown(check=check, evidence=text) for check, text in evidence.items() if text]
    return shown if len(shown) == len(evidence) else []


def _by_identity(facts: ClassFacts) -> str | None:
    node = facts.node
    if node.keywords or node.decorator_list or len(facts.below) > 1:
        return None
    if any(not (isinstance(base, ast.Name) and base.id == "object") for base in node.bases):
        return None
    names = {n.name for n in node.body if isinstance(n, FUNCTIONS)}
    names |= {n.id for item in node.body for n in ast.walk(item) if isinstance(n, ast.Name)}
    return f"`{facts.name}` has no base, no subclass and no `__eq__`" if not names & _HOOKS else None


def _edit(module: Module, method: ast.FunctionDef, name: str) -> EditedFile | None:
    """The method under another name, after one of its own name that calls it once an instance."""
    decorator = method.decorator_list[0]
    lines = module.source.text.splitlines(keepends=True)
    first = lines[method.lineno - 1]
    start = f"def {method.name}("
    at = decorator.lineno - 1
    if method.lineno != decorator.lineno + 1 or first.count(start) != 1 or "#" in lines[at] or not first.isascii():
        return None
    if (decorator.end_lineno or 0) != decorator.lineno:
        return None
    one_line = method.body[0].lineno == method.lineno
    head = (first[: method.body[0].col_offset] if one_line else first).rstrip()
    indent = first[: first.index("def")]
    step = "    " if one_line else lines[method.body[0].lineno - 1][: method.body[0].col_offset].removeprefix(indent)
    newline = "\r\n" if first.endswith("\r\n") else "\n"
    own = (*method.args.posonlyargs, *method.args.args)[0].arg
    made = f"_make_{method.name.strip('_')}"
    added = [
        head,
        f'{indent}{step}if "{name}" not in {own}.__dict__:',
        f"{indent}{step}{step}{own}.{name} = {own}.{made}()",
        f"{indent}{step}return {own}.{name}",
        "",
        first.replace(start, f"def {made}(").rstrip("\r\n"),
    ]
    text = "".join([*lines[:at], *(line + newline for line in added), *lines[method.lineno :]])
    try:
        ast.parse(text)
    except SyntaxError:
        return None
    return EditedFile(path=module.path, blob=module.source.blob, text=text)
