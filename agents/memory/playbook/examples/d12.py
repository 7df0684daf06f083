"""The examples of D12: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import left, made
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    made(
        ["a = np.arange(9, 0, -1)", "a = np.sort(a)", "return a.tolist()"],
        ["a = np.arange(9, 0, -1)", "a.sort()", "return a.tolist()"],
        "a = np.sort",
    ),
    made(
        ["a = np.ones((2, 3)) * 2", "a = np.sort(a)", "return a"],
        ["a = np.ones((2, 3)) * 2", "a.sort()", "return a"],
        "a = np.sort",
        "f().tolist()",
    ),
    made(
        ["a = np.sin(np.arange(9) * 1.5)", "a = np.sort(a)", "return float(a[3])"],
        ["a = np.sin(np.arange(9) * 1.5)", "a.sort()", "return float(a[3])"],
        "a = np.sort",
    ),
]

INVALID: list[Example] = [
    left(["n = np.sort(n)", "return n"], "the array is the caller's", "sort"),
    left(["a = np.ones(9)", "b = a", "a = np.sort(a)", "return a, b"], "another name holds the array", "sort"),
    left(["a = np.ones(9)", "b = np.sort(a)", "return a, b"], "the unsorted array is read afterwards", "sort"),
    left(["a = np.ones(n)", "a = np.sort(a)", "return a"], "the array may have no dimensions", "sort"),
    left(["a = np.ones((2, 3))", "a = np.sort(a, axis=None)", "return a"], "another shape comes out", "sort"),
]
