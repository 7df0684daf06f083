"""Liveness and definite assignment, shown on random functions: a del where they allow it changes nothing."""

import ast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from agents.memory.analysis.flow import Flow
from agents.memory.analysis.modules import Module, find_function
from agents.memory.analysis.project import Source
from agents.memory.analysis.suites import own_statements, suites
from runtime.git import blob_id
from tests.random_functions import functions, run


def analysed(text: str) -> tuple[Module, ast.FunctionDef, Flow]:
    source = Source("f.py", text.encode(), blob_id(text.encode()))
    module = Module(source, ast.parse(text))
    function = find_function(module, "f", frozenset())
    assert isinstance(function, ast.FunctionDef)
    return module, function, Flow(module, function)


def allowed(text: str) -> list[tuple[int, str]]:
    """Every statement, by its number, and name that may be deleted right before it."""
    _, function, flow = analysed(text)
    return [
        (number, name)
        for number, statement in enumerate(own_statements(function.body))
        for name in sorted(flow.assigned_before(statement) - flow.live_before(statement))
        if not flow.returns_unbound(statement, name)
    ]


def with_del(text: str, number: int, name: str) -> ast.Module:
    tree = ast.parse(text)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    target = list(own_statements(function.body))[number]
    deletion = ast.Delete([ast.Name(name, ast.Del())])
    for node in ast.walk(tree):
        for statements in suites(node):
            if target in statements:
                statements.insert(statements.index(target), deletion)
                return ast.fix_missing_locations(tree)
    raise AssertionError("the statement is in a suite")


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(functions, st.data())
def test_a_del_where_the_name_is_dead_and_assigned_changes_nothing(text: str, data: st.DataObject) -> None:
    try:
        compile(text, "f.py", "exec")
    except SyntaxError:
        assume(False)
    places = allowed(text)
    assume(places)
    number, name = data.draw(st.sampled_from(places))
    changed = with_del(text, number, name)
    for n in (0, 1, 2, 3):
        assert run(changed, n) == run(ast.parse(text), n), ast.unparse(changed)


@pytest.mark.parametrize(
    ("text", "line", "live", "assigned"),
    [
        ("def f(n):\n    a = n\n    use(a)\n    done()", 4, set(), {"a", "n"}),
        ("def f(n):\n    a = n\n    while n:\n        done()\n        use(a)", 4, {"a", "n"}, {"a", "n"}),
        ("def f(n):\n    for a in n:\n        use(a)\n    done()", 4, set(), {"n"}),
        (
            "def f(n):\n    while True:\n        a = n()\n        if a:\n            break\n    done()",
            6,
            set(),
            {"a", "n"},
        ),
        ("def f(n):\n    try:\n        a = n()\n        b = 1\n    except E:\n        done()", 6, set(), {"n"}),
        ("def f(n):\n    try:\n        a = n()\n    finally:\n        b = 1\n    done()", 6, set(), {"a", "b", "n"}),
        ("def f(n):\n    with n:\n        a = 1\n    done()", 4, set(), {"n"}),
        ("def f(n):\n    with n:\n        a = 1\n    use(a)\n    done()", 5, set(), {"a", "n"}),
        ("def f(n):\n    match n:\n        case [a, *b]:\n            done()", 4, set(), {"a", "b", "n"}),
        ("def f(n):\n    if (a := n) and (b := n):\n        pass\n    done()", 4, set(), {"a", "n"}),
        ("def f(n):\n    a = 1\n    del a\n    done()", 4, set(), {"n"}),
        ("def f(n):\n    a = 1\n    done()\n    return [a for a in n]", 3, {"n"}, {"a", "n"}),
        ("def f(n):\n    a = 1\n    done()\n    return lambda: a", 3, {"a"}, {"a", "n"}),
        ("def f(n):\n    a = 1\n    done()\n    a[0] = n", 3, {"a", "n"}, {"a", "n"}),
        ("def f(n):\n    a = 1\n    done()\n    a += n", 3, {"a", "n"}, {"a", "n"}),
        ("def f(n):\n    try:\n        return n\n    finally:\n        done()\n        use(a)", 5, {"a"}, {"n"}),
    ],
)
def test_names_are_live_and_assigned_as_python_runs(text: str, line: int, live: set[str], assigned: set[str]) -> None:
    _, function, flow = analysed(text)
    statement = next(s for s in own_statements(function.body) if s.lineno == line)
    names = {"a", "b", "n"}
    assert flow.live_before(statement) & names == live
    assert flow.assigned_before(statement) == assigned


def test_a_place_in_a_loop_is_met_again_without_a_new_binding() -> None:
    _, function, flow = analysed("def f(n):\n    a = n\n    while n:\n        done()\n        n = 0\n    b = 1")
    done = next(s for s in own_statements(function.body) if s.lineno == 4)
    after = next(s for s in own_statements(function.body) if s.lineno == 6)
    assert flow.returns_unbound(done, "a")
    assert not flow.returns_unbound(after, "a")


def test_code_behind_an_endless_loop_is_not_reached() -> None:
    _, function, flow = analysed("def f(n):\n    while 1:\n        n()\n    done()")
    assert not flow.reachable(function.body[1])
    assert flow.reachable(function.body[0])
