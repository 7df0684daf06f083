"""The examples of D06: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_HELPER = '''\
class _Rows:
    """What `stack` makes of a list of rows, in one array that grows, as long as they are flat, plain and alike."""

    def __init__(self, stack):
        self._stack = stack
        self._rows = []
        self._room = None
        self._count = 0

    def append(self, row):
        if not self._fits(row):
            if self._room is not None:
                self._rows, self._room = [*self._room[: self._count]], None
            self._rows.append(row)
            return
        if self._room is None:
            self._room = np.empty((8, len(row)), row.dtype)
        elif self._count == len(self._room):
            self._room.resize((self._count + self._count // 8 + 8, len(row)), refcheck=False)
        self._room[self._count] = row
        self._count += 1

    def _fits(self, row):
        if self._rows or type(row) is not np.ndarray or row.ndim != 1:
            return False
        if row.dtype.kind not in "biufc" or not row.dtype.isnative:
            return False
        room = self._room
        return room is None or (len(row) == room.shape[1] and row.dtype.num == room.dtype.num)

    def stacked(self):
        if self._room is None:
            return self._stack(self._rows)
        room, self._room = self._room, None
        room.resize((self._count, room.shape[1]), refcheck=False)
        return room


'''
_TOP = "import numpy as np\n\n\n"
_TRIED = """

def tried(rows):
    try:
        r = f(rows)
    except (ValueError, TypeError) as error:
        return repr(error)
    return r.dtype.str, r.shape, r.tolist(), r.flags.owndata, r.flags.c_contiguous
