"""The examples of C04: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.packed_numbers import CODE
from agents.memory.playbook.rule import Example

_IMPORTS = "from array import array\nfrom itertools import islice\nfrom operator import ne\n"
_HELPER = f"{_IMPORTS}\n\n{CODE}\n\n"


def _valid(before: str, new: str, call: str, name: str = "numbers", element: str = "") -> Example:
    lines = before.splitlines(keepends=True)
    at = next(n for n, line in enumerate(lines) if line.startswith(f"    {name} = "))
    after = "".join([*lines[:at], f"    {name} = {new}\n", *lines[at + 1 :]])
    return Example(
        before=before,
        after=_HELPER + after,
        function="f",
        focus_line="" if element else f"{name} = ",
        holding=name if element else "",
        holding_element=element,
        call=call,
    )


VALID: list[Example] = [
    _valid(
        """\
def f(texts):
    numbers = [float(text) for text in texts if text]
    middle = numbers[len(numbers) // 2]
    return middle, sum(numbers), max(numbers[1:]), sorted(numbers), [n for n in reversed(numbers)]
""",
        "_packed_numbers(float(text) for text in texts if text)",
        "f(['1.5', '-0.0', '3', '']), f(['nan', 'inf', '1'])",
    ),
    _valid(
        """\
def f(texts):
    numbers = list(map(int, texts))
    return [numbers[n - 1] for n in range(len(numbers))], sum(numbers) if numbers else None
""",
        "_packed_numbers(map(int, texts))",
        "f(['1', '99999999999999999999', '3']), f([])",
        element="int",
    ),
    _valid(
        """\
def f(rows):
    numbers = [row.size for row in rows]
    return sum(numbers), {number: n for n, number in enumerate(numbers)}
""",
        "_packed_numbers(row.size for row in rows)",
        "f([type('Row', (), {'size': size}) for size in (1, 1.0, True, None, 2**70)][:3])",
        element="float",
    ),
    _valid(
        """\
def f(n):
    numbers = [i * 3 for i in range(n)]
    return sum(numbers)
""",
        "_packed_numbers(i * 3 for i in range(n))",
        "f(5000)",
    ),
]


def _invalid(body: str, why: str, head: str = "", element: str = "") -> Example:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return Example(
        before=f"{head}def f(xs):\n{lines}",
        why=why,
        function="f",
        focus_line="numbers = ",
        holding="numbers" if element else "",
        holding_element=element,
    )


_MADE = "numbers = [float(x) for x in xs]\n"

INVALID: list[Example] = [
    _invalid(f"{_MADE}return numbers", "the list is returned"),
    _invalid(f"{_MADE}return numbers[1:]", "so is a slice of it"),
    _invalid(f"{_MADE}numbers.append(1)\nreturn numbers[0]", "an array of floats makes a float of 1"),
    _invalid(f"{_MADE}numbers[0] = 1\nreturn numbers[0]", "an array of floats makes a float of 1"),
    _invalid(f"{_MADE}numbers.sort()\nreturn numbers[0]", "an array has no sort()"),
    _invalid(f"{_MADE}return numbers == [1.0]", "an array equals no list"),
    _invalid(f"{_MADE}return min(numbers, [1.0])", "two lists are compared"),
    _invalid(f"{_MADE}return bytes(numbers)", "bytes() of an array copies its memory"),
    _invalid(f"{_MADE}return lambda: numbers", "the list leaves in a closure"),
    _invalid("numbers = [x for x in xs]\nreturn sum(numbers)", "nothing tells that they are numbers"),
    _invalid(
        "numbers = [next(x) for x in xs]\nreturn sum(numbers)", "StopIteration would become RuntimeError", "", "int"
    ),
    _invalid(
        f"{_MADE}return sum(numbers)", "the name that the edit brings in is taken", "from os import path as array\n"
    ),
    _invalid(f"{_MADE}yield locals()\nyield sum(numbers)", "locals() shows the list"),
]
INVALID += [
    Example(
        before="""\
from dataclasses import dataclass, field


@dataclass
class A:
    xs: list[float] = field(default_factory=list)

    def load(self, texts):
        self.xs = [float(text) for text in texts]

    def total(self):
        return sum(self.xs)
""",
        function="A.load",
        focus_line="self.xs = ",
        why="the dataclass compares its fields: an array equals no list",
    ),
]
