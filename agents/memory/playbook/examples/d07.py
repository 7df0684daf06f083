"""The examples of D07: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_HELPER = '''\
class _Joined:
    """What `whole = np.concatenate([whole, part])` gives for one part after the other, in one array that grows."""

    def __init__(self, whole):
        self._whole = whole
        self._room = None
        self._size = 0

    def add(self, part):
        whole = self._whole if self._room is None else self._room
        if not self._alike(whole, part):
            self._whole = np.concatenate([self.array(), part])
            return
        if self._room is None:
            self._room, self._size, self._whole = np.array(whole), len(whole), None
        size = self._size + len(part)
        if size > len(self._room):
            self._room.resize(size + size // 8, refcheck=False)
        self._room[self._size : size] = part
        self._size = size

    def array(self):
        if self._room is not None:
            self._room.resize(self._size, refcheck=False)
            self._whole, self._room = self._room, None
        return self._whole

    @staticmethod
    def _alike(whole, part):
        if not type(whole) is type(part) is np.ndarray or not whole.ndim == part.ndim == 1:
            return False
        if not all(one.dtype.kind in "biufc" and one.dtype.isnative for one in (whole, part)):
            return False
        return np.promote_types(whole.dtype, part.dtype).num == whole.dtype.num


'''
_TOP = "import numpy as np\n\n\n"
_SHOWN = "(r.dtype.str, r.shape, r.tolist(), r.flags.owndata)"
_PARTS = "[[], [[1]], [[1, 2], [0.5], [], [True]], [[1, 2], ['a']], [[1], [1j], [2]], [[[1]]], [1], [[1], [2**70]]]"
_CALL = f"[{_SHOWN} for p in {_PARTS} for r in [tried(p)] if r is not None]"
_TRIED = """

def tried(parts):
    try:
        return f([np.array(part) for part in parts])
    except (ValueError, TypeError) as error:
        return np.array(repr(error))
