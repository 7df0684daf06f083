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
