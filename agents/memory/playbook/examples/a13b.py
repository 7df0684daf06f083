"""The examples of A13B: what it proposes, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_HEADS = """\
def heads(sizes):
    kept = []
    for size in sizes:
        kept.append(memoryview(bytes(size))[:4])
    return [bytes(head) for head in kept]
"""

_GLOBAL = """\
KEPT = {}


def heads(sizes):
    for size in sizes:
        KEPT[size] = memoryview(bytearray(size))[:4]
    return [bytes(head) for head in KEPT.values()]
"""
_GENERATOR = """\
def heads(sizes):
    kept = tuple(memoryview(bytes(size))[:4] for size in sizes)
    yield from map(bytes, kept)
"""


def _example(
    kind: str = "pin",
    why: str = "",
    text: str = _HEADS,
    function: str = "heads",
    holding: str = "kept",
    holding_type: str = "list",
    call: str = "heads([1, 2, 30])",
) -> Example:
    return Example(
        before=text,
        after=None if why else text,
        function=function,
        focus_line="kept" if function == "heads" else "KEPT",
        holding=holding,
        holding_type=holding_type,
        measured={"kind": kind, "own": 2**20, "contents": ["bytes"], "length": 60},
        call=call,
        why=why,
    )


VALID: list[Example] = [
    _example(),
    _example(text=_GLOBAL, function="<module>", holding="KEPT", holding_type="dict"),
    _example(text=_GENERATOR, holding_type="tuple", call="list(heads([1, 2, 30]))"),
]

INVALID: list[Example] = [
    _example("local", why="the buffers are wanted as they are, for all that was seen"),
    _example("suspended", why="the same, in a generator", text=_GENERATOR, holding_type="tuple"),
    _example("global", why="the same, of a global", text=_GLOBAL, function="<module>", holding="KEPT"),
    _example("captured", why="functions keep it"),
]
