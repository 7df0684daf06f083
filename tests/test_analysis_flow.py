"""Liveness and definite assignment, shown on random functions: a del where they allow it changes nothing."""

import ast
from textwrap import indent

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from agents.memory.analysis.flow import Flow
from agents.memory.analysis.modules import Module, find_function
from agents.memory.analysis.project import Source, blob_id
from agents.memory.analysis.scopes import own_statements, suites

NAMES = ("a", "b", "c")
STEPS = 40

name = st.sampled_from(NAMES)
value = st.sampled_from(
    ("a", "b", "c", "n", "1", "a + b", "use(c)", "[a for a in (1, 2)]", "(c := 3)", "n and (b := 2)")
)
test = st.sampled_from(("n", "a", "tick() % 2", "tick() % 3", "b == c", "tick() % 2 and (a := 1)"))


def joined(*parts: str) -> str:
    return "\n".join(parts)


def body(text: str) -> str:
    return indent(text, "    ")


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    in_loop = st.one_of(inner, st.sampled_from(("break", "continue", "if tick() % 2:\n    break")))
    looped = st.lists(in_loop, min_size=1, max_size=3).map(lambda parts: joined("tick()", *parts))
    block = st.lists(inner, min_size=1, max_size=3).map("\n".join)
    return st.one_of(
        st.builds(lambda t, x, y: joined(f"if {t}:", body(x), "else:", body(y)), test, block, block),
        st.builds(lambda t, x: joined(f"if {t}:", body(x)), test, block),
        st.builds(lambda t, x: joined(f"while {t}:", body(x)), test, looped),
        st.builds(lambda x: joined("while True:", body(x)), looped),
        st.builds(lambda i, x, y: joined(f"for {i} in items(n):", body(x), "else:", body(y)), name, looped, block),
        st.builds(
            lambda x, e, y: joined("try:", body(x), f"except ValueError{e}:", body(y)),
            block,
            st.sampled_from(("", " as a", " as b")),
            block,
        ),
        st.builds(lambda x, y: joined("try:", body(x), "finally:", body(y)), block, block),
        st.builds(
            lambda x, y, z, w: joined(
                "try:", body(x), "except ValueError:", body(y), "else:", body(z), "finally:", body(w)
            ),
            block,
            block,
            block,
            block,
        ),
        st.builds(lambda i, x: joined(f"with quiet() as {i}:", body(x)), name, block),
        st.builds(
            lambda x, y: joined(
                "match (n, tick() % 2):", "    case (a, 1):", body(body(x)), "    case b:", body(body(y))
            ),
            block,
            block,
        ),
        st.builds(lambda x, y: joined("try:", body(x), "except* ValueError as c:", body(y)), block, block),
    )


simple = st.one_of(
    st.builds("{} = {}".format, name, value),
    st.builds("use({})".format, value),
    st.builds("{} += 1".format, name),
    st.builds("del {}".format, name),
    st.sampled_from(("raise ValueError(tick())", "fail()", "use(sum(a for i in items(2)))", "a, b = b, 1")),
    st.builds("if tick() % 3 == 0:\n    return {}".format, value),
)
suite = st.recursive(simple, _compound, max_leaves=12)
functions = st.lists(suite, min_size=2, max_size=5).map(
    lambda parts: joined("def f(n, a=0):", body(joined(*parts)), "    return tick()")
)


class OutOfSteps(BaseException):
    pass


def run(tree: ast.Module, n: int) -> tuple[object, list[object]]:
    """What `f(n)` gives or raises, and all it was seen to do."""
    seen: list[object] = []

    def tick() -> int:
        seen.append("tick")
        if len(seen) > STEPS:
            raise OutOfSteps
        return len(seen)

    def use(thing: object) -> object:
        tick()
        seen.append(repr(thing))
        return thing

    def items(count: int) -> range:
        tick()
        return range(count)

    def fail() -> None:
        if tick() % 2:
            raise ValueError("fail")

    class Quiet:
        def __enter__(self) -> int:
            return tick()

        def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
            return kind is ValueError

    space = {"tick": tick, "use": use, "items": items, "fail": fail, "quiet": Quiet}
    exec(compile(tree, "f.py", "exec"), space)
    try:
        return space["f"](n), seen  # type: ignore[operator]
    except OutOfSteps:
        return "out of steps", seen
    except Exception as error:  # noqa: BLE001  the exception is the outcome
        return (type(error).__name__, str(error)), seen


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


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
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
