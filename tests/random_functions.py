"""Random functions with all of Python's control flow, and what running one does: inputs of property tests."""

import ast
from textwrap import indent

from hypothesis import strategies as st

NAMES = ("a", "b", "c")
STEPS = 40

name = st.sampled_from(NAMES)
value = st.sampled_from(
    ("a", "b", "c", "n", "1", "a + b", "use(c)", "fail()", "[a for a in (1, 2)]", "(c := 3)", "n and (b := 2)")
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
