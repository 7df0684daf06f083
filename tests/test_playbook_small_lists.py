"""Random small programs: lists trimmed or made tuples, arguments given up; results, aliases and exceptions stay."""

import os
from collections.abc import Callable, Iterator, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.a04_passed_temporary import PassedTemporary
from agents.memory.playbook.c10_small_tuples import SmallTuples
from agents.memory.playbook.c26_trimmed_list import TrimmedList
from agents.memory.playbook.rule import Focus, Rule
from runtime.git import blob_id
from runtime.measure.holdings import Holding
from runtime.measure.models import FunctionPlace

PROGRAMS = int(os.environ.get("LOWTIDE_RANDOM_PROGRAMS", "200"))
FILE = "work.py"
VALUES: tuple[list[object], ...] = ([], [0, 1, True, 2], [0.0, "ab", 0, -1], ["", "x", None, 3], [2, 2, 0, 2, 1])


def rewritten(rule: Rule, text: str, focus: Focus) -> Iterator[str]:
    data = text.encode()
    sources = {FILE: Source(FILE, data, blob_id(data))}
    for candidate in rule.find(Project(sources, frozenset(sources), requires_python=(3, 11)), focus):
        (edit,) = candidate.edits
        yield edit.text


def shape(value: object, seen: dict[int, int]) -> object:
    """The value with a number for each list and tuple of lists, so that two names for one list show."""
    if isinstance(value, list | tuple):
        if isinstance(value, list):
            if id(value) in seen:
                return f"list {seen[id(value)]}"
            seen[id(value)] = len(seen)
        return type(value).__name__, [shape(item, seen) for item in value]
    if isinstance(value, dict):
        return [(repr(key), shape(item, seen)) for key, item in value.items()]
    if callable(value):
        return shape(value(), seen)
    return type(value).__name__, repr(value)


def outcomes(text: str) -> list[object]:
    """What `f` gives for each of the inputs, and what has happened to the inputs."""
    found: list[object] = []
    for given_ in VALUES:
        names: dict[str, object] = {}
        exec(compile(text, FILE, "exec"), names)
        values = list(given_)
        try:
            result = names["f"](values)  # type: ignore[operator]
        except Exception as error:  # noqa: BLE001  the exception is the outcome
            result = type(error).__name__
        found.append((shape(result, {}), repr(values)))
    return found


def indented(lines: Sequence[str], by: int) -> str:
    return "".join(" " * by + line + "\n" for line in "\n".join(lines).splitlines())


GROWING = (
    "row.append(v)",
    "row.extend([v, v])",
    "row.append(1 / v)",
    "row.sort(key=str)",
    "if len(row) > 2:\n    row.pop()",
    "hold.append(sum(1 for x in row))",
    "for x in row:\n    hold.append(x)",
)
HANDING = (
    "rows.append(row)",
    "rows.append((v, row))",
    "rows.insert(0, [row])",
    "by[v] = row",
    "by[len(row)] = row",
    "by[row.pop()] = row",
    "by.setdefault(v, row)",
    "if v:\n    rows.append(row)",
    "if v:\n    rows.append(row)\n    row = []",
    "if row:\n    by[0] = row\n    continue",
    "for x in row:\n    rows.append(row)",
    "try:\n    rows.append(row)\nfinally:\n    row.append(0)",
    "try:\n    row.append(1 / v)\n    rows.append(row)\nexcept (ZeroDivisionError, TypeError):\n    row = []",
    "try:\n    rows.append(row)\n    row = []\n    row.append(1 / v)\nexcept Exception:\n    row.append(9)",
    "if v == 1:\n    return rows, row",
)
ODD = (
    "row = []",
    "row = [v]",
    "row = list(rows[-1:])",
    "row = [w for w in values]",
    "last = row",
    "if v == 2:\n    break",
    "if rows:\n    rows[-1].append(v)",
    "hold.append(lambda: row)",
    "row = row + [v]",
    "row += [v]",
    "del row",
    "if row is None:\n    return rows",
    "if len(row) > 2:\n    return row",
)
ENDS = ("return rows, by, hold, last", "return rows, by, row, hold", "rows.append(row)\nreturn rows, by", "return row")


