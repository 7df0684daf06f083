"""E08: `f.write(frame.to_csv())` -> `frame.to_csv(f)`."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import methods
from agents.memory.playbook.examples import e08 as examples
from agents.memory.playbook.frame_rules import FRAME
from agents.memory.playbook.rule import Example, Focus, Level
from agents.memory.playbook.source_edits import atom
from agents.memory.playbook.streamed_writes import WritingRule, Written, arguments, told, write_call

_OTHER_FILE = frozenset({"path_or_buf", "mode", "encoding", "compression", "errors", "storage_options"})
"""Options that say where and how a file is written: without one they do other things than with one."""
_FRAMES = frozenset({FRAME, "pandas.Series", "pandas.core.frame.DataFrame", "pandas.core.series.Series"})
"""The types' names since pandas 3 and before."""


class ToCsv(WritingRule):
    """The CSV text of a frame is written as it is made."""

    id: ClassVar[str] = "E08"
    name: ClassVar[str] = "CSV text of a frame made whole to be written"
    level: ClassVar[Level] = "P"

    def written(self, analyst: Analyst, statement: ast.stmt) -> Written | None:
        """A write() to a text file of what a frame's to_csv() gives when it is told no file."""
        found = write_call(analyst, statement)
        if found is None or found[0].binary is not False or "to_csv" in methods(analyst.project):
            return None
        file, whole = found
        match whole:
            case ast.Call(func=ast.Attribute(value=frame, attr="to_csv"), args=[]):
                pass
            case _:
                return None
        if any(k.arg is None or k.arg in _OTHER_FILE for k in whole.keywords):
            return None
        line = f"{atom(analyst.module, frame)}.to_csv({file.name}{arguments(analyst, whole, after=0)})"
        same = "to_csv() writes to the file what it puts together otherwise, with the same options and line ends"
        assumes = (
            *file.assumes,
            f"`{text(frame)}` is a frame or series of pandas",
            f"`{text(frame)}` can be written as a whole: nothing fails after the first rows",
        )
        return Written(statement, whole, (line,), told(file), same, assumes)

    def borne_out(self, focus: Focus, analyst: Analyst, one: Written) -> bool:
        """Whether the census saw a frame by the name; without a word from it, whether the file imports pandas."""
        match one.whole:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name))) if (seen := focus.seen(name)) is not None:
                return seen.type in _FRAMES
        return _pandas(analyst)

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _pandas(analyst: Analyst) -> bool:
    """Whether the file imports pandas."""
    module = analyst.module
    for nodes in module.bindings(module.tree).values():
        for node in nodes:
            if isinstance(node, ast.Import) and any(a.name.split(".")[0] == "pandas" for a in node.names):
                return True
            if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "pandas":
                return True
    return False
