"""The examples of B03: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_USE = "\n\ndef f(n):\n    return sum(x * 2 for x in make(n))\n"


def _made(body: str, head: str = "def make(n):") -> str:
    lines = "".join(f"    {line}\n" if line else "\n" for line in body.split("\n"))
    return f"{head}\n{lines}"


def _invalid(
    body: str, why: str, use: str = _USE, extra: dict[str, str] | None = None, *, library: bool = False
) -> Example:
    return Example(
        before=_made(body) + use, function="make", focus_line="def make", why=why, extra=extra or {}, library=library
    )


_PLAIN = "out = []\nfor i in range(n):\n    out.append(i)\nreturn out"

VALID: list[Example] = [
    Example(
        before=_made(
            '"""Squares."""\nout = []\nfor i in range(n):\n    if i % 2:\n        out.append(i * i)  # odd\nreturn out'
        )
        + _USE,
        after=_made('"""Squares."""\nfor i in range(n):\n    if i % 2:\n        yield i * i  # odd') + _USE,
        function="make",
        focus_line="def make",
        call="f(6)",
    ),
    Example(
        before="def rows(path):\n    out = []\n    with open(path) as file:\n        for line in file:\n"
        "            out.append(line.split(','))\n    return out\n\n\n"
        "def f(path):\n    total = 0\n    for row in rows(path):\n        total += len(row)\n    return total\n",
        after="def rows(path):\n    with open(path) as file:\n        for line in file:\n"
        "            yield line.split(',')\n\n\n"
        "def f(path):\n    total = 0\n    for row in rows(path):\n        total += len(row)\n    return total\n",
        function="rows",
        focus_line="with open",
        call="f(__import__('keyword').__file__)",
    ),
    Example(
        before="import sys\n\n\n"
        + _made(
            "if not n:\n    return []\nout: list[int] = []\nout.append(n)\nout.extend(range(n))\nreturn out",
            "def make(n: int) -> list[int]:",
        )
        + _USE,
        after="from collections.abc import Iterator\nimport sys\n\n\n"
        + _made("if not n:\n    return\nyield n\nyield from range(n)", "def make(n: int) -> Iterator[int]:")
        + _USE,
        function="make",
        focus_line="def make",
        call="f(4), f(0)",
    ),
]

INVALID: list[Example] = [
    _invalid(_PLAIN, "a caller counts it", "\n\ndef f(n):\n    return len(make(n))\n"),
    _invalid(_PLAIN, "a caller keeps it", "\n\ndef f(n):\n    rows = make(n)\n    return rows, sum(rows)\n"),
    _invalid(_PLAIN, "nobody is seen to call it", ""),
    _invalid(_PLAIN, "it is handed on as a value", "\n\nTABLE = [make]\n\n\ndef f(n):\n    return sum(make(n))\n"),
    _invalid(_PLAIN, "a test compares it", extra={"test_it.py": "from example import make\nassert make(1) == [0]\n"}),
    _invalid(_PLAIN, "it is public in a library", library=True),
    _invalid(
        _PLAIN, "a doctest shows the list", _USE + '\n\ndef g():\n    """\n    >>> make(2)\n    [0, 1]\n    """\n'
    ),
    _invalid(
        _PLAIN,
        "it may be asked for by a computed name",
        "\n\ndef g(module, kind):\n    return getattr(module, 'ma' + kind)(2)\n" + _USE,
    ),
    _invalid(_PLAIN, "it is exported by name", "\n\n__all__ = ['make']\n" + _USE),
    _invalid("out = []\nfor i in range(n):\n    out.append(i)\nout.sort()\nreturn out", "the list is sorted"),
    _invalid("out = []\nfor i in range(n):\n    out.append(i - len(out))\nreturn out", "the list is read"),
    _invalid(
        "out = []\ntry:\n    for i in range(n):\n        out.append(i)\nfinally:\n    print(n)\nreturn out",
        "the finally would run when the last caller lets go",
    ),
    _invalid(
        "out = []\nfor i in range(n):\n    LOG.append(i)\n    out.append(i)\nreturn out",
        "the caller sees what it does in between",
        "\n\nLOG = []\n\n\ndef f(n):\n    return [len(LOG) for x in make(n)]\n",
    ),
    _invalid(
        "out = []\nfor i in range(n):\n    out.append(1 // (i - 2))\nreturn out",
        "it may fail after the caller printed",
        "\n\ndef f(n):\n    for x in make(n):\n        print(x)\n",
    ),
]
