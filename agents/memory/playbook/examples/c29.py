"""The examples of C29: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_HELPER = '''\
def _code_points(text):
    """The code points of `text`: one byte each where it is ASCII, else four."""
    if type(text) is str and text.isascii():
        return text.encode()
    return array("I", map(ord, text))


'''

VALID: list[Example] = [
    Example(
        before="""\
def spaces(text):
    codes = tuple(ord(c) for c in text)
    found = [i for i in range(len(codes)) if codes[i] == 0x20]
    return found, max(codes) if codes else None, sum(codes)
""",
        after="""\
from array import array


"""
        + _HELPER
        + """\
def spaces(text):
    codes = _code_points(text)
    found = [i for i in range(len(codes)) if codes[i] == 0x20]
    return found, max(codes) if codes else None, sum(codes)
""",
        function="spaces",
        focus_line="codes = ",
        call="[spaces(text) for text in ('', 'a b', 'ä b', '\\U0001f600 \\ud800', ['a', ' '], 'x\\x7f\\x80')]",
    ),
    Example(
        before='''\
"""Text."""

from __future__ import annotations

import re

from collections.abc import Callable


# A state.
class State:
    codes: tuple[int, ...]

    def __init__(self, text, codes=None):
        if codes is not None:
            self.text = text
            self.codes = codes
        else:
            self.text = text
            self.codes = [ord(char) for char in self.text]

    def inner(self):
        return State(self.text, self.codes)


def walk(state):
    return [(i, state.codes[i - 1]) for i, code in enumerate(state.codes) if code != 0x41]
''',
        after='''\
"""Text."""

from __future__ import annotations

import re
from array import array

from collections.abc import Callable


'''
        + _HELPER
        + """\
# A state.
class State:
    codes: tuple[int, ...]

    def __init__(self, text, codes=None):
        if codes is not None:
            self.text = text
            self.codes = codes
        else:
            self.text = text
            self.codes = _code_points(self.text)

    def inner(self):
        return State(self.text, self.codes)


def walk(state):
    return [(i, state.codes[i - 1]) for i, code in enumerate(state.codes) if code != 0x41]
""",
        function="State",
        class_name="State",
        attribute="codes",
        call="walk(State('ABC').inner()), walk(State('AÄ\\u4e00'))",
    ),
    Example(
        before="""\
from collections import Counter

def common(text):
    points = list(map(ord, text))
    counts = Counter()
    for point in points:
        counts[point] += 1
    return counts.most_common(2), next(iter(points), None)
""",
        after="""\
from array import array
from collections import Counter


"""
        + _HELPER
        + """\
def common(text):
    points = _code_points(text)
    counts = Counter()
    for point in points:
        counts[point] += 1
    return counts.most_common(2), next(iter(points), None)
""",
        function="common",
        holding="points",
        call="common('aab'), common('ééa'), common('')",
    ),
    Example(
        before="from array import array\n\n\n"
        + _HELPER
        + """\
def first(text):
    codes = _code_points(text)
    return codes[0]


def last(text):
    codes = [ord(c) for c in text]
    return codes[-1]
""",
        after="from array import array\n\n\n"
        + _HELPER
        + """\
def first(text):
    codes = _code_points(text)
    return codes[0]


def last(text):
    codes = _code_points(text)
    return codes[-1]
""",
        function="last",
        holding="codes",
        call="first('ab') + last('aé')",
    ),
]

INVALID: list[Example] = [
    Example(
        before="""\
def f(text):
    codes = tuple(ord(c) for c in text if c)
    return codes[0]
""",
        function="f",
        focus_line="codes =",
        why="some elements are left out",
    ),
    Example(
        before="""\
def f(text):
    codes = tuple(ord(c) for c in text)
    return codes
""",
        function="f",
        focus_line="codes =",
        why="the tuple is returned",
    ),
    Example(
        before="""\
def f(text):
    codes = tuple(ord(c) for c in text)
    return codes[1:]
""",
        function="f",
        focus_line="codes =",
        why="a slice shows its type",
    ),
    Example(
        before="""\
def f(text, code):
    codes = tuple(ord(c) for c in text)
    return code in codes
""",
        function="f",
        focus_line="codes =",
        why="`300 in b''` raises ValueError",
    ),
    Example(
        before="""\
def f(text):
    codes = tuple(ord(c) for c in text)
    return codes == (65,)
""",
        function="f",
        focus_line="codes =",
        why="bytes equal no tuple",
    ),
    Example(
        before="""\
def f(text):
    codes = [ord(c) for c in text]
    codes.append(300)
    return codes[0]
""",
        function="f",
        focus_line="codes =",
        why="the list is changed",
    ),
    Example(
        before="""\
def f(text):
    codes = [ord(c) for c in text]
    return bytes(codes)
""",
        function="f",
        focus_line="codes =",
        why="bytes() of an array copies its memory",
    ),
    Example(
        before="""\
def ord(c):
    return 2.5

def f(text):
    codes = tuple(ord(c) for c in text)
    return codes[0]
""",
        function="f",
        focus_line="codes =",
        why="ord is another function",
    ),
    Example(
        before="""\
array = 5

def f(text):
    codes = tuple(ord(c) for c in text)
    return codes[0] + array
""",
        function="f",
        focus_line="codes =",
        why="the name that the edit brings in is taken",
    ),
    Example(
        before="""\
def f(text):
    codes = tuple(ord(c) for c in text)
    return {codes: 1}
""",
        function="f",
        focus_line="codes =",
        why="an array cannot be hashed",
    ),
    Example(
        before="""\
def f(text):
    codes = tuple(ord(c) for c in text)
    return locals()
""",
        function="f",
        focus_line="codes =",
        why="locals() shows the tuple",
    ),
    Example(
        before="""\
class State:
    def __init__(self, text):
        self.codes = tuple(ord(c) for c in text)

def read(state, name='codes'):
    return getattr(state, name)
""",
        function="State.__init__",
        focus_line="self.codes",
        why="the attribute is reached by its name as text",
    ),
]
