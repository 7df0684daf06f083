"""The examples of E05: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import frame, left, made
from agents.memory.playbook.rule import Example

_D = (frame("d", a="float64", b="str"),)
_CALL = "(lambda d: (f(d), d.values.tolist()))(pd.DataFrame({'a': [1.0, 2.0], 'b': ['x', 'y']}))"
VALID: list[Example] = [
    made(
        ["e = d.copy()", "e['a'] = e['a'] + 1", "return float(e['a'].sum())"],
        ["e = d.copy(deep=False)", "e['a'] = e['a'] + 1", "return float(e['a'].sum())"],
        "e = ",
        _CALL,
        "d",
        _D,
    ),
    made(
        ["e = d.copy()", "d.loc[0, 'a'] = 9", "e.iloc[1, 0] = 7", "return e.values.tolist()"],
        ["e = d.copy(deep=False)", "d.loc[0, 'a'] = 9", "e.iloc[1, 0] = 7", "return e.values.tolist()"],
        "e = ",
        _CALL,
        "d",
        _D,
    ),
    made(
        ["return len(d.copy().dropna())"],
        ["return len(d.copy(deep=False).dropna())"],
        "copy",
        _CALL,
        "d",
        _D,
    ),
]

INVALID: list[Example] = [
    left(["return d.copy()"], "what is copied is not known", "copy", "d"),
    left(["return d.copy(deep=True)"], "a deep copy is asked for", "copy", "d", _D),
    left(
        ["return d.copy()"],
        "pandas 2 does not copy on write",
        "copy",
        "d",
        ({"name": "d", "type": "pandas.core.frame.DataFrame", "columns": {"a": "float64"}},),
    ),
    left(["e = d.copy()", "e['a'].array[0] = 1", "return e"], "the data is written past pandas", "copy", "d", _D),
    left(["e = d.copy()", "d.values.setflags(write=True)", "return e"], "the data is made writable", "copy", "d", _D),
]
