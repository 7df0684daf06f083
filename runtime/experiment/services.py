"""What the loop works with, handed in by the optimizer agent, so that the loop itself starts nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from messaging.contents import Allocation, Candidate, Content, Finding
from runtime.domain import Domain
from runtime.errors import Stopped
from runtime.experiment.bench import Bench
from runtime.experiment.guards import Guards
from runtime.experiment.limits import protected
from runtime.experiment.record import Record
from runtime.repository import Repository

Tell = Callable[[str, Content], Awaitable[None]]
"""Sends a content to an agent, by name; returns when it is in the durable outbox."""


@dataclass
class Gate:
    """Where the user's pause and stop take effect: between two steps."""

    stopped: asyncio.Event = field(default_factory=asyncio.Event)
    running: asyncio.Event = field(default_factory=asyncio.Event)
    hints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.running.set()

    async def step(self) -> None:
        """Waits while paused. Raises Stopped after a stop."""
        if not self.running.is_set() and not self.stopped.is_set():
            waits = [asyncio.create_task(e.wait()) for e in (self.running, self.stopped)]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
        if self.stopped.is_set():
            raise Stopped("stopped by the user")


@dataclass
class Findings:
    """The researcher's findings for the newest ranking, until they are used or go stale."""

    ranking: int = 0
    by_target: dict[str, tuple[str, Finding]] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    """Ids of the messages that were taken instead of analysing again."""
    expected: set[str] = field(default_factory=set)
    """Targets the researcher was asked about, and has not answered yet."""
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def offer(self, message: str, finding: Finding) -> bool:
        """Takes in a finding; one for an older ranking is dropped, as is one that says it found out nothing (False)."""
        if finding.ranking != self.ranking:
            return False
        self.expected.discard(_name(finding.target))
        useful = bool(finding.candidates) or not finding.note
        if useful:
            self.by_target[_name(finding.target)] = (message, finding)
        self._news.set()
        return useful

    def renew(self, ranking: int, asked: Sequence[Allocation] = ()) -> None:
        """A new ranking replaces the old: findings for it are gone, those for what was asked now may come."""
        self.ranking = ranking
        self.by_target.clear()
        self.expected = {_name(target) for target in asked}

    async def await_answer(self, target: Allocation, seconds: float) -> bool:
        """Waits for the researcher to answer on a target it was asked about; False: it did not in time."""
        try:
            async with asyncio.timeout(seconds):
                while _name(target) in self.expected:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            self.expected.discard(_name(target))
            return False
        return True

    def take(self, target: Allocation, files: dict[str, str]) -> tuple[str, list[Candidate]] | None:
        """The finding for `target`, if there is one and every file it rests on is still the blob it read."""
        message, finding = self.by_target.get(_name(target), ("", None))
        if finding is None:
            return None
        if any(files.get(path) != blob for c in finding.candidates for path, blob in c.read.items()):
            del self.by_target[_name(target)]
            return None
        return message, finding.candidates


def _name(target: Allocation) -> str:
    return f"{target.file}:{target.line}:{target.name}"


@dataclass
class Services:
    """Everything the loop may use."""

    repository: Repository
    record: Record
    bench: Bench
    domain: Domain
    tell: Tell
    findings: Findings
    gate: Gate
    guards: Guards
    exchange: Path
    """Folder shared with the researcher: profiles lie in it."""
    protect: tuple[str, ...] = ()
    """Globs of paths no patch may touch, beside those that never may."""
    only_proven: bool = False
    leak_check: int = 0
    """How often the target is repeated for the leak check; 0: no check."""
    max_experiments: int = 0
    """0: no limit but the plateau."""
    memray: str = ""
    """Its version in the target's environment; "" where it is not there."""
    library: bool = False
    requires_python: tuple[int, int] = (3, 9)
    python: tuple[int, int] = (3, 11)

    def editable(self, path: str) -> bool:
        """May a patch change this file (I18)?"""
        return protected(path, patterns=self.protect) is None

    async def log(self, content: Content) -> None:
        """To the router, which relays it to the user."""
        await self.tell("router", content)
