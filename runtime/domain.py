"""What a domain supplies to the experiment loop: its metric, its reading of a profile, its proposals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from messaging.contents import Allocation, Candidate, CrossDomain
from runtime.experiment.events import BreakdownRow
from runtime.measure.reports import Native, ProbeReport


@dataclass(frozen=True)
class Profile:
    """One profile of one tree: what three runs of the probe said.

    Args:
        tree: the git tree it was taken of.
        calls: the report of the `calls` run.
        stages: the report of the `stages` run.
        census: the report of the `census` run; None when it could not be taken.
        native: what memray saw; None where it was not asked, or is not there.
        children: bytes that child processes hold beside the target's own, at the summed peak, where that is the metric.
        resident: VmHWM in bytes of an untraced run of the tree; None where it is not known.
    """

    tree: str
    calls: ProbeReport
    stages: ProbeReport
    census: ProbeReport | None
    native: Native | None = None
    resident: int | None = None
    children: int = 0

    @property
    def peak(self) -> int:
        """Traced peak in bytes above the target's start."""
        return max(self.calls.traced_peak or 0, self.stages.traced_peak or 0)


@dataclass(frozen=True)
class Sources:
    """The tree a proposer may read, and what it may change.

    Args:
        root: a folder that holds the tree's files; nobody runs anything in it.
        tree: its git tree.
        files: path -> blob of every tracked file.
        editable: may this path be changed (I18)?
        library: public names have callers nobody here can see.
        requires_python: lowest supported version, as (major, minor).
        python: version of the target's interpreter.
    """

    root: Path
    tree: str
    files: dict[str, str]
    editable: Callable[[str], bool]
    library: bool
    requires_python: tuple[int, int]
    python: tuple[int, int]


class Domain(Protocol):
    """Supplies what is particular to one domain. Found by entry point group `lowtide.domains`."""

    name: str
    metric: str
    unit: str

    def rank(self, profile: Profile, sources: Sources) -> list[Allocation]:
        """Reducible targets in measured order, biggest first. Sizes in `unit`. Reads no implementation."""
        ...

    def breakdown(self, profile: Profile, sources: Sources) -> list[BreakdownRow]:
        """The allocations alive at the peak, biggest first, each with category, reducibility and why."""
        ...

    def propose(self, target: Allocation, profile: Profile, sources: Sources) -> list[Candidate]:
        """Candidates for one target, best first; reads only what the target names, and whole-tree indexes.

        Level S candidates are proposals for people: the loop records them and tries none.
        """
        ...

    def combine(
        self, target: Allocation, profile: Profile, sources: Sources, fruitless: frozenset[str]
    ) -> list[Candidate]:
        """Candidates that make one experiment of two rewrites, best first; none where none belong together.

        Args:
            fruitless: keys of candidates that were harmless alone and brought nothing; each pair has one of them.
        """
        ...

    def signals(self, profile: Profile, sources: Sources) -> Sequence[CrossDomain]:
        """What the profile shows of other domains' concerns. Never acted on here."""
        ...
