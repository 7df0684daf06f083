"""The examples of B22: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TEXTS = "('', 'a', 'a\\n', '\\n', '\\n\\na', 'a\\r\\nb\\x0bc\\rd\\x85e\\u2028f\\n')"

VALID: list[Example] = [
    Example(
        before="""\
import re


def f(text):
    total = 0
    for line in text.split("\\n"):
        total = total * 7 + len(line)
    return total, re.__name__
""",
        after="""\
import re


def f(text):
    total = 0
    for line in (match.group() for match in re.finditer("(?m)^.*", text)):
        total = total * 7 + len(line)
    return total, re.__name__
""",
        function="f",
        focus_line="for line",
        call=f"[f(t) for t in {_TEXTS}]",
    ),
    Example(
        before="""\
def f(text):
    return [line for line in str(text).split("\\n") if line]
""",
        after="""\
import re


def f(text):
    return [line for line in (match.group() for match in re.finditer("(?m)^.*", str(text))) if line]
""",
        function="f",
        focus_line="return [",
        call=f"[f(t) for t in {_TEXTS}]",
    ),
    Example(
        before="""\
from re import finditer


def f(text):
    lines = f"{text}".split("\\n")
    return dict(enumerate(lines)), finditer
""",
        after="""\
from re import finditer


def f(text):
    lines = (match.group() for match in finditer("(?m)^.*", f"{text}"))
    return dict(enumerate(lines)), finditer
""",
        function="f",
        focus_line="lines = ",
        call=f"[f(t)[0] for t in {_TEXTS}]",
    ),
]

_CUT = r're.finditer(r"(?s)(?!\Z)([^\n\r\v\f\x1c-\x1e\x85\u2028\u2029]*)(?:\r\n|.)?", '
_ENDED = (
    r"('', 'a', 'a\n', '\n', '\n\na', 'a\r\nb\r\n', '\r\r\n', '\n\r', 'a\x0bb\x0c\x0cc', '\x1c\x1da\x1e', "
    r"'a\x1fb\x85', '\u2028\u2029', 'a\u2028\r', '\u2027\u202a\x84', '\xe4\x00\x86\x85', '\x0a\x0d\x0a')"
)


def _ended(body: str, after: str, call: str = f"[f(t) for t in {_ENDED}]", seen: str = "") -> Example:
    return Example(
        before=f"import re\n\n\ndef f(text):\n    {body}\n",
        after=f"import re\n\n\ndef f(text):\n    {after}\n",
        function="f",
        focus_line="return",
        holdings=({"name": "text", "type": seen},) if seen else (),
        call=call,
    )


VALID += [
    _ended(
        "return [line for line in str(text).splitlines()]",
        f"return [line for line in (match.group(1) for match in {_CUT}str(text)))]",
    ),
    _ended(
        "return [line + '.' for line in text.splitlines(True)]",
        f"return [line + '.' for line in (match.group() for match in {_CUT}text))]",
        seen="str",
    ),
    _ended(
        "return dict(enumerate(f'{text}'.splitlines(keepends=False)))",
        f"return dict(enumerate(match.group(1) for match in {_CUT}f'{{text}}')))",
    ),
]

INVALID: list[Example] = [
    Example(before=f"def f(text):\n    return {body}\n", function="f", focus_line="return", why=why)
    for body, why in (
        ('text.split("\\n")', "the list is returned"),
        ('[x for x in text.split("\\r")]', "it is not cut at \\n"),
        ('[x for x in text.split("\\n", 1)]', "it is cut once"),
        ('text.split("\\n")[0]', "the list is indexed"),
        ('[x for x in text.split(b"\\n")]', "bytes are cut"),
        ('len(text.split("\\n"))', "the list is measured"),
    )
]
INVALID.append(
    Example(
        before='re = None\n\n\ndef f(text):\n    return [x for x in text.split("\\n")]\n',
        function="f",
        focus_line="return",
        why="the name re means something else here",
    )
)
INVALID += [
    Example(
        before="""\
def f(text):
    try:
        for line in text.split("\\n"):
            print(line)
    except AttributeError:
        print("no text")
""",
        function="f",
        focus_line="split",
        why="the handler is there for what is no str",
    ),
    Example(
        before="""\
import os


def f():
    for part in os.path.split("\\n"):
        print(part)
""",
        function="f",
        focus_line="split",
        why="it is a function of a module",
    ),
    Example(
        before="""\
import re

COMMA = re.compile(",")


def f():
    for part in COMMA.split("\\n"):
        print(part)
""",
        function="f",
        focus_line='split("',
        why="the text is what is split",
    ),
    Example(
        before="""\
def f(series):
    for parts in series.str.split("\\n"):
        print(parts)
""",
        function="f",
        focus_line="split",
        why="it is the str accessor of pandas",
    ),
    Example(
        before="""\
class Text(str):
    def split(self, sep):
        return [Text(part) for part in str.split(self, sep)]


def f(text):
    for line in text.split("\\n"):
        print(type(line))
""",
        function="f",
        focus_line="text.split",
        why="a class of the tree has a split() of its own",
    ),
]
INVALID += [
    Example(before=f"def f(text):\n    return {body}\n", function="f", focus_line="return", holdings=held, why=why)
    for body, held, why in (
        ("[x for x in text.splitlines()]", (), "it may be bytes, which end lines at other characters"),
        ("[x for x in text.splitlines()]", ({"name": "text", "type": "bytes"},), "it was seen to be bytes"),
        ("[x for x in text.splitlines()]", ({"name": "text", "type": "example.Text"},), "a class of its own was seen"),
        ("[x for x in text.encode().splitlines()]", (), "it is bytes"),
        ("[x for x in str(text).splitlines(text)]", (), "not known whether the ends are kept"),
        ("str(text).splitlines()[0]", (), "the list is indexed"),
        ("' '.join(str(text).splitlines())", (), "join() makes a list of them anyway"),
    )
]
