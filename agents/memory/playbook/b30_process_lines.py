"""B30: the output of a process that is kept whole to be cut into lines: a proposal."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.playbook.examples import proposals
from agents.memory.playbook.proposed import ProposingRule, Seen, called
from agents.memory.playbook.rule import Example, Focus, Level, Strategy


class ProcessLines(ProposingRule):
    """`subprocess.run(..., capture_output=True).stdout.splitlines()` -> the lines of a Popen."""

    id: ClassVar[str] = "B30"
    name: ClassVar[str] = "output of a process kept whole"
    strategy: ClassVar[Strategy] = "reordering"
    level: ClassVar[Level] = "S"

    def seen(self, analyst: Analyst, node: ast.expr, focus: Focus) -> Seen | None:
        """The output of a finished process, cut into lines."""
        match node:
            case ast.Call(func=ast.Attribute(value=output, attr="splitlines" | "split"), args=_):
                made = output.value if isinstance(output, ast.Attribute) and output.attr == "stdout" else output
            case _:
                return None
        if called(analyst, made) not in {"subprocess.run", "subprocess.check_output"}:
            return None
        advice = f"go over the lines of a Popen instead of `{text(node)}`"
        mechanism = "the output is not kept whole: its lines are taken while the process runs"
        open_ = "the exit code is looked at after the last line, and errors go elsewhere than into a pipe nobody reads"
        return Seen(node, advice, mechanism, f"`{text(node)}`", open_)

    VALID: ClassVar[list[Example]] = proposals.B30_VALID
    INVALID: ClassVar[list[Example]] = proposals.B30_INVALID
