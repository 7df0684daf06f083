"""The examples of C14: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
def f(n):
    data = b""
    for i in range(n):
        data = data + bytes(i)
    return len(data), data[-1] if data else None
""",
        after="""\
def f(n):
    data = bytearray()
    for i in range(n):
        data += bytes(i)
    return len(data), data[-1] if data else None
""",
        function="f",
        focus_line="bytes(i)",
        call="f(0), f(10)",
    ),
    Example(
        before="""\
def f(chunks, g=repr):
    data = b''
    for chunk in chunks:
        data += chunk
        if data.endswith(b"!"):
            break
    return g(data), data
""",
        after="""\
def f(chunks, g=repr):
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if data.endswith(b"!"):
            break
    return g(bytes(data)), bytes(data)
""",
        function="f",
        focus_line="data += chunk",
        call="f([]), f([b'a', b'', b'b!', b'c'])",
    ),
    Example(
        before="""\
def f(chunks):
    data = b''
    while chunks:
        data += chunks.pop()
    return data.decode()
""",
        after="""\
def f(chunks):
    data = bytearray()
    while chunks:
        data += chunks.pop()
    return data.decode()
""",
        function="f",
        focus_line="chunks.pop()",
        call="f([]), f([b'a', 'ä'.encode()])",
    ),
]

INVALID: list[Example] = [
    Example(before=f"def f(xs, g):\n    out = b''\n{body}\n", function="f", focus_line="out +=", why=why)
    for body, why in (
        ("    for x in xs:\n        out += x\n        g.append(out)\n    return out", "each step is kept as it was"),
        (
            "    for x in xs:\n        out += x\n        last = out\n    return last",
            "another name holds it",
        ),
        ("    out += xs\n    return out", "there is no loop"),
        ("    for x in xs:\n        out += x\n        yield out\n", "each step is given away"),
        (
            "    for x in xs:\n        out += x\n    out = out.strip()\n    return out",
            "it is bound otherwise too",
        ),
        ("    g(lambda: out)\n    for x in xs:\n        out += x\n    return out", "a lambda reads it at any time"),
    )
]
INVALID.append(
    Example(
        before="class X:\n    def __radd__(self, other):\n        return other\n\n\ndef f(xs):\n    out = b''\n"
        "    for x in xs:\n        out += x\n    return out\n",
        function="f",
        focus_line="out +=",
        why="what is added may define how it is added to bytes",
    )
)
INVALID += [
    Example(
        before="""\
def f(xs):
    data = b""
    for x in xs:
        data += [x]
    return data
""",
        function="f",
        focus_line="data +=",
        why="a bytearray takes a list of numbers, bytes do not",
    ),
    Example(
        before="""\
def f(xs):
    data = b""
    for x in xs:
        try:
            data += x
        except TypeError:
            data += x.encode()
    return data
""",
        function="f",
        focus_line="data += x",
        why="the handler is there for what bytes do not take",
    ),
]
