"""How the examples of the numpy and pandas rules are written: one function, given by its lines."""

from collections.abc import Mapping

from agents.memory.playbook.rule import Example

TOP = "import numpy as np\nimport pandas as pd\n\n\n"
_MARK = "  # here"


def _text(lines: list[str], head: str) -> str:
    return TOP + "\n    ".join([f"def f({head}):", *lines]) + "\n"


def made(
    before: list[str],
    after: list[str],
    line: str,
    call: str = "f()",
    head: str = "",
    holdings: tuple[Mapping[str, object], ...] = (),
) -> Example:
    """What a rule rewrites; the one line of `before` that has the text `line` in it is the focus."""
    at = next(n for n, one in enumerate(before) if line in one)
    marked = [
        [one + _MARK if n == place else one for n, one in enumerate(lines)]
        for lines, place in ((before, at), (after, at + max(0, len(after) - len(before))))
    ]
    return Example(
        before=_text(marked[0], head),
        after=_text(marked[1], head),
        function="f",
        focus_line=_MARK,
        call=call,
        holdings=holdings,
    )


def left(
    lines: list[str], why: str, line: str, head: str = "n", holdings: tuple[Mapping[str, object], ...] = ()
) -> Example:
    """What a rule leaves alone."""
    return Example(before=_text(lines, head), function="f", focus_line=line, why=why, holdings=holdings)


def array(name: str, element: str = "float64", shape: tuple[int, ...] = (9,), **facts: object) -> dict[str, object]:
    """What the census saw of a numpy array."""
    known = {"shape": list(shape), "contiguous": True, "owner": True} | facts
    return {"name": name, "type": "numpy.ndarray", "element": element, "array": known}


def frame(name: str, **columns: str) -> dict[str, object]:
    """What the census saw of a pandas frame: its columns and their dtypes."""
    return {"name": name, "type": "pandas.DataFrame", "columns": columns}
