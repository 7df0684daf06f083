"""The experiment loop: profile, take the largest reducible target, one fix, measure, keep or discard, profile again."""

import asyncio
import time

from messaging.contents import Allocation, Candidate, Complete, Note, Plateau, Progress, Reprofile, Stuck
from runtime.domain import Sources
from runtime.errors import LowtideError, Stopped, TargetFailed
from runtime.experiment.baseline import measure_baseline
from runtime.experiment.closing import complete, measure_branch, pre_submit
from runtime.experiment.events import (
    Committed,
    Counted,
    ExperimentEnded,
    Milestone,
    PlateauReached,
    Proposed,
    SessionEnded,
    judged_peaks,
)
from runtime.experiment.policy import (
    STRATEGIES,
    STUCK_DISCARDS,
    area_hint,
    consecutive_discards,
    due_milestone,
    due_progress,
    irreducible_percent,
    next_tag,
    plateau,
    strategy,
    stuck,
)
from runtime.experiment.profiling import Profiling
from runtime.experiment.services import Services
from runtime.experiment.trial import Choice, Trial
from runtime.measure.models import MIB

TIER = "B"
"""Spec, Define benchmark tiers: iteration starts on Tier B; one target is one tier."""

READ_AHEAD_S = 20.0
"""How long a target's turn waits for the researcher, before the optimizer analyses it itself."""


