"""Random small programs: what the further rules of laziness rewrite gives equal results, effects and exceptions."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agents.memory.playbook.b02_list_used_once import ListUsedOnce
from agents.memory.playbook.b03_list_helper import ListHelper
from agents.memory.playbook.b11_sorted_head import SortedHead
from agents.memory.playbook.b12_sorted_copy import SortedCopy
from agents.memory.playbook.b13_added_lists import AddedLists
from agents.memory.playbook.b14_iterated_slice import IteratedSlice
from agents.memory.playbook.b16_running_aggregate import RunningAggregate
from agents.memory.playbook.b17_set_of_list import SetOfList
from agents.memory.playbook.b24_listed_range import ListedRange
from agents.memory.playbook.b32_last_copy import LastCopy
from agents.memory.playbook.b33_one_column import OneColumn
from agents.memory.playbook.b34_counted_list import CountedList
from agents.memory.playbook.b36_summed_lists import SummedLists
from agents.memory.playbook.b39_concatenated_walk import ConcatenatedWalk
from agents.memory.playbook.b42_merged_look_up import MergedLookUp
from agents.memory.playbook.b43_fed_collection import FedCollection
from agents.memory.playbook.b45_float_column import FloatColumn
from agents.memory.playbook.rule import Rule
from tests.test_playbook_laziness import (
    BODIES,
    CONDITIONS,
    CONSUMERS,
    ELEMENTS,
    FOREIGN,
    HEAD,
    PLAIN,
    SOURCES,
    compiles,
    outcome,
    rewritten,
)

NAMELESS = tuple(element for element in ELEMENTS if "lambda" not in element)
"""Elements whose text does not give their address away."""
PROGRAMS = int(os.environ.get("LOWTIDE_RANDOM_PROGRAMS", "36"))
"""Programs drawn for each rule."""
HELPERS = """\
from collections import Counter


def take(n, values):
    return list(islice(values, n))


def tripled(values, m):
    return [(v, m) for v in values]


def made(values, m):
    out = []
    for v in values:
        if v is not m:
            out.append({element})
    return out


def tree(values):
    values = list(values)
    middle = len(values) // 2
    return (tree(values[:middle]), values[middle], tree(values[middle + 1 :])) if values else None


def walk(t, m):
    if t is None:
        return []
    v = t[1]
    return walk(t[0], m) + [{element}] + walk(t[2], m)


