"""The rules that pack lists, on functions put together at random: where one fires, the function does as before."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.c04_packed_numbers import PackedNumbers
from agents.memory.playbook.c05_byte_flags import ByteFlags
from agents.memory.playbook.c07_packed_matrix import PackedMatrix
from agents.memory.playbook.c25_byte_matrix import ByteMatrix
from agents.memory.playbook.c29_code_points import CodePoints
from agents.memory.playbook.c30_packed_rows import PackedRows
from agents.memory.playbook.rule import Focus, Rule
from runtime.git import blob_id

_USES = (
    "out.append(held[at])",
    "out.append(held[-1])",
    "out.append(len(held))",
    "out.extend(held)",
    "out += [x for x in held]",
    "out.append(sum(held))",
    "out.append(max(held))",
    "out.append(sorted(held))",
    "out.append(list(enumerate(held)))",
    "out.append(bool(held) and not held[at])",
    "out.append([i for i, x in enumerate(held) if x])",
    "out.append(held[1:] + held[:1])",
    "out.append(list(held[1:]))",
    "out.append(tuple(zip(held, held[1:])))",
    "out.append(held == [0])",
    "out.append(0 in held)",
    "out.append(str(held))",
    "out.append(type(held[at]))",
    "out.append({x: i for i, x in enumerate(held)})",
    "for x in held:\n        if x:\n            out.append(x)",
    "held[at] = 1",
    "held[at] = True",
    "held[at] = (at, at)",
    "held[at] += 1",
    "held[::2] = [False] * len(held[::2])",
    "held.append(at)",
    "held.append((at, -at))",
    "held.append((0.0, at))",
    "held.sort()",
    "out.append(held[at][0])",
    "held[at][0] = 1",
    "out.append([row[0] for row in held])",
    "out.append(max(map(max, held)))",
    "for row in held:\n        out.extend(row)",
    "out.append(helper(held, at))",
)
_HELPERS = ("held[at]", "len(held) > at", "held", "held[at:]", "sum(1 for x in held if x)", "held[at] is None")
_CASES: list[tuple[Rule, tuple[str, ...]]] = [
    (
        PackedNumbers(),
        ("[len(x) + at for x in given]", "[float(at) for x in given]", "[at / 2 if x else 5 for x in given]"),
    ),
    (ByteFlags(), ("[True] * len(given)", "[False] * (at + 2)", "[3] * at")),
    (PackedMatrix(), ("[[float(at) for y in 'ab'] for x in given]", "[[len(y) + 0.5 for y in x] for x in given]")),
    (ByteMatrix(), ("[[0] * 3 for x in given]", "[[True] * at for x in given]")),
    (CodePoints(), ("tuple(ord(x) for x in given)", "[ord(c) for c in given]", "list(map(ord, given))")),
    (PackedRows(), ("[]", "[(0, 1)] * at", "[(at, 0.5)] * 2 * at")),
]
_GIVEN = ("", "a", "abc", "aé", "\U0001f600z", ["ab", "", "c"], [5], None)
_FIRED: set[str] = set()


def _function(text: str) -> Callable[..., Any]:
    space: dict[str, Any] = {}
    exec(compile(text, "random.py", "exec"), space)
    found: Callable[..., Any] = space["f"]
    return found


def _outcome(function: Callable[..., Any], given: Any, at: int) -> tuple[str, str]:
    try:
        return "returned", repr(function(given, at))
    except (TypeError, IndexError, ValueError, AttributeError) as error:
        return "raised", type(error).__name__


@pytest.mark.parametrize(("rule", "starts"), _CASES, ids=lambda value: getattr(value, "id", ""))
def test_a_function_does_as_before_where_the_rule_fires(rule: Rule, starts: tuple[str, ...]) -> None:
    @settings(max_examples=120, deadline=None, derandomize=True)
    @given(st.sampled_from(starts), st.lists(st.sampled_from(_USES), min_size=1, max_size=3), st.sampled_from(_HELPERS))
    def check(start: str, steps: list[str], helper: str) -> None:
        body = "\n    ".join(["out = []", f"held = {start}", *steps, "return out"])
        text = f"def helper(held, at):\n    return {helper}\n\n\ndef f(given, at):\n    {body}\n"
        source = Source("random.py", text.encode(), blob_id(text.encode()))
        project = Project({"random.py": source}, frozenset({"random.py"}))
        lines = frozenset({text[: text.index("held = ")].count("\n") + 1})
        for candidate in rule.find(project, Focus("random.py", "f", lines, 2**20)):
            _FIRED.add(rule.id)
            functions = [_function(text), _function(candidate.edits[0].text)]
            for passed in _GIVEN:
                for at in (0, 1, -1, 2):
                    before, after = (_outcome(function, passed, at) for function in functions)
                    assert after == before, f"{candidate.edits[0].text}\nf({passed!r}, {at})"

    check()
    assert rule.id in _FIRED
