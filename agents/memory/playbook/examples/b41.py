"""The examples of B41: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
import struct


def f(data):
    return sum(struct.unpack(f"<{len(data) // 8}q", data))
""",
        after="""\
import struct


def f(data):
    return sum(value for (value,) in struct.iter_unpack("<q", data))
""",
        function="f",
        focus_line="return sum",
        call="[f(d) for d in (b'', bytes(range(16)))]",
    ),
    Example(
        before="""\
import struct


def f(data):
    numbers = []
    for number in struct.unpack("%dH" % (len(data) // 2), data):
        numbers.append(number + 1)
    return numbers
""",
        after="""\
import struct


def f(data):
    numbers = []
    for number in (value for (value,) in struct.iter_unpack("H", data)):
        numbers.append(number + 1)
    return numbers
""",
        function="f",
        focus_line="for number",
        call="f(bytes(range(16))), f(b'')",
    ),
    Example(
        before="""\
import struct


def f(data):
    found = struct.unpack(f">{len(data) // 4}f", data)
    return [x * 2 for x in found]
""",
        after="""\
import struct


def f(data):
    found = (value for (value,) in struct.iter_unpack(">f", data))
    return [x * 2 for x in found]
""",
        function="f",
        focus_line="found = ",
        call="f(bytes(range(16))), f(b'')",
    ),
]

INVALID: list[Example] = [
    Example(
        before=f"import struct\n\n\ndef f(b, n):\n    return sum({body})\n", function="f", focus_line="sum", why=why
    )
    for body, why in (
        ('struct.unpack(f"<{n}d", b)', "the buffer may hold another number of values"),
        ('struct.unpack(f"<{len(b) // 4}d", b)', "a value has eight bytes"),
        ('struct.unpack(f"<{len(b) // 8}dd", b)', "the last value is one more"),
        ('struct.unpack(f"{len(b) // 1}s", b)', "s is one value of many bytes"),
        ('struct.unpack(f"{len(b) // 8}l", b)', "the size of a long depends on the platform"),
        ('struct.unpack(f"<{len(n) // 8}d", b)', "another buffer is measured"),
    )
]
INVALID += [
    Example(
        before="""\
import struct


def f(data):
    data = bytearray(data)
    for value in struct.unpack(f"{len(data) // 4}i", data):
        data.append(value)
""",
        function="f",
        focus_line="unpack",
        why="a bytearray cannot grow while its numbers are read",
    ),
]
