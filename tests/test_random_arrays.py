"""The rules of numpy arrays on generated functions: rewritten ones give the same bits, or the same exception."""

import random
import warnings
from typing import Any

import numpy as np
import pytest

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.registry import rules
from agents.memory.playbook.rule import Focus
from runtime.git import blob_id
from runtime.measure.holdings import Holding
from runtime.measure.models import FunctionPlace

RULES = rules(("A12", "D01", "D02", "D04", "D05", "D10", "D12", "D15", "D17"))
NAMES = ("a", "b", "c")
MAKERS = (
    "np.arange(6) * 1.5",
    "np.arange(6, 0, -1)",
    "np.ones(6)",
    "np.ones((2, 3))",
    "np.full(6, -2.5, dtype='f4')",
    "np.zeros(())",
    "np.array([i * 0.5 for i in range(6)])",
    "np.array([float(x) for x in rows])",
    "np.array([x for x in rows], dtype=float)",
)
SHAPES: tuple[tuple[int, ...], ...] = ((6,), (2, 3), (0,), (1,))


def expression(rng: random.Random) -> str:
    x, y = rng.choice(NAMES), rng.choice(NAMES)
    number = rng.choice(("2", "0.5", "-1", "3.0", "i"))
    one = rng.choice((x, x, "p"))
    return rng.choice(
        (
            *(f"{one} {op} {number}" for op in "+-*/"),
            *(f"{one} {op} {y}" for op in "+-*/"),
            f"{number} - {x}",
            f"{x} * {number} + {number}",
            f"{x} ** 2",
            f"{x} ** 0.5",
            f"np.sqrt({x})",
            f"np.maximum({x}, {y})",
            f"np.sort({x})",
            f"np.array({one})",
            f"{one}.astype(float)",
            f"{one}.flatten()",
            f"{x}[1:4]",
            f"{x}[::-1]",
            y,
        )
    )


def statement(rng: random.Random) -> str:
    x = rng.choice(NAMES)
    return rng.choice(
        (
            *[f"{x} = {expression(rng)}"] * 6,
            f"{x} = {expression(rng).replace(rng.choice(NAMES), x)}",
            f"{x} = np.sort({x})",
            f"{x} = {rng.choice(MAKERS)}",
            f"{x}[0] = 9",
            f"{x} += 1",
            f"out.append({x})",
            f"out.append({x}[:2])",
            f"out.append({rng.choice((x, 'p'))}.flatten().sum())",
            f"out.append(np.array({x}).mean())",
            f"out.append({x}.astype('f8').max())",
            "p[0] = 4",
        )
    )


def function(rng: random.Random) -> str:
    lines = [f"{name} = {rng.choice(MAKERS)}" for name in NAMES]
    for _ in range(rng.randint(2, 7)):
        shape = rng.random()
        if shape < 0.2:
            lines.append("for i in range(2):")
            lines += ["    " + statement(rng) for _ in range(rng.randint(1, 4))]
        elif shape < 0.3:
            lines += ["try:", "    " + statement(rng), "except (ValueError, TypeError):", "    pass"]
        else:
            lines.append(statement(rng))
    lines.append(rng.choice(("return out, a", "return out, b + 1", "return out")))
    return "import numpy as np\n\n\ndef f(p, rows, out, i=1):\n    " + "\n    ".join(lines) + "\n"


def outcome(text: str, parameter: np.ndarray[Any, Any], rows: list[object]) -> list[object]:
    """Every array that comes out, bit by bit, and what became of the argument; or the exception."""
    namespace: dict[str, Any] = {}
    exec(compile(text, "f.py", "exec"), namespace)
    out: list[object] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            out.append(namespace["f"](parameter, rows, out))
        except Exception as error:  # noqa: BLE001  the exception is the outcome
            return [type(error).__name__, *map(bits, out[:-1]), bits(parameter)]
    return [bits(out[-1:]) if out[-1] is not out else "", *map(bits, out[:-1]), bits(parameter)]


def bits(value: object) -> object:
    if isinstance(value, np.ndarray | np.generic):
        return type(value).__name__, value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, tuple):
        return [bits(item) for item in value if not isinstance(item, list)]
    return type(value).__name__, repr(value) if not isinstance(value, list) else len(value)


def focus(text: str, shape: tuple[int, ...]) -> Focus:
    place = FunctionPlace(file="f.py", function="f", line=4)
    held = Holding.model_validate(
        {
            "kind": "argument",
            "name": "p",
            "place": place,
            "type": "numpy.ndarray",
            "size": 2**20,
            "element": "float64",
            "array": {"shape": list(shape), "contiguous": True, "owner": True},
        }
    )
    return Focus("f.py", "f", frozenset(range(1, len(text.splitlines()) + 1)), 2**20, holdings=(held,))


@pytest.mark.parametrize("part", range(4))
def test_a_rewritten_function_gives_the_same_bits(part: int) -> None:
    fired: dict[str, int] = {}
    for seed in range(part * 100, part * 100 + 100):
        rng = random.Random(seed)
        text, shape = function(rng), rng.choice(SHAPES)
        project = Project({"f.py": Source("f.py", text.encode(), blob_id(text.encode()))}, frozenset({"f.py"}))
        for rule in RULES:
            for candidate in rule.find(project, focus(text, shape)):
                fired[rule.id] = fired.get(rule.id, 0) + 1
                for rows in ([1.5, True, -0.0], [], [2, "x"]):
                    given = np.linspace(-1, 2, int(np.prod(shape))).reshape(shape)
                    before = outcome(text, given.copy(), list(rows))
                    after = outcome(candidate.edits[0].text, given.copy(), list(rows))
                    assert after == before, f"{rule.id}\n{text}\n{candidate.edits[0].text}"
    assert len(fired) >= 6, fired
