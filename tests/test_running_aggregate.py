"""Random programs that group values: a figure kept up to date gives what the lists gave, errors and effects alike."""

import math
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.b16_running_aggregate import RunningAggregate
from agents.memory.playbook.rule import Focus
from runtime.git import blob_id
from runtime.measure.holdings import Holding
from runtime.measure.models import FunctionPlace
from tests.test_random_sharing import compiled, shown

HEAD = """\
from collections import defaultdict

LOG = []


def noisy(value):
    LOG.append(value)
    return value


def picky(value):
    if value == 3:
        raise KeyError(value)
    return value


"""
FEEDS = {
    "{}": "g.setdefault(KEY, []).append(VALUE)",
    "dict()": "g.setdefault(KEY, []).append(VALUE)",
    "defaultdict(list)": "g[KEY].append(VALUE)",
}
KEYS = ("k", "noisy(k)", "k, 1", "(v, k)", "str(k)", "picky(k)", "(k := v)")
INTS = ("v", "noisy(v)", "picky(v)", "int(v)", "len(str(v))", "-v", "v if k else 0", "(k := v)", "len(g)",
        "\n v\n - 1\n", "1", "(yield)")  # fmt: skip
OTHERS = ("float(v)", "str(v)", "[v, v]", "v == 2", "k in g", "(v,)", "lambda: v")
READS = (
    "out = {k: REDUCE(vs) for k, vs in g.items()}",
    "out = [REDUCE(vs) for vs in g.values()]",
    "out = []\nfor k, vs in g.items():\n    noisy(REDUCE(vs))\n    out.append((k, REDUCE(vs)))",
    "out = list(g), sorted(g, key=repr), len(g), max((REDUCE(vs) for vs in []), default=0)\n"
    "for vs in g.values():\n    noisy(REDUCE(vs))",
    "out = [(k, REDUCE(g[k])) for k in g]",
    "out = [REDUCE(vs) for k, vs in g.items() if k]\nfor k, v in rows:\n    FEED\n"
    "out += [REDUCE(vs) for vs in g.values()]",
)
AROUND = (
    "for k, v in rows:\n    FEED",
    "for k, v in rows:\n    try:\n        FEED\n    except (KeyError, ValueError, TypeError):\n        noisy(k)",
    "try:\n    for k, v in rows:\n        FEED\nfinally:\n    noisy(0)",
    "for k, v in rows:\n    FEED\n    if k == 1:\n        FEED",
)
KEY: st.SearchStrategy[Any] = st.sampled_from(
    [0, 0.0, -0.0, False, 1, 1.0, True, None, "", "a", (1,), 3, 2**70, math.inf]
) | st.just([])
INT = st.sampled_from([0, 1, 2, 3, -1, 257, 2**70, -(2**70)])
ANY = INT | st.sampled_from([True, 0.1, -0.0, math.nan, "3", "x", None, [1], 1j])
SETTINGS = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, str, str]:
    """A function `f(rows)` that groups the values of its rows and reduces the groups; the value and the reducer."""
    reducer, value = draw(st.sampled_from(("sum", "len", "max", "min"))), draw(st.sampled_from(INTS + OTHERS))
    begin, feed = draw(st.sampled_from(sorted(FEEDS.items())))
    feed = feed.replace("KEY", draw(st.sampled_from(KEYS))).replace("VALUE", value)
    text = f"{draw(st.sampled_from(AROUND))}\n{draw(st.sampled_from(READS))}"
    lines: list[str] = []
    for line in text.replace("REDUCE", reducer).splitlines():
        indent = line[: len(line) - len(line.lstrip())]
        lines.append(line.replace("FEED", feed.replace("\n", f"\n    {indent}")))
    body = "\n".join(f"    {line}" for line in [f"g = {begin}", *lines, "return out"])
    return f"{HEAD}def f(rows):\n{body}\n", value, reducer


def rewritten(code: str) -> tuple[str, bool]:
    """The program as the rule writes it, "" where it does not; and whether that takes the values for ints."""
    place = FunctionPlace(file="f.py", function="f", line=1)
    held = Holding(kind="local", name="g", place=place, type="dict", size=2**20, element="list", grouped=["int"])
    project = Project({"f.py": Source("f.py", code.encode(), blob_id(code.encode()))}, frozenset({"f.py"}))
    found = list(RunningAggregate().find(project, Focus("f.py", "f", frozenset(), 2**20, held, holdings=(held,))))
    if not found or not found[0].edits:
        return "", False
    return found[0].edits[0].text, any("are ints" in line for line in found[0].assumes)


def outcome(function: Callable[..., Any], rows: list[tuple[Any, Any]], sent: tuple[float, float]) -> object:
    """The result or the exception, with the effects; a generator is given the two by turns."""
    log: list[object] = function.__globals__["LOG"]
    log.clear()
    try:
        result = function(iter(rows))
        if hasattr(result, "send"):
            try:
                for one in [None, *sent * 99]:
                    result.send(one)
            except StopIteration as stop:
                result = stop.value
    except Exception as error:  # noqa: BLE001  the exception is the outcome
        return type(error), str(error), shown(log)
    return shown(result), shown(log)


def test_a_figure_kept_up_to_date_gives_what_the_lists_gave() -> None:
    fired = {"sum": 0, "len": 0, "max": 0, "min": 0}
    assumed = 0

    @settings(SETTINGS, max_examples=600)
    @given(programs(), st.data())
    def check(program: tuple[str, str, str], data: st.DataObject) -> None:
        nonlocal assumed
        code, value, reducer = program
        text, ints = rewritten(code)
        if not text or (ints and value in OTHERS):
            return
        before, after = compiled(code), compiled(text)
        assumed += ints
        fired[reducer] += 1
        sent = (2, 3 if ints else 0.5)
        for _ in range(6):
            rows = data.draw(st.lists(st.tuples(KEY, INT if ints else ANY), max_size=7))
            assert outcome(after, rows, sent) == outcome(before, rows, sent), text[len(HEAD) :]

    check()
    assert min(fired.values()) >= 5, fired
    assert assumed >= 15