"""
FORMS = {
    "B34": ("total = len([{e} for y in {s}{c}])", "total = len(list({s}))", "total = len(take(len({s}), {s}))",
            "total = len(tripled({s}, {e2}))"),
    "B17": ("total = set([{e} for y in {s}{c}])", "return sorted(set([{e} for y in {s}]), key=str)"),
    "B43": ("total = Counter([{e} for y in {s}{c}])", "total = dict([({e}, {e}) for y in {s}])",
            "total.extend([{e} for y in {s}{c}])", "total = frozenset([{e} for y in {s}])",
            "groups.update([(str(y), {e}) for y in {s}])"),
    "B36": ("total = sum({s}, [])", "total = sum([[{e}] for y in {s}], [])", "total = sum(({e} for y in {s}), [])"),
    "B11": ("total = sorted({s})[:2]", "total = sorted([{e} for y in {s}], reverse=True)[:1]",
            "total = sorted({s}, key=str)[0:3]", "total = sorted({s}, key=lambda x: (x is None, k))[:2]"),
    "B24": ("xs = list(range(len(mine)))\n{use}", "xs = [i for i in range(1, 6, 2)]\n{use}"),
    "B02": ("xs = []\nfor y in {s}:\n    xs.append({e})\n{use}",
            "xs = []\nfor y in {s}:\n    if y:\n        xs.append({e})\n{use}",
            "xs = list({s})\n{use}"),
    "B12": ("xs = [{e} for y in {s}{c}]\nxs = sorted(xs)\ntotal = xs",
            "xs = list({s})\nxs = sorted(xs, key=str)\ntotal = xs"),
    "B13": ("for x in mine + total:\n    {body}", "for x in mine + [{e2}] + [1]:\n    {body}",
            "total = [x for x in mine + [k, 2]]"),
    "B14": ("for x in mine[1:]:\n    {body}", "total = [(x, k) for x in mine[:2]]", "total = max(mine[1:3])"),
    "B42": ("groups = {{1: {e2}}}\nboth = {{**groups, **{{}}}}\ntotal = both",
            "more = {{0: 5, 'a': k}}\nboth = {{**groups, **more}}\n{look}"),
    "B45": ("xs = [float({e}) for y in {s}{c}]\n{reduced}", "xs = [float(y) for y in {s}]\n{reduced}"),
    "B03": ("xs_ = 0\n{helper_use}",),
    "B39": ("xs_ = 0\n{helper_use}",),
    "B16": ("lists = {{}}\nfor y in {s}:\n    lists.setdefault({key}, []).append({exact})\n{aggregated}",
            "lists = defaultdict(list)\nfor y in {s}:\n    lists[{key}].append({exact})\n{aggregated}"),
    "B32": ("xs = [{e} for y in {s}{c}]\n{used}\nzs = {copied}\n{changed}\ntotal = zs",
            "xs = [{e} for y in {s}{c}]\nzs = {copied}\n{changed}\ntotal.append(zs)"),
    "B33": ("total = list(zip(*[({e}, {e2}) for y in {s}]))[1]", "a, b = zip(*[(y, {e}) for y in {s}])\ntotal = sum(b)",
            "a, _, b = zip(*[(y, k, {e}) for y in {s}{c}])\n{column}"),
}  # fmt: skip
LOOKS = ("total = both[0], both.get('a')", "total = [both.get(y) for y in ys]",
         "k.clear()\ntotal = both['a'], 3 in both",
         "more[7] = 1\ntotal = 7 in both", "total = both.get(1, k)\nreturn both[9]")  # fmt: skip
REDUCED = ("total = max(xs), min(xs)", "total = sum(xs), len(xs)", "total = [v for v in xs] if xs else sum(xs)",
           "for x in xs:\n    total.append(x)\ncount = len(xs)", "total = xs, max(xs)")  # fmt: skip
AGGREGATED = ("total = {k_: sum(v) for k_, v in lists.items()}", "total = [max(v) for v in lists.values()]",
              "total = {k_: len(v) for k_, v in lists.items()}",
              "for k_, v in lists.items():\n    total.append(min(v))",
              "total = sorted(lists), {k_: sum(v) for k_, v in lists.items()}",
              "for k_ in lists:\n    total.append((k_, len(lists[k_])))",
              "total = (sum(v) for v in lists.values())\ncount = list(total)\ntotal = 0")  # fmt: skip
KEYS = ("y", "str(y)", "k[0]", "(str(y), count)", "len(str(y))", "noisy(str(y))", "boom(y)")
EXACT = ("y", "int(y)", "len(str(y))", "float(y)", "str(y)", "1", "boom(y)", "noisy(1)", "len(lists)", "y is None")
USED = ("pass", "alias = xs", "total.append(len(xs))", "groups['a'] = xs", "it = iter(xs)", "k = reversed(xs)",
        "for w in xs:\n    total.append(w)", "total.append(xs)", "xs.append(k)", "total.extend(xs)")  # fmt: skip
CHANGED = ("pass", "zs.append(k)", "total.append(len(xs))", "zs.reverse()\nxs = 1", "zs.pop()", "xs.append(1)",
           "for x in zs:\n    total.append(x)")  # fmt: skip
RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        ListUsedOnce(), ListHelper(), SortedHead(), SortedCopy(), AddedLists(), IteratedSlice(), SetOfList(),
        ListedRange(), CountedList(), SummedLists(), MergedLookUp(), FedCollection(), FloatColumn(),
        RunningAggregate(), LastCopy(), OneColumn(), ConcatenatedWalk(),
    )
}  # fmt: skip
HELPER = {"B03": "made", "B39": "walk"}
"""The function that is rewritten, where it is not `f`."""


class Odd(list):  # type: ignore[type-arg]
    """A list whose length and elements are not those it holds."""

    def __iter__(self) -> Iterator[object]:
        return iter((9, 8))

    def __len__(self) -> int:
        return 1


class Sour:
    """An element that can neither be compared nor tested."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("eq")

    def __bool__(self) -> bool:
        raise ValueError("bool")

    def __hash__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "Sour"


