"""B19: `f.write(json.dumps(x))` -> `json.dump(x, f)`."""

from typing import ClassVar

from agents.memory.playbook.b20_pickle_dump import PickleDump
from agents.memory.playbook.examples import b19 as examples
from agents.memory.playbook.rule import Example


class JsonDump(PickleDump):
    """The JSON text is written as it is made. Slower: the encoder in C makes whole texts only."""

    id: ClassVar[str] = "B19"
    name: ClassVar[str] = "JSON text made whole to be written"
    module: ClassVar[str] = "json"
    binary: ClassVar[bool] = False

    VALID: ClassVar[list[Example]] = examples.VALID
    INVALID: ClassVar[list[Example]] = examples.INVALID
