"""The class that C30 puts into a program behaves as the list it stands for, whatever goes in."""

import copy
import math
import pickle
import sys
from array import array
from collections import namedtuple
from itertools import islice
from operator import index
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory.playbook.packed_rows import GLOBALS, MOST, NAME, packed_rows

Pair = namedtuple("Pair", "left right")


class Text(str):
    __slots__ = ()


def made(width: int) -> Any:
    """The class for rows of `width` values, in a module of its own that pickle can find."""
    module = ModuleType(f"packed_rows_{width}")
    vars(module).update(array=array, islice=islice, as_index=index)
    exec(packed_rows(width), vars(module))
    sys.modules[module.__name__] = module
    return vars(module)[NAME]


PACKED = {width: made(width) for width in (2, 3, MOST)}

VALUES: st.SearchStrategy[Any] = st.one_of(
    st.integers(-(2**70), 2**70),
    st.integers(-2, 300),
    st.sampled_from([0, 0.0, -0.0, 1, 1.0, True, False, None, "", "a", b"a", Text("a"), (1, 2), math.inf, "0.0"]),
    st.floats(allow_nan=False),
    st.builds(list),
)
ROWS = st.one_of(
    st.tuples(st.integers(0, 300), st.sampled_from("mid")),
    st.tuples(VALUES, VALUES),
    st.tuples(VALUES),
    st.builds(Pair, VALUES, VALUES),
    st.lists(VALUES, max_size=3),
    st.sampled_from([None, 5, "ab", ()]),
)
STEPS = st.one_of(
    st.tuples(st.just("append"), ROWS),
    st.tuples(st.just("set"), st.integers(-6, 6), ROWS),
    st.tuples(st.just("get"), st.one_of(st.integers(-6, 6), st.sampled_from([True, "x", None, 1.0]))),
    st.tuples(st.just("all")),
    st.tuples(st.just("times"), st.sampled_from([-1, 0, 1, 3, True, 1.5, "x"])),
    st.tuples(st.just("grow"), ROWS, st.integers(-3, 3), ROWS),
    st.tuples(st.just("copy")),
)


def applied(rows: Any, step: tuple[Any, ...]) -> tuple[Any, str]:
    """The sequence after one step, and what the step shows."""
    try:
        match step:
            case ("append", row):
                rows.append(row)
            case ("set", at, row):
                rows[at] = row
            case ("get", at):
                return rows, repr(rows[at]) + str(type(rows[at]))
            case ("times", times):
                rows = rows * times
            case ("copy",):
                rows = pickle.loads(pickle.dumps(rows)) if rows else copy.deepcopy(rows)
            case ("grow", row, at, other):
                seen = []
                for number, found in enumerate(rows):
                    seen.append(found)
                    if number == 1:
                        rows.append(row)
                        rows[at] = other
                return rows, repr(seen)
    except (IndexError, TypeError) as error:
        return rows, type(error).__name__
    return rows, f"{len(rows)} {bool(rows)} {[(type(row).__name__, row) for row in rows]!r}"


@settings(max_examples=300, deadline=None)
@given(st.lists(ROWS, max_size=3), st.lists(STEPS, max_size=12))
def test_it_behaves_as_a_list(start: list[Any], steps: list[tuple[Any, ...]]) -> None:
    before, after = list(start), PACKED[2](start)
    for step in steps:
        before, shown = applied(before, step)
        after, found = applied(after, step)
        assert found == shown
        assert [list(map(type, row)) for row in after if isinstance(row, tuple)] == [
            list(map(type, row)) for row in before if isinstance(row, tuple)
        ]


@pytest.mark.parametrize("width", sorted(PACKED))
def test_many_distinct_values_widen_and_then_unpack(width: int) -> None:
    rows = PACKED[width]()
    wanted = [(n, *["x"] * (width - 1)) for n in range(65_540)]
    sizes = []
    for number, row in enumerate(wanted):
        rows.append(row)
        if number in (255, 256, 65_535, 65_536):
            sizes.append([places.typecode for places, _ in rows._columns])
    assert list(rows) == wanted
    rest = ["B"] * (width - 1)
    assert sizes == [["B", *rest], ["H", *rest], ["H", *rest], []]


def test_a_value_that_is_no_number_equal_to_itself_is_kept_as_it_is() -> None:
    odd = float("nan")
    rows = PACKED[2]([(1, 2), (odd, 3)])
    assert rows[1][0] is odd


def test_packing_takes_a_fraction_of_the_list() -> None:
    rows = PACKED[3]()
    for n in range(100_000):
        rows.append((n & 255, n >> 9, "x"))
    assert sum(sys.getsizeof(places) for places, _ in rows._columns) < 4.6 * 100_000


def test_the_globals_are_what_the_class_uses() -> None:
    code = compile(packed_rows(2), "packed", "exec")
    used: set[str] = set()
    todo = [code]
    while todo:
        found = todo.pop()
        used |= set(found.co_names)
        todo += [const for const in found.co_consts if hasattr(const, "co_names")]
    assert set(GLOBALS) <= used