VARIED: list[Callable[[list[object]], Any]] = [
    *FOREIGN,
    lambda log: Odd([1, 2, 3]),
    lambda log: [Sour(), 1, Sour()],
    lambda log: (x for x in (3, 0.0, False)),
]
"""Inputs that only what is proved has to bear."""


@st.composite
def programs(draw: st.DrawFn, rule: str) -> str:
    """A function `f(ys, k, seen, box, table)` in which a statement may be rewritten."""

    def one(parts: tuple[str, ...]) -> str:
        return draw(st.sampled_from(parts))

    use = one(("loop", "consumer", "read"))
    body = one(BODIES)
    name = {"B03": "made(ys, k)", "B39": "walk(tree(ys), k)"}.get(rule, "xs")
    using = {
        "loop": f"for x in {name}:\n    {body}",
        "consumer": one(CONSUMERS).format(xs=name),
        "read": one(
            (f"total = {name}[0], len({name})", f"total = 2 in {name}", f"total = {name}", f"total = [*{name}]")
        ),
    }[use]
    written = one(FORMS[rule]).format(
        e=one(NAMELESS), e2=one(("k", "count", "[1]", "len(LOG)", "noisy(1)")), s=one(SOURCES), c=one(CONDITIONS),
        use=using, helper_use=using, body=body, look=one(LOOKS), reduced=one(REDUCED),
        key=one(KEYS), exact=one(EXACT), aggregated=one(AGGREGATED), used=one(USED), changed=one(CHANGED),
        copied=one(("list(xs)", "xs[:]", "xs.copy()", "tuple(xs)")), column=one(REDUCED).replace("xs", "b"),
    )  # fmt: skip
    lines = written.split("\n")
    around = draw(st.sampled_from(("", "", "", "try", "finally", "loop")))
    if around == "loop":
        lines = ["for _ in range(2):", *(f"    {line}" for line in lines)]
    elif around:
        clause = "except (ValueError, TypeError, IndexError):" if around == "try" else "finally:"
        lines = ["try:", *(f"    {line}" for line in lines), clause, "    LOG.append(count)"]
    helpers = HELPERS.replace("{element}", one(("v", "(v, m)", "noisy(v)", "boom(v)", "str(v)", "len(LOG)")))
    start = ["mine = [0, 1, 2]", "alias = mine", "total = []", "count = 0", "groups = {}"]
    function = "\n    ".join([*start, *lines])
    head = f"from collections import defaultdict\nfrom itertools import islice\n{HEAD}{helpers}"
    return f"{head}def f(ys, k, seen, box, table):\n    {function}\n    return total, count, mine, k, groups\n"


@pytest.mark.parametrize("rule", sorted(RULES))
def test_rewritten_programs_behave_as_before(rule: str) -> None:
    """Level A: on every input. Level P: on collections, whenever the original does not fail."""
    fired = {"A": 0, "P": 0}

    @settings(
        max_examples=PROGRAMS, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(programs(rule))
    def check(code: str) -> None:
        candidate = rewritten(RULES[rule], code, HELPER.get(rule, "f")) if compiles(code) else None
        if candidate is None or not candidate.edits:
            return
        fired[candidate.level] += 1
        after = candidate.edits[0].text
        for make in PLAIN + (VARIED if candidate.level == "A" else []):
            returned, before = outcome(code, make)
            if candidate.level == "A" or returned:
                assert outcome(after, make) == (returned, before), (candidate.assumes, after[after.index("def made") :])

    check()
    assert sum(fired.values()) >= 3, fired