class Loop:
    """One life of one session: it begins, or goes on where the journal ends."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.record = services.record
        self.profiling = Profiling(services)
        self.started = time.monotonic()
        self.withheld: set[str] = set()
        """Keys of candidates that --only-proven keeps from being tried."""
        self.analysed: dict[tuple[str, str], tuple[str, list[Candidate]]] = {}
        """(tree, target) -> the finding's id ("": none) and the candidates."""
        self.combined: dict[tuple[str, str, frozenset[str]], list[Candidate]] = {}
        """(tree, target, what was fruitless) -> the combinations."""

    async def baseline(self) -> None:
        """Measures the baseline, unless the journal has it; then takes the profile up again.

        Raises:
            TargetFailed: nothing can be optimized; the session has ended.
        """
        if self.record.state.baseline is None or not self.record.state.profiles:
            try:
                await measure_baseline(self.services, self.profiling)
            except TargetFailed as failed:
                # A stop kills the running child, which then looks like a target that fails.
                stopped = Stopped("stopped by the user") if self.services.gate.stopped.is_set() else None
                error = stopped or failed
                self._end("stopped" if stopped else "nothing", str(error), error.exit_code)
                raise error from failed
            except Stopped as stopped:
                self._end("stopped", str(stopped), stopped.exit_code)
                raise
            return
        self._reconcile()
        await self.services.log(Note(text="the session goes on where its journal ends"))
        await self.profiling.restore()

    async def run(self) -> Complete:
        """Experiments until the plateau or a stop; then the end. Returns what the session has to say of itself."""
        outcome, reason, code = "plateau", "", 0
        try:
            await self.services.guards.begin(self.services.repository.head_tree())
            reason = await self._experiments()
            await self._close()
        except Stopped as stopped:
            outcome, reason, code = "stopped", str(stopped), stopped.exit_code
        except LowtideError as error:
            # A stop kills the running child, which then looks like a failing run.
            killed = self.services.gate.stopped.is_set()
            outcome, code = ("stopped", Stopped.exit_code) if killed else ("failed", error.exit_code)
            reason = str(error)
        self._end(outcome, reason, code)
        return complete(self.services, outcome, code, reason)

    async def _experiments(self) -> str:
        """Returns why it stopped."""
        while True:
            await self.services.gate.step()
            state, most = self.record.state, self.services.max_experiments
            if most and len(state.ended_experiments) >= most:
                return await self._reached("limit", f"the limit of {most} experiments is reached")
            if consecutive_discards(state) == STUCK_DISCARDS:
                await self._recover()
            if stuck(state) == "stop":
                return await self._reached("stuck", "three more experiments after recovery brought nothing")
            choice = await self._choose()
            stop = plateau(
                state,
                state.profiles[-1].breakdown,
                candidates_left=int(choice is not None),
                input_size=state.baseline.input_size if state.baseline else None,
            )
            if stop is not None or choice is None:
                rule, reason = (stop.rule, stop.reason) if stop else ("exhausted", "no candidate is left")
                return await self._reached(rule, reason)
            assert self.profiling.profile is not None
            await self._after(await Trial(self.services, self.profiling.profile, choice).run())

    async def _recover(self) -> None:
        """Spec, Stuck State Recovery: everything is read anew, and analysed by ourselves."""
        self.analysed.clear()
        self.combined.clear()
        self.services.findings.renew(self.services.findings.ranking)
        last = self.record.state.discards[-STUCK_DISCARDS:]
        left = ", ".join(target.name for target in self.profiling.targets[:3])
        await self.services.log(
            Stuck(
                tried="; ".join(dict.fromkeys(one.started.title for one in last)),
                category=last[-1].started.category,
                left=left or "nothing",
            )
        )

    async def _reached(self, rule: str, reason: str) -> str:
        latest = self.record.state.profiles[-1]
        percent = irreducible_percent(latest.breakdown, latest.peak)
        self.record.add(
            PlateauReached.model_validate(
                {"tier": TIER, "rule": rule, "reason": reason, "irreducible_percent": percent}
            )
        )
        await self.services.log(Plateau(reason=f"{reason[:1].upper()}{reason[1:]}. Stopping."))
        return reason

    async def _choose(self) -> Choice | None:
        """The biggest target with an untried candidate; what has failed three times over comes last."""
        second: Choice | None = None
        sources = self.profiling.sources()
        for target in self.profiling.targets:
            for choice in await self._candidates(target, sources):
                if not self._rotated_away(choice.candidate):
                    return choice
                second = second or choice
        return second

    def _rotated_away(self, candidate: Candidate) -> bool:
        state = self.record.state
        turn = strategy(state, candidate.category)
        earlier = STRATEGIES.index(candidate.strategy) < STRATEGIES.index(turn)
        return earlier or candidate.rule in area_hint(state).avoid

    async def _candidates(self, target: Allocation, sources: Sources) -> list[Choice]:
        """Untried candidates for one target: the researcher's when it has been there, else our own analysis."""
        profile = self.profiling.profile
        assert profile is not None
        place = (sources.tree, f"{target.file}:{target.line}:{target.name}")
        if place not in self.analysed:
            if not await self.services.findings.await_answer(target, READ_AHEAD_S):
                late = f"after {READ_AHEAD_S:.0f} s: analysing it without the researcher"
                await self.services.log(Note(text=f"no finding for {target.name} {late}"))
            found = self.services.findings.take(target, sources.files)
            if found is None:
                found = "", await asyncio.to_thread(self.services.domain.propose, target, profile, sources)
            else:
                self.services.findings.used.add(found[0])
            self.analysed[place] = found
        finding, candidates = self.analysed[place]
        fruitless = self.record.state.fruitless.intersection(candidate.key for candidate in candidates)
        if fruitless:
            candidates = [*candidates, *await self._combinations(place, target, sources, fruitless)]
        self._propose([c for c in candidates if c.level == "S"], target)
        await self._say_withheld(candidates, target)
        return [Choice(target, candidate, finding) for candidate in candidates if self._may_try(candidate)]

    async def _combinations(
        self, place: tuple[str, str], target: Allocation, sources: Sources, fruitless: frozenset[str]
    ) -> list[Candidate]:
        """A combination is for a fix that needs another: it waits until one of the two was tried alone, in vain."""
        assert self.profiling.profile is not None
        known = *place, fruitless
        if known not in self.combined:
            combine = self.services.domain.combine
            self.combined[known] = await asyncio.to_thread(combine, target, self.profiling.profile, sources, fruitless)
        return self.combined[known]

    async def _say_withheld(self, candidates: list[Candidate], target: Allocation) -> None:
        """What --only-proven keeps from being tried is said, once."""
        for candidate in candidates if self.services.only_proven else ():
            if candidate.level == "P" and candidate.key not in self.withheld:
                self.withheld.add(candidate.key)
                text = f"left alone, since it rests on assumptions (--only-proven): {candidate.rule} {candidate.title}"
                await self.services.log(Note(text=text))

    def _may_try(self, candidate: Candidate) -> bool:
        if candidate.level == "S" or (candidate.level == "P" and self.services.only_proven):
            return False
        return candidate.key not in self.record.state.attempted

    def _propose(self, candidates: list[Candidate], target: Allocation) -> None:
        known = {one.title for one in self.record.state.proposed}
        for candidate in candidates:
            if candidate.title not in known:
                evidence = "; ".join(f"{s.check}: {s.evidence}" for s in candidate.shown)
                expected = f"up to {target.size:.1f} {self.services.domain.unit}"
                self.record.add(Proposed(title=candidate.title, evidence=evidence, expected=expected))

    async def _after(self, kept: bool) -> None:
        services = self.services
        if kept:
            number = self.record.state.keeps[-1].number
            profile = await self.profiling.take(number)
            await services.log(
                Reprofile(
                    number=number,
                    stages=self.profiling.rows(profile),
                    peak=profile.peak / MIB,
                    metric=services.domain.metric,
                    unit=services.domain.unit,
                )
            )
            if due_milestone(self.record.state):
                self._milestone()
        if due_progress(self.record.state):
            await services.log(self._progress())

    def _milestone(self) -> None:
        tag = next_tag(self.record.state)
        self.services.repository.tag(tag)
        self.record.add(Milestone(tag=tag, commit=self.services.repository.head))

    def _progress(self) -> Progress:
        state = self.record.state
        best = max(state.keeps, key=lambda keep: keep.saved or 0, default=None)
        assert state.baseline is not None and state.current is not None
        targets = self.profiling.targets
        was, now = judged_peaks(state.baseline.figures, state.current)
        return Progress(
            experiments=len(state.ended_experiments),
            keeps=len(state.keeps),
            discards=len(state.discards),
            best=best.started.title if best else "none",
            baseline=was / MIB,
            current=now / MIB,
            next=targets[0].name if targets else "none",
            metric=self.services.domain.metric,
            unit=self.services.domain.unit,
        )

    async def _close(self) -> None:
        await measure_branch(self.services)
        await self.services.guards.end(self.services.repository.head_tree())
        if not await pre_submit(self.services):
            await self.services.log(Note(level="warning", text="the pre-submit review has findings: see HANDOFF.md"))

    def _end(self, outcome: str, reason: str, code: int) -> None:
        self.services.bench.close()
        costs = self.services.bench.costs
        self.record.add(
            Counted(
                wall_s=time.monotonic() - self.started,
                runner_s=costs.runner_s,
                traced_runs=costs.traced_runs,
                findings_used=len(self.services.findings.used),
            )
        )
        ended = {
            "session": self.record.state.session,
            "outcome": outcome,
            "reason": reason,
            "exit_code": code,
        }
        self.record.add(SessionEnded.model_validate(ended))
        self.services.repository.remove_worktree()

    def _reconcile(self) -> None:
        """A crash between commit and journal: the commit's trailer says what the journal does not (I7)."""
        interrupted = self.record.state.open
        if interrupted is None or interrupted.measured is None:
            return
        started = interrupted.started
        sha = self.services.repository.find_commit(started.id)
        if sha is None:
            return
        if interrupted.committed is None:
            self.record.add(
                Committed(
                    number=started.number,
                    commit=sha,
                    message=self.services.repository.message(sha),
                    files=started.files,
                    tree=started.tree,
                )
            )
        self.record.add(
            ExperimentEnded(number=started.number, status="keep", reason="kept before the session was interrupted")
        )
