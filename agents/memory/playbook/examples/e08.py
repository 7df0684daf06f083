"""The examples of E08: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

# A stand-in for pandas: the tests of this package do without it.
_STAND_IN = """\
class _Frame:
    def __init__(self, rows):
        self.rows = rows


def _written(self, path_or_buf=None, sep=","):
    text = "".join(sep.join(row) + "\\n" for row in self.rows)
    return text if path_or_buf is None else path_or_buf.write(text) and None


setattr(_Frame, "to" + "_csv", _written)
"""
_EXTRA = {"pandas.py": _STAND_IN + "DataFrame = _Frame\n"}


def _seen(kind: str, name: str = "df") -> tuple[dict[str, object], ...]:
    return ({"name": name, "type": kind},)


def _given(write: str) -> str:
    """A function that is given its frame."""
    return f"import io\n\n\ndef f(df):\n    file = io.StringIO()\n    {write}\n    return file.getvalue()\n"


VALID: list[Example] = [
    Example(
        before="""\
import io
import pandas as pd


def f(rows):
    df = pd.DataFrame(rows)
    file = io.StringIO()
    file.write(df.to_csv())  # out
    return file.getvalue()
""",
        after="""\
import io
import pandas as pd


def f(rows):
    df = pd.DataFrame(rows)
    file = io.StringIO()
    df.to_csv(file)  # out
    return file.getvalue()
""",
        function="f",
        focus_line="# out",
        call="f([]), f(['ab', 'cd'])",
        extra=_EXTRA,
    ),
    Example(
        before="""\
import io
from pandas import DataFrame


def f(rows):
    with io.StringIO() as file:
        file.write(DataFrame(rows).to_csv(sep=";"))  # out
        return file.getvalue()
""",
        after="""\
import io
from pandas import DataFrame


def f(rows):
    with io.StringIO() as file:
        DataFrame(rows).to_csv(file, sep=";")  # out
        return file.getvalue()
""",
        function="f",
        focus_line="# out",
        call="f([]), f(['ab', 'cd'])",
        extra=_EXTRA,
    ),
    Example(
        before="""\
import pandas


def f(path, frame):
    with open(path, "w") as file:
        file.write("a")
        file.write((frame or pandas).to_csv(index=False))  # out
""",
        after="""\
import pandas


def f(path, frame):
    with open(path, "w") as file:
        file.write("a")
        (frame or pandas).to_csv(file, index=False)  # out
""",
        function="f",
        focus_line="# out",
        extra=_EXTRA,
    ),
    # The profiled run shows what the file does not say.
    *(
        Example(
            before=_given("file.write(df.to_csv(sep=';'))"),
            after=_given("df.to_csv(file, sep=';')"),
            function="f",
            focus_line="to_csv",
            holdings=_seen(kind),
            call="f(__import__('pandas').DataFrame(['ab', 'cd']))",
            extra=_EXTRA,
        )
        for kind in ("pandas.DataFrame", "pandas.core.series.Series")
    ),
]

INVALID: list[Example] = [
    Example(before=f"{top}\n\n\ndef f(df, path, g):\n    {body}\n", function="f", focus_line="to_csv", why=why)
    for top, body, why in (
        ("import pandas", "g.write(df.to_csv())", "what is written to is not known"),
        ("import pandas", "with open(path, 'w') as f: f.write(df.to_csv(g))", "it is written to another file"),
        (
            "import pandas",
            "with open(path, 'w') as f: f.write(df.to_csv(compression='gzip'))",
            "it would compress",
        ),
        ("import pandas", "with open(path, 'wb') as f: f.write(df.to_csv())", "a binary file: it raises"),
        (
            "import other",
            "with open(path, 'w') as f: f.write(df.to_csv())",
            "perhaps it is no frame of pandas",
        ),
        ("import pandas", "with open(path, 'w') as f: return f.write(df.to_csv())", "the size is asked for"),
    )
] + [
    Example(before=f"{top}{_given('file.write(df.to_csv())')}", function="f", focus_line="to_csv", why=why, holdings=of)
    for top, of, why in (
        ("", _seen("pandas.DataFrame", "other"), "what another name holds says nothing"),
        ("", _seen("shop.Table"), "a class of its own, which may write in another way"),
        ("import pandas\n", _seen("shop.Table"), "the file uses pandas, but this is no frame of it"),
        ("", _seen("pandas.DataFrame") + _seen("shop.Table"), "at times it is something else"),
    )
]
