"""E01: of a CSV file only the columns that are read are parsed into a frame."""

from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.arrays import Arrays
from agents.memory.analysis.external import external
from agents.memory.playbook.examples import e01 as examples
from agents.memory.playbook.frame_rules import FrameChange, FrameRule, assigned, columns_of, columns_read
from agents.memory.playbook.rule import Example, Focus
from agents.memory.playbook.source_edits import source

_SAFE = frozenset({"sep", "delimiter", "encoding", "compression", "nrows", "comment", "quotechar", "decimal"})


class UseCols(FrameRule):
    """`d = pd.read_csv(p)` -> `d = pd.read_csv(p, usecols=[...])`."""

    id: ClassVar[str] = "E01"
    name: ClassVar[str] = "columns of a CSV file that nobody reads"
    preconditions: ClassVar[Mapping[str, str]] = {
        "read": "The call is pandas.read_csv() of a path, with no option that names or makes columns or the index.",
        "closed": "The function reads the frame through columns named by literals only, and by len().",
    }

    def changes(self, names: Arrays, focus: Focus) -> Iterator[FrameChange]:
        """Every such read_csv()."""
        module = names.analyst.module
        for name, call in assigned(names):
            if external(names.analyst.project, module, call.func) != "pandas.read_csv" or len(call.args) != 1:
                continue
            read = columns_read(names, name)
            if read is None or any(k.arg not in _SAFE for k in call.keywords):
                continue
            known = columns_of(focus, name)
            if known and (set(read) - set(known) or len(read) == len(known)):
                continue
            listed = ", ".join(repr(column) for column in read)
            yield FrameChange(
                call,
                [(call, f"{source(module, call)[:-1].rstrip().rstrip(',')}, usecols=[{listed}])")],
                f"read only {len(read)} columns into `{name}`",
                f"the frame has the columns {listed} alone; the others are not kept while the file is parsed",
                (f"line {call.lineno}: `{name}` is bound once, to a read_csv()", f"only {listed} are read"),
                [f"the file has the columns {listed}, a name for every field of a line, and no line with more fields"],
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
