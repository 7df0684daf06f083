"""Targets with child processes: their memory is summed, and the sum is what counts."""

from textwrap import dedent

import pytest

from runtime.experiment.baseline import SUMMED
from runtime.experiment.events import Figures, judged_peaks
from runtime.experiment.folding import fold
from runtime.experiment.journal import read_journal
from runtime.experiment.verdict import decide
from runtime.experiment.views import change
from runtime.measure.children import group_peaks, summed
from runtime.measure.models import MIB
from runtime.measure.reports import ProbeReport
from tests.probe_runs import Project
from tests.team import repository
from tests.test_session_refusals import optimize

POOL = """
    import os
    import time
    from multiprocessing import get_context


    def work(number):
        data = bytearray(30 * 2**20)
        data[:] = b"x" * len(data)
        time.sleep(0.3)
        return len(data)


    def main():
        with get_context("fork").Pool(2) as pool:
            return pool.map(work, range(2), chunksize=1)
"""

WAITER = """
    import os


    def main():
        try:
            os.wait()
        except ChildProcessError:
            return "no child but my own"
"""


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_the_peaks_of_children_that_run_together_are_summed(project):
    report = project.write({"job.py": POOL}).run("plain", "job:main")
    assert report.vm_hwm is not None
    assert report.group_peak is not None
    assert report.group_peak > 60 * MIB + 10 * MIB
    assert report.children == 2


def test_without_children_there_is_no_sum_and_the_target_meets_no_child_of_ours(project):
    report = project.write({"job.py": WAITER}).run("plain", "job:main")
    assert report.ok
    assert (report.group_peak, report.children) == (None, 0)


FOREIGN = """
    import subprocess
    import sys


    def main():
        text = "import time; x = b'x' * 100_000_000; time.sleep(0.2); print(len(x))"
        return subprocess.run([sys.executable, "-c", text], check=True).returncode
"""
HOLDING = """
    import time
    from multiprocessing import get_context


    def work(number):
        data = b"x" * (24 * 2**20)
        time.sleep(0.2)
        return number + len(data)


    def main():
        numbers = [number % 7 for number in range(2_000_000)]
        total = sum(numbers)
        with get_context("fork").Pool(2) as pool:
            return total, pool.map(work, range(2), chunksize=1)
"""


def plain(group: float | None, own: float) -> ProbeReport:
    """A plain run; sizes in MiB."""
    peak = None if group is None else int(group * MIB)
    return ProbeReport(ok=True, python="3.11", group_peak=peak, vm_hwm=int(own * MIB))


@pytest.mark.parametrize(
    ("group", "own", "counts"),
    [(None, 50, False), (60, 50, False), (70, 50, True), (140, 120, False), (200, 120, True)],
)
def test_children_count_where_they_hold_enough_beside_the_targets_own_process(group, own, counts):
    assert summed(plain(group, own)) == counts


def test_a_run_whose_children_were_too_quick_to_be_seen_counts_as_its_own_process():
    assert group_peaks([plain(90, 50), plain(None, 51)]) == [90 * MIB, 51 * MIB]


def figures(*peaks: float, written: int = 0) -> Figures:
    """Of a target whose summed peaks (MiB) are the metric."""
    return Figures(traced_peak=9 * MIB, group_peaks=[int(peak * MIB) for peak in peaks], written=written)


@pytest.mark.parametrize(
    ("before", "after", "status"),
    [
        ((200, 201, 202), (150, 151, 149), "keep"),
        ((200, 230, 215), (205, 190, 199), "discard"),
        ((200, 201, 202), (199.9, 199.8, 199.9), "discard"),
        ((200, 201, 260), (190, 189, 191), "discard"),
        ((200, 201, 202), (), "discard"),
    ],
)
def test_a_summed_peak_is_judged_against_the_spread_of_equal_runs(before, after, status):
    assert decide(figures(*before), figures(*after), digest_equal=True).status == status


def test_a_summed_saving_that_went_into_files_is_none():
    verdict = decide(figures(200, 201), figures(150, 151, written=40 * MIB), digest_equal=True)
    assert verdict.reason.startswith("moved, not saved")


def test_the_peak_that_is_said_is_the_one_that_was_judged():
    assert change(figures(200, 210, 190), figures(150)) == "200.0 MiB -> 150.0 MiB (-50.0 MiB, -25 %)"
    assert change(figures(200, 210, 190), figures()) == "9.0 MiB -> 9.0 MiB (+0.0 MiB, +0 %)"


def test_a_summed_saving_that_stays_in_the_process_is_none_or_is_stated():
    before = figures(200, 201).model_copy(update={"traced_retained": 0})
    kept = figures(150, 151).model_copy(update={"traced_retained": 10 * MIB})
    assert decide(before, kept, digest_equal=True).stated[0].startswith("memory retained after the run grew")
    moved = decide(before, kept.model_copy(update={"traced_retained": 40 * MIB}), digest_equal=True)
    assert moved.reason.startswith("moved, not saved: memory retained")


def session(tmp_path, text: str):
    """A whole session on job:main: exit code, what was said, HANDOFF.md, the folded state."""
    repo = repository(tmp_path / "repo", {"job.py": dedent(text)})
    code, said, complaint = optimize(repo, tmp_path / "state", "job:main")
    assert code == 0, said + complaint
    events, _ = read_journal(repo / ".codeflash/journal.jsonl")
    return said, (repo / ".codeflash/HANDOFF.md").read_text(), fold(events)


def test_children_that_are_no_code_of_the_project_are_measured_and_said_to_be_irreducible(tmp_path):
    said, handoff, state = session(tmp_path, FOREIGN)
    assert f"the summed peak ({SUMMED[state.baseline.figures.group_by]}) is the metric" in said
    assert f"the summed peak ({SUMMED[state.baseline.figures.group_by]}) is the metric" in handoff
    assert min(state.baseline.figures.group_peaks) > 90 * MIB
    [row] = [row for row in state.profiles[-1].breakdown if row.category == "other-programs"]
    assert not row.reducible
    assert not state.keeps


def test_a_fix_in_a_target_with_workers_lowers_the_summed_peak(tmp_path):
    said, handoff, state = session(tmp_path, HOLDING)
    assert state.keeps, said
    final = state.final
    assert max(final.branch.group_peaks) < min(final.base.group_peaks) - 10 * MIB
    assert f"Summed peak with children ({final.base.group_by})" in handoff
    # what is said of the session is the peak that was judged
    was, now = judged_peaks(final.base, final.branch)
    assert was - now > 10 * MIB
    [complete] = [line for line in said.splitlines() if "[complete]" in line]
    saved = float(complete.partition("saved: ")[2].split()[0])
    assert saved > 10
