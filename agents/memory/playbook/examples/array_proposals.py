"""The examples of the numpy and pandas rules that only propose: what they speak of, and what they leave alone."""

from agents.memory.playbook.examples.made import left, made
from agents.memory.playbook.rule import Example


def _seen(expression: str) -> Example:
    """A proposal edits nothing: the text after it is the text before it."""
    lines = [f"return {expression}"]
    return made(lines, lines, "return", "f.__name__", "n")


D03_VALID = [_seen(text) for text in ("np.zeros(n)", "np.ones((n, 2))", "np.empty(n)")]
D03_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (('np.zeros(n, "f4")', "the dtype is given"), ("n.zeros(9)", "it is another function"))
]

D08_VALID = [_seen(text) for text in ("n[n > 1].sum()", "n[n == 0].sum()", "n.real[n != 0].sum()")]
D08_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (("n[1:].sum()", "a slice is no copy"), ("n[n > 1].mean()", "it is no sum"))
]

D09_VALID = [
    _seen(text)
    for text in (
        "((n[:, None] - n[None, :]) ** 2).sum(-1)",
        "abs(n[:, None, :] - n[None, :, :]).sum(-1)",
        "(n[:, None] * n[None, :]).sum(-1)",
    )
]
D09_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (
        ("(n - n).sum(-1)", "nothing is broadcast"),
        ("(n[:, None] - n[None, :]).sum()", "it is reduced over more than the last axis"),
    )
]

D11_VALID = [_seen(text) for text in ("np.load(n)", "np.load(n)[::100]", "np.load(n).sum()")]
D11_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (('np.load(n, mmap_mode="r")', "it is mapped"), ("n.load(1)", "it is another function"))
]

D13_VALID = [_seen(text) for text in ("np.diag(n) @ n", "np.diag(n.real) @ np.eye(3)", "(np.diag(n) @ n).sum()")]
D13_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (("np.diag(n)", "it is no product"), ("n @ np.diag(n)", "the other side is diagonal"))
]

D14_VALID = [
    _seen(text) for text in ("np.zeros(n, dtype=int)", "np.ones(n, dtype=np.int64)", "np.full(n, 1, dtype=int)")
]
D14_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (("np.zeros(n, dtype=bool)", "it is small"), ("np.zeros(n)", "it is of floats"))
]

D16_VALID = [_seen(text) for text in ("sum(n.tolist())", "sum(n.real.tolist())", "1 + sum(n.tolist())")]
D16_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (("sum(n)", "no list is made"), ("max(n.tolist())", "it is no sum"))
]

D18_VALID = [_seen(text) for text in ("np.eye(9)[n]", "np.eye(9)[n].sum(0)", "np.eye(n)[0]")]
D18_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (("np.eye(n)", "it is not indexed"), ("n.eye(1)[0]", "it is another function"))
]

E02_VALID = [_seen(text) for text in ("pd.read_csv(n)", 'pd.read_csv(n)["a"].sum()', 'pd.read_csv(n, sep=";")')]
E02_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (
        ("pd.read_csv(n, chunksize=9)", "it is read in chunks"),
        ("n.read_csv(1)", "it is another function"),
    )
]

E03_VALID = [_seen(text) for text in ("pd.read_csv(n)", 'pd.read_csv(n)["a"].sum()', 'pd.read_csv(n, sep=";")')]
E03_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (
        ('pd.read_csv(n, dtype={"a": "category"})', "the dtypes are given"),
        ("n.read_csv(1)", "it is another function"),
    )
]

E04_VALID = [_seen(text) for text in ("pd.read_csv(n)", 'pd.read_csv(n)["a"].sum()', 'pd.read_csv(n, sep=";")')]
E04_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (
        ('pd.read_csv(n, dtype={"a": "int8"})', "the dtypes are given"),
        ("n.read_csv(1)", "it is another function"),
    )
]

E07_VALID = [
    _seen(text)
    for text in ("n.apply(len, axis=1)", 'n.apply(lambda r: r["a"] + r["b"], axis=1)', 'n.apply(sum, axis="columns")')
]
E07_INVALID = [
    left([f"return {text}"], why, "return")
    for text, why in (
        ("n.apply(len)", "it is applied to columns"),
        ("n.apply(len, axis=0)", "it is applied to columns"),
    )
]
