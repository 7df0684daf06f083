"""What running a piece of code reads, writes, rebinds and may raise. Plain data; `purity` computes it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A piece of mutable state: what hangs on the local name `root`; an empty `root` is state at large.

    `depth` 0 is the object that `root` names itself, 1 one that it holds directly, and so on. `stream` when it
    is the position of a file that is read on.
    """

    root: str
    depth: int
    text: str
    line: int
    stream: bool = False


@dataclass(frozen=True)
class Effects:
    """Effects of one piece of code, each with the source text that causes it.

    Args:
        writes: state it changes, or may change for all that is known.
        binds: local names it binds or deletes.
        names: outer names whose binding it reads.
        reads: mutable state it reads.
        raises: operations that may raise.
        leaves: yield and await: places where foreign code runs.
        stops: operations that may leak StopIteration.
        calls: callables nothing is known of.
        sources: iterables nothing is known of: iterating over them might run code of their own.
        files: paths of the project files that were looked into.
    """

    writes: frozenset[Place] = frozenset()
    binds: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    reads: frozenset[Place] = frozenset()
    raises: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    files: frozenset[str] = frozenset()

    def __or__(self, other: "Effects") -> "Effects":
        return Effects(
            self.writes | other.writes,
            self.binds | other.binds,
            self.names | other.names,
            self.reads | other.reads,
            _merged(self.raises, other.raises),
            _merged(self.leaves, other.leaves),
            _merged(self.stops, other.stops),
            _merged(self.calls, other.calls),
            _merged(self.sources, other.sources),
            self.files | other.files,
        )


NOTHING = Effects()


def union(parts: Iterable[Effects]) -> Effects:
    """All of `parts` together."""
    total = NOTHING
    for part in parts:
        total = total | part
    return total


def _merged(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    return left + tuple(item for item in right if item not in left)
