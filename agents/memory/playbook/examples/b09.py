"""The examples of B09: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
import hashlib


def f(path):
    with open(path, "rb") as file:
        head = file.read(1)
        return head, hashlib.sha256(file.read()).hexdigest()
""",
        after="""\
import hashlib


def f(path):
    with open(path, "rb") as file:
        head = file.read(1)
        return head, hashlib.file_digest(file, hashlib.sha256).hexdigest()
""",
        function="f",
        focus_line="hexdigest",
        call="f('/dev/null')",
    ),
    Example(
        before="""\
import hashlib
import io


def f(data, salt):
    digest = hashlib.new("md5", salt)
    file = io.BytesIO(data)
    digest.update(file.read())  # all
    return digest.hexdigest(), file.read()
""",
        after="""\
import hashlib
import io


def f(data, salt):
    digest = hashlib.new("md5", salt)
    file = io.BytesIO(data)
    while chunk := file.read(262144):
        digest.update(chunk)  # all
    return digest.hexdigest(), file.read()
""",
        function="f",
        focus_line="# all",
        call="f(b'', b'x'), f(b'abc' * 200000, b'')",
    ),
    Example(
        before="""\
import gzip
import hashlib as h


def f(path, chunk):
    digest = h.sha1()
    with gzip.open(path) as file:
        digest.update(file.read())  # all
    return digest
""",
        after="""\
import gzip
import hashlib as h


def f(path, chunk):
    digest = h.sha1()
    with gzip.open(path) as file:
        while chunk_2 := file.read(262144):
            digest.update(chunk_2)  # all
    return digest
""",
        function="f",
        focus_line="# all",
    ),
]

INVALID: list[Example] = [
    Example(
        before=f"import hashlib\nimport io\n\n\ndef f(path, g):\n    {body}\n", function="f", focus_line="read", why=why
    )
    for body, why in (
        ("with open(path) as a: return hashlib.md5(a.read())", "a text file: it raises"),
        ("return hashlib.md5(g.read())", "what is read is not known"),
        ("a = io.BytesIO(b''); a.read(1); return hashlib.md5(a.read())", "file_digest hashes all of a file in memory"),
        ("with open(path, 'rb') as a: return g.md5(a.read())", "the hash is not known"),
        ("with open(path, 'rb') as a: return hashlib.md5(a.read(10))", "a part is hashed"),
        ("with open(path, 'rb') as a: return hashlib.md5(a.read(), usedforsecurity=False)", "options would be lost"),
        ("with open(path, 'rb') as a: g.update(a.read())", "what is updated is not known"),
    )
]
INVALID.append(
    Example(
        before="import hashlib\n\n\ndef f(path):\n    with open(path, 'rb') as a: return hashlib.md5(a.read())\n",
        function="f",
        focus_line="read",
        requires_python=(3, 9),
        why="file_digest came with Python 3.11",
    )
)
INVALID += [
    Example(
        before="""\
import hashlib
import io


def f(file: io.BytesIO):
    file.seek(4)
    return hashlib.sha256(file.read()).hexdigest()
""",
        function="f",
        focus_line="read()",
        why="file_digest() hashes a file in memory from its beginning",
    ),
    Example(
        before="""\
import hashlib
from typing import BinaryIO


def f(file: BinaryIO):
    return hashlib.sha256(file.read()).hexdigest()
""",
        function="f",
        focus_line="read()",
        why="the argument may be a file in memory",
    ),
    Example(
        before="""\
import hashlib
import io


def f(path, data):
    if data:
        file = io.BytesIO(data)
    else:
        file = open(path, "rb")
    file.read(4)
    return hashlib.sha256(file.read()).hexdigest()
""",
        function="f",
        focus_line="sha256",
        why="one of the two files is in memory",
    ),
]
