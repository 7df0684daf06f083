"""The examples of D02: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import left, made
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    made(
        ["a = np.arange(9, dtype='f8')", "t = a * a", "u = a + 1", "v = t - u", "r = np.sqrt(v)", "return r.tolist()"],
        [
            "a = np.arange(9, dtype='f8')",
            "t = a * a",
            "u = np.add(a, 1, out=a)",
            "v = np.subtract(t, u, out=t)",
            "r = np.sqrt(v, out=v)",
            "return r.tolist()",
        ],
        "v = t",
        "f()",
    ),
    made(
        ["x = np.ones((3, 2))", "y = 1 / x", "return y"],
        ["x = np.ones((3, 2))", "y = np.divide(1, x, out=x)", "return y"],
        "1 / x",
        "f().tolist()",
    ),
    made(
        ["for i in range(3):", "    x = np.full(4, i, 'f8')", "    y = x * 2", "    print(y.sum())"],
        ["for i in range(3):", "    x = np.full(4, i, 'f8')", "    y = np.multiply(x, 2, out=x)", "    print(y.sum())"],
        "x * 2",
        "f()",
    ),
]

INVALID: list[Example] = [
    left(["x = np.zeros(9)", "y = x + 1", "return x, y"], "the operand is read afterwards", "x + 1"),
    left(["y = n + 1", "return y"], "the operand is the caller's", "n + 1"),
    left(["x = np.arange(9)", "y = x / 2", "return y"], "the result has another dtype", "x / 2"),
    left(
        ["x = np.zeros(9)", "for i in range(3):", "    y = x + i", "    print(y.sum())"],
        "the next turn reads the operand",
        "x + i",
    ),
    left(["x = np.zeros(9)", "n.append(x)", "y = x + 1", "return y"], "a list holds the operand", "x + 1"),
    left(["x = np.zeros((1, 9))", "z = np.ones((9, 1))", "y = x + z", "return y"], "the result is bigger", "x + z"),
]
