"""E09: rows of a frame are taken one at a time instead of as a list of dicts."""

import ast
import keyword
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.array_uses import loads
from agents.memory.analysis.arrays import Arrays
from agents.memory.playbook.examples import e09 as examples
from agents.memory.playbook.frame_rules import FrameChange, FrameRule, columns_of
from agents.memory.playbook.rule import Example, Focus

_ALIKE = frozenset({"float64", "int64", "bool", "str"})
"""Dtypes whose values both ways give as the same Python objects."""
_MANY = 100
"""Columns up to which itertuples() certainly gives named tuples."""


class IterTuples(FrameRule):
    """`for r in d.to_dict("records"): ... r["a"]` -> `for r in d.itertuples(index=False): ... r.a`."""

    id: ClassVar[str] = "E09"
    name: ClassVar[str] = "rows of a frame as a list of dicts"
    preconditions: ClassVar[Mapping[str, str]] = {
        "frame": "The census saw a plain frame of pandas 3 or later; the columns read are of plain dtypes.",
        "fields": "Each row is only read, by column names that are identifiers, within the loop.",
    }

    def changes(self, names: Arrays, focus: Focus) -> Iterator[FrameChange]:
        """Every loop over records."""
        module = names.analyst.module
        for loop in module.code_of(names.function):
            match loop:
                case ast.For(
                    target=ast.Name(id=row) as target,
                    iter=ast.Call(
                        func=ast.Attribute(value=ast.Name(id=name) as of, attr="to_dict"),
                        args=[ast.Constant(value="records")],
                        keywords=[],
                    ) as call,
                ) if module.frame(loop) is names.function:
                    pass
                case _:
                    continue
            columns = columns_of(focus, name)
            fields = _fields(names, loop, row, columns) if len(columns) <= _MANY else None
            rebound = module.bindings(names.function).get(row) != [target]
            if not fields or rebound or module.owner(of, name) is not names.function:
                continue
            read = ", ".join(sorted({field for _, field in fields}))
            yield FrameChange(
                call,
                [(call, f"{name}.itertuples(index=False)"), *((use, f"{row}.{field}") for use, field in fields)],
                f"take the rows of `{name}` one at a time",
                f"one tuple at a time is made of `{name}`, not a list of dicts of all its rows",
                (f"`{name}`: {len(columns)} columns", f"`{row}` is read by {read} in {len(fields)} places"),
                [f"`{name}` is a frame of pandas 3 or later whose columns {read} have the dtypes that were seen"],
            )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _fields(
    names: Arrays, loop: ast.For, row: str, columns: Mapping[str, str]
) -> list[tuple[ast.Subscript, str]] | None:
    module = names.analyst.module
    found: list[tuple[ast.Subscript, str]] = []
    for use in loads(names, row):
        match module.parents[use]:
            case ast.Subscript(ctx=ast.Load(), slice=ast.Constant(value=str() as column)) as part if part.value is use:
                named = column.isidentifier() and column.isascii() and not column.startswith("_")
                if not named or keyword.iskeyword(column) or columns.get(column) not in _ALIKE:
                    return None
                inside = any(part in ast.walk(statement) for statement in loop.body)
                if not inside or module.frame(use) is not names.function:
                    return None
                found.append((part, column))
            case _:
                return None
    return found
