"""memray's run of a target: C memory that tracemalloc does not see, by site, and the allocations in all."""

import asyncio
from textwrap import dedent

import pytest

from messaging.contents import Note
from runtime.experiment.events import Figures, Learned
from runtime.experiment.native import at_baseline
from runtime.measure.models import MIB
from runtime.measure.native import read, well_above
from runtime.measure.reports import Outcome
from tests.probe_runs import Project
from tests.team import repository
from tests.test_session_refusals import optimize

OUTSIDE = """
    import mmap
    import zlib

    def main():
        area = mmap.mmap(-1, 24 * 2**20)
        area.write(bytes(20 * 2**20))
        packers = [zlib.compressobj(9) for _ in range(8)]
        rows = [[number] for number in range(20_000)]
        return len(rows) + len(packers)
"""


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_c_memory_is_found_by_site_and_python_objects_are_not_in_it(project):
    native = project.write({"job.py": OUTSIDE}).run("native", "job:main").native
    assert native is not None
    [area] = [site for site in native.sites if site.size >= 24 * MIB]
    assert (area.file, area.line, area.project) == ("job.py", 6, True)
    assert native.outside < 25 * MIB  # the packers ask Python's allocator
    assert native.peak >= native.outside + 8 * 256 * 1024
    assert 20_000 < native.total_allocs < 60_000


NUMPY = """
    import numpy

    def main():
        table = numpy.ones(3 * 2**20)
        return float((table * 2).sum())
"""


def test_what_numpy_tells_tracemalloc_of_is_not_outside(project):
    native = project.write({"job.py": NUMPY}).run("native", "job:main").native
    assert native is not None
    assert native.peak >= 48 * MIB
    assert native.outside < MIB


@pytest.mark.parametrize(
    ("resident", "traced", "above"), [(None, 10, False), (40, 10, False), (50, 10, True), (280, 200, False)]
)
def test_later_profiles_ask_memray_where_the_resident_peak_is_well_above_the_traced_one(resident, traced, above):
    assert well_above(None if resident is None else resident * MIB, traced * MIB) == above


def test_a_memray_that_dies_is_said_with_what_is_lost():
    native, why = read(Outcome(status="crashed", reason="The target's process was ended by SIGSEGV."))
    assert native is None
    assert why.startswith("memray died (The target's process was ended by SIGSEGV): tracemalloc only")


SESSION = """
    import mmap


    def main():
        area = mmap.mmap(-1, 40 * 2**20)
        area.write(bytes(1) * (20 * 2**20))
        total = sum([number * 2 for number in range(400_000)])
        return total + len(area)
"""


def test_c_memory_and_allocations_are_in_what_a_session_leaves(tmp_path):
    repo = repository(tmp_path / "repo", {"job.py": dedent(SESSION)})
    code, said, complaint = optimize(repo, tmp_path / "state", "job:main")
    assert code == 0, said + complaint
    handoff = (repo / ".codeflash/HANDOFF.md").read_text()
    assert "C extension, called at job.py:6 (image-buffers)" in handoff
    assert "memray 1." in handoff
    header, first = (line.split("\t") for line in (repo / ".codeflash/results.tsv").read_text().splitlines()[:2])
    assert int(dict(zip(header, first, strict=True))["total_allocs"]) > 400_000


class WithoutMemray:
    """Services of a session whose target has no memray, as far as `at_baseline` uses them."""

    memray = ""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.record = self
        self.state = self
        self.learned: list[Learned] = []

    def add(self, event: Learned) -> None:
        self.learned.append(event)

    async def log(self, note: Note) -> None:
        self.said.append(note.text)


def test_without_memray_the_fallback_is_said_once_and_recorded():
    services = WithoutMemray()
    for _ in range(2):
        assert asyncio.run(at_baseline(services, "t", Figures(traced_peak=MIB))) is None
    assert [learned.text for learned in services.learned] == services.said
    assert len(services.said) == 1
    assert "memray is not in the target's environment: tracemalloc only" in services.said[0]
