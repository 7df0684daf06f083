"""B20: `f.write(pickle.dumps(x))` -> `pickle.dump(x, f)`."""

import ast
from typing import ClassVar

from agents.memory.analysis.modules import text
from agents.memory.analysis.purity import Analyst
from agents.memory.analysis.resolution import imported_module
from agents.memory.playbook.examples import b20 as examples
from agents.memory.playbook.rule import Example, Level
from agents.memory.playbook.source_edits import source
from agents.memory.playbook.streamed_writes import WritingRule, Written, arguments, rest_of, told, write_call


class PickleDump(WritingRule):
    """The pickle is written as it is made."""

    id: ClassVar[str] = "B20"
    name: ClassVar[str] = "pickle made whole to be written"
    level: ClassVar[Level] = "P"
    module: ClassVar[str] = "pickle"
    binary: ClassVar[bool] = True

    def written(self, analyst: Analyst, statement: ast.stmt) -> Written | None:
        """A write() of what dumps() gives, with a constant after it perhaps."""
        found = write_call(analyst, statement)
        if found is None or found[0].binary is not self.binary:
            return None
        file, argument = found
        whole, rest = rest_of(analyst, argument)
        match whole:
            case ast.Call(func=ast.Attribute(value=module, attr="dumps"), args=[given, *_]) if self._fits(
                analyst, whole
            ):
                pass
            case _:
                return None
        first = f"{source(analyst.module, module)}.dump({source(analyst.module, given)}, {file.name}"
        lines = [f"{first}{arguments(analyst, whole, after=1)})"]
        if rest:
            lines.append(f"{file.name}.write({rest})")
        same = f"dump() writes the parts that dumps() puts together, with the same options; {text(given)} is the same"
        whole_first = f"`{text(given)}` can be written as a whole: nothing fails after the first part"
        assumes = (*file.assumes, whole_first, *self.alike(given))
        return Written(statement, whole, tuple(lines), told(file), same, assumes)

    def alike(self, given: ast.expr) -> tuple[str, ...]:
        """What is assumed for the parts to be those of the whole: nothing for pickle, whose two functions are one."""
        return ()

    def _fits(self, analyst: Analyst, call: ast.Call) -> bool:
        # An encoder class of one's own may define what dumps() calls and dump() does not.
        plain = not any(isinstance(a, ast.Starred) for a in call.args) and all(
            k.arg not in {None, "cls"} for k in call.keywords
        )
        assert isinstance(call.func, ast.Attribute)
        return plain and imported_module(analyst.project, analyst.module, call.func.value) == self.module

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
