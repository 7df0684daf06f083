"""The examples of D17: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import left, made
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    made(
        ["a = np.arange(9, dtype='f8')", "e = a - 4", "s = e ** 2", "return s.tolist(), a.tolist()"],
        ["a = np.arange(9, dtype='f8')", "e = a - 4", "s = np.square(e, out=e)", "return s.tolist(), a.tolist()"],
        "e **",
        "f()",
    ),
    made(
        ["e = np.ones((2, 3))", "s = e ** 2.0", "return s.mean()"],
        ["e = np.ones((2, 3))", "s = np.square(e, out=e)", "return s.mean()"],
        "e **",
        "f()",
    ),
    made(
        ["e = np.linspace(0, 2.5, 9)", "s = e ** 2", "return s.mean()"],
        ["e = np.linspace(0, 2.5, 9)", "s = np.square(e, out=e)", "return s.mean()"],
        "e **",
        "f()",
    ),
]

INVALID: list[Example] = [
    left(["e = np.ones(9)", "s = e ** 2", "return s, e"], "the array is read afterwards", "e **"),
    left(["s = n ** 2", "return s"], "the array is the caller's", "n **"),
    left(["e = np.ones(9)", "s = e ** n", "return s"], "the exponent is not known", "e **"),
    left(["e = np.ones(9)", "s = e ** 3", "return s"], "it is no square", "e **"),
    left(["e = np.ones(n)", "s = e ** 2", "return s"], "the array may have no dimensions", "e **"),
]
