"""The researcher: reads ahead. It analyses targets 2 and on while the optimizer works on the first."""

import asyncio
from pathlib import Path

from agents.reading import Reading, differing, fresh, newer
from agents.router import OPTIMIZER, READ_AHEAD
from messaging.bus import Bus
from messaging.contents import Candidate, FileModified, Finding, Note, Targets
from messaging.messages import Envelope
from runtime.agent import Agent
from runtime.config import SessionConfig
from runtime.dispatch import handles
from runtime.domain import Domain
from runtime.errors import LowtideError
from runtime.exchange import ProfileFile, read_profile
from runtime.measure.export import Export, Exports
from runtime.registry import load_domain
from runtime.repository import Repository
from runtime.workspace import write_atomically


class Researcher(Agent):
    """Answers each target of the newest ranking with a Finding, in order; an older one is dropped.

    It reads an export of the ranking's own tree, never the worktree, where experiments come and go. The optimizer
    sees by the blobs a candidate was read from whether it still fits.
    """

    def __init__(self, bus: Bus, config: SessionConfig, domain: Domain | None = None) -> None:
        super().__init__(bus, config)
        self._file = config.folder / "researcher.json"
        self._domain = domain or load_domain(OPTIMIZER)
        self._reading = Reading.model_validate_json(self._file.read_bytes()) if self._file.exists() else None
        self._work = asyncio.Event()
        self._work.set()

    @handles(Targets)
    async def take_targets(self, content: Targets, envelope: Envelope) -> None:
        """A ranking replaces the one before; it is saved, so that a killed researcher goes on with it."""
        if envelope.sender == OPTIMIZER:
            self._save(newer(self._reading, envelope.id, content))
            self._work.set()

    @handles(FileModified)
    async def forget(self, content: FileModified, envelope: Envelope) -> None:
        """What rests on a file that a keep has changed is not sent any more."""
        if self._reading is not None and envelope.sender == OPTIMIZER:
            self._save(self._reading.with_modified(content.path))

    async def on_start(self) -> None:
        """Goes on with what a killed researcher left, and waits for rankings."""
        self.tasks.create_task(self._read_ahead(), name="reading")

    async def _read_ahead(self) -> None:
        """Reads rankings until the session ends. The task is done whenever there is nothing left to read."""
        while True:
            self._work.clear()
            if self._reading is not None and not self._reading.finished:
                await self.update(READ_AHEAD, "in_progress")
                await self._read_ranking(self._reading.message)
                if self._reading.finished:
                    await self.complete(READ_AHEAD, f"ranking {self._reading.targets.ranking} read")
                else:
                    self._work.set()
            await self._work.wait()
            if self.stopping.is_set():
                return

    async def _read_ranking(self, message: str) -> None:
        assert self._reading is not None
        targets = self._reading.targets
        try:
            file = await asyncio.to_thread(read_profile, self.config.exchange, targets.profile)
            export = await asyncio.to_thread(self._export, file)
        except LowtideError as error:
            await self.log(
                Note(level="warning", text=f"ranking {targets.ranking} cannot be read: {error}"), cause=message
            )
            if self._reading.message == message:
                self._save(self._reading.model_copy(update={"done": len(targets.targets)}))
            return
        try:
            while self._reading.message == message and not self._reading.finished and not self.stopping.is_set():
                await self.unpaused.wait()
                await self._read_target(self._reading, file, export.path)
        finally:
            await asyncio.to_thread(export.remove)

    async def _read_target(self, reading: Reading, file: ProfileFile, root: Path) -> None:
        target = reading.current
        found: list[Candidate] = []
        failure = ""
        if target.file not in reading.modified:
            async with self.busy(f"reading for target {reading.number}: {target.name}"):
                try:
                    found = await asyncio.to_thread(self._domain.propose, target, file.profile, file.sources(root))
                except Exception as error:
                    # One rule that fails on one target is no reason to end: the optimizer analyses for itself.
                    self.logger.exception("analysis failed", target=target.name)
                    failure = f"analysis failed: {type(error).__name__}: {error}"
        now = self._reading
        if now is None or now.message != reading.message:
            return
        kept, stale = fresh(found, target, now.modified)
        note = failure or (f"changed since the ranking, left out: {', '.join(stale)}" if stale else "")
        finding = Finding(ranking=reading.targets.ranking, target=target, candidates=kept, note=note)
        cause, what = reading.message, f"target {reading.number}"
        await self.say(OPTIMIZER, finding, cause=cause, what=what)
        brief = [candidate.model_copy(update={"edits": [], "read": {}}) for candidate in kept]
        await self.log(finding.model_copy(update={"candidates": brief}), cause=cause, what=what)
        self._save(now.answered())

    def _export(self, file: ProfileFile) -> Export:
        exports = Exports(self.config.folder / "research")
        export = exports.create(Repository.open(self.config.repository), file.tree)
        changed = differing(file.files, export.blobs)
        if changed:
            export.remove()
            raise LowtideError(f"the tree is not the profile's: {', '.join(changed[:3])}")
        return export

    def _save(self, reading: Reading) -> None:
        self._reading = reading
        write_atomically(self._file, reading.model_dump_json())
