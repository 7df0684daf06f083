"""B10: `g.write(f.read())`: the content goes over in pieces, with `shutil.copyfileobj(f, g)`."""

import ast
from typing import ClassVar

from agents.memory.analysis.handles import Handle, handle
from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import b10 as examples
from agents.memory.playbook.rule import Example, Level
from agents.memory.playbook.source_edits import library
from agents.memory.playbook.streamed_writes import WritingRule, Written, told, write_call


class CopyFileObject(WritingRule):
    """`g.write(f.read())` -> `shutil.copyfileobj(f, g)`."""

    id: ClassVar[str] = "B10"
    name: ClassVar[str] = "whole file read to be written elsewhere"
    level: ClassVar[Level] = "P"

    def written(self, analyst: Analyst, statement: ast.stmt) -> Written | None:
        """A write() of all that a read() gives."""
        found = write_call(analyst, statement)
        match found and found[1]:
            case ast.Call(func=ast.Attribute(value=ast.Name() as read, attr="read"), args=[], keywords=[]) as whole:
                taken = handle(analyst, read)
            case _:
                return None
        if found is None or taken is None or taken.binary is None or taken.binary is not found[0].binary:
            return None
        put = found[0]
        copy = library(analyst.project, analyst.module, statement, "shutil.copyfileobj")
        if copy is None or put.name == taken.name or not _emptied(put) or _same(put, taken):
            return None
        line = f"{copy[0]}({taken.name}, {put.name})"
        assumes: list[str] = [*taken.assumes, *put.assumes]
        if taken.disk and put.disk:
            assumes.append(f"`{taken.name}` and `{put.name}` are different files")
        if taken.disk:
            assumes.append(f"`{taken.name}` can be read to its end without an error")
        if put.disk and not put.binary:
            assumes.append(f"all of `{taken.name}` can be encoded as `{put.name}` is")
        same = f"copyfileobj() writes what it reads from `{taken.name}`, in order, to its end"
        return Written(statement, whole, (line,), told(put), same, tuple(assumes), copy[1])

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID


def _emptied(put: Handle) -> bool:
    """Whether the file was empty when it was opened: what is read cannot be what was just written to its end."""
    return not put.disk or put.mode.startswith(("w", "x"))


def _same(put: Handle, taken: Handle) -> bool:
    return bool({text(one) for one in put.where} & {text(one) for one in taken.where})
