"""The examples of B33: what it rewrites, and what it leaves alone and why."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example

_SEEN = {"name": "rows", "type": "list", "element": "tuple"}
_ROWS = "[(1, 2.5, 'a'), (0, True, 'b')]"


def _text(body: str, head: str = "") -> str:
    return f"{head}def f(rows):\n    {body}\n"


def _valid(before: str, after: str, seen: Mapping[str, object] = _SEEN, rows: str = _ROWS) -> Example:
    return Example(
        before=_text(before),
        after=_text(after),
        function="f",
        focus_line="#",
        holdings=(seen,),
        call=f"f({rows})",
    )


def _invalid(why: str, body: str, seen: Mapping[str, object] = _SEEN, head: str = "") -> Example:
    return Example(before=_text(body, head), function="f", focus_line="zip(*", holdings=(seen,), why=why)


VALID: list[Example] = [
    _valid(
        "a, b, c = zip(*rows)  # columns\n    return sum(b), max(b)",
        "b = [row[1] for row in rows]  # columns\n    return sum(b), max(b)",
    ),
    _valid(
        "_, b, _ = list(zip(*rows))  # columns\n    return b",
        "b = tuple(row[1] for row in rows)  # columns\n    return b",
    ),
    _valid("return sum(list(zip(*rows))[1])  # second", "return sum([row[1] for row in rows])  # second"),
    _valid(
        "return list(zip(*rows))[5]  # sixth",
        "return tuple(row[5] for row in rows)  # sixth",
        {"name": "rows", "type": "tuple", "element": "list"},
        "([1, 2], [3])",
    ),
    Example(
        before="def f(n):\n    return max(tuple(zip(*[(i, -i) for i in range(n)]))[0])  # first\n",
        after="def f(n):\n    return max([row[0] for row in [(i, -i) for i in range(n)]])  # first\n",
        function="f",
        focus_line="#",
        call="f(5)",
    ),
]

INVALID: list[Example] = [
    _invalid("two columns are read", "a, b = zip(*rows)\n    return sum(a) + sum(b)"),
    _invalid("no column is read", "a, b = zip(*rows)\n    return 1"),
    _invalid("a function inside reads another", "a, b = zip(*rows)\n    return b, lambda: a"),
    _invalid("the transposition is kept", "t = list(zip(*rows))\n    return t[0], len(t)"),
    _invalid("the last column is that of the shortest row", "return list(zip(*rows))[-1]"),
    _invalid("the rows may be iterators", "return list(zip(*rows))[1]", {"name": "rows", "type": "list"}),
    _invalid("the rows may come from an iterator", "return list(zip(*rows))[1]", {**_SEEN, "type": "map"}),
    _invalid("dicts give their keys", "return list(zip(*rows))[1]", {**_SEEN, "element": "dict"}),
    _invalid("the rows are another object later", "rows = iter(rows)\n    return list(zip(*rows))[1]"),
    _invalid("zip is another function here", "return list(zip(*rows))[1]", head="def zip(*r):\n    return r\n\n\n"),
    _invalid(
        "that there are no rows is caught",
        "try:\n        return list(zip(*rows))[1]\n    except IndexError:\n        return None",
    ),
    _invalid("rows of different lengths are an error", "return list(zip(*rows, strict=True))[1]"),
]
