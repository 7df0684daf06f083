"""The examples of B06: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_SPLIT = '''\
def _split_lines(lines):
    """The pieces between the line ends of `lines`, as str.split("\\n") gives them."""
    ended = True
    for line in lines:
        ended = line.endswith("\\n")
        yield line[:-1] if ended else line
    if ended:
        yield ""


'''

_SPLIT_BYTES = '''\
def _split_byte_lines(lines):
    """The pieces between the line ends of `lines`, as bytes.split(b"\\n") gives them."""
    ended = True
    for line in lines:
        ended = line.endswith(b"\\n")
        yield line[:-1] if ended else line
    if ended:
        yield b""


'''

VALID: list[Example] = [
    Example(
        before="""\
import io


def f(text):
    total = 0
    with io.StringIO(text) as file:
        for line in file.read().splitlines():
            total = total * 7 + len(line)
    return total
""",
        after="""\
import io


def f(text):
    total = 0
    with io.StringIO(text) as file:
        for line in (line for chunk in file for line in chunk.splitlines()):
            total = total * 7 + len(line)
    return total
""",
        function="f",
        focus_line="for line in",
        call="[f(t) for t in ('', 'a', 'a\\n', 'a\\n\\nb', 'a\\x0bb\\r\\nc\\rd\\x85', '\\n\\n')]",
    ),
    Example(
        before="""\
import json
from pathlib import Path


def f(path):
    with Path(path).open(encoding="utf-8") as file:
        return sum(json.loads(row)["n"] for row in file.read().splitlines() if row)
""",
        after="""\
import json
from pathlib import Path


def f(path):
    with Path(path).open(encoding="utf-8") as file:
        return sum(json.loads(row)["n"] for chunk in file for row in chunk.splitlines() if row)
""",
        function="f",
        focus_line="json.loads",
        call="f('/dev/null')",
    ),
    Example(
        before="""\
import io


class Rows:
    def __init__(self, data):
        self.data = data

    def __iter__(self):
        chunk = 0
        with io.BytesIO(self.data) as file:
            rows = (row.split(b",") for row in file.read().splitlines())
            for row in numbered(rows):
                yield row, chunk


def numbered(rows):
    it = iter(rows)
    for n, row in enumerate(it):
        yield n, row
""",
        after="""\
import io


class Rows:
    def __init__(self, data):
        self.data = data

    def __iter__(self):
        chunk = 0
        with io.BytesIO(self.data) as file:
            rows = (row.split(b",") for chunk_2 in file for row in chunk_2.splitlines())
            for row in numbered(rows):
                yield row, chunk


def numbered(rows):
    it = iter(rows)
    for n, row in enumerate(it):
        yield n, row
""",
        function="Rows.__iter__",
        focus_line="row.split",
        call="list(Rows(b'a,b\\r\\nc\\rd\\n\\n')), list(Rows(b''))",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as file:
        lines = file.read().splitlines()
    return lines[-1:], len(lines)
""",
        after="""\
def f(path):
    with open(path) as file:
        lines = [line for chunk in file for line in chunk.splitlines()]
    return lines[-1:], len(lines)
""",
        function="f",
        focus_line="lines = ",
        call="f('/dev/null')",
    ),
    Example(
        before="""\
import io


def f(text):
    file = io.StringIO(text)
    names = set(file.read().lower().splitlines())
    return sorted(names)
""",
        after="""\
import io


def f(text):
    file = io.StringIO(text)
    names = set(line for chunk in file for line in chunk.lower().splitlines())
    return sorted(names)
""",
        function="f",
        focus_line="names = ",
        call="f('B\\nA\\nb'), f('')",
    ),
    Example(
        before="""\
import io


@staticmethod
def f(text):
    file = io.StringIO(text)
    return [len(line) for line in file.read().split("\\n")]
""",
        after=f"""\
import io


{_SPLIT}@staticmethod
def f(text):
    file = io.StringIO(text)
    return [len(line) for line in _split_lines(file)]
""",
        function="f",
        focus_line="len(line) for",
        call="[f(t) for t in ('', 'a', 'a\\n', 'a\\n\\nb', 'a\\x0bb\\r\\nc\\rd\\x85', '\\n\\n')]",
    ),
    Example(
        before="""\
import io


def f(data):
    file = io.BytesIO(data)
    lines = file.read().split(b"\\n")
    return lines[0], lines[-1]
""",
        after=f"""\
import io


{_SPLIT_BYTES}def f(data):
    file = io.BytesIO(data)
    lines = list(_split_byte_lines(file))
    return lines[0], lines[-1]
""",
        function="f",
        focus_line="lines = ",
        call="[f(t) for t in (b'', b'a', b'a\\n', b'a\\n\\nb', b'\\n\\n')]",
    ),
]

