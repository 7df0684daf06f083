"""Random small classes and loops: what the rules of lifetime, class and sharing rewrite behaves as before.

Each program is whole: the rules see all that is ever done with its class. So nothing a rule assumes of code outside
the repository can be to blame for a difference.
"""

import os
import sys
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from agents.memory.analysis.project import Project, Source
from agents.memory.playbook.a03_del_in_loop import DelInLoop
from agents.memory.playbook.a11_write_back import WriteBack
from agents.memory.playbook.c01_slotted_class import SlottedClass
from agents.memory.playbook.c08_shared_strings import SharedStrings
from agents.memory.playbook.c11_lazy_container import LazyContainer
from agents.memory.playbook.c22_shared_tuples import SharedTuples
from agents.memory.playbook.c28_flattened_record import FlattenedRecord
from agents.memory.playbook.c31_tuple_of_its_source import TupleOfItsSource
from agents.memory.playbook.rule import Focus, Rule
from runtime.git import blob_id
from runtime.measure.holdings import AttributeCensus, ClassCensus, Holding
from runtime.measure.models import FunctionPlace

FILE = "subject.py"
SIZE = 50 * 2**20
PROGRAMS = int(os.environ.get("LOWTIDE_RANDOM_PROGRAMS", "40"))
"""Programs drawn for each rule."""

HEAD = """\
from itertools import dropwhile
from typing import NamedTuple


class Text(str):
    def __eq__(self, other):
        return True

    def __hash__(self):
        return 1


class Pair(tuple):
    def __repr__(self):
        return "Pair" + tuple.__repr__(self)


class _At(NamedTuple):
    first: object
    second: object = 7


"""
VALUES = ("0", "0.0", "True", "1", "-0.0", "1.0", "float('nan')", "'a'", "''", "None", "Text('a')", "Pair((1, 2))",
          "(0, 1)", "(0.0, True)", "[]", "(Text('a'), 1)")  # fmt: skip
