"""The examples of A06: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TREES = """\
class Node:
    def __init__(self, size, parent=None):
        self.parent = parent
        self.data = [0] * size
        self.children = []


def grow(size):
    root = Node(size)
    root.children.append(Node(size, root))
    return root


def total(n):
    found = 0
    for i in range(n):
        root = grow(i)
        found += len(root.data)  # of this pass
    return found
"""

_PHASES = _TREES.replace(
    """\
    for i in range(n):
        root = grow(i)
        found += len(root.data)  # of this pass
    return found
""",
    """\
    found += len(grow(n).data)
    # The second phase.
    found += len(grow(n + 1).data)
    return found
""",
)


def _example(
    before: str, after: str | None = None, why: str = "", peak: str = "root = grow", hits: int = 30
) -> Example:
    return Example(
        before=before,
        after=after,
        function="total",
        focus_line=peak,
        peak_line=peak,
        holding="cycles of Node",
        holding_type="example.Node",
        hits=hits,
        measured={"kind": "cycle", "length": 60},
        call="[total(n) for n in (0, 1, 5)]" if after else "",
        why=why,
    )


def _invalid(why: str, old: str, new: str, hits: int = 30) -> Example:
    assert old in _TREES
    return _example(_TREES.replace(old, new), None, why, hits=hits)


VALID: list[Example] = [
    _example(
        _TREES, "import gc\n\n\n" + _TREES.replace("    return found\n", "        gc.collect()\n    return found\n")
    ),
    _example(
        '"""Trees."""\n\nimport gc as collector\n'.replace("import gc as collector\n", "import json\n\n\n") + _TREES,
        '"""Trees."""\n\nimport gc\nimport json\n\n\n'
        + _TREES.replace("    return found\n", "        gc.collect()\n    return found\n"),
    ),
    _example(
        _PHASES,
        "import gc\n\n\n"
        + _PHASES.replace("    found += len(grow(n + 1)", "    gc.collect()\n    found += len(grow(n + 1)"),
        peak="grow(n + 1)",
        hits=1,
    ),
]

_ONE_LINE = """\
    for i in range(n): root = grow(i); found += len(root.data)
"""
_BODY = _TREES[_TREES.index("    for i in range") : _TREES.index("    return found")]

INVALID: list[Example] = [
    _example(_TREES.replace(_BODY, _ONE_LINE), None, "the loop's body stands on the loop's line"),
    _invalid("it runs too often", "grow", "grow", hits=100_000),
    _invalid("how often it runs is not known", "grow", "grow", hits=0),
    _invalid(
        "the program has a collector policy of its own", "class Node", "import gc\n\ngc.disable()\n\n\nclass Node"
    ),
    _invalid(
        "a finalizer would run earlier",
        "def grow",
        "class Lock:\n    def __del__(self):\n        print(1)\n\n\ndef grow",
    ),
    _invalid("a weak reference would be empty earlier", "class Node", "import weakref\n\n\nclass Node"),
    _invalid("a temporary file would go earlier", "class Node", "import tempfile\n\n\nclass Node"),
    _invalid("gc is something else here", "class Node", "def gc():\n    pass\n\n\nclass Node"),
    _example(_TREES, None, "the first statement of the function: nothing of it has ended", peak="found = 0"),
    Example(
        before=_TREES,
        function="total",
        peak_line="root = grow",
        holding="root",
        hits=30,
        why="what dominates is a local, not cycles",
    ),
]
