"""The examples of D04: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import array, left, made
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    made(
        ["a = np.ones((3, 4))", "return a.astype(float).sum()"],
        ["a = np.ones((3, 4))", "return a.astype(float, copy=False).sum()"],
        "return",
    ),
    made(
        ["c = a.astype(float)", "return float((c * 2).mean()), len(c)"],
        ["c = a.astype(float, copy=False)", "return float((c * 2).mean()), len(c)"],
        "c = ",
        "f(np.arange(4.0)), f(np.zeros(1))",
        "a",
        (array("a"),),
    ),
    made(
        ["a = np.arange(12) * 1.0", "return 1 + a.reshape(3, 4).astype(float)"],
        ["a = np.arange(12) * 1.0", "return 1 + a.reshape(3, 4).astype(float, copy=False)"],
        "return",
        "f().tolist()",
    ),
]

INVALID: list[Example] = [
    left(["return n.astype(float).sum()"], "what is copied is not known", "return"),
    left(
        ["return n.astype(float).sum()"],
        "it is no array of C order",
        "return",
        holdings=(array("n", contiguous=False),),
    ),
    left(["a = np.ones(9)", "return a.astype(float)"], "the copy goes to the caller", "return"),
    left(["a = np.ones(9)", "c = a.astype(float)", "c[0] = 2", "return a, c.sum()"], "the copy is written to", "c = "),
    left(["a = np.ones(9)", "c = a.astype(float)", "a[0] = 2", "return c.sum()"], "the original is written to", "c = "),
    left(
        ["a = np.ones(9)", "c = a.astype(float)", "a += 2", "return c.sum()"], "the original changes in place", "c = "
    ),
    left(
        ["a = np.ones(9)", "c = a.astype(float)", "n(a)", "return c.sum()"],
        "somebody may write to the original",
        "c = ",
    ),
    left(["a = np.ones(9)", "c = a.astype(float)", "n.append(c)"], "the copy is kept", "c = "),
    left(["a = np.ones(9)", "c = a.astype(float)", "d = c[1:]", "return d"], "a view of the copy is kept", "c = "),
    left(["a = np.ones(9)", "return a.astype('f4').sum()"], "it is another dtype", "astype"),
    left(["a = np.ones(9)", "return a.astype(n).sum()"], "the dtype is not known", "astype"),
]
