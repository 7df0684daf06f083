"""A control group for each plain run, where a folder was handed to us; made folders stand for the kernel's."""

import os
from pathlib import Path

import pytest

from runtime.experiment.events import Figures
from runtime.experiment.verdict import decide
from runtime.measure import cgroup
from runtime.measure.cgroup import Cgroup
from runtime.measure.children import group_peaks, measured_by
from runtime.measure.models import MIB
from runtime.measure.reports import ProbeReport
from tests.test_runner_jobs import Bed


class MadeCgroup(Cgroup):
    """Groups below a plain folder, with the file that the kernel would keep."""

    ends = 0

    def begin(self) -> Path | None:
        group = super().begin()
        if group is not None:
            (group / "memory.peak").write_text(f"{77 * MIB}\n")
        return group

    def end(self) -> int | None:
        self.ends += 1
        if self.current is not None:
            self.joined = (self.current / "cgroup.procs").read_bytes() if self.current.exists() else b""
        return super().end()


@pytest.mark.parametrize("level", ["isolated", "limited"])
def test_a_plain_run_is_in_a_group_of_its_own(tmp_path, level):
    bed = Bed(tmp_path, {"app.py": "def run():\n    return 1\n"}, level)
    (tmp_path / "groups").mkdir()
    bed.runner.cgroup = made = MadeCgroup(tmp_path / "groups")
    outcome = bed.run()
    assert outcome.report is not None
    assert (outcome.report.cgroup_peak, made.joined) == (77 * MIB, b"0")
    ends = made.ends
    outcome = bed.run(purpose="traced", warm=False)
    assert outcome.report is not None
    assert (outcome.report.cgroup_peak, made.ends) == (None, ends)


def test_a_group_that_cannot_be_made_is_done_without(tmp_path):
    bed = Bed(tmp_path, {"app.py": "def run():\n    return 1\n"})
    bed.runner.cgroup = Cgroup(tmp_path / "is not there")
    outcome = bed.run()
    assert outcome.status == "ok"
    assert outcome.report is not None
    assert outcome.report.cgroup_peak is None


def test_a_group_in_which_nothing_was_counted_says_nothing(tmp_path):
    found = Cgroup(tmp_path)
    group = found.begin()
    assert group is not None
    assert found.end() is None
    assert not group.exists()
    assert found.end() is None


class World:
    """What the kernel says of this process's groups, and folders for them."""

    def __init__(self, folder: Path) -> None:
        self.own, self.mounts, self.root = folder / "own", folder / "mounts", folder / "tree"
        self.own.write_text("4:memory:/elsewhere\n0::/user/app\n")
        old = "29 23 0:25 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
        self.mounts.write_text(f"{old}\n30 23 0:26 / {self.root} rw - cgroup2 c rw\n")
        self.group = self.root / "user/app"
        self.group.mkdir(parents=True)

    def gives_memory(self, folder: Path) -> None:
        (folder / "cgroup.subtree_control").write_text("cpu memory\n")
        (folder / "cgroup.procs").touch()

    def handed_over(self) -> list[Path]:
        return list(cgroup._handed_over(self.own, self.mounts))


@pytest.fixture
def world(tmp_path) -> World:
    return World(tmp_path)


def test_our_own_group_is_taken_when_it_gives_memory_to_those_below(world):
    assert world.handed_over() == []
    world.gives_memory(world.group)
    assert world.handed_over() == [world.group]
    (world.group / "cgroup.subtree_control").write_text("cpu\n")
    assert world.handed_over() == []


def test_the_group_above_is_taken_only_when_it_is_marked_as_delegated(world, monkeypatch):
    world.gives_memory(world.group.parent)
    assert world.handed_over() == []
    marked = {world.group.parent: ["user.delegate"]}
    monkeypatch.setattr(os, "listxattr", lambda path: marked.get(path, []))
    assert world.handed_over() == [world.group.parent]


@pytest.mark.parametrize(
    ("file", "text"),
    [("own", "4:memory:/elsewhere\n"), ("mounts", "29 23 0:25 / /sys/fs/cgroup/memory rw - cgroup cgroup rw\n")],
)
def test_without_version_2_there_is_none(world, file, text):
    world.gives_memory(world.group)
    getattr(world, file).write_text(text)
    assert world.handed_over() == []


def test_a_folder_in_which_no_process_is_counted_is_not_taken(world):
    world.gives_memory(world.group)
    assert Cgroup.detect(world.own, world.mounts) is None


def plain(own: int, pss: int | None, group: int | None) -> ProbeReport:
    """A plain run; sizes in MiB."""
    return ProbeReport(
        ok=True,
        python="3.11",
        vm_hwm=own * MIB,
        group_peak=pss and pss * MIB,
        cgroup_peak=group and group * MIB,
    )


def test_a_summed_peak_is_the_groups_where_every_run_had_one():
    both = [plain(50, 90, 95), plain(50, None, 94)]
    assert (measured_by(both), group_peaks(both)) == ("memory.peak", [95 * MIB, 94 * MIB])
    some = [plain(50, 90, 95), plain(50, 91, None)]
    assert (measured_by(some), group_peaks(some)) == ("PSS", [90 * MIB, 91 * MIB])


def test_summed_peaks_of_two_kinds_are_not_compared():
    before = Figures(traced_peak=9 * MIB, group_peaks=[200 * MIB], group_by="memory.peak")
    after = Figures(traced_peak=9 * MIB, group_peaks=[100 * MIB])
    verdict = decide(before, after, digest_equal=True)
    assert verdict.status == "discard"
    assert "memory.peak" in verdict.reason
