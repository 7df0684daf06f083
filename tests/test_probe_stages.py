"""Stages of the functions on a chain: their figures, their names, and what the probes must not change."""

from pathlib import Path
from typing import Any

import pytest

from runtime.measure.models import FunctionPlace
from runtime.measure.reports import ProbeReport, StageTable
from tests.probe_runs import INTERPRETERS, Project

MIB = 1 << 20
WORK = '''
    """What is probed here."""
    from __future__ import annotations
    import json
    from pkg import other

    def make_lines(n):
        return [json.dumps({"k": "user%d" % (i % 50), "v": i * 0.5}) for i in range(n)]

    def parse(line):
        return json.loads(line)

    def add(by, row):
        by.setdefault(row["k"], []).append(row)

    def pipeline(n=4000):
        """A docstring."""
        raw = make_lines(n)
        rows = [parse(line) for line in raw]
        by = {}
        for row in rows:
            if row["v"] < 0:
                continue
            add(by, row)
        with open(__file__) as source:
            text = source.read() * 1000
        blob = text.encode() + b"!"
        return other.size(blob)
'''
OTHER = """
    def size(blob):
        copy = blob * 2
        return len(copy)
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).write({"pkg/__init__.py": "", "pkg/work.py": WORK, "pkg/other.py": OTHER})


def place(function: str, file: str = "pkg/work.py", line: int = 0) -> FunctionPlace:
    return FunctionPlace(file=file, function=function, line=line)


def stages(
    project: Project, target: str, *functions: str | FunctionPlace, file: str = "pkg/work.py", **fields: Any
) -> ProbeReport:
    """A stages run with probes in `functions` of `file`; it must have succeeded."""
    chain = [function if isinstance(function, FunctionPlace) else place(function, file) for function in functions]
    report = project.run("stages", target, chain=chain, **fields)
    assert report.failure == ""
    return report


def table(report: ProbeReport, function: str) -> StageTable:
    (found,) = [table for table in report.tables if table.place.function == function]
    return found


def rows(report: ProbeReport, function: str) -> list[tuple[str, int, int | None, int, bool]]:
    """Name, depth, parent, hits and loop of each stage."""
    return [(s.name, s.depth, s.parent, s.hits, s.loop) for s in table(report, function).stages]


def write(project: Project, body: str) -> Project:
    return project.write({"pkg/work.py": body})


@pytest.mark.parametrize("python", INTERPRETERS)
def test_every_statement_is_a_stage_and_the_peak_is_that_of_the_traced_run(project: Project, python: str) -> None:
    traced = project.run("traced", "pkg.work:pipeline", python=python).traced_peak
    chain = ("pipeline", "make_lines", "parse", "add", place("size", "pkg/other.py"))
    report = stages(project, "pkg.work:pipeline", *chain, python=python, peak_hint=traced)

    assert traced is not None
    assert report.traced_peak == pytest.approx(traced, rel=0.006)
    assert rows(report, "pipeline") == [
        ("make_lines", 0, None, 1, False),
        ("rows = [parse(line) for line in raw]", 0, None, 1, False),
        ("by = {}", 0, None, 1, False),
        ("for row in rows:", 0, None, 1, True),
        ('if row["v"] < 0:', 1, 3, 4000, False),
        ("add", 1, 3, 4000, False),
        ("with open(__file__) as source:", 0, None, 1, False),
        ("text = source.read() * 1000", 1, 6, 1, False),
        ('blob = text.encode() + b"!"', 0, None, 1, False),
        ("other.size", 0, None, 1, False),
    ]
    pipeline = table(report, "pipeline").stages
    assert max(stage.peak for stage in pipeline) == report.traced_peak
    assert pipeline[1].calls == ["parse"]
    assert pipeline[7].calls == ["source.read"]
    lines = table(report, "make_lines").stages[0]
    assert lines.peak == pytest.approx(pipeline[0].peak, rel=0.005)
    assert [stage.name for stage in table(report, "size").stages] == ["copy = blob * 2", "return len(copy)"]
    assert not any(table.approximate for table in report.tables)


def test_delta_cumulative_and_peak_of_a_known_structure(project: Project) -> None:
    write(
        project,
        """
        def main():
            kept = bytes(3 * 2**20)
            size = len(bytes(5 * 2**20))
            kept = None
            last = [bytes(2**20) for _ in range(2)]
            return size
        """,
    )
    known = table(stages(project, "pkg.work:main", "main"), "main").stages

    figures = [[round(value / MIB, 2) for value in (s.delta, s.cumulative, s.peak)] for s in known]
    assert figures == [[3, 3, 3], [0, 3, 8], [-3, 0, 3], [2, 2, 2], [0, 2, 2]]


def test_loop_deltas_add_up_and_belong_to_the_statement_that_made_them(project: Project) -> None:
    write(
        project,
        """
        def main():
            kept = []
            for n in range(300):
                size = n * 4
                kept.append(bytes(10_000))
            return len(kept)
        """,
    )
    known = {s.name: s for s in table(stages(project, "pkg.work:main", "main"), "main").stages}

    assert known["kept.append(bytes(10_000))"].delta == pytest.approx(300 * 10_033, rel=0.01)
    assert abs(known["size = n * 4"].delta) < 10_000
    assert known["for n in range(300):"].delta == pytest.approx(300 * 10_033, rel=0.01)
    assert known["kept.append(bytes(10_000))"].hits == 300


def test_what_the_iterator_of_a_loop_allocates_is_the_loops_own(project: Project) -> None:
    write(
        project,
        """
        def source():
            for n in range(4):
                yield bytes(2**20)

        def main():
            for item in source():
                size = len(item)
            return size
        """,
    )
    loop, body, _ = table(stages(project, "pkg.work:main", "main"), "main").stages

    assert loop.peak > 2 * MIB
    assert body.delta < 1000


def test_generator_stages_stop_while_it_is_suspended(project: Project) -> None:
    write(
        project,
        """
        def numbers():
            buffer = bytes(2**20)
            for n in range(3):
                got = yield n
            tail = bytes(2 * 2**20)
            yield len(tail)

        def main():
            kept = []
            for n in numbers():
                kept.append(bytes(5 * 2**20))
            return len(kept)
        """,
    )
    report = stages(project, "pkg.work:main", "main", "numbers")

    known = {s.name: s for s in table(report, "numbers").stages}
    assert known["buffer = bytes(2**20)"].delta == pytest.approx(MIB, rel=0.01)
    assert abs(known["got = yield n"].delta) < 2000
    assert known["got = yield n"].hits == 3
    assert known["tail = bytes(2 * 2**20)"].delta == pytest.approx(2 * MIB, rel=0.01)
    assert table(report, "main").stages[2].delta == pytest.approx(20 * MIB, rel=0.01)
    assert report.traced_peak == pytest.approx(23 * MIB, rel=0.01)
    assert not table(report, "numbers").approximate


def test_generator_that_is_thrown_into_or_dropped_keeps_the_callers_stages_right(project: Project) -> None:
    write(
        project,
        """
        def numbers():
            try:
                while True:
                    yield 1
            except KeyError:
                held = bytes(2**20)
                yield len(held)

        def main():
            thrown = numbers()
            next(thrown)
            size = thrown.throw(KeyError())
            dropped = numbers()
            next(dropped)
            del dropped
            last = bytes(4 * 2**20)
            return size
        """,
    )
    report = stages(project, "pkg.work:main", "main", "numbers")

    known = {s.name: s for s in table(report, "main").stages}
    assert known["size = thrown.throw(KeyError())"].delta == pytest.approx(MIB, rel=0.01)
    assert known["last = bytes(4 * 2**20)"].delta == pytest.approx(4 * MIB, rel=0.01)
    held = {s.name: s for s in table(report, "numbers").stages}["held = bytes(2**20)"]
    assert held.delta == pytest.approx(MIB, rel=0.01)


def test_recursive_function_has_one_table_of_its_outermost_call(project: Project) -> None:
    write(
        project,
        """
        def main(depth=3):
            mine = bytes(2**20)
            below = main(depth - 1) if depth else 0
            return below + len(mine)
        """,
    )
    mine, below, _ = table(stages(project, "pkg.work:main", "main"), "main").stages

    assert [mine.hits, below.hits] == [4, 4]
    assert mine.delta == pytest.approx(MIB, rel=0.01)
    assert mine.cumulative == pytest.approx(MIB, rel=0.01)
    assert below.peak == pytest.approx(4 * MIB, rel=0.01)
    assert below.delta < 10_000


def test_of_many_calls_the_highest_one_is_described(project: Project) -> None:
    write(
        project,
        """
        def load(n):
            rows = bytes(n * 2**20)
            return len(rows)

        def main():
            return [load(n) for n in (1, 6, 2)]
        """,
    )
    rows_, _ = table(stages(project, "pkg.work:main", "main", "load"), "load").stages

    assert rows_.hits == 3
    assert rows_.delta == pytest.approx(6 * MIB, rel=0.01)
    assert rows_.peak == pytest.approx(6 * MIB, rel=0.01)


def test_exception_that_leaves_a_probed_function_closes_its_stages(project: Project) -> None:
    write(
        project,
        """
        def fail():
            held = bytes(3 * 2**20)
            raise ValueError("no")

        def main():
            for n in range(3):
                try:
                    fail()
                except ValueError as error:
                    text = str(error)
                else:
                    text = ""
                finally:
                    n = None
            after = bytes(2**20)
            return text
        """,
    )
    report = stages(project, "pkg.work:main", "main", "fail")

    known = {s.name: s for s in table(report, "main").stages}
    assert [known[name].hits for name in ("try:", "fail", "text = str(error)", "n = None")] == [3, 3, 3, 3]
    assert known['text = ""'].hits == 0
    assert known["fail"].peak == pytest.approx(3 * MIB, rel=0.01)
    assert known["after = bytes(2**20)"].delta == pytest.approx(MIB, rel=0.01)


def test_methods_decorators_and_nested_functions_are_found_by_qualified_name(project: Project) -> None:
    write(
        project,
        """
        import functools

        def keeping(function):
            @functools.wraps(function)
            def inner(*args):
                kept = bytes(2**20)
                return function(*args)
            return inner

        class Table:
            @property
            def rows(self):
                return [1]

            @rows.setter
            def rows(self, value):
                self._rows = bytes(value)

            @keeping
            def load(self):
                def one(n):
                    nonlocal total
                    total += n
                    return bytes(n)
                total = 0
                self.rows = 2**20
                return len(one(3 * 2**20))

        def main():
            return Table().load()
        """,
    )
    chain: list[str | FunctionPlace] = [
        "main",
        "keeping.inner",
        place("Table.rows", line=16),
        "Table.load",
        "Table.load.one",
    ]
    report = stages(project, "pkg.work:main", *chain)

    assert [table.place.function for table in report.tables] == [
        "main",
        "keeping.inner",
        "Table.rows",
        "Table.load",
        "Table.load.one",
    ]
    assert [stage.name for stage in table(report, "Table.rows").stages] == ["self._rows = bytes(value)"]
    assert [stage.name for stage in table(report, "Table.load.one").stages] == ["total += n", "return bytes(n)"]
    assert report.traced_peak == pytest.approx(5 * MIB, rel=0.01)


def test_coroutines_are_measured_and_marked_approximate(project: Project) -> None:
    write(
        project,
        """
        import asyncio

        async def fetch(n):
            body = bytes(n * 2**20)
            await asyncio.sleep(0)
            return len(body)

        async def main():
            first = await fetch(2)
            both = await asyncio.gather(fetch(1), fetch(3))
            async with asyncio.Lock() as lock:
                last = bytes(2**20)
            return first
        """,
    )
    report = stages(project, "pkg.work:main", "main", "fetch")

    assert report.traced_peak == pytest.approx(4 * MIB, rel=0.05)
    assert [s.name for s in table(report, "main").stages[:2]] == [
        "fetch",
        "both = await asyncio.gather(fetch(1), fetch(3))",
    ]
    assert [s.hits for s in table(report, "fetch").stages] == [3, 3, 3]
    assert all(table.approximate for table in report.tables)


def test_threads_make_tables_approximate_and_the_peak_is_the_whole_process(project: Project) -> None:
    write(
        project,
        """
        import threading

        def work(started, go):
            held = bytes(2 * 2**20)
            started.set()
            go.wait()
            return len(held)

        def main():
            started, go = threading.Event(), threading.Event()
            thread = threading.Thread(target=work, args=(started, go))
            thread.start()
            started.wait()
            more = bytes(2**20)
            go.set()
            thread.join()
            return len(more)
        """,
    )
    report = stages(project, "pkg.work:main", "main", "work")

    assert report.traced_peak == pytest.approx(3 * MIB, rel=0.02)
    assert all(table.approximate for table in report.tables)
    assert [s.hits for s in table(report, "work").stages] == [1, 1, 1, 1]


def test_peak_within_a_comprehension_is_where_the_snapshot_and_the_event_are(project: Project) -> None:
    write(
        project,
        """
        def one(n):
            return bytes(100_000)

        def main():
            return sum(len(part) for part in [one(n) for n in range(80)])
        """,
    )
    traced = project.run("traced", "pkg.work:main").traced_peak
    report = stages(project, "pkg.work:main", "main", peak_hint=traced)

    assert report.event_traced == pytest.approx(traced, rel=0.02)
    assert report.sites[0].line == 3
    assert report.sites[0].size == pytest.approx(8_000_000, rel=0.05)


def test_sites_are_those_alive_near_the_peak_without_what_was_there_before(project: Project) -> None:
    write(
        project,
        """
        import json

        BEFORE = [bytes(50_000) for _ in range(100)]

        def main():
            gone = [bytes(1000) for _ in range(2000)]
            del gone
            raw = json.dumps(list(range(100_000)))
            rows = json.loads(raw)
            size = len(raw)
            del raw, rows
            return [size]
        """,
    )
    traced = project.run("traced", "pkg.work:main").traced_peak
    report = stages(project, "pkg.work:main", "main", peak_hint=traced)

    by_line = {site.line: site.size for site in report.sites if site.project}
    library = [site for site in report.sites if not site.project]
    assert 4 not in by_line
    assert 7 not in by_line
    assert library[0].file.endswith("json/decoder.py")
    assert library[0].size > 3_000_000
    assert not [site for site in report.sites if "measure/probe" in site.file]
    highest = max(stage.cumulative for stage in report.tables[0].stages)
    assert sum(site.size for site in report.sites) == pytest.approx(highest, rel=0.05)


def test_event_of_the_highest_traced_bytes_is_the_same_in_every_run(project: Project) -> None:
    first = stages(project, "pkg.work:pipeline", "pipeline", "add")
    second = stages(project, "pkg.work:pipeline", "pipeline", "add", seed=7)

    assert first.event is not None
    assert first.event == second.event


@pytest.mark.parametrize("python", INTERPRETERS)
def test_script_with_its_module_in_the_chain(tmp_path: Path, python: str) -> None:
    script = """
        '''Doc.'''
        from __future__ import annotations
        import sys

        def build(n: Unknown) -> int:
            rows = [bytes(1000) for _ in range(n)]
            return len(rows)

        if __name__ == "__main__":
            total = build(int(sys.argv[1]))
            kept = bytes(2**20)
            print(__doc__, total, build.__annotations__["n"])
            sys.exit(0)
    """
    project = Project(tmp_path).write({"tool.py": script})
    report = stages(project, "tool.py 3000", "<module>", "build", file="tool.py", python=python)

    assert report.stdout == "Doc. 3000 Unknown\n"
    names = [stage.name for stage in table(report, "<module>").stages]
    assert names == [
        "import sys",
        "def build(n: Unknown) -> int:",
        'if __name__ == "__main__":',
        "build",
        "kept = bytes(2**20)",
        'print(__doc__, total, build.__annotations__["n"])',
        "sys.exit(0)",
    ]
    assert table(report, "<module>").stages[3].peak == pytest.approx(3000 * 1040, rel=0.02)
    assert table(report, "<module>").stages[4].delta == pytest.approx(MIB, rel=0.01)


def test_chain_through_a_test_and_its_fixture_in_conftest(project: Project) -> None:
    project.write(
        {
            "tests/conftest.py": """
                import pytest

                @pytest.fixture
                def rows():
                    made = [bytes(1000) for _ in range(3000)]
                    yield made
                    made.clear()
            """,
            "tests/test_rows.py": """
                def test_rows(rows):
                    copy = [bytes(row) for row in rows]
                    joined = b"".join(copy)
                    assert len(joined) == 3_000_000
            """,
        }
    )
    report = stages(
        project,
        "tests/test_rows.py::test_rows",
        place("rows", "tests/conftest.py"),
        place("test_rows", "tests/test_rows.py"),
    )

    assert table(report, "rows").stages[0].delta == pytest.approx(3000 * 1040, rel=0.03)
    assert table(report, "test_rows").stages[1].delta == pytest.approx(3_000_000, rel=0.01)


def test_probes_leave_no_trace_in_namespaces_tracebacks_or_on_disk(project: Project) -> None:
    write(
        project,
        """
        import inspect, os, sys, traceback

        def fail(n):
            m = n
            raise ValueError(m)

        def main():
            before = sorted(locals())
            try:
                fail(1)
            except ValueError as error:
                lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)]
            print(before, lines, sorted(name for name in globals() if not name.startswith("__")))
            print("lowtide" in inspect.getsource(fail), fail.__code__.co_firstlineno, fail.__doc__)
            return 0
        """,
    )
    report = stages(project, "pkg.work:main", "main", "fail")

    assert report.stdout.splitlines() == [
        "[] [11, 6] ['fail', 'inspect', 'main', 'os', 'sys', 'traceback']",
        "False 4 None",
    ]
    assert not list((project.folder / "pycache").rglob("work.*"))


def test_statements_of_every_kind_can_be_probed(project: Project) -> None:
    write(
        project,
        """
        def main(value=(1, 2)):
            class Local:
                '''Inside.'''
                size = 3
            global seen
            seen = 0
            while True:
                seen += 1
                if seen == 2:
                    continue
                elif seen > 4:
                    break
                else:
                    pass
            else:
                seen = -1
            match value:
                case (1, other) if other:
                    found = [other for _ in range(3)]
                case _:
                    found = []
            pairs = {key: {value} for key, value in zip(found, found)}
            squares = (lambda items: [item * item for item in items])(found)
            assert squares, "none"
            del pairs
            for _ in ():
                ...
            else:
                import json
            return seen, found, Local.__doc__, json.dumps(squares), main.__code__.co_varnames[:2]
        """,
    )
    report = stages(project, "pkg.work:main", "main")

    names = [(stage.name, stage.depth, stage.hits) for stage in table(report, "main").stages]
    assert names[:9] == [
        ("class Local:", 0, 1),
        ("seen = 0", 0, 1),
        ("while True:", 0, 1),
        ("seen += 1", 1, 5),
        ("if seen == 2:", 1, 5),
        ("elif seen > 4:", 2, 4),
        ("seen = -1", 1, 0),
        ("match value:", 0, 1),
        ("found = [other for _ in range(3)]", 1, 1),
    ]
    assert ("import json", 1, 1) in names
    assert len(names) == 17


def test_function_too_deeply_nested_for_a_probe_runs_without(project: Project) -> None:
    body = "".join("    " * depth + f"for i{depth} in (1,):\n" for depth in range(1, 21))
    text = "def main():\n" + body + "    " * 21 + "last = i1\n    return last\n"
    (project.export / "pkg/work.py").write_text(text)
    report = stages(project, "pkg.work:main", "main")

    assert report.ok
    assert report.tables == []