INITS = {
    "name": ("self.name = name", "self.name = name or 'none'", "self.name = str(name)", "self.name = f'{name}'"),
    "kids": ("self.kids = []", "self.kids = list()", "self.kids = {}", "self.kids = [name]"),
    "pair": (
        "self.pair = (name, value)", "self.pair = tuple([name, value])", "self.pair = value", "self.pair = name, 1",
    ),
    "_at": ("self._at = _At(name, value)", "self._at = _At(second=value, first=name)", "self._at = _At(name)"),
    "key": (
        "key = (name, value, 0)\npart = tuple(x for x in key if x)\nself.key = part",
        "whole = (name, value)\nkey = tuple(reversed(list(dropwhile(lambda x: not x, reversed(whole)))))\n"
        "self.key = key, whole",
        "self.key = value",
    ),
}  # fmt: skip
MEMBERS = (
    "def __eq__(self, other):\n        return isinstance(other, Node) and self.name == other.name\n\n"
    "    def __hash__(self):\n        return 7",
    "def __repr__(self):\n        return f'Node({self.name!r})'",
    "def __len__(self):\n        return len(self.kids)",
    "def __bool__(self):\n        return bool(self.kids)",
    "def __iter__(self):\n        return iter(self.kids)",
    "def __copy__(self):\n        return Node(self.name, 2)",
    "def __getstate__(self):\n        return self.__dict__.copy()",
    "def __setattr__(self, name, value):\n        object.__setattr__(self, name, value)",
    "def __getattr__(self, name):\n        return name * 2 if len(name) < 3 else object.__getattribute__(self, name)",
    "name = 'class'",
    "kids = ()",
    "__hash__ = None",
    "seen = 0",
    "@property\n    def size(self):\n        return self.name",
)
USES = (
    "node.kids.append(value)", "node.kids.append(node.name)", "node.kids[1] = value", "node.kids.extend([value])",
    "node.kids = node.kids + [value]", "node.kids.append(len(node.kids))", "out.append(len(node.kids))",
    "out.append(value in node.kids)", "out += [kid for kid in node.kids]", "out.append(bool(node.kids))",
    "out.append(node.kids == [])", "out.append(repr(node.kids))", "out.append(list(node.kids))",
    "out.append(node.kids)", "out.append(sorted(map(str, node.kids)))", "out.append(node.kids or 'empty')",
    "out.append(node.kids[0])", "out.append(node.kids.get(1))", "for kid in node.kids:\n    out.append(kid)",
    "for kid in node.kids:\n    node.kids.append(value)\n    break", "out.append((node.kids, not node.kids)[1])",
    "node.kids.append(node.kids.append(1))", "out.append(node.name)", "out.append(type(node.name).__name__)",
    "out.append(node.name == value)", "node.name = value", "del node.name", "node.extra = value",
    "out.append(hasattr(node, 'extra'))", "out.append(getattr(node, 'name'))", "out.append(sorted(vars(node)))",
    "out.append(sorted(node.__dict__))", "out.append(copy.copy(node).name)", "out.append(copy.deepcopy(node).kids)",
    "out.append(pickle.loads(pickle.dumps(node)).name)", "setattr(node, 'nam' + 'e', value)",
    "out.append(node._at.first)", "out.append(node._at.second)", "out.append(node._at)", "out.append(node._at[0])",
    "out.append(node._at._replace(first=1).second)", "first, second = node._at\nout.append(first)",
    "node._at = _At(value)", "out.append(node._at.missing)", "out.append((node._at.first, node._at.second))",
    "node._at.first = 1", "out.append(node._at.first is value)", "out.append(len(node._at))",
    "out.append(node.pair)", "out.append(node.pair[0])", "out.append(type(node.pair).__name__)",
    "out.append([type(part).__name__ for part in node.pair])", "out.append(node.pair is value)",
    "out.append({node.pair: 1})", "node.pair += (1,)", "out.append(node.key)", "out.append(type(node.key).__name__)",
    "out.append(node.key is value)", "out.append(node == Node(value, 1))", "out.append(str(node)[:6])",
    "out.append(len(node))", "out += list(node)", "out.append(bool(node))", "out.append(Node.__name__)",
    "out.append(hasattr(Node, 'name'))", "Node.name = 3", "Node.seen = 1", "out.append(node.seen)", "node.seen += 1",
    "node.__init__(value, 5)", "node.__class__ = Other", "out.append(node.twin().name)",
    "match node:\n    case Node(name=found):\n        out.append(found)",
)  # fmt: skip
OTHERS = (
    "", "", "", "class Sub(Node):\n    pass", "class Sub(Node):\n    def __init__(self):\n        self.kids = [4]",
    "class Other:\n    def __init__(self):\n        self.kids = [9]\n        self.name = 'other'",
    "class Both(Node, Exception):\n    pass", "def fill(thing):\n    thing.kids.append(1)", "def kids_of(x):\n"
    "    return x.kids",
)  # fmt: skip
EXTRA_USES = {
    "class Sub(Node):\n    pass": ("out.append(Sub(value, 1).name)", "sub = Sub(1, 2)\nsub.more = 3"),
    "def fill(thing):\n    thing.kids.append(1)": ("fill(node)",),
    "def kids_of(x):\n    return x.kids": ("out.append(kids_of(node))", "kids_of(node).append(3)"),
}
CLASS_RULES = (SlottedClass, SharedStrings, LazyContainer, SharedTuples, FlattenedRecord, TupleOfItsSource)
RULES: dict[str, Rule] = {kind.id: kind() for kind in CLASS_RULES}


def indented(line: str, depth: int) -> str:
    return "\n".join(" " * depth + part for part in line.split("\n"))


