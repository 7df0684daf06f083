"""What the canonical digest tells apart and what it does not (I17)."""

from pathlib import Path

import pytest

from runtime.measure.reports import ProbeReport
from tests.probe_runs import INTERPRETERS, Project

PRELUDE = """
    import collections, datetime, decimal, enum, io, pathlib, re, threading, types
    from dataclasses import dataclass

    class Plain:
        def __init__(self, **named):
            for name, value in named.items():
                setattr(self, name, value)

    class Other(Plain):
        pass

    class Slotted:
        __slots__ = ("b", "a")
        def __init__(self, a, b=None):
            self.a = a
            if b is not None:
                self.b = b

    class Hostile:
        def __getattr__(self, name):
            raise RuntimeError(name)
        def __repr__(self):
            raise RuntimeError
        def __reduce_ex__(self, protocol):
            raise RuntimeError

    class Rows(list):
        def __iter__(self):
            raise RuntimeError

    class Bag(set):
        pass

    def bag(*values):
        found = Bag(values)
        found.label = "bag"
        return found

    class Colour(enum.Enum):
        RED = 1
        BLUE = 2

    Pair = collections.namedtuple("Pair", "x y")

    def ring(size):
        first = node = []
        for _ in range(size - 1):
            node.append([])
            node = node[0]
        node.append(first)
        return first

    def nested(depth):
        value = []
        for _ in range(depth):
            value = [value]
        return value

    def shared():
        row = [1, 2]
        return [row, row]

    def doubled(depth):
        value = ["leaf"]
        for _ in range(depth):
            value = [value, value]
        return value

    def friends():
        people = [Plain(name=name) for name in "abcdefghijkl"]
        for person in people:
            person.friends = people
        return people
"""
DIFFERENT = [
    ("0", "0.0"),
    ("0", "False"),
    ("0.0", "-0.0"),
    ("1", "True"),
    ("1.0", "1.0000000000000002"),
    ("(1, 2)", "[1, 2]"),
    ("[1, 2]", "[2, 1]"),
    ("[[1], 2]", "[[1, 2]]"),
    ("['ab', 'c']", "['a', 'bc']"),
    ("'a'", "b'a'"),
    ("b'a'", "bytearray(b'a')"),
    ("{1: 2, 3: 4}", "{3: 4, 1: 2}"),
    ("{1, 2}", "frozenset({1, 2})"),
    ("{1, 2}", "{1, 3}"),
    ("{}", "collections.OrderedDict()"),
    ("bag(1)", "bag(2)"),
    ("bag(1)", "Bag([1])"),
    ("Pair(1, 2)", "(1, 2)"),
    ("Plain(a=1)", "Other(a=1)"),
    ("Plain(a=1)", "Plain(b=1)"),
    ("Plain(a=1, _b=1)", "Plain(a=1, _b=2)"),
    ("Slotted(1)", "Slotted(1, 2)"),
    ("Rows([1])", "Rows([2])"),
    ("ring(2)", "ring(3)"),
    ("nested(100_000)", "nested(100_001)"),
    ("Colour.RED", "Colour.BLUE"),
    ("datetime.date(2020, 1, 2)", "datetime.date(2020, 1, 3)"),
    ("decimal.Decimal('1.0')", "decimal.Decimal('1.00')"),
    ("re.compile('a')", "re.compile('a', re.I)"),
    ("io.BytesIO(b'a')", "io.BytesIO(b'b')"),
    ("10 ** 5000", "10 ** 5000 + 1"),
    ("len", "max"),
    ("ValueError('a')", "ValueError('b')"),
    ("range(3)", "range(4)"),
    ("collections.deque([1], 5)", "collections.deque([1], 6)"),
    ("collections.defaultdict(int)", "collections.defaultdict(list)"),
    ("types.MappingProxyType({1: 2})", "types.MappingProxyType({1: 3})"),
    ("__import__('array').array('b', [1])", "__import__('array').array('B', [1])"),
    ("'\\udcff'", "'\\udcfe'"),
    ("None", "()"),
]
EQUAL = [
    ("Plain(a=1, b=2)", "Plain(b=2, a=1)"),
    ("{'a', 'b', 'c', 'd', 'e'}", "set('edcba')"),
    ("bag('a', 'b', 'c')", "bag('c', 'b', 'a')"),
    ("{('a', 1), ('b', 2)}", "{('b', 2), ('a', 1)}"),
    ("shared()", "[[1, 2], [1, 2]]"),
    ("['long text', 'long text']", "['long text', ' '.join(['long', 'text'])]"),
    ("float('nan')", "float('nan')"),
    ("pathlib.PurePath('a', 'b')", "pathlib.PurePath('a/b')"),
    ("friends()", "friends()"),
    ("Hostile()", "Hostile()"),
]


