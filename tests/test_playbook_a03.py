"""The rule A03 on loops of many forms: where it deletes, the function does what it did before."""

import ast
import itertools

from agents.memory.playbook.a03_del_in_loop import DelInLoop
from tests.random_functions import run
from tests.test_playbook_a01 import focus, project

HEADERS = ["for i in range(n):", "i = n\n    while i > 0:\n        i -= 1"]
BEFORE = ["", "if i % 2:\n            continue", "if i > 1:\n            s += len(a)"]
BINDINGS = ["a = [i] * 3", "if i % 3:\n            a = [i] * 2"]
USES = ["s += len(a)", "try:\n            s += a[2]\n        except IndexError:\n            s -= 1"]
AFTER = ["", "if s > 9:\n            break", "if i == 2:\n            continue\n        s += 1"]
ENDS = ["return s", "return s, a"]


def outcome(tree: ast.Module, n: int) -> object:
    try:
        return run(tree, n)
    except UnboundLocalError as error:
        return type(error)


def test_a_function_with_a_del_in_a_loop_does_what_it_did() -> None:
    fired = 0
    for header, before, binding, use, after, end in itertools.product(HEADERS, BEFORE, BINDINGS, USES, AFTER, ENDS):
        body = [header, *(f"    {part}" for part in (before, binding, use, after) if part), end]
        text = "\n".join(["def f(n):", "    s = 0", *(f"    {line}" for line in body), ""])
        line = next(number for number, one in enumerate(text.splitlines(), 1) if "a = [i]" in one)
        for candidate in DelInLoop().find(project(text), focus("a", line)):
            fired += 1
            edited = ast.parse(candidate.edits[0].text)
            for n in (0, 1, 4, 9):
                assert outcome(edited, n) == outcome(ast.parse(text), n), candidate.edits[0].text
    assert fired == 24
