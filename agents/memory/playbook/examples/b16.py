"""The examples of B16: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.rule import Example

_TOP = "from collections import defaultdict\n\n\n"


def _grouped(feed: str, read: str, begin: str = "{}", head: str = _TOP, after: str = "") -> str:
    start = f"{head}def f(rows):\n    groups = {begin}\n    for key, value in rows:\n"
    return f"{start}        {feed}\n{after}    return {read}\n"


_SUMS = "{k: sum(v) for k, v in groups.items()}"
_TOPS = "[max(v) for v in groups.values()]"
_COUNTS = "{k: len(v) for k, v in groups.items()}"
_INTS = "f([(1, 5), (2, 7), (1, -3), (True, 4), (1.0, 2**70), (0, 0)]), f([])"
_CALL = "f([(1, '5'), (2, '7'), (1, '-3'), (True, '4')]), f([])"
_SET = "groups.setdefault(key, []).append({})"


def _invalid(why: str, feed: str = _SET.format("int(value)"), read: str = "", **more: str) -> Example:
    read = read or "{k: sum(v) for k, v in groups.items()}"
    return Example(before=_grouped(feed, read, **more), function="f", focus_line="    groups =", why=why)


def _valid(before: str, after: str, call: str = _CALL, **seen: object) -> Example:
    measured = {"name": "groups", "type": "dict", "element": "list"} | seen
    holdings = (measured,) if seen else ()
    return Example(before=before, after=after, function="f", focus_line="    groups =", call=call, holdings=holdings)


def _proposed(feed: str, read: str, begin: str = "{}", after: str = "", **seen: object) -> Example:
    """Nothing is edited."""
    program = _grouped(feed, read, begin, after=after)
    return _valid(program, program, "f([(1, 5), (2, 7), (1, -3), (True, 4)]), f([])", **seen)


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
    # The census saw nothing but ints in the lists.
    _valid(
        _grouped(_SET.format("value"), _SUMS),
        _grouped("groups[key] += value", "{k: v for k, v in groups.items()}", "defaultdict(int)"),
        call=_INTS,
        grouped=["int"],
    ),
    _valid(
        _grouped("groups[key, 1].append(value)", "[min(v) for v in groups.values()]", "defaultdict(list)"),
        _grouped(
            "groups[key, 1] = min(groups[key, 1], value) if (key, 1) in groups else value",
            "[v for v in groups.values()]",
        ),
        call=_INTS,
        grouped=["int"],
    ),
    _valid(
        _grouped(_SET.format("\n            value\n            - 1\n        "), _SUMS),
        _grouped("groups[key] += (value\n            - 1)", "{k: v for k, v in groups.items()}", "defaultdict(int)"),
        call=_INTS,
        grouped=["int"],
    ),
    # The key is computed once, before its value.
    _valid(
        _grouped("groups.setdefault(str(key), []).append(value)", _TOPS),
        _grouped(
            "groups[groups_key] = max(groups[groups_key], value) if (groups_key := str(key)) in groups else value",
            "[v for v in groups.values()]",
        ),
        call=_INTS,
        grouped=["int"],
    ),
    _valid(
        _grouped("groups[(key, 1), 2].append(key := value)", _TOPS, "defaultdict(list)"),
        _grouped(
            "groups[groups_key] = max(groups[groups_key], (key := value))"
            " if (groups_key := ((key, 1), 2)) in groups else (key := value)",
            "[v for v in groups.values()]",
        ),
        call=_INTS,
        grouped=["int"],
    ),
    # What is only counted is still computed, after its key is looked up.
    _valid(
        _grouped(_SET.format("int(value)"), _COUNTS),
        _grouped("groups[key] += len((int(value),))", "{k: v for k, v in groups.items()}", "defaultdict(int)"),
    ),
    _valid(
        _grouped("groups[key].append((yield))", "{k: len(v) for k, v in groups.items()}", "defaultdict(list)"),
        _grouped("groups[key] += len(((yield),))", "{k: v for k, v in groups.items()}", "defaultdict(int)"),
        call="list(f([(1, 2), (3, 4)]))",
    ),
    # Sums of what may be floats are proposed only: nothing is edited.
    _proposed(_SET.format("float(value)"), _SUMS),
    _proposed(_SET.format("float(value)"), _SUMS, grouped=["int"]),
    _proposed(_SET.format("value"), _SUMS),
    _proposed(_SET.format("value"), _SUMS, grouped=["bool", "int"]),
    _proposed(_SET.format("value"), _SUMS, grouped=["float", "int"]),
    _proposed(_SET.format("value"), "{k: max(v) for k, v in groups.items()}", grouped=["float"]),
    # The list of a key that was only asked for is empty.
    _proposed("groups[key].append(value)", "[max(groups[k]) for k in groups]", "defaultdict(list)", grouped=["int"]),
    # Another local has the name that the key would get.
    _proposed(_SET.replace("key", "str(key)").format("value"), _TOPS, after="    groups_key = 1\n", grouped=["int"]),
    # What is counted may be minded when it goes.
    _proposed(_SET.format("value"), _COUNTS, contents=["dict", "int", "list", "_io.FileIO"]),
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
    _invalid("the key is what is unpacked", feed=_SET.replace("key", "*key").format("int(value)")),
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
