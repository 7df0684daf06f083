"""The examples of A09: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_CACHE = {"hits": 0, "misses": 5000, "maxsize": None, "entries": 5000, "arguments": ["int"], "results": ["str"]}

_LABEL = """\
from functools import lru_cache

WIDTH = 8


@lru_cache(maxsize=None)
def label(n):
    text = str(n)
    return text.rjust(WIDTH) + "!"


def use(n):
    return [label(i % 300) for i in range(n)]
"""


def _example(before: str, after: str | None = None, why: str = "", function: str = "label", **cache: object) -> Example:
    return Example(
        before=before,
        after=after,
        function=function,
        focus_line="def label",
        holding="label",
        holding_type="functools._lru_cache_wrapper",
        measured={"kind": "cache", "cache": _CACHE | cache},
        call="use(700)" if after else "",
        why=why,
    )


def _invalid(why: str, old: str = "WIDTH", new: str = "WIDTH", **cache: object) -> Example:
    assert old in _LABEL
    return _example(_LABEL.replace(old, new), None, why, "label", **cache)


VALID: list[Example] = [
    _example(_LABEL, _LABEL.replace("maxsize=None", "maxsize=128")),
    _example(
        _LABEL.replace("from functools import lru_cache", "import functools").replace(
            "lru_cache(maxsize=None)", "functools.cache"
        ),
        _LABEL.replace("from functools import lru_cache", "import functools").replace(
            "lru_cache(maxsize=None)", "functools.lru_cache(maxsize=512)"
        ),
        hits=100,
        entries=6000,
    ),
    _example(
        _LABEL.replace("lru_cache(maxsize=None)", "lru_cache(None)"),
        _LABEL.replace("maxsize=None", "maxsize=128"),
        arguments=["NoneType", "int", "str", "tuple"],
        results=["int", "tuple"],
    ),
]

INVALID: list[Example] = [
    _invalid("it is hit often", hits=4000),
    _invalid("few entries: nothing would go", entries=200),
    _invalid("it has a bound", "maxsize=None", "maxsize=4096"),
    _invalid("it had a bound in the run", maxsize=10_000),
    _invalid("1 and 1.0 share an entry, and give other results", arguments=["float", "int"]),
    _invalid("0.0 and -0.0 share an entry, and give other results", arguments=["float"]),
    _invalid("an instance may change between two calls", arguments=["example.Point"]),
    _invalid("a list that is given out may be changed by who gets it", results=["list"]),
    _invalid("typed caches are left alone", "maxsize=None", "maxsize=None, typed=True"),
    _invalid("it prints", "    text = str(n)", "    print(n)\n    text = str(n)"),
    _invalid(
        "it reads a global that changes", "WIDTH = 8", "WIDTH = 8\n\n\ndef wider():\n    global WIDTH\n    WIDTH += 1"
    ),
    _invalid(
        "it calls itself: without its results it may take for ever", "text = str(n)", "text = label(n - 1) if n else ''"
    ),
    _invalid("its figures are asked for", "    return [", "    label.cache_info()\n    return ["),
    _invalid("the clock gives another value each time", "str(n)", "str(time.time())"),
    _invalid("another decorator sees its results", "@lru_cache", "@print\n@lru_cache"),
    _invalid("lru_cache is something else here", "from functools import lru_cache", "from elsewhere import lru_cache"),
]