def digests(folder: Path, expressions: list[str], seed: int = 0, **fields: object) -> dict[str, ProbeReport]:
    """The reports on functions that return the values of expressions, each evaluated in a process of its own."""
    project = Project(folder)
    body = "".join(f"\ndef value{number}():\n    return {text}\n" for number, text in enumerate(expressions))
    project.write({"values.py": PRELUDE})
    with (project.export / "values.py").open("a") as file:
        file.write(body)
    return {
        text: project.run("digest", f"values:value{number}", seed, **fields)  # type: ignore[arg-type]
        for number, text in enumerate(expressions)
    }


def all_at_once(folder: Path, pairs: list[tuple[str, str]], seed: int = 0, **fields: object) -> list[tuple[str, str]]:
    """The digests of both sides of every pair, taken in one process: the return values of a test's calls."""
    project = Project(folder).write({"values.py": PRELUDE})
    with (project.export / "values.py").open("a") as file:
        for number, pair in enumerate(pairs):
            for side in (0, 1):
                file.write(f"\ndef value{number}_{side}():\n    return {pair[side]}\n")
        file.write(
            f"""
def main():
    import sys
    digester = sys.modules["_lowtide_probe_digest"].Digester()
    for number in range({len(pairs)}):
        for side in (0, 1):
            print(digester.digest(globals()[f"value{{number}}_{{side}}"]()))
"""
        )
    (project.export / "show.py").write_text("import values\nvalues.main()\n")
    report = project.run("plain", "show.py", seed, **fields)  # type: ignore[arg-type]
    assert report.failure == ""
    lines = report.stdout.split()
    return list(zip(lines[::2], lines[1::2], strict=True))


@pytest.mark.parametrize("python", INTERPRETERS)
def test_different_values_have_different_digests(tmp_path: Path, python: str) -> None:
    found = all_at_once(tmp_path, DIFFERENT, python=python)

    assert [pair for pair, (left, right) in zip(DIFFERENT, found, strict=True) if left == right] == []


@pytest.mark.parametrize("python", INTERPRETERS)
def test_equal_values_have_equal_digests(tmp_path: Path, python: str) -> None:
    found = all_at_once(tmp_path, EQUAL, python=python)

    assert [pair for pair, (left, right) in zip(EQUAL, found, strict=True) if left != right] == []


def test_digests_do_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()

    assert all_at_once(tmp_path / "one", EQUAL, seed=1) == all_at_once(tmp_path / "two", EQUAL, seed=2)


def test_shared_structure_is_walked_once(tmp_path: Path) -> None:
    reports = digests(tmp_path, ["doubled(60)", "doubled(61)"])  # 2**60 paths

    assert reports["doubled(60)"].ok
    assert reports["doubled(60)"].digest != reports["doubled(61)"].digest


def test_what_can_only_be_named_is_listed(tmp_path: Path) -> None:
    reports = digests(
        tmp_path,
        ["[(x for x in ()), iter([1]), open(__file__), threading.Lock(), zip([1])]", "[1, 'a', Plain(a=1)]"],
    )
    named, clear = reports.values()

    assert {"builtins.generator", "builtins.list_iterator", "_io.TextIOWrapper", "_thread.lock", "builtins.zip"} == set(
        named.opaque
    )
    assert clear.opaque == []


def test_iterators_are_not_consumed_by_the_digest(tmp_path: Path) -> None:
    project = Project(tmp_path).write(
        {
            "pkg/__init__.py": "",
            "pkg/work.py": "def rows():\n    return iter([1, 2, 3])\n",
            "test_rows.py": """
                from pkg.work import rows

                def test_rows():
                    assert list(rows()) == [1, 2, 3]
            """,
        }
    )
    report = project.run("digest", "test_rows.py::test_rows")

    assert report.failure == ""
    assert report.opaque == ["builtins.list_iterator"]
