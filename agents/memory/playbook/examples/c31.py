"""The examples of C31: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _invalid(line: str, why: str, *, before: str = "", after: str = "return x") -> Example:
    """An INVALID example: a function of `p` and `q` with this line."""
    return Example(
        before=f"import itertools\n{before}\n\n\ndef pick(p, q):\n    {line}\n    {after}\n",
        function="pick",
        focus_line=line,
        why=why,
    )


VALID: list[Example] = [
    Example(
        before="""\
import itertools


def key(parts):
    short = tuple(reversed(list(itertools.dropwhile(lambda x: x == 0, reversed(parts)))))
    return len(parts), short


def run():
    return [key(p) for p in [(1, 0), (1, 2), (), (0, 0.0), (False, True), [1, 2], (float("nan"),)]]
""",
        after="""\
import itertools


def key(parts):
    short = tuple(reversed(list(itertools.dropwhile(lambda x: x == 0, reversed(parts)))))
    if type(parts) is tuple and len(parts) == len(short) and all(a is b for a, b in zip(parts, short)):
        short = parts
    return len(parts), short


def run():
    return [key(p) for p in [(1, 0), (1, 2), (), (0, 0.0), (False, True), [1, 2], (float("nan"),)]]
""",
        function="key",
        focus_line="short = tuple",
        call="run()",
    ),
    Example(
        before="""\
def wanted(names, taken):
    found = tuple(name for name in names if name not in taken)
    return found


def run():
    return wanted(("a", "b"), ("c",)), wanted(iter("ab"), "b"), wanted(("x", "x"), "x")
""",
        after="""\
def wanted(names, taken):
    found = tuple(name for name in names if name not in taken)
    if type(names) is tuple and len(names) == len(found) and all(a is b for a, b in zip(names, found)):
        found = names
    return found


def run():
    return wanted(("a", "b"), ("c",)), wanted(iter("ab"), "b"), wanted(("x", "x"), "x")
""",
        function="wanted",
        focus_line="found = tuple",
        call="run()",
    ),
    Example(
        before="""\
class Row:
    def __init__(self, cells):
        cells = cells or ()
        if cells:
            kept = tuple(filter(None, cells[:2])); self.kept = kept
        else:
            kept = tuple(sorted(cells))
            self.kept = kept
""",
        after="""\
class Row:
    def __init__(self, cells):
        cells = cells or ()
        if cells:
            kept = tuple(filter(None, cells[:2])); self.kept = kept
        else:
            kept = tuple(sorted(cells))
            if type(cells) is tuple and len(cells) == len(kept) and all(a is b for a, b in zip(cells, kept)):
                kept = cells
            self.kept = kept
""",
        function="Row.__init__",
        focus_line="sorted",
        call='(Row((1, 2)).kept, Row(()).kept, Row("ab").kept, Row((0, 3)).kept)',
    ),
]

INVALID: list[Example] = [
    _invalid("x = tuple(int(part) for part in p)", "the elements are made anew"),
    _invalid("x = list(reversed(p))", "a list may be changed later: two of them are two"),
    _invalid("x = tuple(p)", "of an exact tuple it is that tuple already"),
    _invalid("p = tuple(reversed(p))", "the source is rebound"),
    _invalid("x = tuple(sorted(p, key=(q := len)))", "another name is bound on the way"),
    _invalid("x = tuple(e for e in p for e in e)", "elements of elements"),
    _invalid("x = tuple(map(str, p))", "the elements are made anew"),
    _invalid("x = tuple(reversed(p))", "another tuple", before="def tuple(values):\n    return values"),
    _invalid("x = tuple(sorted(p))", "another zip", before="from elsewhere import zip"),
    _invalid("x = tuple(sorted(p))", "identity is looked at", after="return x is p"),
    _invalid("x = tuple(sorted(p))", "identity is looked at", after="return id(x)"),
    _invalid("x, y = tuple(sorted(p))", "not one name"),
    _invalid("x = tuple(p[:2])", "what loses elements is no tuple", after="del p[:2]"),
    _invalid("x = tuple(picked(p))", "a function of the project", before="def picked(values):\n    return values"),
]
