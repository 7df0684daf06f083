"""The examples of E09: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.made import frame, left, made
from agents.memory.playbook.rule import Example

_D = (frame("d", a="float64", b="str", c="object"),)
_CALL = "f(pd.DataFrame({'a': [1.0, 2.5], 'b': ['x', 'y'], 'c': [1, None]})), f(pd.DataFrame({'a': [], 'b': []}))"
VALID: list[Example] = [
    made(
        ["t = 0.0", "for r in d.to_dict('records'):", "    t += r['a']", "return t"],
        ["t = 0.0", "for r in d.itertuples(index=False):", "    t += r.a", "return t"],
        "for r",
        _CALL,
        "d",
        _D,
    ),
    made(
        ["out = []", "for r in d.to_dict('records'):", "    out.append((r['b'], type(r['a'])))", "return out"],
        ["out = []", "for r in d.itertuples(index=False):", "    out.append((r.b, type(r.a)))", "return out"],
        "for r",
        _CALL,
        "d",
        _D,
    ),
    made(
        ["for r in d.to_dict('records'):", "    if r['a'] > 1: return r['b']"],
        ["for r in d.itertuples(index=False):", "    if r.a > 1: return r.b"],
        "for r",
        _CALL,
        "d",
        _D,
    ),
]

INVALID: list[Example] = [
    left(["for r in n.to_dict('records'):", "    print(r['a'])"], "no frame was seen", "for r"),
    left(["for r in d.to_dict('records'):", "    print(r['c'])"], "objects are converted otherwise", "for r", "d", _D),
    left(["for r in d.to_dict('records'):", "    print(r)"], "the whole row is used", "for r", "d", _D),
    left(["for r in d.to_dict('records'):", "    r['a'] = 2"], "the row is changed", "for r", "d", _D),
    left(["for r in d.to_dict('records'):", "    print(r['x'])"], "there is no such column", "for r", "d", _D),
    left(["for r in d.to_dict('records'):", "    print(r['a'])", "return r['a']"], "a row is kept", "for r", "d", _D),
]
