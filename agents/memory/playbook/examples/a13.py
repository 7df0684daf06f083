"""The examples of A13: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_KEYS = """\
import re

RX = re.compile(r"k=(\\d+)(x)?")


def keys(texts):
    found = []
    for text in texts:
        found.append(RX.search(text))
    print(len(found))
    return [m.group(1) for m in found if m.group(1) != "7"]
"""

_WHOLE = """\
import re


def words(texts):
    found = [re.match("[a-z]+", text) for text in texts]
    total = 0
    for m in found:
        if m[0]:
            total += len(m.group())
    return total
"""


def _valid(before: str, after: str, call: str, function: str) -> Example:
    return Example(
        before=before, after=after, function=function, holding="found", holding_element="re.Match", call=call,
        peak_line="found",
    )  # fmt: skip


def _invalid(why: str, old: str = "RX", new: str = "RX", element: str = "re.Match") -> Example:
    assert old in _KEYS
    return Example(
        before=_KEYS.replace(old, new), function="keys", holding="found", holding_element=element, why=why,
        peak_line="found",
    )  # fmt: skip


VALID: list[Example] = [
    _valid(
        _KEYS,
        _KEYS.replace("search(text)", "search(text).group(1)").replace(
            '[m.group(1) for m in found if m.group(1) != "7"]', '[m for m in found if m != "7"]'
        ),
        "keys(['a k=1', 'k=7x', 'k=23 k=4'])",
        "keys",
    ),
    _valid(
        _WHOLE,
        _WHOLE.replace("text) for", "text)[0] for").replace("m[0]", "m").replace("m.group()", "m"),
        "words(['ab1', 'x', 'yz '])",
        "words",
    ),
    _valid(
        _KEYS.replace("m.group(1)", "m[2]"),
        _KEYS.replace("search(text)", "search(text)[2]").replace(
            '[m.group(1) for m in found if m.group(1) != "7"]', '[m for m in found if m != "7"]'
        ),
        "keys(['a k=1', 'k=7x', 'k=23 k=4'])",
        "keys",
    ),
]

INVALID: list[Example] = [
    _invalid("the census saw no matches", element="str"),
    _invalid("where it was found is asked for", "if m.group(1)", "if m.start(1)"),
    _invalid("two groups are read", "if m.group(1)", "if m.group(2)"),
    _invalid("a match is tested: some may be None", 'if m.group(1) != "7"', "if m"),
    _invalid("the matches are given out", "return [", "return found, ["),
    _invalid("an element is read by its place", "print(len(found))", "print(found[0].span())"),
    _invalid("a match is kept elsewhere", "[m.group(1)", "[(m, m.group(1))"),
    _invalid("which object it is, is asked", 'if m.group(1) != "7"', "if m.group(1) is not texts[0]"),
    _invalid("something else is in the list", "    print(", "    found.append(texts[0])\n    print("),
    _invalid("an exception of a text without a match would be caught", "        found.append(RX.search(text))\n",
             "        try:\n            found.append(RX.search(text))\n        except AttributeError:\n"
             "            pass\n"),
    _invalid("others run before the groups are read", "    print(", "    yield\n    print("),
    _invalid("a closure reads the list later", "    print(len(found))", "    print(lambda: len(found))"),
    _invalid("locals() shows the list", "    print(len(found))", "    print(locals())"),
    _invalid("it is bound twice", "    print(", "    found = found or []\n    print("),
    _invalid("a name of the loop is read after it", "    return [m.group(1) for m in found",
             "    for m in found:\n        print(m.group(1))\n    print(m.group(1))\n    return [m for m in texts"),
]  # fmt: skip
