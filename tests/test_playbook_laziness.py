"""Random small programs: what B01, B02 and B04 rewrite gives equal results, effects and exceptions."""

import contextlib
import copy
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.b01_listcomp_in_builtin import ListcompInBuiltin
from agents.memory.playbook.b02_list_used_once import ListUsedOnce
from agents.memory.playbook.b04_needless_copy import NeedlessCopy
from agents.memory.playbook.rule import Candidate, Focus, Rule
from runtime.git import blob_id

HEAD = """\
LOG = []


class Box:
    limit = 3

    def __init__(self, n):
        self.n = n
        self.items = [n, 1, 0]

    def __repr__(self):
        return f"Box({self.n!r}, {self.items!r})"

    def __hash__(self):
        return 1  # The default is the address: the order of a set would be chance.

    def put(self, x):
        self.n = x
        return x


def noisy(x):
    LOG.append(x)
    return x


def plain(x):
    return (x, 1)


def boom(x):
    if x == 2:
        raise ValueError(x)
    return x


def consume(values):
    total = []
    for value in values:
        total.append(value)
    return total


def record(values, kept):
    for value in values:
        kept.append(value)


def relay(values):
    for value in values:
        yield value


"""
ELEMENTS = (
    "y", "y * 2", "(y, k)", "[y]", "str(y)", "int(y)", "noisy(y)", "plain(y)", "boom(y)", "Box(y)", "y is None", "k[0]",
    "len(LOG)", "box.n", "box.put(y)", "table.get(y)", "f'{y}'", "(y, len(k))", "{'n': y}", "mine[0]", "seen", "y[0]",
    "next(iter([y]))", "sum(mine)", "lambda: y", "y if k else box", "len(mine)",
)  # fmt: skip
CONDITIONS = ("", " if y", " if y is not None", " if y not in seen", " if len(mine) < 5")
SOURCES = (
    "ys", "range(4)", "list(ys)", "enumerate(ys)", "mine", "box.items", "table", "table.items()", "'ab'",
    "zip(ys, mine)", "map(noisy, ys)", "(boom(z) for z in ys)", "'a b'.split()", "reversed(mine)",
)  # fmt: skip
BODIES = (
    "total.append(x)", "seen.append(x)", "LOG.append(x)", "k = [x]", "k.append(x)", "box.n = x", "count += 1",
    "ys = []", "if len(mine) < 9: mine.append(x)", "total.append(noisy(x))", "total.append(x is None)", "count += x",
    "if x: break", "if x: continue", "if x: return total", "x.append(1)", "x['n'] = 0", "box.put(x)", "boom(x)",
    "yield x", "box.items.clear()", "alias.append(x) if len(alias) < 9 else None", "total.append(len(mine))", "del k",
    "y = x", "groups.setdefault(str(x), []).append(x)", "total.append(k[0])",
)  # fmt: skip
CONSUMERS = (
    "return sum({xs})", "return sorted({xs}, key=str)", "return [noisy(x) for x in {xs}]", "return dict({xs})",
    "return any({xs})", "total.extend({xs})", "return consume({xs})", "record({xs}, seen)", "return set({xs})",
    "return max({xs}, key=lambda x: seen.append(x) or 0)", "total = [x for x in {xs}]", "return min({xs}, default=k)",
    "return tuple(plain(x) for x in {xs})", "for x in relay({xs}): total.append(x)", "k = list({xs})",
    "return sum({xs}, k[0])", "total.append(sum({xs}))", "return k and list({xs})", "yield from {xs}",
    "for i, x in enumerate({xs}): total.append((i, x))", "for x, z in zip({xs}, mine): total.append(z)",
)  # fmt: skip
BETWEEN = (
    "pass",
    "k = [7]",
    "noisy(0)",
    "mine = [5]",
    "count = boom(2)",
    "box = Box(5)",
    "mine.append(4)",
    "seen.clear()",
    "if k: return total",
    "if seen: raise KeyError(1)",
)
COPIES = ("list({})", "tuple({})", "({})[:]", "({}).copy()")


