"""Python children say where their own traced peak was, however they were started, and the breakdown tells of it."""

import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import dedent, indent

import pytest

from agents.memory.breakdown import breakdown
from agents.memory.ranking import rank
from runtime.domain import Profile
from runtime.measure.models import MIB, FunctionPlace
from runtime.measure.reports import ChildPeak, ImportedFile, ProbeReport, Site
from tests.probe_runs import INTERPRETERS, Project

LIB = """
    def work(number):
        rows = load(60_000)
        return sum(map(len, rows)) + number


    def load(count):
        rows = []
        for number in range(count):
            rows.append(str(number))
        return rows
"""
LINE = "rows.append(str(number))"
JOB = """
    import os
    import subprocess
    import sys
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    import lib


    def main():
        keep = [str(number) for number in range(100_000)]
"""
PROGRAM = "    import lib\n\n    print(lib.work(1))\n"
POOL = "with get_context({!r}).Pool(2) as pool:\n    return pool.map(lib.work, range(2), chunksize=1)\n"
WAYS = {
    "fork": POOL.format("fork"),
    "spawn": POOL.format("spawn"),
    "forkserver": POOL.format("forkserver"),
    "executor": "with ProcessPoolExecutor(1) as pool:\n    return list(pool.map(lib.work, range(2)))\n",
    "program": "return subprocess.run([sys.executable, 'program.py'], check=True).returncode\n",
    "module": "return subprocess.run([sys.executable, '-m', 'program'], check=True).returncode\n",
    "os.fork": "pid = os.fork()\nif not pid:\n    lib.work(1)\n    os._exit(0)\nreturn os.waitpid(pid, 0)[1]\n",
}


@pytest.fixture
def project():
    """In a folder with a short path: multiprocessing has its sockets there, whose paths may have 107 bytes."""
    with TemporaryDirectory() as folder:
        yield Project(Path(folder))


def calls(project, body: str, python: str = sys.executable, **files: str) -> ProbeReport:
    job = dedent(JOB) + indent(body, "    ")
    written = project.write({"job.py": job, "lib.py": LIB, "program.py": PROGRAM, **files})
    return written.run("calls", "job:main", python=python)


def line_of(child: ChildPeak) -> int:
    """The line that made most of what a child had."""
    most = child.sites[0]
    assert (most.file, most.project) == ("lib.py", True)
    return most.line


@pytest.mark.parametrize("way", WAYS)
def test_a_child_says_where_its_traced_peak_was(project, way):
    report = calls(project, WAYS[way])
    child = report.child
    assert child is not None
    assert next(place.function for place in child.chain if place.file == "lib.py") == "work"
    assert LINE in dedent(LIB).splitlines()[line_of(child) - 1]
    # what a fork takes over (5 MiB of `keep`) is none of its own
    assert 3 * MIB < child.peak < 7 * MIB
    assert child.count >= 1
    assert report.traced_peak is not None
    assert report.traced_peak > 5 * MIB


@pytest.mark.parametrize("way", ["fork", "module"])
def test_a_run_for_the_stages_that_follows_the_peak_says_it_too(project, way):
    chain = calls(project, WAYS[way]).chain
    stages = project.run("stages", "job:main", chain=chain, follow=True, peak_hint=6 * MIB)
    assert stages.child is not None
    assert LINE in dedent(LIB).splitlines()[line_of(stages.child) - 1]
    assert 3 * MIB < stages.child.peak < 7 * MIB
    assert project.run("stages", "job:main", chain=chain, peak_hint=6 * MIB).child is None


@pytest.mark.parametrize("python", INTERPRETERS[1:])
def test_children_of_every_interpreter_do(project, python):
    child = calls(project, WAYS["fork"], python).child
    assert child is not None
    assert LINE in dedent(LIB).splitlines()[line_of(child) - 1]


def test_the_highest_child_is_told_of(project):
    body = (
        "for count in (1, 3, 2):\n"
        "    pid = os.fork()\n"
        "    if not pid:\n"
        "        kept = [lib.load(20_000) for _ in range(count)]\n"
        "        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
    )
    child = calls(project, body).child
    assert child is not None
    assert child.count == 3
    assert child.sites[0].count >= 40_000


