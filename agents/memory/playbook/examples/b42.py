"""The examples of B42: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _body(uses: str, value: str = "{**a, **b}", arguments: str = "a: dict, b: dict", head: str = "") -> str:
    return f"{head}def f({arguments}):\n    both = {value}\n    return {uses}\n"


def _valid(uses: str, call: str, head: str = "", after: str = "ChainMap(b, a)") -> Example:
    imported = "from collections import ChainMap\n\n\n"
    return Example(
        before=_body(uses, head=imported + head),
        after=_body(uses, after, head=imported + head),
        function="f",
        focus_line="    both =",
        call=call,
    )


def _invalid(why: str, uses: str = "both[1]", **more: str) -> Example:
    return Example(before=_body(uses, **more), function="f", focus_line="    both =", why=why)


VALID: list[Example] = [
    _valid("[both[k] for k in (1, 2, 3)], 9 in both", "f({1: 1, 2: 2}, {2: 20, 3: 30})"),
    _valid("both.get(1), both.get(5, 'none')", "f({1: 1}, {})"),
    _valid("both[7]", "f({1: 1}, {2: 2})"),
    Example(
        before="def f(n):\n    a = {i: i for i in range(n)}\n    b = {i: -i for i in range(3)}\n"
        "    both = {**a, **b}\n    return sum(both[i] for i in range(n))\n",
        after="import collections\n\n\ndef f(n):\n    a = {i: i for i in range(n)}\n    b = {i: -i for i in range(3)}\n"
        "    both = collections.ChainMap(b, a)\n    return sum(both[i] for i in range(n))\n",
        function="f",
        focus_line="    both =",
        call="f(5)",
    ),
    Example(
        before=_body("both[1], 7 in both", arguments="a, b", head="from collections import ChainMap\n\n\n"),
        after=_body(
            "both[1], 7 in both", "ChainMap(b, a)", arguments="a, b", head="from collections import ChainMap\n\n\n"
        ),
        function="f",
        focus_line="    both =",
        holdings=({"name": "a", "type": "dict"}, {"name": "b", "type": "dict"}),
        call="f({1: 1}, {2: 2}), f({7: 1}, {1: 2})",
    ),
]

INVALID: list[Example] = [
    _invalid("the merged dict is iterated over", "[k for k in both]"),
    _invalid("the merged dict is returned", "both"),
    _invalid("the merged dict is changed", "both.update(a)"),
    _invalid("one may be a defaultdict, which a look-up adds to", arguments="a, b"),
    Example(
        before=_body("both[1]", arguments="a, b"),
        function="f",
        focus_line="    both =",
        holdings=({"name": "a", "type": "dict"}, {"name": "b", "type": "collections.defaultdict"}),
        why="a look-up adds to a defaultdict",
    ),
    _invalid("one of the dicts changes", "a.pop(1), both[1]"),
    _invalid("a dict that is left out is None, and merging it raises", arguments="a: dict, b: dict = None"),
    _invalid(
        "a subclass answers for keys it lacks",
        head="class Zero(dict):\n    def __missing__(self, key):\n        return 0\n\n\n",
    ),
    _invalid("a key is added", value="{**a, **b, 1: 2}"),
    _invalid("a call may change one of the dicts", "g(a), both[1]", head="def g(d):\n    d.clear()\n\n\n"),
]