@st.composite
def programs(draw: st.DrawFn, form: str) -> str:
    """A function `f(ys, k, seen, box, table)` in which one statement may be rewritten."""
    element, source, condition = (draw(st.sampled_from(parts)) for parts in (ELEMENTS, SOURCES, CONDITIONS))
    made = f"[{element} for y in {source}{condition}]"
    lines: list[str] = []
    value = made
    if form == "bound":
        lines.append(f"xs = {made}")
        lines += draw(st.lists(st.sampled_from(BETWEEN), max_size=1))
        value = "xs"
    elif form == "copied":
        value = draw(st.sampled_from(COPIES)).format(draw(st.sampled_from(SOURCES)))
    if form == "direct":
        name = draw(st.sampled_from(("sum", "min", "max", "any", "all")))
        rest = draw(st.sampled_from(("", "", ", default=0", ", key=str", ", key=noisy", ", key=lambda x: len(LOG)")))
        lines.append(f"total = {name}({value}{rest if name in ('min', 'max') else ''})")
    elif draw(st.booleans()):
        lines.append(f"for x in {value}:")
        lines += [f"    {body}" for body in draw(st.lists(st.sampled_from(BODIES), min_size=1, max_size=2))]
    else:
        lines.append(draw(st.sampled_from(CONSUMERS)).format(xs=value))
    around = draw(st.sampled_from(("", "", "", "try", "finally", "loop")))
    if around == "loop":
        lines = ["for _ in range(2):", *(f"    {line}" for line in lines)]
    elif around:
        clause = "except (ValueError, TypeError, IndexError):" if around == "try" else "finally:"
        lines = ["try:", *(f"    {line}" for line in lines), clause, "    LOG.append(count)"]
    body = "\n    ".join(["mine = [0, 1, 2]", "alias = mine", "total = []", "count = 0", "groups = {}", *lines])
    return f"{HEAD}def f(ys, k, seen, box, table):\n    {body}\n    return total, count, mine, k, groups\n"


class Breaking:
    """Iterates once, appends to `log` as it goes, and fails in the middle."""

    def __init__(self, log: list[object], values: list[object]) -> None:
        self.log, self.values = log, values

    def __iter__(self) -> Iterator[object]:
        for value in self.values:
            self.log.append(value)
            yield value
        raise KeyError("middle")

    def __repr__(self) -> str:
        return "Breaking"


class Items(list):  # type: ignore[type-arg]
    """A list subclass."""


PLAIN: list[Callable[[list[object]], Any]] = [
    lambda log: [],
    lambda log: [0, 0.0, True, 1],
    lambda log: [3, 1, 2, 5],
    lambda log: Items(["1", "2", "x", "0"]),
    lambda log: [[1], [2, 3], []],
    lambda log: [None, 1, None],
    lambda log: (1.5, -0.0, 2),
    lambda log: {1: 2, 0: 3},
    lambda log: "120",
]
FOREIGN: list[Callable[[list[object]], Any]] = [
    lambda log: Breaking(log, [1, 2]),
    lambda log: iter([1, 2, 3]),
    lambda log: 7,
]


def outcome(code: str, make: Callable[[list[object]], Any]) -> tuple[bool, object]:
    """Whether the call returned, and everything anyone can see of it afterwards."""
    namespace: dict[str, Any] = {}
    exec(compile(code, "program.py", "exec"), namespace)
    log = namespace["LOG"]
    ys = make(log)
    arguments = [ys, [1], [0], namespace["Box"](1), {1: "a", 0: 2}]
    seen: list[object] = []
    try:
        value = namespace["f"](*arguments)
        if hasattr(value, "send"):
            while True:
                try:
                    seen.append(copy.copy(next(value)))
                except StopIteration as stop:
                    value = stop.value
                    break
        result, returned = value, True
    except Exception as error:  # noqa: BLE001  the exception is the outcome
        result, returned = (type(error), error.args), False
    left = "iterator" if hasattr(ys, "__next__") else ys
    rest = list(itertools.islice(ys, 9)) if left == "iterator" else None
    return returned, repr((result, seen, left, rest, arguments[1:], log)).replace("at 0x", "")


def rewritten(rule: Rule, code: str, function: str = "f") -> Candidate | None:
    data = code.encode()
    project = Project({"program.py": Source("program.py", data, blob_id(data))}, frozenset({"program.py"}))
    lines = frozenset(range(HEAD.count("\n") + 1, code.count("\n") + 1))
    return next(iter(rule.find(project, Focus(file="program.py", function=function, lines=lines, size=1))), None)


def compiles(code: str) -> bool:
    with contextlib.suppress(SyntaxError):
        compile(code, "program.py", "exec")
        return True
    return False


@pytest.mark.parametrize(
    ("rule", "form"),
    [
        (ListcompInBuiltin(), "direct"),
        (ListUsedOnce(), "bound"),
        (NeedlessCopy(), "copied"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.id,
)
def test_rewritten_programs_behave_as_before(rule: Rule, form: str) -> None:
    """Level A: on every input. Level P: on collections, whenever the original does not fail."""
    fired = {"A": 0, "P": 0}

    @settings(max_examples=200, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(programs(form))
    def check(code: str) -> None:
        candidate = rewritten(rule, code) if compiles(code) else None
        if candidate is None:
            return
        fired[candidate.level] += 1
        after = candidate.edits[0].text
        for make in PLAIN + (FOREIGN if candidate.level == "A" else []):
            returned, before = outcome(code, make)
            if candidate.level == "A" or returned:
                assert outcome(after, make) == (returned, before), candidate.assumes

    check()
    assert fired["A"] >= 10, fired
    assert fired["P"] >= 10, fired
