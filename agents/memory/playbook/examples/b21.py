"""The examples of B21: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TEXTS = "('', 'ab12', 'a1b22c', 'x\\ny 3', '11')"

VALID: list[Example] = [
    Example(
        before="""\
import re


def f(text):
    total = 0
    for word in re.findall(r"[a-z]*", text):
        total = total * 3 + len(word)
    return total
""",
        after="""\
import re


def f(text):
    total = 0
    for word in (match.group() for match in re.finditer(r"[a-z]*", text)):
        total = total * 3 + len(word)
    return total
""",
        function="f",
        focus_line="for word",
        call=f"[f(t) for t in {_TEXTS}]",
    ),
    Example(
        before="""\
import re

NUMBER = re.compile(r"([a-z])?(\\d)", re.IGNORECASE | re.ASCII)


def f(text):
    return sum(int(digit) for letter, digit in NUMBER.findall(text) if letter != "b")
""",
        after="""\
import re

NUMBER = re.compile(r"([a-z])?(\\d)", re.IGNORECASE | re.ASCII)


def f(text):
    return sum(int(digit) for letter, digit in (match.groups("") for match in NUMBER.finditer(text)) if letter != "b")
""",
        function="f",
        focus_line="return sum",
        call=f"[f(t) for t in {_TEXTS}]",
    ),
    Example(
        before="""\
import re


def f(text):
    letters = re.findall(r"\\d|([a-z])", text)
    return sorted(letters)
""",
        after="""\
import re


def f(text):
    letters = (match.group(1) or "" for match in re.finditer(r"\\d|([a-z])", text))
    return sorted(letters)
""",
        function="f",
        focus_line="letters = ",
        call=f"[f(t) for t in {_TEXTS}]",
    ),
    Example(
        before="""\
import re


def f(text):
    return set(re.findall("a|1", text))
""",
        after="""\
import re


def f(text):
    return set(match.group() for match in re.finditer("a|1", text))
""",
        function="f",
        focus_line="return set",
        call=f"[sorted(f(t)) for t in {_TEXTS}], f(None)",
    ),
]

INVALID: list[Example] = [
    Example(
        before=before,
        function="f",
        focus_line="findall",
        why=why,
    )
    for before, why in (
        ("import re\n\n\ndef f(p, s):\n    return set(re.findall(p, s))\n", "the groups of the pattern are not known"),
        ("import re\n\n\ndef f(s):\n    return set(re.findall(b'a', s))\n", "a bytearray may change meanwhile"),
        ("import re\n\n\ndef f(s):\n    return re.findall('a', s)\n", "the list is returned"),
        ("import re\n\n\ndef f(s):\n    x = re.findall('a', s)\n    return len(x), set(x)\n", "the list is measured"),
        ("def f(tree):\n    return {e.tag for e in tree.findall('a')}\n", "it is the findall() of a tree"),
        ("import re\n\n\ndef f(s):\n    return set(re.findall('(', s))\n", "the pattern is no pattern"),
        ("import re\n\n\ndef f(s, n):\n    return set(re.findall('(a) # (b)', s, n))\n", "the flags are not known"),
    )
]
