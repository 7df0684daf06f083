"""The shared checks, on random programs that are run: where one says yes, it is so.

effects       an object that a statement changes hangs on a name the statement is said to write
kinds         a value has the kind that was inferred for its expression
ownership     an object said to be the frame's own is reached from nowhere else
resolution    a name said to be a builtin is that builtin
closed uses   an attribute said to be read nowhere is read nowhere
"""

import ast
import builtins
import gc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from agents.memory.analysis.effects import Place
from agents.memory.analysis.kinds import Kind
from agents.memory.analysis.modules import FunctionNode, Module, find_function, module_of
from agents.memory.analysis.ownership import owned
from agents.memory.analysis.project import Project, Source
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import Builtin, resolve
from agents.memory.analysis.suites import own_statements, suites
from agents.memory.analysis.uses import uses
from runtime.git import blob_id
from tests.random_data import functions

checked = settings(max_examples=120, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
ARGUMENTS: tuple[tuple[Any, ...], ...] = (([1, [2]], ["a"], 2), ([], [0.0, True], 0))


def analysed(text: str) -> tuple[Project, Module, FunctionNode]:
    project = Project({"f.py": Source("f.py", text.encode(), blob_id(text.encode()))}, frozenset({"f.py"}))
    module = module_of(project, "f.py")
    assert module is not None
    function = find_function(module, "f", frozenset())
    assert isinstance(function, ast.FunctionDef)
    return project, module, function


def watch(
    text: str, before: Callable[[int, dict[str, Any]], None], after: Callable[[int, dict[str, Any]], None]
) -> None:
    """Runs `f` on each of ARGUMENTS; calls back around each statement, by its number, with the frame's locals."""
    tree = ast.parse(text)
    function = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "f")
    numbers = {statement: number for number, statement in enumerate(own_statements(function.body))}
    for node in list(ast.walk(function)):
        for suite in suites(node):
            for statement in list(suite):
                number = numbers.pop(statement, None)
                if number is None:  # put in by us, or met before: a handler's suite has two parents
                    continue
                place = suite.index(statement)
                for offset, name in ((0, "_before"), (2, "_after")):
                    call = ast.parse(f"{name}({number}, locals())").body[0]
                    suite.insert(place + offset, call)
    for arguments in ARGUMENTS:
        space: dict[str, Any] = {"_before": before, "_after": after}
        exec(compile(ast.fix_missing_locations(tree), "f.py", "exec"), space)
        try:
            space["f"](*[list(one) if isinstance(one, list) else one for one in arguments])
        except (TypeError, ValueError, IndexError, AttributeError):
            continue


def reachable(*roots: object) -> dict[int, object]:
    """id -> object of all that hangs on `roots`, types and modules left out."""
    found: dict[int, object] = {}
    todo = list(roots)
    while todo:
        one = todo.pop()
        if id(one) in found or isinstance(one, type | type(ast) | type(watch)):
            continue
        found[id(one)] = one
        todo += gc.get_referents(one)
    return found


def contents(one: object) -> list[int]:
    return [id(inner) for inner in gc.get_referents(one)]


@checked
@given(functions)
def test_what_a_statement_changes_is_among_its_writes(text: str) -> None:
    project, module, function = analysed(text)
    analyst = Analyst(project, module, function)
    effects = [analyst.of(statement) for statement in own_statements(function.body)]
    states: list[tuple[dict[int, object], dict[int, list[int]], dict[str, Any]]] = []

    def before(number: int, names: dict[str, Any]) -> None:
        objects = reachable(*names.values())
        states.append((objects, {key: contents(one) for key, one in objects.items()}, dict(names)))

    def after(number: int, names: dict[str, Any]) -> None:
        objects, was, bound = states.pop()
        changed = [key for key, one in objects.items() if contents(one) != was[key] and key != id(bound)]
        writes = effects[number].writes
        if any(not place.root for place in writes):
            return
        event("judged")
        rebound = effects[number].binds
        allowed = reachable(*(bound.get(place.root) for place in writes), *(names.get(place.root) for place in writes))
        hidden = [key for key in changed if key not in allowed]
        assert not hidden, (ast.unparse(list(own_statements(function.body))[number]), writes)
        for name, value in bound.items():
            assert name in rebound or names.get(name) is value, (name, rebound)

    watch(text, before, after)


TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,), "bool": (bool,), "number": (int, float), "str": (str,), "text": (str, bytes), "none": (type(None),),
    "list": (list,), "tuple": (tuple,), "dict": (dict,), "set": (set,), "range": (range,),
}  # fmt: skip


def is_of(value: object, kind: Kind) -> bool:
    wanted = TYPES.get(kind.name)
    if wanted is None:
        return True
    if not isinstance(value, wanted) or (kind.name not in ("number", "int", "text") and type(value) not in wanted):
        return False
    if kind.element is not None and isinstance(value, list | set | tuple):
        return all(is_of(one, kind.element) for one in value)
    return True


@checked
@given(functions)
def test_a_value_has_the_kind_that_was_inferred(text: str) -> None:
    project, module, function = analysed(text)
    analyst = Analyst(project, module, function)
    inferred = {
        number: (statement.targets[0].id, analyst.kinds.of(statement.value))
        for number, statement in enumerate(own_statements(function.body))
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
    }

    def after(number: int, names: dict[str, Any]) -> None:
        name, kind = inferred.get(number, ("", None))
        if kind is not None:
            event("judged")
            assert is_of(names[name], kind), (name, kind, names[name])

    watch(text, lambda number, names: None, after)


