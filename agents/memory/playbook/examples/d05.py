"""The examples of D05: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import left, made
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    made(
        ["return float(np.array([i * 0.5 for i in range(1_000)]).sum())"],
        ["return float(np.fromiter((i * 0.5 for i in range(1_000)), dtype=float, count=1000).sum())"],
        "return",
    ),
    made(
        ["return np.asarray([float(x) for x in n if x])"],
        ["return np.fromiter((float(x) for x in n if x), dtype=float)"],
        "return",
        "f([]).tolist(), f(['1.5', 2, True]).tolist(), f(['x'])",
        "n",
    ),
    made(
        ["return np.array([len(x) for x in n], dtype=np.int64)"],
        ["return np.fromiter((len(x) for x in n), dtype=np.int64)"],
        "return",
        "f([]).tolist(), f(['1.5', (2,)]).tolist(), f([1])",
        "n",
    ),
    made(
        ["return np.array([i // 2 for i in range(9)], 'f8')"],
        ["return np.fromiter((i // 2 for i in range(9)), dtype='f8', count=9)"],
        "return",
        "f().tolist()",
    ),
]

INVALID: list[Example] = [
    left(["return np.array([x for x in n])"], "the elements may be anything", "return"),
    left(["return np.array([len(x) for x in n])"], "without elements an array of floats is made", "return"),
    left(["return np.array([len(x) for x in n], dtype=object)"], "the dtype is none of numbers", "return"),
    left(["return np.array([x * 0.5 for x in n])"], "an element may be an array, a Decimal", "return"),
    left(["return np.array([[float(x)] for x in n])"], "two dimensions are made", "return"),
    left(["return np.array([float(x) for x in n], ndmin=2)"], "two dimensions are asked for", "return"),
    left(["return np.array([float(x) for x in n], dtype='f4')"], "the floats are rounded", "return"),
    left(["float = n", "return np.array([i * 0.5 for i in range(9)])"], "`float` is another name here", "return"),
    left(["np = n", "return np.array([i * 0.5 for i in range(9)])"], "`np` is not numpy here", "return"),
]
