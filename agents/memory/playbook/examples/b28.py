"""The examples of B28: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_DATA = "(b'', b'a', b'a\\n', b'a\\r\\nb\\rc\\n\\n', 'ä\\x85ö\\u2028\\nß'.encode(), b'a\\n\\xe4\\n', b'\\xff')"

VALID: list[Example] = [
    Example(
        before="""\
import gzip
import io


def f(data):
    total = 0
    with gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data))) as file:
        for line in file.read().decode().splitlines():
            total = total * 7 + len(line)
    return total
""",
        after="""\
import gzip
import io


def f(data):
    total = 0
    with gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data))) as file:
        for line in (line for chunk in file for line in chunk.decode().splitlines()):
            total = total * 7 + len(line)
    return total
""",
        function="f",
        focus_line="for line",
        call=f"[f(t) for t in {_DATA}[:-2]]",
    ),
    Example(
        before="""\
import io


def f(data):
    with io.BytesIO(data) as file:
        return [line.upper() for line in file.read().decode('utf-8', errors='replace').splitlines()]
""",
        after="""\
import io


def f(data):
    with io.BytesIO(data) as file:
        return [line.upper() for chunk in file for line in chunk.decode('utf-8', errors='replace').splitlines()]
""",
        function="f",
        focus_line="line.upper()",
        call=f"[f(t) for t in {_DATA}]",
    ),
    Example(
        before="""\
import zipfile


def f(path, name):
    with zipfile.ZipFile(path) as archive, archive.open(name) as member:
        lines = member.read().decode("latin-1").split("\\n")
    return lines
""",
        after='''\
import zipfile


def _split_lines(lines):
    """The pieces between the line ends of `lines`, as str.split("\\n") gives them."""
    ended = True
    for line in lines:
        ended = line.endswith("\\n")
        yield line[:-1] if ended else line
    if ended:
        yield ""


def f(path, name):
    with zipfile.ZipFile(path) as archive, archive.open(name) as member:
        lines = list(_split_lines(line.decode('latin-1') for line in member))
    return lines
''',
        function="f",
        focus_line="    lines = ",
        call="f('/dev/null', 'x')",
    ),
]

INVALID: list[Example] = [
    Example(
        before=f"""\
def f(path):
    with open(path, "rb") as file:
        return [line for line in {read}.splitlines()]
""",
        function="f",
        focus_line="splitlines",
        why=why,
    )
    for read, why in (
        ("file.read().decode('utf-16')", "the byte 0x0A is no line break in UTF-16"),
        ("file.read().decode('utf-8-sig')", "a mark is taken off at the beginning alone"),
        ("file.read().decode('utf-7')", "the encoding keeps a state over lines"),
        ("file.read().decode(errors='surrogateescape2')", "the error handler is not known"),
        ("file.read().decode(encoding())", "the encoding is not known"),
    )
]
INVALID.append(
    Example(
        before="""\
def f(path):
    with open(path) as file:
        return [line for line in file.read().decode().splitlines()]
""",
        function="f",
        focus_line="splitlines",
        why="the file gives text: decode() raises",
    )
)
