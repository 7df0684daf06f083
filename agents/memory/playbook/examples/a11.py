"""The examples of A11: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_BUILD = """\
def build(n):
    rows = [[i] * 50 for i in range(n)]
    sums = []
    for row in rows:
        total = sum(row)
        sums.append(total / 2)
    return sums, len(sums)
"""

_PAIRS = """\
def build(n):
    found = list(range(n))
    rows = [(i, str(i)) for i in found]
    names = []
    # Each by its number.
    for number, name in rows:
        if number % 2:
            name = name * 3
        names.append(f"{number}:{name}")
    names.sort()
    return names
"""

_RAISES = """\
class Maker:
    def build(self, n):
        rows = [i - 2 for i in range(n)]
        if rows:
            out = []
            for row in rows:
                out.append(1 / row)
            print(len(out))
            return out
        return None


def build(n):
    return Maker().build(n)
"""


def _example(
    before: str, after: str | None = None, why: str = "", function: str = "build", refcount: int = 2
) -> Example:
    return Example(
        before=before,
        after=after,
        function=function,
        peak_line=" in ",
        holding="rows",
        holding_element="list",
        refcounts={"rows": refcount},
        call="build(0), build(1), build(5)" if after else "",
        why=why,
    )


def _invalid(why: str, old: str, new: str) -> Example:
    assert old in _BUILD
    return _example(_BUILD.replace(old, new), None, why)


VALID: list[Example] = [
    _example(
        _BUILD,
        _BUILD.replace("    sums = []\n", "")
        .replace("for row in rows", "for index, row in enumerate(rows)")
        .replace("sums.append(total / 2)\n", "rows[index] = total / 2\n    sums = rows\n"),
    ),
    _example(
        _PAIRS,
        _PAIRS.replace("    names = []\n", "")
        .replace("for number, name in rows", "for index, (number, name) in enumerate(rows)")
        .replace('names.append(f"{number}:{name}")\n', 'rows[index] = f"{number}:{name}"\n    names = rows\n'),
    ),
    _example(
        _RAISES,
        _RAISES.replace("            out = []\n", "")
        .replace("for row in rows", "for index, row in enumerate(rows)")
        .replace("out.append(1 / row)\n", "rows[index] = 1 / row\n            out = rows\n"),
        function="Maker.build",
    ),
]

INVALID: list[Example] = [
    _invalid(
        "not each pass appends", "        sums.append", "        if total:\n            continue\n        sums.append"
    ),
    _invalid(
        "a pass may end the loop", "        sums.append", "        if total:\n            break\n        sums.append"
    ),
    _invalid("the list does not begin empty", "sums = []", "sums = [0]"),
    _invalid("the input is read afterwards", "return sums", "return rows, sums"),
    _invalid("the input is handed to somebody", "    sums = []", "    print(rows)\n    keep(rows)\n    sums = []"),
    _invalid(
        "it is the caller's list", "def build(n):\n    rows = [[i] * 50 for i in range(n)]", "def build(n, rows):"
    ),
    _invalid("other positions are read in the loop", "total = sum(row)", "total = sum(row) + len(rows)"),
    _invalid("the output is read in the loop", "total = sum(row)", "total = sum(row) + len(sums)"),
    _invalid("it is an iterator", "[[i] * 50 for i in range(n)]", "([i] * 50 for i in range(n))"),
    _invalid("a closure reads it", "    return sums", "    later = lambda: rows\n    return sums"),
    _invalid("names may be read from the frame", "    return sums", "    print(locals())\n    return sums"),
    _invalid(
        "a finalizer would run earlier", "def build", "class A:\n    def __del__(self):\n        pass\n\n\ndef build"
    ),
    _invalid("enumerate is something else here", "def build", "enumerate = zip\n\n\ndef build"),
    _invalid(
        "what an exception leaves may be read",
        "    for row in rows:\n        total = sum(row)\n        sums.append(total / 2)\n",
        "    try:\n        sums = []\n        for row in rows:\n            sums.append(1 / row)\n"
        "    except TypeError:\n        pass\n",
    ),
    _invalid("the loop has an else", "    return sums", "    else:\n        print(1)\n    return sums"),
    _example(_BUILD, None, "somebody else holds the list too", refcount=3),
]
