"""The examples of D15: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import array, left, made
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    made(
        ["a = np.ones((3, 4))", "return np.array(a).sum()"],
        ["a = np.ones((3, 4))", "return np.asarray(a).sum()"],
        "return",
    ),
    made(
        ["c = np.array(a)", "return float((c * 2).mean()), len(c)"],
        ["c = np.asarray(a)", "return float((c * 2).mean()), len(c)"],
        "c = ",
        "f(np.arange(4.0)), f(np.zeros(1))",
        "a",
        (array("a"),),
    ),
    made(
        ["a = np.arange(12) * 1.0", "return 1 + np.array(a.reshape(3, 4))"],
        ["a = np.arange(12) * 1.0", "return 1 + np.asarray(a.reshape(3, 4))"],
        "return",
        "f().tolist()",
    ),
]

INVALID: list[Example] = [
    left(["return np.array(n).sum()"], "what is copied is not known", "return"),
    left(["return np.array(n).sum()"], "it is no array of C order", "return", holdings=(array("n", contiguous=False),)),
    left(["a = np.ones(9)", "return np.array(a)"], "the copy goes to the caller", "return"),
    left(["a = np.ones(9)", "c = np.array(a)", "c[0] = 2", "return a, c.sum()"], "the copy is written to", "c = "),
    left(["a = np.ones(9)", "c = np.array(a)", "a[0] = 2", "return c.sum()"], "the original is written to", "c = "),
    left(["a = np.ones(9)", "c = np.array(a)", "a += 2", "return c.sum()"], "the original changes in place", "c = "),
    left(["a = np.ones(9)", "c = np.array(a)", "n(a)", "return c.sum()"], "somebody may write to the original", "c = "),
    left(["a = np.ones(9)", "c = np.array(a)", "n.append(c)"], "the copy is kept", "c = "),
    left(["a = np.ones(9)", "c = np.array(a)", "d = c[1:]", "return d"], "a view of the copy is kept", "c = "),
    left(["a = [1.0, 2.0]", "return np.array(a).sum()"], "a list has to be copied", "array"),
    left(["a = np.ones(9)", "return np.array(a, n).sum()"], "another dtype is asked for", "array"),
]
