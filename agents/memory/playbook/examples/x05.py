"""The examples of X05: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
def f(n):
    out = []
    for i in range(n):
        out.append(str(i))
        if i % 3:
            out.append(f"-{i}\\r\\n")
    return len("".join(out))
""",
        after="""\
import io


def f(n):
    out = io.StringIO()
    for i in range(n):
        out.write(str(i))
        if i % 3:
            out.write(f"-{i}\\r\\n")
    return len(out.getvalue())
""",
        function="f",
        focus_line="str(i)",
        call="f(0), f(1), f(50)",
    ),
    Example(
        before="""\
from io import StringIO


def f(words):
    texts = []
    parts: list[str] = []
    for word in words:
        parts.append(word)  # as it is
        texts.append("".join(parts))
    return texts, StringIO
""",
        after="""\
from io import StringIO


def f(words):
    texts = []
    parts = StringIO()
    for word in words:
        parts.write(word)  # as it is
        texts.append(parts.getvalue())
    return texts, StringIO
""",
        function="f",
        focus_line="# as it is",
        call="f([])[0], f(['a', '', 'ä\\n\\ud800'])[0]",
    ),
    Example(
        before="""\
def f(words):
    parts = []
    for word in words:
        parts.append(word.strip())
    return "".join(parts)
""",
        after="""\
import io


def f(words):
    parts = io.StringIO()
    for word in words:
        parts.write(word.strip())
    return parts.getvalue()
""",
        function="f",
        focus_line="word.strip()",
        call="f([]), f([' a', 'b '])",
    ),
]

INVALID: list[Example] = [
    Example(before=f"def f(xs, g):\n    out = []\n{body}\n", function="f", focus_line="append", why=why)
    for body, why in (
        ('    for x in xs: out.append(str(x))\n    return "\\n".join(out)', "there is something between the parts"),
        ('    for x in xs: out.append(str(x))\n    return "".join(out), len(out)', "the parts are counted"),
        ('    for x in xs: out.append(str(x))\n    return "".join(out), out', "the list is returned"),
        ('    for x in xs: out.append(str(x))\n    g(out)\n    return "".join(out)', "the list is handed on"),
        ('    for x in xs: out.append(str(x))\n    if out: return "".join(out)', "its truth is tested"),
        ('    for x in xs: out.append(str(x))\n    out.reverse()\n    return "".join(out)', "the order changes"),
        ('    g(lambda: out)\n    for x in xs: out.append(str(x))\n    return "".join(out)', "a lambda holds it"),
        ('    for x in xs: out.append(str(x))\n    out = out[1:]\n    return "".join(out)', "it is bound twice"),
        ("    for x in xs: out.append(str(x))\n    return None", "nothing is joined"),
    )
]
INVALID += [
    Example(
        before="""\
def f(xs):
    parts = []
    for x in xs:
        try:
            parts.append(x)
        except TypeError:
            parts.append("?")
    return "".join(parts)
""",
        function="f",
        focus_line="append(x)",
        why="write() would raise what the handler catches",
    ),
]
