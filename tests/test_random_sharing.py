"""What the rules of shared values, of lines and of growing arrays rewrite gives the same for any input."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.b19_json_dump import JsonDump
from agents.memory.playbook.b22_split_in_lines import SplitInLines
from agents.memory.playbook.c08_shared_strings import SharedStrings
from agents.memory.playbook.c09_shared_keys import SharedKeys
from agents.memory.playbook.c22_shared_tuples import SharedTuples
from agents.memory.playbook.d06_stacked_rows import StackedRows
from agents.memory.playbook.d07_joined_arrays import JoinedArrays
from agents.memory.playbook.rule import Focus
from runtime.git import blob_id
from runtime.measure.holdings import Holding
from runtime.measure.models import FunctionPlace

TEXT = st.text(st.sampled_from("ab\n\r\v\f\x1c\x1d\x1e\x1f\x85\u2028\u2029 \x00ä😀"))
SCALARS = st.sampled_from([0, 0.0, -0.0, False, 1, 1.0, True, None, "", "a", "a b"[:1], math.nan, 2**70, 1j, b"a"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
)
BROKEN = st.sampled_from(
    ["", " ", "{", '{"a"', '{"a":}', "[1,]", '{"a": 1, "a": 2}', '{"b": 1, "a": 2, "b": [3]}', "NaN", '"\ud800"',
     "1 2", "\ufeff{}"]
)  # fmt: skip
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


class Text(str):
    """A str that is equal to everything and of which not all is inside."""

    def __eq__(self, other: object) -> bool:
        raise RuntimeError

    __hash__ = str.__hash__


class Row(list):  # type: ignore[type-arg]
    """A list whose elements are not those it holds."""

    def __getitem__(self, index: object) -> Any:
        return "a"

    def __setitem__(self, index: object, value: object) -> None:
        self.set = index


def as_row(values: list[Any]) -> object:
    return [list(values), tuple(values), Row(values)][len(values) % 3]


def functions(rule: Any, body: str, top: str = "", **held: object) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """`def f(x)` with the body, as it is and as the rule rewrites it."""
    text = f"{top}\n\ndef f(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    place = FunctionPlace(file="f.py", function="f", line=1)
    fields = {"kind": "local", "name": "rows", "place": place, "type": "list", "size": 2**20, **held}
    holding = Holding.model_validate(fields)
    project = Project({"f.py": Source("f.py", text.encode(), blob_id(text.encode()))}, frozenset({"f.py"}))
    lines = frozenset(range(1, text.count("\n") + 1))
    (candidate,) = rule.find(project, Focus("f.py", "f", lines, 2**20, holding=holding, holdings=(holding,)))
    return compiled(text), compiled(candidate.edits[0].text)


def compiled(text: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    exec(compile(text, "f.py", "exec"), namespace)
    function: Callable[..., Any] = namespace["f"]
    return function


def outcome(function: Callable[..., Any], value: object) -> object:
    try:
        return function(value)
    except Exception as error:  # noqa: BLE001  the exception is the outcome
        return type(error), str(error)


def shown(value: object) -> object:
    """The value with the types of all its parts, and the bits of its floats."""
    if isinstance(value, list | tuple):
        return type(value), [shown(part) for part in value]
    if isinstance(value, dict):
        return dict, [(shown(key), shown(part)) for key, part in value.items()]
    return type(value), repr(value)


@pytest.mark.parametrize("ends", [False, True])
def test_lines_end_where_splitlines_ends_them(ends: bool) -> None:
    before, after = functions(SplitInLines(), f"return [y for y in x.splitlines({ends})]", name="x", type="str")

    @SETTINGS
    @given(TEXT)
    @example("".join(map(chr, range(0x3000))))
    def same(text: str) -> None:
        assert after(text) == before(text)

    same()


def test_any_character_ends_a_line_or_not_as_it_did() -> None:
    before, after = functions(SplitInLines(), "return [y for y in x.splitlines()]", name="x", type="str")
    text = "x".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
    assert after(text) == before(text)


@SETTINGS
@given(st.lists(st.builds(json.dumps, JSON) | BROKEN | st.builds(lambda v: json.dumps(v).encode(), JSON), max_size=5))
def test_json_with_shared_keys_is_the_same(lines: list[str | bytes]) -> None:
    assert shown(outcome(KEYS[1], lines)) == shown(outcome(KEYS[0], lines))


def test_keys_are_one_object_and_no_more_than_the_limit_are_remembered() -> None:
    rows = KEYS[1]([json.dumps({"key": n, f"key {n}": [{"key": 1}]}) for n in range(2000)])
    assert len({id(key) for row in rows for key in row if key == "key"}) == 1
    assert rows == KEYS[0]([json.dumps(row) for row in rows])


@SETTINGS
@given(st.lists(SCALARS | st.builds(Text, st.just("a"))))
def test_shared_strings_are_the_same(values: list[object]) -> None:
    assert shown(STRINGS[1](values)) == shown(STRINGS[0](values))


@SETTINGS
@given(st.lists(st.lists(SCALARS, max_size=3).map(as_row) | st.dictionaries(st.sampled_from("ab"), SCALARS) | SCALARS))
def test_shared_strings_in_rows_are_the_same(values: list[object]) -> None:
    def text(value: object) -> object:
        return shown(vars(value) if isinstance(value, Row) else value)

    for before, after in PLACES:
        assert [text(row) for row in after(values)] == [text(row) for row in before(values)]


def test_equal_strings_in_rows_become_one_object() -> None:
    lines = [["id " + str(n), "ab" * (n % 3 + 1) + "c"] for n in range(30)]
    assert len({id(row[1]) for row in PLACES[0][1]([list(line) for line in lines])}) == 3
    assert len({id(row["a"]) for row in PLACES[1][1]([{"a": line[1] + "c"} for line in lines])}) == 3


@SETTINGS
@given(st.lists(JSON, max_size=4))
def test_a_list_written_item_by_item_is_the_same(values: list[object]) -> None:
    assert WRITTEN[1](values) == WRITTEN[0](values) == json.dumps(values) + "\n"


@SETTINGS
@given(st.lists(st.lists(SCALARS, max_size=2).map(tuple) | SCALARS | st.just(([], 1)) | st.just((Text("a"),))))
def test_shared_tuples_are_the_same(values: list[object]) -> None:
    assert shown(TUPLES[1](values)) == shown(TUPLES[0](values))


def test_equal_values_become_one_object() -> None:
    texts = ["ab" * (n % 3 + 1) for n in range(30)]
    assert len({id(text) for text in STRINGS[1]([f"{text}c" for text in texts])}) == 3
    assert len({id(pair) for pair in TUPLES[1]([(n % 2, float(n % 2 + 1)) for n in range(30)])}) == 2


REPEATS = {"at": "", "distinct": 0.01, "repeated": 2**19}
COLLECTED = "rows = [y for y in x]\nreturn rows"
PLACES = [
    functions(SharedStrings(), COLLECTED, element=kind, repeats=[{**REPEATS, "at": at, "type": "str"}])
    for kind, at in (("list", "[1]"), ("dict", "['a']"))
]
WRITTEN = functions(
    JsonDump(),
    "rows = list(x)\nout = io.StringIO()\nout.write(json.dumps(rows) + '\\n')\nreturn out.getvalue()",
    "import io\nimport json",
)
KEYS = functions(SharedKeys(), "return [json.loads(line) for line in x]", "import json")
STRINGS = functions(SharedStrings(), "rows = [y for y in x]\nreturn rows", repeats=[{**REPEATS, "type": "str"}])
TUPLES = functions(SharedTuples(), "rows = [y for y in x]\nreturn rows", repeats=[{**REPEATS, "type": "tuple"}])

KINDS = ("f8", "f4", "i8", "q", "u1", "?", "c16", ">f8", ">i4")
PARTS = st.sampled_from(
    [
        *(np.arange(n).astype(kind) for n in (0, 1, 3) for kind in KINDS),
        np.array([-0.0, np.nan, 1e300]),
        np.arange(6.0)[::2],
        np.arange(6.0).reshape(2, 3),
        np.arange(3.0).reshape(3, 1),
        np.array(2.0),
        np.array(["a", "bc"]),
        np.array(["a"], dtype=object),
        np.array([1], dtype="m8[s]"),
        np.array([1, 2, 3], dtype="M8[D]"),
        np.zeros(3, dtype=[("a", "f8")]),
        np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, True, False]),
        np.arange(3.0).view(np.recarray),
        [1.0, 2.0, 3.0],
        7,
        None,
    ]
)  # fmt: skip
JOINED = "a = x[0]\nfor part in x[1:]:\n    a = np.{}\nreturn a"
STACKED = "rows = []\nfor part in x:\n    rows.append(np.array(part))\nreturn np.{}(rows)"


def bits(value: object) -> object:
    if isinstance(value, np.ndarray):
        flags = value.flags
        data = repr(value.tolist()) if value.dtype.hasobject else value.tobytes()
        return type(value), value.dtype, value.dtype.num, value.shape, data, flags.owndata, flags.writeable, flags.forc
    return type(value), repr(value)


@pytest.mark.filterwarnings("ignore")
@SETTINGS
@given(st.lists(PARTS, min_size=1, max_size=6) | st.lists(st.just(np.arange(5.0)), min_size=1, max_size=40))
def test_an_array_that_grows_in_place_is_the_same(parts: list[object]) -> None:
    for before, after in GROWN:
        assert bits(outcome(after, parts)) == bits(outcome(before, parts))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("how", ["vstack", "array", "stack"])
@pytest.mark.parametrize("form", [STACKED, "return np.{}([np.array(part) for part in x])"])
def test_rows_put_into_one_array_are_the_same(form: str, how: str) -> None:
    before, after = functions(StackedRows(), form.format(how), "import numpy as np")

    @SETTINGS
    @given(st.lists(PARTS, max_size=6) | st.builds(lambda part, n: [part] * n, PARTS, st.integers(0, 40)))
    def same(parts: list[object]) -> None:
        assert bits(outcome(after, parts)) == bits(outcome(before, parts))

    same()


GROWN = [
    functions(JoinedArrays(), JOINED.format(call), "import numpy as np", name="a")
    for call in ("concatenate([a, part])", "append(a, part)", "hstack((a, part))")
]