@st.composite
def growing(draw: st.DrawFn) -> str:
    """A function that fills and hands over lists in a loop; many of the drawn ones share them."""
    body = [
        *draw(st.sampled_from(([], ["row = []"], ["row = []"]))),
        *draw(st.lists(st.sampled_from(GROWING), min_size=1, max_size=2)),
        *draw(st.lists(st.sampled_from(ODD), max_size=1)),
        *draw(st.lists(st.sampled_from(HANDING), min_size=1, max_size=2)),
        *draw(st.lists(st.sampled_from((*ODD, *GROWING)), max_size=1)),
    ]
    first = draw(st.sampled_from(("row = []", "by[0] = 0")))
    head = ["rows = []", "by = {}", "hold = []", "last = None", first]
    return f"def f(values):\n{indented(head, 4)}    for v in values:\n{indented(body, 8)}" + indented(
        [draw(st.sampled_from(ENDS))], 4
    )


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(growing())
def test_what_is_handed_over_is_the_same_and_nobody_else_holds_it(text: str) -> None:
    lines = frozenset(range(1, text.count("\n") + 1))
    for after in rewritten(TrimmedList(), text, Focus(FILE, "f", lines, 2**20)):
        assert outcomes(after) == outcomes(text), after


MADE = ("[v, v]", "[v]", "[]", "[*values, v]", "list(values)", "[w for w in values]", "row[:]", "[[v]]", "(v, v)")
USES = (
    "found.append(rows[0][0])",
    "for r in rows:\n    found.append(len(r))",
    "for r in rows:\n    found.extend(r)",
    "for a, b in rows:\n    found.append(b)",
    "for i, (a, *b) in enumerate(rows):\n    found.append((i, a, b))",
    "for i, r in enumerate(rows):\n    found.append(r[i])",
    "found.append([r for r in rows if r])",
    "found.append([x for r in rows for x in r])",
    "found.append([r[1:][0] for r in rows])",
    "found.append([tuple(r) for r in rows])",
    "found.append([sorted(r, key=str) for r in rows])",
    "r = rows[-1]\nfound.append(r)",
    "r = rows[-1]\nr.append(1)",
    "r = rows[-1]\nr += [1]",
    "rows[0][0] = 5",
    "rows[0] = [7, 7]",
    "rows[0] += [7]",
    "found.append(rows[0] == [0])",
    "found.append([0] in rows)",
    "found.append({str(r) for r in rows})",
    "found.append(rows[0] + [1])",
    "found.append(rows[0] * 2)",
    "found.append(type(rows[0]))",
    "found.append(sum(rows, []))",
    "found.append([len({r}) for r in rows])",
    "found.append(rows[0] and 1)",
    "found.append(1 if rows[0] is None else 2)",
    "found.append(first(rows[0]))",
    "found.append(kept(rows[0]))",
    "found.append(list(map(len, rows)))",
    "found.append([*rows[0]])",
    "found.append([max(r, key=str) for r in rows])",
    "x, *y = rows[0]\nfound.append(y)",
    "found.append(rows)",
    "rows.append(rows[0])",
    "rows.append(found)",
)
HELPERS = "def first(r):\n    return r[0] if r else None\n\n\ndef kept(r):\n    return [r]\n\n\n"


@st.composite
def read_only(draw: st.DrawFn) -> str:
    """A function with a list of lists, and random uses of both."""
    made = draw(st.sampled_from(MADE))
    uses = draw(st.lists(st.sampled_from(USES), min_size=1, max_size=3))
    if draw(st.booleans()):
        fill = ["found = []", f"rows = [{made} for v in values]"]
    else:
        fill = ["found = []", "rows = []", "for v in values:", "    row = [v]", "    row.append(v)"]
        fill.append(f"    rows.append({draw(st.sampled_from((made, 'row')))})")
    return f"{HELPERS}def f(values):\n{indented([*fill, *uses, 'return found'], 4)}"


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(read_only())
def test_lists_that_are_only_read_do_the_same_as_tuples(text: str) -> None:
    lines = frozenset(range(1, text.count("\n") + 1))
    for after in rewritten(SmallTuples(), text, Focus(FILE, "f", lines, 2**20)):
        assert outcomes(after) == outcomes(text), after


READING = (
    "half = [str(v) for v in data]",
    "half = len(data)",
    "if data:\n    half = data[0]",
    "for v in data:\n    total.append(v)\n    if v:\n        break",
    "while len(total) < 3:\n    total.append(len(data))",
    "try:\n    total.append(1 / len(data))\nexcept ZeroDivisionError:\n    total.append(data)",
)
WORKING = (
    "for v in half if isinstance(half, list) else ():\n    total.append(v)",
    "while len(total) < 3:\n    total.append(0)",
    "try:\n    total.append(1 / half)\nfinally:\n    total.append(2)",
    "if half == 2:\n    return total",
    "total = [*total, half]",
    "total.append([w for w in [half] * 3])",
)
ODDER = (
    "if half == 1:\n    return data",
    "try:\n    total.append(1 / half)\nexcept (TypeError, ZeroDivisionError):\n    total.append(data)",
    "data = [1]",
    "total.append(lambda: len(data))",
    "del data",
    "half = data",
)
CALLS = (
    "data = [*values]\n{took}use({before}data)",
    "data = [*values]\n{took}use({before}data=data)",
    "data = values and values[:]\n{took}use({before}data)",
    "data = made(values)\n{took}use({before}data)",
    "data = made(values)\nvalues.append(1)\n{took}use({before}data)",
    "{took}use({before}made(values))",
)


