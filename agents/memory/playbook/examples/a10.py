"""The examples of A10: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_CACHE = {"hits": 9, "misses": 50, "maxsize": None, "entries": 50, "arguments": ["example.Shape"], "results": ["float"]}

_SHAPE = """\
from functools import lru_cache


class Shape:
    def __init__(self, side):
        self.side = side
        self.calls = 0

    @lru_cache(maxsize=None)
    def area(self) -> float:
        \"\"\"Its area.\"\"\"
        self.calls += 1
        return self.side * 2.0

    def twice(self):
        return self.area() + self.area()


def use(n):
    shapes = [Shape(i) for i in range(n)]
    sums = [shape.twice() for shape in shapes]
    shapes[0].side = 7
    return sums, [Shape.area(shape) for shape in shapes], [shape.calls for shape in shapes]
"""

_KEPT = """\
    def area(self) -> float:
        if "_area_kept" not in self.__dict__:
            self._area_kept = self._make_area()
        return self._area_kept

    def _make_area(self) -> float:
"""
_HEAD = "    @lru_cache(maxsize=None)\n    def area(self) -> float:\n"
_RAISES = _SHAPE.replace("        return self.side * 2.0", "        return 1 / self.side").replace(
    "Shape(i) for i", "Shape(i - 1) for i"
)


_SHORT = """\
import functools


class Shape:
    def __init__(s, side): s.side = side
    @functools.lru_cache(None)
    def area(s): return [s.side]


def use(n):
    shapes = [Shape(i) for i in range(n)]
    return [shape.area() for shape in shapes], shapes[0].area() is shapes[0].area()
"""
_SHORT_HEAD = "    @functools.lru_cache(None)\n    def area(s): return [s.side]\n"
_SHORT_KEPT = """\
    def area(s):
        if "_area_kept" not in s.__dict__:
            s._area_kept = s._make_area()
        return s._area_kept

    def _make_area(s): return [s.side]
"""


def _example(before: str, after: str | None = None, why: str = "") -> Example:
    return Example(
        before=before,
        after=after,
        function="Shape.area",
        focus_line="def area",
        holding="Shape.area",
        holding_type="functools._lru_cache_wrapper",
        measured={"kind": "cache", "cache": _CACHE},
        call="use(4)" if after else "",
        why=why,
    )


def _invalid(why: str, old: str, new: str) -> Example:
    assert old in _SHAPE
    return _example(_SHAPE.replace(old, new), None, why)


VALID: list[Example] = [
    _example(_SHAPE, _SHAPE.replace(_HEAD, _KEPT)),
    _example(_RAISES, _RAISES.replace(_HEAD, _KEPT)),
    _example(
        _SHAPE.replace("from functools import lru_cache", "import functools").replace(
            "@lru_cache(maxsize=None)", "@functools.cache"
        ),
        _SHAPE.replace("from functools import lru_cache", "import functools").replace(_HEAD, _KEPT),
    ),
    _example(_SHORT, _SHORT.replace(_SHORT_HEAD, _SHORT_KEPT)),
]

INVALID: list[Example] = [
    _invalid("it takes an argument", "def area(self)", "def area(self, scale=1)"),
    _invalid("a bounded cache forgets", "maxsize=None", "maxsize=64"),
    _invalid(
        "equal instances share one value",
        "    def twice",
        "    def __eq__(self, other):\n        return True\n\n    __hash__ = None\n\n    def twice",
    ),
    _invalid(
        "no room for an attribute",
        "class Shape:\n",
        "class Shape:\n    __slots__ = ('side', 'calls', '__weakref__')\n\n",
    ),
    _invalid("a base may compare by value", "class Shape:", "class Shape(str):"),
    _invalid("a subclass may compare by value", "def use", "class Square(Shape):\n    pass\n\n\ndef use"),
    _invalid("a decorator may compare by value", "class Shape:", "@dataclass\nclass Shape:"),
    _invalid("a copy would take the value with it", "from functools", "import copy\nfrom functools"),
    _invalid("the attributes are listed", "    return sums", "    print(vars(shapes[0]))\n    return sums"),
    _invalid(
        "a finalizer notices that instances go",
        "    def twice",
        "    def __del__(self):\n        print(1)\n\n    def twice",
    ),
    _invalid("the cache is emptied", "    return sums", "    Shape.area.cache_clear()\n    return sums"),
    _invalid("its figures are asked for", "    return sums", "    Shape.area.cache_info()\n    return sums"),
    _invalid("the method is replaced", "    return sums", "    Shape.area = None\n    return sums"),
    _invalid("the attribute is there already", "self.calls = 0", "self._area_kept = 0"),
    _invalid("instances are referred to weakly", "from functools", "import weakref\nfrom functools"),
]
