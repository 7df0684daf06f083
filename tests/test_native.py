"""memray's run of a target: C memory that tracemalloc does not see, by site, and the allocations in all."""

import pytest

from runtime.measure.models import MIB
from tests.probe_runs import Project

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
