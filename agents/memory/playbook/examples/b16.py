"""The examples of B16: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TOP = "from collections import defaultdict\n\n\n"


def _grouped(feed: str, read: str, begin: str = "{}", head: str = _TOP, after: str = "") -> str:
    start = f"{head}def f(rows):\n    groups = {begin}\n    for key, value in rows:\n"
    return f"{start}        {feed}\n{after}    return {read}\n"


_CALL = "f([(1, '5'), (2, '7'), (1, '-3'), (True, '4')]), f([])"
_SET = "groups.setdefault(key, []).append({})"


def _invalid(why: str, feed: str = _SET.format("int(value)"), read: str = "", **more: str) -> Example:
    read = read or "{k: sum(v) for k, v in groups.items()}"
    return Example(before=_grouped(feed, read, **more), function="f", focus_line="    groups =", why=why)


def _valid(before: str, after: str, call: str = _CALL) -> Example:
    return Example(before=before, after=after, function="f", focus_line="    groups =", call=call)


VALID: list[Example] = [
    _valid(
        _grouped(_SET.format("int(value)"), "{k: sum(v) for k, v in groups.items()}"),
        _grouped("groups[key] += int(value)", "{k: v for k, v in groups.items()}", "defaultdict(int)"),
    ),
    _valid(
        _grouped("groups[key].append(value)", "[(k, len(groups[k])) for k in sorted(groups)]", "defaultdict(list)"),
        _grouped("groups[key] += 1", "[(k, groups[k]) for k in sorted(groups)]", "defaultdict(int)"),
    ),
    _valid(
        _grouped(_SET.format("float(value)"), "{k: max(v) for k, v in groups.items()}", head=""),
        _grouped(
            "groups[key] = max(groups[key], float(value)) if key in groups else float(value)",
            "{k: v for k, v in groups.items()}",
            head="",
        ),
        call="f([(1, '5'), (2, 'nan'), (1, 'inf'), (2, '1'), (3, '-0.0'), (3, '0')])",
    ),
    _valid(
        _grouped(
            _SET.format("len(value)"),
            "total",
            after="    total = 0\n    for numbers in groups.values():\n        total = max(total, sum(numbers))\n",
        ),
        _grouped(
            "groups[key] += len(value)",
            "total",
            "defaultdict(int)",
            after="    total = 0\n    for numbers in groups.values():\n        total = max(total, numbers)\n",
        ),
    ),
    # Sums of what may be floats are proposed only: nothing is edited.
    _valid(
        _grouped(_SET.format("float(value)"), "{k: sum(v) for k, v in groups.items()}"),
        _grouped(_SET.format("float(value)"), "{k: sum(v) for k, v in groups.items()}"),
    ),
]

INVALID: list[Example] = [
    _invalid("the lists are returned", read="groups"),
    _invalid("a list is read in another way too", read="{k: (sum(v), v[0]) for k, v in groups.items()}"),
    _invalid("they are reduced in two ways", read="{k: sum(v) / len(v) for k, v in groups.items()}"),
    _invalid("a default is given for empty lists", read="{k: max(v, default=0) for k, v in groups.items()}"),
    _invalid("sum is another function here", head=f"{_TOP}def sum(values):\n    return values[-1]\n\n\n"),
    _invalid("what is added is a list of values", feed="groups.setdefault(key, []).extend(value)"),
    _invalid("a list is kept by another name", feed="last = groups.setdefault(key, []); last.append(int(value))"),
    _invalid("the lists begin with a value", feed="groups.setdefault(key, [0]).append(int(value))"),
    _invalid("the dict does not begin empty", begin="{1: [2]}"),
    _invalid("a missing key is an error", read="sum(groups[1])"),
    _invalid(
        "the loop over the lists adds to them",
        after=(
            "    for numbers in groups.values():\n        groups.setdefault(1, []).append(2)\n"
            "        print(sum(numbers))\n"
        ),
    ),
    _invalid("a function inside sees the dict", after="    def g():\n        return groups\n\n"),
    _invalid("the sums are taken later", read="[(lambda: sum(v)) for k, v in groups.items()]"),
    _invalid("the sums are taken later", read="[(sum(v) for _ in (1, 2)) for k, v in groups.items()]"),
]
