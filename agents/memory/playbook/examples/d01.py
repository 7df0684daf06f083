"""The examples of D01: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import left, made
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    made(
        ["a = np.arange(9, dtype='f8')", "a = a * 2", "a = a + 1", "a = np.sqrt(a)", "return a.tolist()"],
        ["a = np.arange(9, dtype='f8')", "a *= 2", "a += 1", "np.sqrt(a, out=a)", "return a.tolist()"],
        "a * 2",
        "f()",
    ),
    made(
        ["x = np.ones((4, 3), 'f8')", "x = x * 3 - 0.5", "return x"],
        ["x = np.ones((4, 3), 'f8')", "x *= 3", "x -= 0.5", "return x"],
        "0.5",
        "f().tolist()",
    ),
    made(
        ["for i in range(3):", "    x = np.zeros(5)", "    x = x - i", "    print(x.sum())"],
        ["for i in range(3):", "    x = np.zeros(5)", "    x -= i", "    print(x.sum())"],
        "x - i",
        "f()",
    ),
]

INVALID: list[Example] = [
    left(["n = n * 2", "return n"], "the argument is the caller's", "n * 2"),
    left(["a = np.zeros(9)", "b = a", "a = a * 2", "return a, b"], "another name holds the array", "a * 2"),
    left(["a = np.zeros(9)", "b = a[1:]", "a = a * 2", "return a, b"], "a view shares the data", "a * 2"),
    left(["a = np.zeros(9)", "keep(a)", "a = a * 2", "return a"], "somebody else may hold it", "a * 2"),
    left(["a = np.arange(9)", "a = a * 0.5", "return a"], "the result has another dtype", "a * 0.5"),
    left(["a = np.zeros(1)", "a = a * np.zeros(n)", "return a"], "the result has another shape", "a * np"),
    left(["a = np.zeros(())", "a = a * 2", "return a"], "without dimensions the result is a number", "a * 2"),
    left(["a = np.zeros(n)", "a = a * 2", "return a"], "the array may have no dimensions", "a * 2"),
    left(["a = np.zeros(9)", "a = a * n", "return a"], "the other operand may be anything", "a * n"),
    left(["g = lambda: a", "a = np.zeros(9)", "a = a * 2", "return a, g"], "a lambda reads it", "a * 2"),
    left(
        ["a = np.zeros(9)", "try:", "    a = a / 0", "except FloatingPointError:", "    pass", "return a"],
        "the handler lets the array be seen half changed",
        "a / 0",
    ),
    left(["a = np.zeros(9)", "for i in range(3):", "    a = a / 2", "    n.append(a)"], "each one is kept", "a / 2"),
    left(["a = np.arange(9)", "a = a / 2", "return a"], "division gives floats", "a / 2"),
]