@checked
@given(functions)
def test_what_is_owned_is_reached_from_nowhere_else(text: str) -> None:
    project, module, function = analysed(text)
    analyst = Analyst(project, module, function)
    every = list(own_statements(function.body))
    ours = {
        number: [
            name
            for name in ("xs", "ys", "zs", "value", "box", "other")
            if owned(analyst, Place(name, 0, name, statement.lineno), statement)
        ]
        for number, statement in enumerate(every)
    }

    def after(number: int, names: dict[str, Any]) -> None:
        for name in ours[number]:
            value = names.get(name)
            if value is None or isinstance(value, int | float | str | tuple):
                continue
            event("judged")
            others = [other for key, other in names.items() if key != name]
            # What an object of the frame holds is its own; the object itself must not be in anybody else's hands.
            assert id(value) not in reachable(*others), (name, ast.unparse(every[number]))

    watch(text, lambda number, names: None, after)


SHADOWS = st.lists(
    st.sampled_from(
        (
            *("def {0}(x): return 'mine'", "{0} = str", "import os as {0}", "class {0}: pass", "for {0} in (1,): pass"),
            *("try:\n    pass\nexcept E as {0}:\n    pass", "global_ = {0}", "({0} := 3)", "[{0} for {0} in (1,)]"),
            *("def g():\n    global {0}\n    {0} = 1", "with open('f') as {0}:\n    pass", "del {0}", "{0}: int = 3"),
        )
    ),
    max_size=2,
)


@checked
@given(SHADOWS, SHADOWS, st.sampled_from(("len", "sum", "list")))
def test_a_name_said_to_be_a_builtin_is_it(outer: list[str], inner: list[str], name: str) -> None:
    def suite(lines: list[str], depth: int) -> str:
        return "".join(f"{' ' * depth}{line}\n" for one in lines for line in one.format(name).splitlines())

    text = f"E = OSError\n{suite(outer, 0)}def f():\n    seen = {name}\n{suite(inner, 4)}    return seen\n"
    try:
        compile(text, "f.py", "exec")
    except SyntaxError:
        return
    project, module, function = analysed(text)
    read = function.body[0]
    assert isinstance(read, ast.Assign)
    if resolve(project, module, read.value) != Builtin(name):
        return
    event("judged")
    space: dict[str, Any] = {}
    try:
        exec(compile(text, "f.py", "exec"), space)
    except (OSError, NameError):
        return
    assert space["f"]() is getattr(builtins, name)


ACCESSES = st.lists(
    st.sampled_from(
        (
            *("one.a = 1", "one.b = 2", "one.a", "one.b", "getattr(one, 'a')", "setattr(one, 'a', 3)", "vars(one)"),
            *("one.__dict__['a'] = 1", "one.__dict__", "str(one)", "hasattr(one, 'b')", "f'{one.a}'", "one.b = one.a"),
            *("'{0.a}'.format(one)", "g(one)", "operator.attrgetter('a')(one)", "one.a += 1", "del one.a"),
            *("match one:\n    case C(a=x):\n        pass", "copy.copy(one)", "[x.b for x in (one,)]", "repr(one.b)"),
        )
    ),
    min_size=1,
    max_size=4,
)


@checked
@given(ACCESSES)
def test_an_attribute_said_to_be_read_nowhere_is_read_nowhere(lines: list[str]) -> None:
    text = "import copy, operator\n\n\nclass C:\n    def __init__(self):\n        self.a = self.b = 0\n\n\n"
    if any("g(one)" in line for line in lines):
        text += "def g(one, name='a'):\n    return getattr(one, name)\n\n\n"
    text += "def f(one):\n"
    text += "".join(f"    {line}\n" for one in lines for line in one.splitlines())
    project, _, _ = analysed(text)
    index = uses(project)
    space: dict[str, Any] = {}
    exec(compile(text, "f.py", "exec"), space)
    seen: set[str] = set()

    class Watched(space["C"]):  # type: ignore[misc]
        def __getattribute__(self, name: str) -> object:
            if name == "__dict__" or not name.startswith("__"):
                seen.add(name)
            return super().__getattribute__(name)

    try:
        space["f"](Watched())
    except AttributeError:
        return
    seen -= {"__dict__"} if not any("__dict__" in line or "vars" in line for line in lines) else set()
    for name in ("a", "b"):
        plain = any(use.kind in ("read", "feed", "delete") for use in index.attributes.get(name, []))
        reflected = any(one.name in (None, name) for one in index.reflections)
        stated = name in index.matched or f"{{.{name}}}" in index.strings or name in index.dotted
        augmented = any(isinstance(node, ast.AugAssign) for node in ast.walk(ast.parse(text)))
        if not (plain or reflected or stated or augmented):
            event("judged")
            assert name not in seen, (name, text)
    if "__dict__" in seen:
        assert index.reflections


def test_the_random_programs_are_judged_often_enough() -> None:
    text = "def f(xs, ys, n):\n    zs = [n]\n    zs.append(xs)\n    return zs\n"
    project, module, function = analysed(text)
    analyst = Analyst(project, module, function)
    [_, second, _] = own_statements(function.body)
    assert {place.root for place in analyst.of(second).writes} == {"zs"}
    with pytest.raises(AssertionError):
        assert is_of(1, Kind("str"))
