"""The examples of D10: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import array, left, made
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    made(
        ["a = np.ones((3, 4))", "return a.flatten().sum()"], ["a = np.ones((3, 4))", "return a.ravel().sum()"], "return"
    ),
    made(
        ["c = a.flatten()", "return float((c * 2).mean()), len(c)"],
        ["c = a.ravel()", "return float((c * 2).mean()), len(c)"],
        "c = ",
        "f(np.arange(4.0)), f(np.zeros(1))",
        "a",
        (array("a"),),
    ),
    made(
        ["a = np.arange(12) * 1.0", "return 1 + a.reshape(3, 4).flatten()"],
        ["a = np.arange(12) * 1.0", "return 1 + a.reshape(3, 4).ravel()"],
        "return",
        "f().tolist()",
    ),
]

INVALID: list[Example] = [
    left(["return n.flatten().sum()"], "what is copied is not known", "return"),
    left(["return n.flatten().sum()"], "it is no array of C order", "return", holdings=(array("n", contiguous=False),)),
    left(["a = np.ones(9)", "return a.flatten()"], "the copy goes to the caller", "return"),
    left(["a = np.ones(9)", "c = a.flatten()", "c[0] = 2", "return a, c.sum()"], "the copy is written to", "c = "),
    left(["a = np.ones(9)", "c = a.flatten()", "a[0] = 2", "return c.sum()"], "the original is written to", "c = "),
    left(["a = np.ones(9)", "c = a.flatten()", "a += 2", "return c.sum()"], "the original changes in place", "c = "),
    left(["a = np.ones(9)", "c = a.flatten()", "n(a)", "return c.sum()"], "somebody may write to the original", "c = "),
    left(["a = np.ones(9)", "c = a.flatten()", "n.append(c)"], "the copy is kept", "c = "),
    left(["a = np.ones(9)", "c = a.flatten()", "d = c[1:]", "return d"], "a view of the copy is kept", "c = "),
    left(["a = np.ones(9)", "return a.flatten('F').sum()"], "another order is asked for", "flatten"),
]
