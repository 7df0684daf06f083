"""The examples of B45: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _body(value: str, uses: str, head: str = "") -> str:
    return f"{head}def f(lines):\n    values = {value}\n    return {uses}\n"


_LISTED = "[float(line) for line in lines]"
_ARRAY = 'array.array("d", (float(line) for line in lines))'
_IMPORT = "import array\n\n\n"


def _invalid(uses: str, why: str, value: str = _LISTED, head: str = "") -> Example:
    return Example(before=_body(value, uses, head), function="f", focus_line="    values =", why=why)


VALID: list[Example] = [
    Example(
        before=_body(_LISTED, "max(values), min(values), sum(values) / len(values)"),
        after=_body(_ARRAY, "max(values), min(values), sum(values) / len(values)", _IMPORT),
        function="f",
        focus_line="    values =",
        call="f(['1.5', '2', '-inf']), f(['1e400', '3'])",
    ),
    Example(
        before=_body(
            "[float(line) for line in lines if line]",
            "[v * 2 for v in values if v > 1] if values else []",
            "import sys\n\n\n",
        ),
        after=_body(
            'array.array("d", (float(line) for line in lines if line))',
            "[v * 2 for v in values if v > 1] if values else []",
            "import array\nimport sys\n\n\n",
        ),
        function="f",
        focus_line="    values =",
        call="f(['', '2', '0.1']), f([])",
    ),
    Example(
        before=_body(_LISTED, "fsum(values), len(values)", "from array import array\nfrom math import fsum\n\n\n"),
        after=_body(
            'array("d", (float(line) for line in lines))',
            "fsum(values), len(values)",
            "from array import array\nfrom math import fsum\n\n\n",
        ),
        function="f",
        focus_line="    values =",
        call="f(['1', 'x'])",
    ),
]

INVALID: list[Example] = [
    _invalid("max(values), sum(values)", "the elements may be anything", "[line for line in lines]"),
    _invalid("max(values), sum(values)", "the elements may be integers", "[abs(line) for line in lines]"),
    _invalid("max(values), values", "the caller gets the list"),
    _invalid("sum(values), values + [1.0]", "an array cannot be added to a list"),
    _invalid("sum(values), str(values)", "an array is written otherwise"),
    _invalid("sum(values)", "one read needs no list at all"),
    _invalid("sum(values), values[0] is values[0]", "each look-up makes a new object"),
    _invalid("sum(values), max(values)", "float is not the builtin", head="def float(x):\n    return x\n\n\n"),
    _invalid("sum(values), max(values)", "array is another thing here", head="array = None\n\n\n"),
    _invalid("sum(values), max(values)", "next() may raise StopIteration", "[float(next(lines)) for line in lines]"),
    _invalid("max(values), {v for v in values}", "NaN asked for twice would be in the set twice"),
    _invalid("[v is max(values) for v in values]", "each look-up makes a new object"),
    _invalid("len(values), [*values], list(iter(values))", "the floats may be told apart"),
    _invalid("sum(values), locals()", "it is read by its name as a string"),
]
