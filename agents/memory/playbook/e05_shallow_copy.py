"""E05: a frame is copied lazily: pandas 3 copies a column when either frame changes it."""

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from agents.memory.analysis.arrays import Arrays
from agents.memory.analysis.external import external
from agents.memory.analysis.uses import mentioning
from agents.memory.playbook.array_rules import expressions
from agents.memory.playbook.examples import e05 as examples
from agents.memory.playbook.frame_rules import FRAME, FrameChange, FrameRule
from agents.memory.playbook.rule import Example, Focus
from agents.memory.playbook.source_edits import atom

_RAW = ("setflags", "writeable", "_mgr", "_values", "nditer", "frombuffer", "ctypes", "__array_interface__", "array")
"""Ways to the data of a frame past its copy-on-write."""


class ShallowCopy(FrameRule):
    """`e = d.copy()` -> `e = d.copy(deep=False)`."""

    id: ClassVar[str] = "E05"
    name: ClassVar[str] = "copy of a frame"
    preconditions: ClassVar[Mapping[str, str]] = {
        "frame": "What is copied is a plain frame of pandas 3 or later, which copies on write.",
        "no raw data": "Nothing in the project reaches for the arrays behind a frame to write to them.",
    }

    def changes(self, names: Arrays, focus: Focus) -> Iterator[FrameChange]:
        """Every copy() of a name that the census saw hold a frame."""
        analyst = names.analyst
        for node in expressions(names):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name) as of, attr="copy"), args=[], keywords=[]):
                    pass
                case _:
                    continue
            seen = focus.seen(name)
            if seen is None or seen.type != FRAME or not seen.columns or self._raw(names):
                continue
            if analyst.module.owner(of, name) is not names.function:
                continue
            yield FrameChange(
                node,
                [(node, f"{atom(analyst.module, of)}.copy(deep=False)")],
                f"copy `{name}` lazily",
                f"the copy shares the columns of `{name}` until one of the two frames changes them",
                (f"`{name}` is a {seen.type} of {len(seen.columns)} columns", "no file mentions raw access to arrays"),
                [
                    f"`{name}` is a frame of pandas 3 or later, as it was seen",
                    "nobody outside the project writes into the arrays behind either frame",
                ],
            )

    def _raw(self, names: Arrays) -> bool:
        project, module = names.analyst.project, names.analyst.module
        if mentioning(project, *_RAW[:-1]):
            return True
        return any(
            isinstance(node, ast.Attribute) and node.attr == "array" and not external(project, module, node)
            for node in module.nodes
        )

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