@st.composite
def classes(draw: st.DrawFn, rule: str) -> tuple[str, tuple[str, ...]]:
    """A module with a class `Node` and a function `use(values)`; and the expressions to call it with."""
    wanted = {"C11": ("kids",), "C28": ("_at",), "C22": ("pair",), "C08": ("name",), "C31": ("key",)}.get(rule, ())
    others = draw(st.lists(st.sampled_from([n for n in INITS if n not in wanted]), max_size=3, unique=True))
    names = [*wanted, *others] or ["name"]
    inits = [draw(st.sampled_from(INITS[name])) for name in names]
    members = draw(st.lists(st.sampled_from(MEMBERS), max_size=2, unique=True))
    other = draw(st.sampled_from(OTHERS))
    fitting = [use for use in USES if "node." not in use or any(f"node.{name}" in use for name in names)]
    fitting += [*EXTRA_USES.get(other, ()), "node.extra = value", "out.append(copy.copy(node))"]
    uses = draw(st.lists(st.sampled_from(fitting), min_size=1, max_size=5))
    body = "\n\n".join(
        [
            f"    def __init__(self, name, value):\n{chr(10).join(indented(line, 8) for line in inits)}",
            *(f"    {member}" for member in members),
        ]
    )
    loop = "\n".join(indented(use, 8) for use in uses)
    text = f"class Node:\n{body}\n\n\n{other}\n\n\n"
    text += (
        f"def use(values):\n    out = []\n    for value in values:\n        node = Node(value, (value, 1))\n{loop}\n"
    )
    text += "        again = Node(value, value)\n        out.append(type(again).__name__)\n    return out\n"
    # A rule may refuse a program for what it imports.
    imports = "".join(f"import {name}\n" for name in ("copy", "pickle") if f"{name}." in text)
    return imports + HEAD + text, tuple(draw(st.lists(st.sampled_from(VALUES), min_size=2, max_size=4)))


def project_of(text: str) -> Project:
    data = text.encode()
    return Project({FILE: Source(FILE, data, blob_id(data))}, frozenset({FILE}), requires_python=(3, 11))


def class_foci(text: str) -> list[Focus]:
    """What a profile would say of `Node`: each attribute with the commonest type of its values."""
    kinds = {"name": "str", "pair": "tuple", "_at": "subject._At", "key": "tuple", "extra": "int"}
    kinds["kids"] = "dict" if "self.kids = {}" in text else "list"
    attributes = [
        AttributeCensus(
            name=name, size=40_000, count=1000, types={kinds[name]: 1000}, distinct=0.01, repeated=30_000
        )
        for name in kinds
        if f"self.{name} = " in text
    ]  # fmt: skip
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith("class Node"))
    census = ClassCensus(
        name="Node", module="subject", file=FILE, line=line, count=1000, shallow=SIZE, slotted=False,
        attributes=attributes,
    )  # fmt: skip
    every = frozenset(range(1, text.count("\n") + 1))
    return [
        Focus(FILE, "Node", frozenset({line}), SIZE, census=census),
        *(Focus(FILE, "Node", frozenset({line}), SIZE, census=census, attribute=one.name) for one in attributes),
        Focus(FILE, "", every, SIZE),
    ]


def rewritten(rule: Rule, text: str, foci: list[Focus]) -> list[str]:
    """The program after each candidate of the rule, one at a time."""
    project = project_of(text)
    found = {candidate.key: candidate for focus in foci for candidate in rule.find(project, focus)}
    return [candidate.edits[0].text for candidate in found.values() if candidate.edits]


def outcome(text: str, call: str) -> tuple[str, str]:
    """What the call gives, by type and value, or the type of the exception it raises."""
    module = ModuleType("subject")
    sys.modules["subject"] = module
    try:
        exec(compile(text, FILE, "exec"), vars(module))
        value = eval(call, vars(module))
        return "returned", repr([(type(one).__name__, plain(one)) for one in value])
    except Exception as error:  # noqa: BLE001  the exception is the outcome
        return "raised", type(error).__name__
    finally:
        del sys.modules["subject"]


def plain(value: object) -> str:
    """The value without addresses."""
    return repr(value).partition(" object at ")[0]


FIRED: dict[str, int] = {}
SETTINGS = settings(
    max_examples=PROGRAMS,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate, Phase.shrink],
    suppress_health_check=list(HealthCheck),
)


def check(name: str, text: str, foci: list[Focus], call: str) -> None:
    compile(text, FILE, "exec")
    after = rewritten(RULES[name], text, foci)
    if not after:
        return
    FIRED[name] = FIRED.get(name, 0) + 1
    before = outcome(text, call)
    for changed in after:
        assert outcome(changed, call) == before, changed