def test_a_peak_in_a_programs_own_code_has_no_function(project):
    text = "    x = [str(number) for number in range(100_000)]\n    print(len(x))\n"
    child = calls(project, WAYS["program"], **{"program.py": text}).child
    assert child is not None
    assert (child.chain, child.sites) == ([], [])
    assert child.peak > 5 * MIB


def test_a_child_out_of_reach_says_nothing(project):
    report = calls(project, "return subprocess.run([sys.executable, '-I', '-c', 'x = [0] * 10**6']).returncode\n")
    assert (report.child, report.children) == (None, 1)


def test_the_main_program_of_a_spawned_worker_is_seen(project):
    text = dedent(LIB).replace("60_000", "200_000") + dedent("""
        from multiprocessing import get_context

        if __name__ == "__main__":
            with get_context("spawn").Pool(1) as pool:
                print(pool.map(work, [1]))
    """)
    child = project.write({"script.py": text}).run("calls", "script.py").child
    assert child is not None
    assert [place.function for place in child.chain][:1] == ["work"]
    assert (child.sites[0].file, child.sites[0].line) == ("script.py", text.splitlines().index(f"        {LINE}") + 1)


def test_a_child_near_its_recursion_limit_goes_on(project):
    body = (
        "pid = os.fork()\n"
        "if not pid:\n"
        "    os._exit(lib.down(0))\n"
        "return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
    )
    text = """
        import sys

        sys.setrecursionlimit(250)


        def down(depth):
            kept = [depth] * 10_000
            try:
                return down(depth + 1)
            except RecursionError:
                return 7
    """
    report = calls(project, body, **{"lib.py": text})
    assert report.ok
    assert report.child is not None
    assert report.child.peak > 10 * MIB


def test_a_child_that_stops_tracing_itself_still_ends_well(project):
    text = "    import tracemalloc\n    import lib\n\n    lib.work(1)\n    tracemalloc.stop()\n    print(lib.work(2))\n"
    child = calls(project, WAYS["program"], **{"program.py": text}).child
    assert child is not None
    assert child.peak > 3 * MIB


def test_other_runs_do_not_trace_children(project):
    text = "    import sys\n    import tracemalloc\n\n    sys.exit(tracemalloc.is_tracing())\n"
    body = "return subprocess.run([sys.executable, 'program.py']).returncode\n"
    job = dedent(JOB) + indent(body, "    ")
    report = project.write({"job.py": job, "lib.py": LIB, "program.py": text}).run("traced", "job:main")
    again = project.run("digest", "job:main")
    assert report.child is None
    assert report.digest == again.digest


def profile(child: ChildPeak | None, own: bool = True) -> Profile:
    module = ImportedFile(module="lib", file="/export/lib.py", blob="1", process="child")
    report = ProbeReport(ok=True, python="3.11", traced_peak=9 * MIB, child=child, modules=[module] if own else [])
    return Profile("tree", report, report, None, children=60 * MIB)


def child_peak() -> ChildPeak:
    site = Site(file="lib.py", project=True, line=11, size=18 * MIB, count=9)
    other = Site(file="/usr/lib/python3/json/decoder.py", project=False, line=3, size=19 * MIB, count=9)
    place = FunctionPlace(file="lib.py", function="load", line=7)
    return ChildPeak(peak=40 * MIB, chain=[place], sites=[other, site], count=2)


def test_the_breakdown_says_where_the_highest_child_has_its_memory():
    [row] = [row for row in breakdown(profile(child_peak())) if row.source.startswith("child")]
    assert "the highest of 2 Python children has a traced peak of 40.0 MiB, in load (lib.py)" in row.why
    assert "18.0 MiB of them made at lib.py:11" in row.why
    [row] = [row for row in breakdown(profile(None)) if row.source.startswith("child")]
    assert "no Python child left a traced peak" in row.why
    assert row.size == 60 * MIB


def test_lines_of_children_are_targets_where_children_count():
    found = profile(child_peak())
    assert [(one.target.file, one.target.line, one.focus.size) for one in rank(found)] == [("lib.py", 11, 18 * MIB)]
    assert not rank(replace(found, children=0))
