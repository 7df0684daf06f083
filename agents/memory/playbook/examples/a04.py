"""The examples of A04: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TWO = """\
def load(n):
    return [i * 1.5 for i in range(n)]


{head}
    half = [v / 2 for v in values]
    {body}


def main(n):
    {call}
    return total
"""
_DEF = "def scaled(values, by=2):"
_PASSED = "data = load(n)\n    total = scaled(data)"


def _invalid(
    why: str,
    *,
    head: str = _DEF,
    body: str = "return sum([v * by for v in half])",
    call: str = _PASSED,
    top: str = "",
    kind: str = "list",
) -> Example:
    """An INVALID example: the peak is in the call."""
    return Example(
        before=top + _TWO.format(head=head, body=body, call=call),
        function="main",
        peak_line="total = scaled",
        holding="data",
        holding_type=kind,
        why=why,
    )


VALID: list[Example] = [
    Example(
        before=_TWO.format(head=_DEF, body="return sum([v * by for v in half])", call=_PASSED),
        after=_TWO.format(
            head=_DEF, body="del values\n    return sum([v * by for v in half])", call="total = scaled(load(n))"
        ),
        function="main",
        peak_line="total = scaled",
        holding="data",
        call="[main(n) for n in (0, 1, 5)]",
    ),
    Example(
        before=_TWO.format(
            head="def scaled(by, *, values):",
            body="more = [v * by for v in half]\n    return sum(more) + len(half)",
            call="total = scaled(3, values=load(n))",
        ),
        after=_TWO.format(
            head="def scaled(by, *, values):",
            body="del values\n    more = [v * by for v in half]\n    return sum(more) + len(half)",
            call="total = scaled(3, values=load(n))",
        ),
        function="scaled",
        peak_line="more = ",
        holding="values",
        measured={"kind": "argument"},
        call="[main(n) for n in (0, 1, 5)]",
    ),
    Example(
        before="""\
from work import Table


class Job:
    def __init__(self, table):
        self.table = table

    def run(self, n):
        rows = [str(i) for i in range(n)]
        parts = self.joined(rows, "-")
        return len(parts)

    def joined(self, rows, mark):
        if mark:
            rows_text = self.table.text(rows)
        else:
            rows_text = mark.join(rows)
        parts = rows_text.split(mark)
        return [part + mark for part in parts]


def run(n):
    return Job(Table()).run(n)
""",
        after="""\
from work import Table


class Job:
    def __init__(self, table):
        self.table = table

    def run(self, n):
        parts = self.joined([str(i) for i in range(n)], "-")
        return len(parts)

    def joined(self, rows, mark):
        if mark:
            rows_text = self.table.text(rows)
        else:
            rows_text = mark.join(rows)
        del rows
        parts = rows_text.split(mark)
        return [part + mark for part in parts]


def run(n):
    return Job(Table()).run(n)
""",
        extra={"work.py": "class Table:\n    def text(self, rows):\n        return '-'.join(rows)\n"},
        function="Job.run",
        peak_line="parts = self.joined",
        holding="rows",
        call="[run(n) for n in (0, 1, 5)]",
    ),
    Example(
        before="""\
from work import scaled


def main(n):
    data = list(range(n))
    total = scaled(data)
    return total
""",
        after="""\
from work import scaled


def main(n):
    total = scaled(list(range(n)))
    return total
""",
        extra={
            "work.py": "def scaled(values):\n    half = [v / 2 for v in values]\n    return sum([v for v in half])\n"
        },
        function="main",
        peak_line="total = scaled",
        holding="data",
        call="[main(n) for n in (0, 1, 5)]",
    ),
]

INVALID: list[Example] = [
    _invalid("the caller reads it later", call=f"{_PASSED} + len(data)"),
    _invalid("another name of the caller holds it", call="other = data = load(n)\n    total = scaled(data)"),
    _invalid("the function reads it at its end", body="return sum([v * by for v in half]) + len(values)"),
    _invalid("nothing is made after its last use", body="return half"),
    _invalid("a function inside reads it later", body="return sum([v * (lambda: len(values))() for v in half])"),
    _invalid("its names are read", body="return sum([v * len(locals()) for v in half])"),
    _invalid("a generator keeps its frame", body="yield sum([v * by for v in half])", call=f"{_PASSED}"),
    _invalid("the decorator's function holds it", head=f"@wrap\n{_DEF}", top="def wrap(f):\n    return f\n\n\n"),
    _invalid("it goes into a tuple", head="def scaled(*values, by=2):"),
    _invalid(
        "making it first changes what is passed first",
        head="def scaled(by, values):",
        call="data = load(n)\n    total = scaled(SEEN.pop(), data)",
        top="SEEN = [1]\n\n\n",
    ),
    _invalid("a finalizer may notice", top="class File:\n    def __del__(self):\n        print('gone')\n\n\n"),
    _invalid("a file is closed when it goes", kind="_io.TextIOWrapper"),
    _invalid("it is no call of a known function", call="data = load(n)\n    total = scaled, [scaled][0](data)"),
    Example(
        before=_TWO.format(head=_DEF, body="return sum([v * by for v in half])", call=_PASSED),
        function="main",
        peak_line="data = load",
        holding="data",
        why="the peak is before the call",
    ),
    Example(
        before="""\
def fold(values, n):
    while n:
        n -= 1
        total = [v * n for v in values]
        print(len(total))
    return 0


def main(n):
    return fold(list(range(n)), n)
""",
        function="fold",
        peak_line="print(len(total))",
        holding="values",
        measured={"kind": "argument"},
        why="the next pass reads it again",
    ),
]