@pytest.mark.parametrize("name", [kind.id for kind in CLASS_RULES])
def test_a_class_behaves_as_before(name: str) -> None:
    @SETTINGS
    @given(classes(name))
    def programs(drawn: tuple[str, tuple[str, ...]]) -> None:
        text, values = drawn
        check(name, text, class_foci(text), f"use([{', '.join(values)}])")

    programs()
    assert FIRED.get(name), "the rule fired on none of the programs"


SOURCES = (
    "rows = [[value, n] for n in range(4)]", "rows = list(values)", "rows = [str(v) for v in values]",
    "rows = [x for x in values if x]", "rows = sorted(map(str, values))", "rows = list(map(str, values))",
)  # fmt: skip
PASSES = (
    "", "if n > 2:\n    continue", "if n > 2:\n    break", "data = str(row)", "n += 1", "total = (row, n)",
    "if not row:\n    data = 'none'", "1 / n", "last = row", "data = [row] * 3",
    "try:\n    data = 1 / n\nexcept ZeroDivisionError:\n    pass",
    "for row in [n]:\n    pass", "keep = lambda: data", "kept.append(data)", "data += data", "n += len(data)",
    "if n == 1:\n    del data", "with Closing():\n    data = [1 / n]", "out.append(data)", "out.append(len(rows))",
)  # fmt: skip
APPENDS = ("out.append(row)", "out.append((row, n))", "out.append(1 / n)", "out.append(str(row) + str(n))",
           "out.append(data)", "out.append(kept)", "out.append(next(again))", "out.append(len(rows))")  # fmt: skip
ENDS = ("return out", "return [out, n]", "return [data]", "return [rows, out]", "out.append(row)\nreturn out",
        "return [len(rows), len(out)]", "return [kept, out]", "return [keep(), out]", "rows = out\nreturn [rows, out]",
        "out[0] = 5\nreturn out")  # fmt: skip
LOOP_HEAD = """\
class Closing:
    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        return kind is ZeroDivisionError


"""
LOOP_RULES = (DelInLoop, WriteBack)
RULES |= {kind.id: kind() for kind in LOOP_RULES}


@st.composite
def loops(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A module with a function `use(values)` that goes over a list; and the expressions to call it with."""
    body = [*draw(st.lists(st.sampled_from(PASSES), max_size=3)), draw(st.sampled_from(APPENDS))]
    before = draw(st.sampled_from(("", "data = value", "data = [0]", "row = 9")))
    other = draw(st.sampled_from(("", "other = rows", "held = [rows]", "again = iter(rows)", "again = iter(values)")))
    lines = [before, draw(st.sampled_from(SOURCES)), other, "out = []", "for row in rows:"]
    text = f"{LOOP_HEAD}def use(values):\n    n = len(values)\n    kept = []\n    value = values[0]\n"
    text += "\n".join(indented(line, 4) for line in lines if line) + "\n"
    text += "\n".join(indented(line, 8) for line in body if line) + "\n"
    text += indented(draw(st.sampled_from(ENDS)), 4) + "\n"
    return text, tuple(draw(st.lists(st.sampled_from(VALUES[:10]), min_size=1, max_size=4)))


def loop_foci(text: str) -> list[Focus]:
    """Each name as the holder, at each line of the function as the peak; with the references it truly has."""
    start = text.count("\n", 0, text.index("def use")) + 1
    lines = range(start, text.count("\n") + 1)
    place = FunctionPlace(file=FILE, function="use", line=start)
    aliased = "other = rows" in text or "held = [rows]" in text
    return [
        Focus(FILE, "use", frozenset({line}), SIZE, peak_line=line, holding=Holding(
            kind="local", name=name, place=place, line=line, type="list", size=SIZE, own=SIZE, element="str",
            refcount=3 if aliased and name == "rows" else 1,
        ))
        for name in ("rows", "data", "row", "out", "last", "total")
        for line in lines
    ]  # fmt: skip


@pytest.mark.parametrize("name", [kind.id for kind in LOOP_RULES])
def test_a_loop_behaves_as_before(name: str) -> None:
    @SETTINGS
    @given(loops())
    def programs(drawn: tuple[str, tuple[str, ...]]) -> None:
        text, values = drawn
        check(name, text, loop_foci(text), f"use([{', '.join(values)}])")

    programs()
    assert FIRED.get(name), "the rule fired on none of the programs"