@st.composite
def passing(draw: st.DrawFn) -> str:
    """A function that passes a list to another, which is done with it at some point or never."""
    body = [
        *draw(st.lists(st.sampled_from(READING), min_size=1, max_size=2)),
        *draw(st.lists(st.sampled_from((*ODDER, *WORKING)), max_size=1)),
        *draw(st.lists(st.sampled_from(WORKING), min_size=1, max_size=3)),
        *draw(st.lists(st.sampled_from((*ODDER, *READING, *WORKING)), max_size=1)),
    ]
    before = draw(st.sampled_from(("", "", "3, ", "values.pop(), ", "len(values), ")))
    took = draw(st.sampled_from(("found = ", "found = ", "data = ", "return ")))
    call = draw(st.sampled_from(CALLS)).format(before=before, took=took)
    end = draw(st.sampled_from(("return found", "return found, values", "return found", "return data")))
    head = "def use(data):" if not before else "def use(one, data):"
    made = "def made(values):\n    values.append(0)\n    return list(values)\n\n\n"
    start = ["total = []", "half = None"]
    return f"{made}{head}\n{indented([*start, *body, 'return total'], 4)}\n\ndef f(values):\n{indented([call, end], 4)}"


def given_up(text: str, at: int, *, by_argument: bool) -> Iterator[str]:
    """The programs that A04 makes of one, where line `at` of the called function ran at the peak."""
    lines = text.splitlines()
    called = next(number for number, line in enumerate(lines, 1) if "use(" in line and "def" not in line)
    start = next(number for number, line in enumerate(lines, 1) if line.startswith("def use"))
    line, function = (min(start + at, called - 3), "use") if by_argument else (called, "f")
    held = {"kind": "argument" if by_argument else "local", "name": "data", "type": "list", "element": "int"}
    place = FunctionPlace(file=FILE, function=function, line=1)
    holding = Holding.model_validate({**held, "place": place, "line": line, "size": 2**20})
    focus = Focus(FILE, function, frozenset({line}), 2**20, holding=holding, peak_line=line)
    yield from rewritten(PassedTemporary(), text, focus)


@settings(max_examples=PROGRAMS, deadline=None, suppress_health_check=list(HealthCheck))
@given(passing(), st.integers(min_value=0, max_value=12), st.booleans())
def test_a_function_that_gives_its_argument_up_does_the_same(text: str, at: int, by_argument: bool) -> None:
    for after in given_up(text, at, by_argument=by_argument):
        assert outcomes(after) == outcomes(text), after


def test_the_del_is_put_before_the_line_of_the_method_that_ran_at_the_peak() -> None:
    text = """\
class Job:
    def run(self):
        data = list(range(9))
        return self.use(data)

    def use(self, data):
        if data:
            half = [v / 2 for v in data]
            more = [v * 2 for v in half]
            print(len(more))
        else:
            print(data)
        return [0] * 3
"""
    held = {"name": "data", "type": "list", "size": 2**20}
    called = {"file": FILE, "function": "Job.use", "line": 6}
    inner = Holding.model_validate(held | {"kind": "argument", "line": 9, "place": called})
    outer = Holding.model_validate(held | {"kind": "local", "line": 4, "place": called | {"function": "Job.run"}})
    focus = Focus(FILE, "Job.run", frozenset({4}), 2**20, holding=outer, peak_line=4, holdings=(outer, inner))
    (after,) = rewritten(PassedTemporary(), text, focus)
    assert after.splitlines()[2:9] == [
        "        return self.use(list(range(9)))",
        "",
        "    def use(self, data):",
        "        if data:",
        "            half = [v / 2 for v in data]",
        "            del data",
        "            more = [v * 2 for v in half]",
    ]


def by_lines(rule: Rule) -> Callable[[str], Iterator[str]]:
    return lambda text: rewritten(rule, text, Focus(FILE, "f", frozenset(range(1, 99)), 2**20))


@pytest.mark.parametrize(
    ("rewrite", "programs"),
    [
        pytest.param(by_lines(TrimmedList()), growing(), id="C26"),
        pytest.param(by_lines(SmallTuples()), read_only(), id="C10"),
        pytest.param(lambda text: given_up(text, 0, by_argument=False), passing(), id="A04"),
    ],
)
def test_enough_of_the_programs_are_rewritten(
    rewrite: Callable[[str], Iterator[str]], programs: st.SearchStrategy[str]
) -> None:
    fired: list[str] = []

    @settings(max_examples=80, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(programs)
    def collect(text: str) -> None:
        fired.extend(rewrite(text))

    collect()
    assert len(fired) > 5
