"""The examples of A12: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import left, made
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    made(
        ["out = []", "for i in range(3):", "    a = np.full(50, i, dtype='f8')", "    out.append(a[:4])", "return out"],
        [
            "out = []",
            "for i in range(3):",
            "    a = np.full(50, i, dtype='f8')",
            "    out.append(a[:4].copy())",
            "return out",
        ],
        "append",
        "[x.tolist() for x in f()]",
    ),
    made(
        ["a = np.ones((9, 2))", "n.append(a[:1])"],
        ["a = np.ones((9, 2))", "n.append(a[:1].copy())"],
        "append",
        "(lambda n: (f(n), n[0].tolist()))([])",
        "n",
    ),
    made(
        ["a = np.arange(90)", "print(a.sum())", "n.append(a[:4])"],
        ["a = np.arange(90)", "print(a.sum())", "n.append(a[:4].copy())"],
        "append",
        "(lambda n: (f(n), n[0].tolist()))([])",
        "n",
    ),
]

INVALID: list[Example] = [
    left(["a = np.ones(9)", "n.append(a[:4])", "a[0] = 2"], "the slice would see what is written", "append"),
    left(["a = np.ones(9)", "n.append(a[:4])", "return a"], "the caller has the array too", "append"),
    left(["a = np.ones(9)", "n.append(a[:4])", "n.append(a[:2])"], "the two slices share data", "append"),
    left(["n.append(n[:4])"], "the array is the caller's", "append"),
    left(["a = list(range(9))", "n.append(a[:4])"], "the slice of a list is a copy", "append"),
    left(["a = np.ones(9)", "n.append(a[::2])"], "the layout of a copy would be another", "append"),
]
