"""The probe's purposes, on real runs."""

import sys
from pathlib import Path

import pytest

from runtime.measure.models import MIB
from tests.probe_runs import INTERPRETERS, Project, blob_id

WORK = """
    import json

    def build(n):
        return [bytes(1000) for _ in range(n)]

    def text(rows):
        return b"".join(rows)

    def stream(n):
        for _ in range(n):
            yield bytes(1000)

    class Table:
        def __init__(self, n):
            self.rows = build(n)

        def size(self):
            def width(rows):
                return len(text(rows))
            return width(self.rows)

    def main():
        size = Table(3000).size()
        return {"size": size, "streamed": sum(len(row) for row in stream(50))}

    async def later():
        return main()

    def lazy():
        yield 1

    async def lazy_later():
        yield 1

    def broken():
        raise ValueError("no such reading: \\udcff")
"""
SCRIPT = """
    import sys
    from pkg.work import main

    print(__name__, sys.modules["__main__"].main is main, sys.argv, sys.path[0] == __file__.rpartition("/")[0])
    print(main())
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).write({"pkg/__init__.py": "", "pkg/work.py": WORK, "tool/run.py": SCRIPT})


def test_inspect_names_the_interpreter_and_its_packages(project: Project) -> None:
    report = project.run("inspect")

    assert report.ok
    assert report.tools is not None
    assert report.tools.version == sys.version.split()[0]
    assert report.tools.prefix == sys.prefix
    assert report.tools.packages["pytest"] == pytest.__version__


@pytest.mark.parametrize("python", INTERPRETERS)
def test_traced_peak_is_what_the_call_needs_above_the_import(project: Project, python: str) -> None:
    report = project.run("traced", "pkg.work:main", python=python)

    assert report.failure == ""
    assert report.traced_peak is not None
    assert 6.0e6 < report.traced_peak < 6.4e6  # 3000 rows of 1033 bytes, and their join
    assert report.traced_import is not None
    assert report.traced_import > 2000
    assert report.traced_retained is not None
    assert report.traced_retained < 50_000
    assert report.digest_kind == "return"


def test_two_traced_runs_agree_once_the_bytecode_is_cached(project: Project) -> None:
    project.run("plain", "pkg.work:main")

    first, second = (project.run("traced", "pkg.work:main") for _ in range(2))

    assert first.traced_peak == second.traced_peak
    assert first.digest == second.digest


def test_plain_run_has_resident_peak_time_and_digest_but_no_trace(project: Project) -> None:
    report = project.run("plain", "pkg.work:main")

    assert report.vm_hwm is not None
    assert 10 * MIB < report.vm_hwm < 60 * MIB
    assert report.wall_s is not None
    assert 0 < report.wall_s < 5
    assert report.digest is not None
    assert report.traced_peak is None


def test_modules_are_listed_with_their_blob_ids(project: Project) -> None:
    report = project.run("plain", "pkg.work:main")

    found = {module.module: module for module in report.modules}
    assert found.keys() == {"pkg", "pkg.work"}
    assert found["pkg.work"].file == str(project.export / "pkg/work.py")
    assert found["pkg.work"].blob == blob_id((project.export / "pkg/work.py").read_bytes())
    assert "pkg/work.py" in report.opened


def test_coroutine_is_run_and_has_the_digest_of_its_value(project: Project) -> None:
    assert project.run("traced", "pkg.work:later").digest == project.run("plain", "pkg.work:main").digest


@pytest.mark.parametrize("function", ["lazy", "lazy_later"])
def test_generator_targets_are_refused_with_a_sentence(project: Project, function: str) -> None:
    report = project.run("plain", f"pkg.work:{function}")

    assert not report.ok
    assert report.failure == "the target returns a generator: name a function that consumes it"


def test_failing_function_shows_its_own_frames_only(project: Project) -> None:
    report = project.run("traced", "pkg.work:broken")

    assert not report.ok
    assert "ValueError: no such reading" in report.failure
    assert "in broken" in report.failure
    assert "runtime/measure/probe" not in report.failure


def test_missing_function_is_a_failure_that_names_it(project: Project) -> None:
    report = project.run("plain", "pkg.work:mian")

    assert not report.ok
    assert "mian" in report.failure


@pytest.mark.parametrize("python", INTERPRETERS)
def test_script_runs_as_main_with_its_arguments(project: Project, python: str) -> None:
    report = project.run("traced", "tool/run.py --count 3", python=python)

    assert report.failure == ""
    assert report.stdout.splitlines()[0] == "__main__ True ['tool/run.py', '--count', '3'] True"
    assert report.traced_peak is not None
    assert report.traced_peak > 6.0e6
    assert report.traced_import is None
    assert report.digest_kind == "output"
    assert "__main__" in {module.module for module in report.modules}


def test_script_digest_is_its_output_and_exit_code(tmp_path: Path) -> None:
    project = Project(tmp_path).write(
        {
            "one.py": "print('a')",
            "same.py": "import os\nos.write(1, b'a\\n')",
            "child.py": "import subprocess\nsubprocess.run(['echo', 'a'], check=True)",
            "late.py": "import atexit\natexit.register(print, 'a')",
            "other.py": "print('b')",
            "code.py": "print('a')\nraise SystemExit(3)",
            "text.py": "print('a')\nraise SystemExit('no input')",
        }
    )
    reports = {path.name: project.run("plain", path.name) for path in project.export.glob("*.py")}

    assert {reports[name].digest for name in ("same.py", "child.py", "late.py")} == {reports["one.py"].digest}
    assert reports["other.py"].digest != reports["one.py"].digest
    assert reports["code.py"].digest != reports["one.py"].digest
    assert not reports["code.py"].ok
    assert reports["code.py"].failure == "The script ended with exit code 3."
    assert "no input" in reports["text.py"].failure


@pytest.mark.parametrize("python", INTERPRETERS)
def test_the_calls_that_were_running_at_the_peak(project: Project, python: str) -> None:
    report = project.run("calls", "pkg.work:main", python=python)

    assert report.failure == ""
    assert [place.function for place in report.chain] == ["main", "Table.size", "Table.size.width", "text"]
    assert report.chain[-1].file == "pkg/work.py"
    assert report.chain[-1].line == 7


def test_peak_in_calls_mode_is_that_of_the_traced_run(project: Project) -> None:
    traced = project.run("traced", "pkg.work:main").traced_peak
    calls = project.run("calls", "pkg.work:main").traced_peak

    assert traced is not None
    assert calls is not None
    assert abs(calls - traced) < 0.005 * traced


def test_chain_of_a_script_starts_at_its_module(project: Project) -> None:
    report = project.run("calls", "tool/run.py")

    assert [place.function for place in report.chain][:2] == ["<module>", "main"]
    assert report.chain[0].file == "tool/run.py"


WAITING = """
    import asyncio
    import threading

    def inner():
        return bytearray(5_000_000)

    def outer():
        inner()

    def threads():
        thread = threading.Thread(target=outer)
        thread.start()
        thread.join()

    async def small():
        held = bytearray(1000)
        await asyncio.sleep(0.01)
        return len(held)

    async def big():
        await asyncio.sleep(0)
        return inner()

    async def tasks():
        await asyncio.gather(small(), big(), small())

    def produce():
        for number in range(3):
            yield bytearray(1_000_000 * number)

    def again():
        yield from produce()

    def consume():
        for block in again():
            pass

    def grow(kept, number):
        kept.append(bytearray(50))

    def often():
        kept = []
        for number in range(30_000):
            grow(kept, number)
        del kept[5:]
        return inner()
