"""B28: `f.read().decode().splitlines()` of a binary file, gzip or zip member: each line is decoded as it comes."""

from typing import ClassVar

from agents.memory.playbook.b06_read_in_lines import ReadInLines
from agents.memory.playbook.examples import b28 as examples
from agents.memory.playbook.rule import Example


class DecodedInLines(ReadInLines):
    """`for line in f.read().decode().splitlines():`: neither bytes nor text are whole."""

    id: ClassVar[str] = "B28"
    name: ClassVar[str] = "whole file read and decoded to be cut into lines"
    decoded: ClassVar[bool] = True

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
