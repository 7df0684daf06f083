"""The function that C04 and C07 put into a program gives what list() gives, whatever comes."""

from array import array
from collections.abc import Iterator
from itertools import islice
from operator import ne
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory.playbook.packed_numbers import CODE, NAME

_SPACE: dict[str, Any] = {"array": array, "islice": islice, "ne": ne}
exec(CODE, _SPACE)
packed = _SPACE[NAME]


class Whole(int):
    __slots__ = ()


@settings(max_examples=200, deadline=None)
@given(
    st.one_of(st.just([]), st.just([1] * 4095), st.just([0.5] * 4096)),
    st.lists(
        st.one_of(
            st.integers(-(2**65), 2**65),
            st.integers(-5, 5),
            st.floats(allow_nan=False),
            st.sampled_from([True, 0.0, -0.0, None, "x", Whole(3), 2**63, 2**63 - 1, -(2**63)]),
        ),
        max_size=5,
    ),
)
def test_it_gives_the_same_values_of_the_same_types(first: list[Any], rest: list[Any]) -> None:
    wanted = first + rest
    found = packed(iter(wanted))
    assert [repr(value) for value in found] == [repr(value) for value in wanted]
    assert list(map(type, found)) == list(map(type, wanted))


@pytest.mark.parametrize(("values", "code"), [([1, -(2**63)], "q"), ([0.5, -0.0], "d")])
def test_numbers_of_one_type_are_in_an_array(values: list[Any], code: str) -> None:
    assert packed(values).typecode == code


def test_a_nan_keeps_its_identity() -> None:
    odd = float("nan")
    assert packed([1.0, odd])[1] is odd


def test_an_exception_of_the_values_comes_through_when_all_before_it_were_taken() -> None:
    seen = []

    def values() -> Iterator[int]:
        for number in range(5000):
            seen.append(number)
            yield number
        raise KeyError(5000)

    with pytest.raises(KeyError):
        packed(values())
    assert len(seen) == 5000


def test_an_iterator_is_not_asked_again_after_its_end() -> None:
    class Twice:
        left = 3

        def __iter__(self) -> Iterator[int]:
            return self

        def __next__(self) -> int:
            self.left -= 1
            if self.left == 0:
                raise StopIteration
            return self.left

    assert list(packed(Twice())) == [2, 1]
    assert packed(iter(["x", None])) == ["x", None]