"""
_ROWS = (
    "[[], [[1, 2]], [[1, 2], [3, 4]] * 11, [[1], [1.5]], [[1], [1, 2]], [['a'], ['bc']], [[[1, 2]], [[3, 4]]],"
    " [1, 2], [[], []], [[1], [True], [2**70]], [[1j], [2j]]]"
)
_CALL = f"[tried(rows) for rows in {_ROWS}]"


def _function(lines: str) -> str:
    return "def f(given):\n" + "".join(f"    {line}\n" for line in lines.splitlines())


def _valid(before: str, after: str, focus_line: str = "rows.append") -> Example:
    return Example(
        before=_TOP + _function(before) + _TRIED,
        after=_TOP + _HELPER + _function(after) + _TRIED,
        function="f",
        focus_line=focus_line,
        call=_CALL,
    )


def _invalid(body: str, why: str, top: str = _TOP) -> Example:
    return Example(before=top + _function(body), function="f", focus_line="rows = []", holding="rows", why=why)


VALID: list[Example] = [
    _valid(
        "rows = []\nfor x in given:\n    rows.append(np.array(x))\nreturn np.vstack(rows)",
        "rows = _Rows(np.vstack)\nfor x in given:\n    rows.append(np.array(x))\nreturn rows.stacked()",
    ),
    _valid(
        "rows = []\nfor x in given:\n    row = np.array(x)\n    if row.ndim:\n        print(row.shape)\n"
        "    rows.append(row)\nm = np.array(rows)\nreturn m",
        "rows = _Rows(np.array)\nfor x in given:\n    row = np.array(x)\n    if row.ndim:\n        print(row.shape)\n"
        "    rows.append(row)\nm = rows.stacked()\nreturn m",
    ),
    _valid(
        "total = np.zeros(1)\nfor part in (given, [[1]]):\n    rows = []\n    rows.append(np.zeros(2))\n"
        "    for n, x in enumerate(part):\n        if n != 1:\n            rows.append(np.full(3, n, dtype='f8'))\n"
        "    total = np.stack(rows)\nreturn total",
        "total = np.zeros(1)\nfor part in (given, [[1]]):\n    rows = _Rows(np.stack)\n    rows.append(np.zeros(2))\n"
        "    for n, x in enumerate(part):\n        if n != 1:\n            rows.append(np.full(3, n, dtype='f8'))\n"
        "    total = rows.stacked()\nreturn total",
    ),
]
_STACKED = '''\
def _stacked(stack, rows):
    """What `stack` makes of a list of the rows, which are taken one at a time."""
    found = _Rows(stack)
    for row in rows:
        found.append(row)
    return found.stacked()


'''
VALID.append(
    Example(
        before=_TOP + _function("total = np.vstack([np.array(x) for x in given])\nreturn total") + _TRIED,
        after=_TOP
        + _STACKED
        + _HELPER
        + _function("total = _stacked(np.vstack, (np.array(x) for x in given))\nreturn total")
        + _TRIED,
        function="f",
        focus_line="total = ",
        call=_CALL,
    )
)
_END = "\nreturn np.vstack(rows)"
INVALID: list[Example] = [
    _invalid("rows = []\nfor x in given:\n    rows.append(x)" + _END, "the rows may change after they are appended"),
    _invalid("rows = []\nfor x in given:\n    rows.append(x[0])" + _END, "the rows may share their data"),
    _invalid("rows = []\nfor x in given:\n    rows.append(np.asarray(x))" + _END, "a row may be one that is there"),
    _invalid("rows = []\nfor x in given:\n    rows.append(np.array(x, copy=False))" + _END, "it may be no copy"),
    _invalid(
        "rows = []\nfor x in given:\n    rows.append(np.sqrt(x, given[0]))" + _END, "the row has a place of its own"
    ),
    _invalid(
        "rows = []\nrow = np.zeros(3)\nfor x in given:\n    row[0] = x\n    rows.append(row)" + _END,
        "all rows are one array",
    ),
    _invalid(
        "rows = []\nfor x in given:\n    row = np.zeros(3)\n    rows.append(row)\n    row[0] = x" + _END,
        "the row is written to after it is appended",
    ),
    _invalid(
        "rows = []\nrow = None\nfor x in given:\n    row = np.zeros(3)\n    rows.append(row)" + _END,
        "the row is bound twice",
    ),
    _invalid(
        "rows = []\nfor n, x in enumerate(given):\n    if n:\n        row[0] = x\n    row = np.zeros(3)\n"
        "    rows.append(row)" + _END,
        "the row is written to in the next round",
    ),
    _invalid(
        "rows = []\nfor x in given:\n    row = np.zeros(3)\n    x.row = row\n    rows.append(row)" + _END,
        "somebody else holds the row",
    ),
    _invalid(
        "rows = []\nfor x in given:\n    rows.append(np.array(x))\nreturn np.vstack(rows), rows", "it is returned"
    ),
    _invalid("rows = []\nfor x in given:\n    rows.append(np.array(x))\nreturn np.vstack(rows, dtype='f4')", "a dtype"),
    _invalid("rows = []\nfor x in given:\n    rows.append(np.array(x))\nreturn np.hstack(rows)", "stacked otherwise"),
    _invalid(
        "rows = []\nfor x in given:\n    rows.append(np.array(x))\n    m = np.vstack(rows)\nreturn m",
        "stacked many times",
    ),
    _invalid("rows = []\nfor x in given:\n    rows += [np.array(x)]" + _END, "it is added to in another way"),
    _invalid(
        "rows = []\nmore = lambda: rows.append(np.zeros(1))\nfor x in given:\n    rows.append(np.array(x))" + _END,
        "a function inside sees it",
    ),
    _invalid(
        "rows = []\nfor x in given:\n    rows.append(np.array(x))" + _END,
        "another numpy",
        top="from mine import np\n\n\n",
    ),
]

INVALID += [
    Example(before=f"{_TOP}def f(given, seen):\n    return {body}\n", function="f", focus_line="return", why=why)
    for body, why in (
        ("np.vstack([x for x in given])", "the rows may be one array"),
        ("np.vstack([np.array(x) for x in given], dtype='f4')", "a dtype is given"),
        ("np.hstack([np.array(x) for x in given])", "stacked otherwise"),
        ("np.vstack([np.array(next(seen)) for x in given])", "a StopIteration would be another exception"),
        ("np.vstack([np.array(y := x) for x in given])", "it binds a name of the function"),
    )
]
