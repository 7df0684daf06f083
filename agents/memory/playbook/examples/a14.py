"""The examples of A14: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_MEASURED = {"shallow": 2**20, "length": 10, "refcount": 1}

_PRUNE = """\
def prune(n):
    seen = {}
    for i in range(n):
        seen[i] = str(i)
    for i in range(n - 2):
        del seen[i]

    big = [float(i) for i in range(n)]
    return len(seen), seen, sum(big)
"""

_TAKEN = """\
class Queue:
    def drain(self, words):
        counts: dict[str, int] = dict.fromkeys(words, 0)
        while len(counts) > 1:
            counts.popitem()
        return list(words) * 2, counts


def prune(n):
    return Queue().drain([str(i) for i in range(n)])
"""

_IF = """\
def prune(n):
    seen = {i: i for i in range(n)}
    if n > 2:
        seen.pop(1)
        seen.pop(2, None)
        rest = [0] * n
    else:
        rest = []
    return rest, list(seen)
"""


def _example(
    before: str, after: str | None = None, why: str = "", function: str = "prune", **measured: object
) -> Example:
    peaks = {"drain": "return list", "prune": "big =" if "big =" in before else "rest = ["}
    return Example(
        before=before,
        after=after,
        function=function,
        peak_line=peaks[function.rpartition(".")[2]],
        holding="counts" if "counts" in before else "seen",
        holding_type="dict",
        measured=_MEASURED | measured,
        call="[prune(n) for n in (0, 1, 3, 9)]" if after else "",
        why=why,
    )


def _invalid(why: str, old: str = "seen", new: str = "seen", **measured: object) -> Example:
    assert old in _PRUNE
    return _example(_PRUNE.replace(old, new), None, why, "prune", **measured)


VALID: list[Example] = [
    _example(_PRUNE, _PRUNE.replace("        del seen[i]\n", "        del seen[i]\n    seen = dict(seen)\n")),
    _example(
        _TAKEN,
        _TAKEN.replace("popitem()\n", "popitem()\n        counts = dict(counts)\n"),
        function="Queue.drain",
    ),
    _example(_IF, _IF.replace("(2, None)\n", "(2, None)\n        seen = dict(seen)\n")),
]

INVALID: list[Example] = [
    _invalid("most of the table is in use", length=20_000),
    _invalid("the table is small", shallow=4096, length=1),
    _invalid("its length is not known", length=None),
    _invalid("something else holds it too", refcount=2),
    _invalid("it is not known who holds it", refcount=None),
    _invalid("another local holds it too", held_with=["other"]),
    _invalid("a subclass says what dict() gives", type="collections.OrderedDict"),
    _invalid("the order of a set is that of its table", type="set"),
    _invalid("a closure holds it", "    return len", "    later = lambda: seen\n    return len"),
    _invalid("the frame may be read", "    return len", "    print(locals())\n    return len"),
    _invalid("it is an argument", "def prune(n)", "def prune(n, seen)"),
    _invalid("dict is something else here", "def prune", "dict = list\n\n\ndef prune"),
    _invalid("somebody may come in between", "    return len", "    yield seen\n    return len"),
    _invalid(
        "each pass of a loop would build it anew",
        "    big = [float(i) for i in range(n)]\n",
        "    for _ in range(3):\n        seen.pop(n, None)\n        big = [float(i) for i in range(n)]\n",
    ),
]
