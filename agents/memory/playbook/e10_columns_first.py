"""E10: the columns that are read are selected before a frame is sorted, not after."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.arrays import Arrays
from agents.memory.playbook.examples import e10 as examples
from agents.memory.playbook.frame_rules import FrameChange, FrameRule, assigned, columns_of, columns_read
from agents.memory.playbook.rule import Example, Focus


class ColumnsFirst(FrameRule):
    """`s = d.sort_values("a")`, then only `s["b"]` -> `s = d[["a", "b"]].sort_values("a")`."""

    id: ClassVar[str] = "E10"
    name: ClassVar[str] = "columns selected after sorting"
    preconditions: ClassVar[Mapping[str, str]] = {
        "frame": "The census saw a plain frame of pandas 3 or later that has the columns, each once.",
        "closed": "The function reads the sorted frame through columns named by literals only, and by len().",
    }

    def changes(self, names: Arrays, focus: Focus) -> Iterator[FrameChange]:
        """Every sort_values() by a column, ascending or not."""
        module = names.analyst.module
        for name, call in assigned(names):
            match call:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id=whole) as of, attr="sort_values"),
                    args=[ast.Constant(value=str() as key)],
                    keywords=[] | [ast.keyword(arg="ascending", value=ast.Constant(value=bool()))],
                ) if whole != name and module.owner(of, whole) is names.function:
                    pass
                case _:
                    continue
            columns, read = columns_of(focus, whole), columns_read(names, name)
            if read is None or key not in columns or set(read) - set(columns):
                continue
            wanted = [column for column in columns if column in (key, *read)]
            if len(wanted) == len(columns):
                continue
            listed = ", ".join(repr(column) for column in wanted)
            yield FrameChange(
                call,
                [(of, f"{whole}[[{listed}]]")],
                f"sort only {len(wanted)} columns of `{whole}`",
                f"the sorted frame has {len(wanted)} of the {len(columns)} columns of `{whole}`",
                (f"`{whole}`: {len(columns)} columns, {listed} among them", f"only {', '.join(read)} are read"),
                [f"`{whole}` is a frame of pandas 3 or later with the columns {listed}, each once"],
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
