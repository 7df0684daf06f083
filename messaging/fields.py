r"""What the text forms are made of: escaped free text, numbers, units; the stage table and the list of targets.

In free text a backslash and the characters that part this field from the next are written with a backslash before
them, a line break as \n, and a blank at either end as \s or \t, so that a form can be taken apart again.
"""

import re
from collections.abc import Sequence

from messaging.contents import Allocation, StageRow

BLANKS = " \t\r\n"
NUMBER = r"[-+−]?[0-9]+(?:\.[0-9]+)?"
UNIT = r"(?:\\.|[^ \\\n(),|])*"
TOKEN = r"(?:\\.|[^ \\\n])*"
LAZY = r"(?:\\.|[^\\\n])*?"
GREEDY = r"(?:\\.|[^\\\n])*"
REST = r"(?s:.*)"
ARROW = r"(?:→|->|to)"

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LETTERS = {"n": "\n", "r": "\r", "s": " ", "t": "\t"}
_EDGE = {" ": "\\s", "\t": "\\t"}
_LITERAL = frozenset("\\ \t|,()[]:")
"""What a backslash makes literal; before anything else it is a backslash (a foreign `C:\\dir`)."""
_HEADER = re.compile(rf" *Stage +Delta (?P<unit>{UNIT}) +Cumul {UNIT} *")
_ROW = re.compile(
    rf"  (?P<indent>(?:  )*)(?P<name>(?! ){LAZY}) +(?P<delta>{NUMBER}) +(?P<cumulative>{NUMBER})(?P<mark> ~)? *"
)
_PEAK = re.compile(rf" *Peak: (?P<peak>{NUMBER}) ?(?P<unit>{UNIT}) *")
_END = rf" (?:—|–|--?>?) (?P<size>{NUMBER}) ?(?P<unit>{UNIT}) *"
_PLACED = re.compile(rf"(?P<name>{GREEDY}) in (?P<file>{LAZY})(?::(?P<line>[1-9][0-9]*))?{_END}")
_UNPLACED = re.compile(rf"(?P<name>{GREEDY}){_END}")
_IN = re.compile(r"(^| )in ")
"""What would be taken for the place of a target."""
_NAME_WIDTH = 20
"""Of the specification's table; wider when a name needs it."""


def escape(text: str, separators: str = "") -> str:
    """Writes free text so that `unescape` gives it back, whatever of `separators` it holds."""
    text = text.replace("\\", "\\\\")
    for character in separators:
        text = text.replace(character, "\\" + character)
    text = text.replace("\n", "\\n").replace("\r", "\\r")
    if text[-1:] in _EDGE and not _ends_escaped(text):
        text = text[:-1] + _EDGE[text[-1]]
    if text[:1] in _EDGE:
        text = _EDGE[text[0]] + text[1:]
    return text


def unescape(text: str) -> str:
    """Reads what `escape` wrote."""

    def literal(match: re.Match[str]) -> str:
        character = match.group(1)
        if character in _LITERAL:
            return character
        return _LETTERS.get(character, match.group())

    return _ESCAPED.sub(literal, text)


def number(text: str) -> float:
    """Reads a number, with a typographical minus too."""
    return float(text.replace("−", "-"))


def unit_out(unit: str) -> str:
    """Writes a unit as one word."""
    return escape(unit, "(),|").replace(" ", "\\s") or "\\s"


def unit_in(text: str) -> str:
    """Reads a unit; where there is none it is MiB, and what the table calls MB is MiB too."""
    return "MiB" if text in ("", "MB") else unescape(text)


def table(stages: Sequence[StageRow], peak: float, unit: str) -> list[str]:
    """The lines of a per-stage table: header, a row for each stage, the peak. MiB are headed MB, as in the spec."""
    label = "MB" if unit == "MiB" else unit_out(unit)
    names = ["  " * stage.depth + (escape(stage.name) or "\\s") for stage in stages]
    width = max([_NAME_WIDTH, *map(len, names)])
    lines = [f"  {'Stage':<{width}} {'Delta ' + label:>10} {'Cumul ' + label:>10}"]
    for name, stage in zip(names, stages, strict=True):
        mark = " ~" if stage.approximate else ""
        lines.append(f"  {name:<{width}} {stage.delta:>+10.1f} {stage.cumulative:>10.1f}{mark}")
    return [*lines, f"  Peak: {peak:.1f} {label}"]


def read_table(lines: Sequence[str]) -> tuple[list[StageRow], float, str, list[str]] | None:
    """Reads a table: stages, peak, unit, and the lines after it. None when there is no whole one."""
    stages: list[StageRow] = []
    header = next((index for index, line in enumerate(lines) if _HEADER.fullmatch(line)), None)
    if header is None:
        return None
    for index, line in enumerate(lines[header + 1 :], header + 1):
        if end := _PEAK.fullmatch(line):
            return stages, number(end["peak"]), unit_in(end["unit"]), list(lines[index + 1 :])
        row = _ROW.fullmatch(line)
        if row is None:
            return None
        stages.append(
            StageRow(
                name=unescape(row["name"]),
                delta=number(row["delta"]),
                cumulative=number(row["cumulative"]),
                depth=len(row["indent"]) // 2,
                approximate=row["mark"] is not None,
            )
        )
    return None


def allocation(item: Allocation, unit: str) -> str:
    """`<name> in <file>:<line> — <size> <unit>`; the place is left out where it is unknown."""
    name, file = escape(item.name), _IN.sub(r"\1in\\s", escape(item.file))
    line = f":{item.line}" if item.line > 0 else ""
    placed = f"{name} in {file}{line}" if item.file else _IN.sub(r"\1in\\s", name)
    return f"{placed} — {item.size:.1f} {unit_out(unit)}"


def read_allocation(text: str) -> tuple[Allocation, str] | None:
    """Reads what `allocation` wrote: the target and its unit."""
    if match := _PLACED.fullmatch(text):
        file, line = unescape(match["file"]), int(match["line"] or 0)
    elif match := _UNPLACED.fullmatch(text):
        file, line = "", 0
    else:
        return None
    item = Allocation(name=unescape(match["name"]), file=file, line=line, size=number(match["size"]))
    return item, unit_in(match["unit"])


def _ends_escaped(text: str) -> bool:
    before = text[:-1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