"""


@pytest.mark.parametrize("python", INTERPRETERS)
@pytest.mark.parametrize(
    ("function", "chain"),
    [
        ("threads", ["threads", "outer", "inner"]),
        ("tasks", ["tasks", "big", "inner"]),
        ("consume", ["consume", "again", "produce"]),
        ("often", ["often", "inner"]),
    ],
)
def test_chain_is_that_of_the_thread_task_or_generator_that_peaks(
    tmp_path: Path, python: str, function: str, chain: list[str]
) -> None:
    report = Project(tmp_path).write({"work.py": WAITING}).run("calls", f"work:{function}", python=python)

    assert report.failure == ""
    assert [place.function for place in report.chain] == chain


def test_census_that_is_never_reached_is_a_failure(project: Project) -> None:
    chain = [{"file": "pkg/work.py", "function": "main", "line": 27}]

    taken, late = (project.run("census", "pkg.work:main", chain=chain, event=event) for event in (2, 1_000_000))

    assert taken.failure == ""
    assert taken.census_line is not None
    assert taken.census_line.function == "main"
    assert late.failure == "The run ended before probe event 1000000: no census was taken."


def made(folder: Path) -> Project:
    folder.mkdir()
    return Project(folder)


def test_where_the_export_lies_is_no_part_of_a_scripts_output(tmp_path: Path) -> None:
    text = {"here.py": "print('x' * 1_048_570, __file__)\nprint('end')"}  # the path spans two chunks of the reader
    one, other = made(tmp_path / "one").write(text), made(tmp_path / "another").write(text)
    changed = made(tmp_path / "third").write({"here.py": text["here.py"].replace("'end'", "'END'")})
    digests = [project.run("plain", "here.py").digest for project in (one, other, changed)]
    assert digests[0] == digests[1] != digests[2]
