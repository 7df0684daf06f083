"""The examples of E10: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import frame, left, made
from agents.memory.playbook.rule import Example

_D = (frame("d", a="float64", b="str", c="int64"),)
_CALL = "f(pd.DataFrame({'a': [1.0, 2.5], 'b': ['x', 'y'], 'c': [4, 3]}))"
VALID: list[Example] = [
    made(
        ["s = d.sort_values('a', ascending=False)", "return float(s['a'].iloc[0])"],
        ["s = d[['a']].sort_values('a', ascending=False)", "return float(s['a'].iloc[0])"],
        "s = ",
        _CALL,
        "d",
        _D,
    ),
    made(
        ["s = d.sort_values('c')", "return s['b'].tolist(), len(s)"],
        ["s = d[['b', 'c']].sort_values('c')", "return s['b'].tolist(), len(s)"],
        "s = ",
        _CALL,
        "d",
        _D,
    ),
    made(
        ["s = d.sort_values('a')", "return s[['c']].values.tolist()"],
        ["s = d[['a', 'c']].sort_values('a')", "return s[['c']].values.tolist()"],
        "s = ",
        _CALL,
        "d",
        _D,
    ),
]

INVALID: list[Example] = [
    left(["s = n.sort_values('a')", "return s['a']"], "no frame was seen", "s = "),
    left(["s = d.sort_values('a')", "return s"], "the caller has the whole frame", "s = ", "d", _D),
    left(["s = d.sort_values('a', key=len)", "return s['a']"], "a function sorts", "s = ", "d", _D),
    left(["s = d.sort_values('x')", "return s['a']"], "there is no such column", "s = ", "d", _D),
]
