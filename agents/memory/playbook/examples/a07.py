"""The examples of A07: what it rewrites, and what it leaves alone and why."""

from agents.memory.playbook.examples.a07_soundness import SOUNDNESS, invalid
from agents.memory.playbook.rule import Example

VALID: list[Example] = [
    Example(
        before="""\
import copy
from dataclasses import dataclass, field


@dataclass
class Row:
    key: str
    _log: list = field(default_factory=list, repr=False, compare=False)


def keep(rows):
    for row in rows:
        row._log.append({"step": "keep", "key": row.key})
    return rows


def double(row):
    other = copy.copy(row)
    other._log = list(row._log)
    other.key = row.key * 2
    return other
""",
        after="""\
import copy
from dataclasses import dataclass


@dataclass
class Row:
    key: str


def keep(rows):
    for row in rows:
        pass
    return rows


def double(row):
    other = copy.copy(row)
    other.key = row.key * 2
    return other
""",
        class_name="Row",
        attribute="_log",
        call="[double(row) for row in keep([Row('a'), Row('b')])]",
    ),
    Example(
        before="""\
class Row:
    def __init__(self, line):
        self._raw = line
        parts = line.split(",")
        self.key = parts[0]
        self.value = float(parts[1])


def run():
    return [(row.key, row.value) for row in [Row("a,1"), Row("b,2")]]
""",
        after="""\
class Row:
    def __init__(self, line):
        parts = line.split(",")
        self.key = parts[0]
        self.value = float(parts[1])


def run():
    return [(row.key, row.value) for row in [Row("a,1"), Row("b,2")]]
""",
        class_name="Row",
        attribute="_raw",
        call="run()",
    ),
    Example(
        before="""\
class Meter:
    def __init__(self):
        self._history: list[dict] = []
        self.total = 0

    def _note(self, amount):
        \"\"\"Keeps what was added.\"\"\"
        entry = {"amount": amount, "total": self.total}
        self._history.append(entry)

    def add(self, amount):
        self.total = self._last = amount + self.total
        for part in (1, 2):
            self._history += [f"{part}"]
        self._history[-1:] = [amount]
        self._note(amount)
        return self.total


class Quiet(Meter):
    def reset(self):
        self._history = []; self.total = 0


def run():
    other = Meter()
    other._history.append("start")
    meter = Quiet()
    return meter.add(1), meter.add(2), meter.reset(), meter.total
""",
        after="""\
class Meter:
    def __init__(self):
        self.total = 0

    def _note(self, amount):
        \"\"\"Keeps what was added.\"\"\"

    def add(self, amount):
        self.total = self._last = amount + self.total
        for part in (1, 2):
            pass
        self._note(amount)
        return self.total


class Quiet(Meter):
    def reset(self):
        self.total = 0


def run():
    other = Meter()
    meter = Quiet()
    return meter.add(1), meter.add(2), meter.reset(), meter.total
""",
        class_name="Meter",
        attribute="_history",
        call="run()",
    ),
    Example(
        before="""\
from dataclasses import dataclass, field


@dataclass
class Job:
    name: str
    steps: list = field(default_factory=list, repr=False, compare=False)
    done: bool = field(default=False)

    def step(self, text):
        self.steps.append(text)
        self.done = True
        return self


def run():
    return repr(Job("a").step("b")), Job("a") == Job("a")
""",
        after="""\
from dataclasses import dataclass, field


@dataclass
class Job:
    name: str
    done: bool = field(default=False)

    def step(self, text):
        self.done = True
        return self


def run():
    return repr(Job("a").step("b")), Job("a") == Job("a")
""",
        class_name="Job",
        attribute="steps",
        call="run()",
    ),
]

INVALID: list[Example] = [
    invalid("", "a base of another library may read it", bases="(UserDict)"),
    invalid("", "a metaclass may read it", bases="(metaclass=type)"),
    invalid("__slots__ = ('_raw', 'key')", "its slot would stay"),
    invalid("def __getattr__(self, name):\n        return 1", "missing attributes are answered"),
    invalid("", "an unknown decorator may use it", decorator="@print\n"),
    invalid("def text(self):\n        return self._raw", "a method reads it"),
    invalid("def __eq__(self, other):\n        return self._raw == other._raw", "equality reads it"),
    invalid("def size(self):\n        self._raw.append(1)\n        return self._raw.pop()", "pop() gives it away"),
    invalid("", "a test reads it", extra={"tests/test_row.py": "def test(row):\n    assert row._raw\n"}),
    invalid("", "a subclass reads it", after="class Wide(Row):\n    def text(self):\n        return self._raw\n"),
    invalid(
        "",
        "a class two steps below reads it",
        after="class Wide(Row):\n    pass\n\n\nclass Wider(Wide):\n    def text(self):\n        return self._raw\n",
    ),
    invalid("", "getattr reads it", extra={"other.py": "def f(row):\n    return getattr(row, '_raw')\n"}),
    invalid("", "any name may be read", after="def f(row, name):\n    return getattr(row, name)\n"),
    invalid(
        "",
        "the computed name may be this one",
        extra={"other.py": "def f(row):\n    for name in ['_raw']:\n        print(getattr(row, name))\n"},
    ),
    invalid("", "the format reads it", extra={"other.py": "def f(row):\n    return '{0._raw}'.format(row)\n"}),
    invalid("def dump(self):\n        return self.__dict__", "the instance dict is read"),
    invalid("", "vars() reads it", extra={"other.py": "def f(row):\n    return vars(row)\n"}),
    invalid("", "pickles hold it", extra={"other.py": "import pickle\n"}),
    invalid("", "attrgetter reads it", extra={"other.py": "from operator import attrgetter\nf = attrgetter('_raw')\n"}),
    invalid(
        "",
        "written through an unknown object, and another class has one",
        after="class Other:\n    _raw: int = 0\n\n\ndef f(thing):\n    thing._raw = 1\n",
    ),
    invalid("def swap(self):\n        self._raw, self.key = self.key, 1", "a tuple target"),
    invalid("def read(self):\n        self._raw = input()", "the value reads from the user"),
    invalid("def next(self, lines):\n        self._raw = next(lines)", "the value steps an iterator"),
    invalid("def copy(self, lines):\n        self._raw = list(lines)", "the copy uses up an iterator"),
    Example(
        before="from dataclasses import dataclass, field\n\n\n@dataclass\nclass Row:\n"
        "    raw: list = field(default_factory=list)\n\n    def add(self, x):\n        self.raw = x\n",
        class_name="Row",
        attribute="raw",
        why="the generated repr and equality read it",
    ),
    Example(
        before="from dataclasses import dataclass, field\n\n\n@dataclass\nclass Row:\n"
        "    raw: list = field(default_factory=list, repr=False, compare=False)\n\n"
        "    def add(self, x):\n        self.raw = x\n\n\nROW = Row([1])\n",
        class_name="Row",
        attribute="raw",
        why="a caller passes it",
    ),
    *SOUNDNESS,
]