INVALID: list[Example] = [
    Example(
        before="""\
def f(file):
    return [line for line in file.read().splitlines()]
""",
        function="f",
        focus_line="file.read()",
        why="nothing says what the argument is: something with a read() need not give lines",
    ),
    Example(
        before="""\
def f(path):
    with open(path, newline="\\r") as file:
        return [line for line in file.read().splitlines()]
""",
        function="f",
        focus_line="file.read()",
        why="a line that ends with \\r cuts a \\r\\n in two",
    ),
    Example(
        before="""\
def f(path, newline):
    with open(path, newline=newline) as file:
        return [line for line in file.read().splitlines()]
""",
        function="f",
        focus_line="file.read()",
        why="how lines end is not known",
    ),
    Example(
        before="""\
def f(path, n):
    with open(path) as file:
        return [line for line in file.read(n).splitlines()]
""",
        function="f",
        focus_line="file.read(n)",
        why="a part of the file is read",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as file:
        return [line for line in file.read().strip().splitlines()]
""",
        function="f",
        focus_line="file.read()",
        why="strip() looks at the ends of the whole",
    ),
    Example(
        before="""\
def f(path):
    with open(path) as file:
        return [line for line in file.read().replace("\\n\\n", "\\n").splitlines()]
""",
        function="f",
        focus_line="file.read()",
        why="what is replaced may stretch over two lines",
    ),
    Example(
        before="""\
def f(path):
    with open(path, newline="") as file:
        return [line for line in file.read().split("\\n")]
""",
        function="f",
        focus_line="file.read()",
        why="a line may end with a lone \\r, where split() does not cut",
    ),
    Example(
        before="""\
def open(path):
    return path


def f(path):
    with open(path) as file:
        return [line for line in file.read().splitlines()]
""",
        function="f",
        focus_line="file.read()",
        why="open is not the builtin",
    ),
    Example(
        before="""\
def f(path):
    file = open(path)
    file = other(file)
    return [line for line in file.read().splitlines()]


def other(file):
    return file
""",
        function="f",
        focus_line="file.read()",
        why="the name is bound to something that is not known as well",
    ),
    Example(
        before="""\
def f(path):
    with open(path, "rb") as file:
        return [line for line in file.read().decode("utf-16").splitlines()]
""",
        function="f",
        focus_line="file.read()",
        why="a byte 0x0A is not always a line break in UTF-16; and B28 is for what is decoded",
    ),
    Example(
        before="""\
TABLE = str.maketrans("a", "b")
TABLE[10] = " "


def f(path):
    with open(path) as file:
        return set(file.read().translate(TABLE).splitlines())
""",
        function="f",
        focus_line="read()",
        why="the table says something of line breaks since",
    ),
    Example(
        before="""\
TABLE = str.maketrans("a", "b")


def g():
    TABLE.update({10: None})


def f(path):
    with open(path) as file:
        return set(file.read().translate(TABLE).splitlines())
""",
        function="f",
        focus_line="read()",
        why="another function changes the table",
    ),
]