"""


def _function(lines: str) -> str:
    return "def f(parts):\n" + "".join(f"    {line}\n" if line else "\n" for line in lines.splitlines())


def _valid(before: str, after: str) -> Example:
    return Example(
        before=_TOP + _function(before) + _TRIED,
        after=_TOP + _HELPER + _function(after) + _TRIED,
        function="f",
        focus_line="np.concatenate",
        call=_CALL,
    )


def _invalid(body: str, why: str, top: str = _TOP) -> Example:
    return Example(before=top + _function(body), function="f", focus_line="np.concatenate", why=why)


VALID: list[Example] = [
    _valid(
        "a = np.empty(0)\nfor x in parts:\n    a = np.concatenate([a, x])\nreturn a",
        "a = np.empty(0)\njoined_a = _Joined(a)\nfor x in parts:\n    joined_a.add(x)\na = joined_a.array()\nreturn a",
    ),
    _valid(
        "a = np.array([1, 2, 3], dtype=np.int32)[::2]\nfor x in parts:\n"
        "    if x.ndim:\n        a = np.concatenate((a, x[::-1],))\n    else: a = np.concatenate([a, x])  # fails\n"
        "return a if len(a) > 1 else None",
        "a = np.array([1, 2, 3], dtype=np.int32)[::2]\njoined_a = _Joined(a)\nfor x in parts:\n"
        "    if x.ndim:\n        joined_a.add(x[::-1])\n    else: joined_a.add(x)\n"
        "a = joined_a.array()  # fails\nreturn a if len(a) > 1 else None",
    ),
    _valid(
        "whole = None\nfor _ in range(2):\n    a = np.zeros(1, dtype=bool)\n    while parts:\n"
        "        x = parts.pop()\n        try:\n            a = np.concatenate([a, x])\n        except ValueError:\n"
        "            break\n    whole = a\nreturn whole",
        "whole = None\nfor _ in range(2):\n    a = np.zeros(1, dtype=bool)\n    joined_a = _Joined(a)\n"
        "    while parts:\n        x = parts.pop()\n        try:\n            joined_a.add(x)\n"
        "        except ValueError:\n            break\n    a = joined_a.array()\n    whole = a\nreturn whole",
    ),
]

_APPENDED = (
    _HELPER.replace("class _Joined", "class _Appended")
    .replace("np.concatenate([whole, part])", "np.append(whole, part)")
    .replace("np.concatenate([self.array(), part])", "np.append(self.array(), part)")
    .replace("        whole = self._whole if", "        part = np.ravel(part)\n        whole = self._whole if")
)
VALID.append(
    Example(
        before=_TOP
        + _function("a = np.array([])\nfor x in parts:\n    for y in x:\n        a = np.append(a, y)\nreturn a")
        + _TRIED,
        after=_TOP
        + _APPENDED
        + _function(
            "a = np.array([])\njoined_a = _Appended(a)\nfor x in parts:\n    for y in x:\n"
            "        joined_a.add(y)\na = joined_a.array()\nreturn a"
        )
        + _TRIED,
        function="f",
        focus_line="np.append(",
        call=_CALL.replace(", [1],", ","),
    )
)

INVALID: list[Example] = [
    _invalid("a = np.empty(0)\nfor x in parts:\n    a = np.append(a, np.concatenate([x, a]))\nreturn a", "it is read"),
    _invalid(
        "a = np.empty(0)\nfor x in parts:\n    a = np.append(a, x)\n    a = np.concatenate([a, x])\nreturn a",
        "it grows in two ways",
    ),
    _invalid("a = np.empty(0)\na = np.concatenate([a, parts])\nreturn a", "no loop"),
    _invalid(
        "a = np.empty(0)\nfor x in parts:\n    a = np.concatenate([a, x + len(a)])\nreturn a", "the part reads it"
    ),
    _invalid("a = np.empty(0)\nfor x in parts:\n    a = np.concatenate([a, x])\n    print(a)\nreturn a", "it is read"),
    _invalid("a = np.empty(0)\nfor x in parts:\n    a = np.concatenate([x, a])\nreturn a", "it grows at its beginning"),
    _invalid("a = np.empty(0)\nfor x in parts:\n    a = np.concatenate([a, x], axis=0)\nreturn a", "options are given"),
    _invalid("a = np.empty(0)\nfor x in parts:\n    a = np.concatenate([a, *x])\nreturn a", "not known how many parts"),
    _invalid("for x in parts:\n    a = np.concatenate([a, x])\nreturn a", "it is not bound before"),
    _invalid(
        "if parts:\n    a = np.empty(0)\nfor x in parts:\n    a = np.concatenate([a, x])\nreturn a",
        "it may not be bound before",
    ),
    _invalid(
        "a = np.empty(0)\ntry:\n    for x in parts:\n        a = np.concatenate([a, x])\nexcept ValueError:\n    pass\n"
        "return a",
        "after an exception what there is so far is read",
    ),
    _invalid(
        "a = np.empty(0)\ng = lambda: a\nfor x in parts:\n    a = np.concatenate([a, x])\n    print(g())\nreturn a",
        "a function inside reads it",
    ),
    _invalid(
        "a = np.empty(0)\nfor x in parts:\n    a = np.concatenate([a, x])\nelse:\n    print(a)\nreturn a",
        "the else of the loop reads it",
    ),
    _invalid(
        "a = []\nfor x in parts:\n    a = np.concatenate([a, x])\nreturn a",
        "another concatenate()",
        top="from x import np\n",
    ),
    _invalid(
        "a = np.empty(0)\nfor x in parts:\n    a = np.concatenate([a, x])\nreturn a",
        "the name is taken",
        top=f"{_TOP}class _Joined:\n    pass\n\n\n",
    ),
    _invalid(
        "import numpy as np\n\na = np.empty(0)\nfor x in parts:\n    a = np.concatenate([a, x])\nreturn a",
        "numpy is only known inside",
        top="",
    ),
]
