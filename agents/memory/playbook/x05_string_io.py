"""X05: a list of strings that are only joined: they are written to an `io.StringIO`."""

import ast
from typing import ClassVar

from agents.memory.analysis.accumulators import Accumulator, appended
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.region import catches
from agents.memory.playbook.accumulated import AccumulatorRule, Replaced
from agents.memory.playbook.examples import x05 as examples
from agents.memory.playbook.rule import Example, Level, Strategy
from agents.memory.playbook.source_edits import library

_STRINGS = frozenset({"list[str]", "List[str]", "typing.List[str]"})


class PartsToStringIO(AccumulatorRule):
    """`parts.append(s)` ... `"".join(parts)`: one growing text instead of an object for each part."""

    id: ClassVar[str] = "X05"
    name: ClassVar[str] = "list of parts that are only joined"
    strategy: ClassVar[Strategy] = "format"
    level: ClassVar[Level] = "P"

    def replaced(self, analyst: Analyst, found: Accumulator) -> Replaced | None:
        """For an empty list whose uses are append() statements and `"".join()` alone."""
        made = library(analyst.project, analyst.module, found.begin, "io.StringIO")
        if made is None or found.added or not isinstance(found.value, ast.List) or found.value.elts:
            return None
        changes: list[tuple[ast.AST, str]] = [(found.begin, f"{found.name} = {made[0]}()")]
        parts: list[ast.expr] = []
        joined = 0
        for use in found.uses:
            item, outer = appended(analyst, use), analyst.module.parents[use]
            if item is not None:
                parts.append(item)
                changes.append((outer, f"{found.name}.write"))
                continue
            match outer:
                case ast.Call(func=ast.Attribute(value=ast.Constant(value=""), attr="join"), args=[_], keywords=[]):
                    joined += 1
                    changes.append((outer, f"{found.name}.getvalue()"))
                case _:
                    return None
        if not parts or not joined:
            return None
        noted = isinstance(found.begin, ast.AnnAssign) and ast.unparse(found.begin.annotation) in _STRINGS
        unsure = [p for p in parts if getattr(analyst.kinds.of(p), "name", "") != "str"]
        if unsure and any(catches(analyst, analyst.module.statement(use)) for use in found.uses):
            return None  # write() refuses at once what join() refuses at the end.
        assumes = [f"`{found.name}` holds strs, as its annotation says"] if noted and unsure else []
        return Replaced(
            changes,
            f"write the parts of `{found.name}` to a StringIO",
            f'the strings in `{found.name}` are not kept one by one until "".join() puts them together',
            f'`{found.name}` is only appended to, {len(parts)} times, and joined by "", {joined} times',
            f"each part is a str: {', '.join(sorted({text(p) for p in parts}))}",
            tuple(assumes or [f"`{text(one)}` is a str" for one in unsure]),
            made[1],
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
