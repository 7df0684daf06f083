"""The examples of C05: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example


def _valid(before: str, old: str, new: str, call: str) -> Example:
    return Example(before=before, after=before.replace(old, new, 1), function="f", focus_line="flags = ", call=call)


VALID: list[Example] = [
    _valid(
        """\
def f(n):
    flags = [True] * n
    for i in range(2, int(n**0.5) + 1):
        if flags[i]:
            for j in range(i * i, n, i):
                flags[j] = False
    return sum(flags), [i for i, prime in enumerate(flags) if prime and i > 1]
""",
        "[True]",
        "bytearray([True])",
        "[f(n) for n in (-2, 0, 1, 30)]",
    ),
    _valid(
        """\
def f(words):
    flags = len(words) * [False]
    for n, word in enumerate(words):
        flags[n] = not word or word in 'ac'
    if not any(flags):
        return None
    flags[::2] = [False] * len(range(0, len(flags), 2))
    return [words[n] for n in range(len(words)) if not flags[n] or flags[n] == 1]
""",
        "[False]",
        "bytearray([False])",
        "f('abab'), f([]), f(['', 'a', '', 'c', ''])",
    ),
    _valid(
        """\
def marked(flags, at):
    flags[at] = 2
    return flags[at] + flags[-1]


def f(n):
    flags = [7] * (n + 1)
    seen = marked(flags, n // 2)
    return seen, list(flags), [flags[i] for i in range(n)]
""",
        "[7]",
        "bytearray([7])",
        "f(3), f(0)",
    ),
]


def _invalid(body: str, why: str, head: str = "") -> Example:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return Example(before=f"{head}def f(n):\n{lines}", why=why, function="f", focus_line="flags = ")


INVALID: list[Example] = [
    _invalid("flags = [True] * n\nreturn flags[0]", "True would be 1"),
    _invalid("flags = [True] * n\nreturn flags[0] is True", "1 is not True"),
    _invalid("flags = [True] * n\nreturn flags[0] & True", "1 & True is 1"),
    _invalid("flags = [True] * n\nreturn [flag for flag in flags]", "the flags get out"),
    _invalid("flags = [True] * n\nreturn flags", "the list gets out"),
    _invalid("flags = [True] * n\nprint(flags)", "the text of a list shows"),
    _invalid("flags = [False] * n\nflags[0] = 1\nreturn bool(flags[0])", "an int among flags: both would read as 1"),
    _invalid("flags = [0] * n\nflags[0] = n\nreturn flags[0]", "it may be over 255"),
    _invalid("flags = [0] * n\nflags[0] = True\nreturn flags[0]", "a flag among ints"),
    _invalid("flags = [0] * n\nflags[0] += 1\nreturn flags[0]", "it may grow over 255"),
    _invalid("flags = [0] * n\nflags[:] = range(n)\nreturn flags[0]", "they may be over 255"),
    _invalid("flags = [256] * n\nreturn sum(flags)", "256 is no byte"),
    _invalid("flags = [None] * n\nreturn sum(map(bool, flags))", "None is no byte"),
    _invalid(
        "flags = [True] * n\nreturn sum(flags)", "bytearray is another function", "def bytearray(x):\n    return x\n"
    ),
    _invalid("flags = [True] * n\nreturn flags == [True]", "a bytearray equals no list"),
    _invalid("flags = [False] * n\nreturn True in flags", "`None in flags` raises TypeError for a bytearray"),
]
