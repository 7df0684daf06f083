"""One experiment: apply, measure, judge, test, then keep it as a commit or leave the branch as it was."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from messaging.contents import Allocation, Candidate, ExperimentResult, ExperimentTarget, FileModified, Step
from runtime.domain import Profile
from runtime.errors import MeasurementRefused
from runtime.experiment.bench import PAIRS, SUMMED_PAIRS, RunFailed, with_plain
from runtime.experiment.checklist import vague
from runtime.experiment.commit_message import commit_message, listed
from runtime.experiment.events import (
    CandidateMeasured,
    Committed,
    ExperimentEnded,
    ExperimentStarted,
    Figures,
    TestsMeasured,
    judged_peaks,
)
from runtime.experiment.limits import forbidden_lines, protected
from runtime.experiment.reach import reaching
from runtime.experiment.reasoning import answers
from runtime.experiment.services import Services
from runtime.experiment.verdict import Verdict, decide
from runtime.measure.models import MIB
from runtime.measure.reports import ProbeReport, TestOutcomes

WHOLE_SUITE_S = 30.0
"""A suite that is this fast at the baseline runs whole at every keep; a slower one runs the tests that reach the
changed files, and whole at milestones and at the end (design, section 6: cost)."""


@dataclass(frozen=True)
class Choice:
    """What to try: one candidate for one target."""

    target: Allocation
    candidate: Candidate
    finding: str = ""
    """Id of the researcher's message it comes from."""


class Trial:
    """Runs one experiment to its verdict."""

    def __init__(self, services: Services, profile: Profile, choice: Choice) -> None:
        self.services = services
        self.record = services.record
        self.profile = profile
        self.choice = choice
        state = services.record.state
        # An experiment that a crash interrupted has its number, and no verdict: it begins anew.
        self.number = state.open.number if state.open else state.next_number
        self.id = experiment_id(state.session, self.number, choice.candidate.key)
        self.paths = [edit.path for edit in choice.candidate.edits]

    async def run(self) -> bool:
        """True when it was kept. The branch is unchanged otherwise."""
        candidate, target = self.choice.candidate, self.choice.target
        refusal = refused(candidate, self.services)
        await self.services.log(
            ExperimentTarget(
                number=self.number,
                description=target.name,
                category=target.category,
                size=target.size,
                metric=self.services.domain.metric,
                unit=self.services.domain.unit,
            )
        )
        tree = self.services.repository.candidate_tree(candidate.edits)
        intent = self._intent(tree)
        self.record.add(intent)
        unanswered = vague(intent.checklist)
        if refusal or unanswered:
            return await self._end("discard", refusal or f"the checklist is vague on {', '.join(unanswered)}")
        await self._step(f"Implementing: {candidate.rule} {candidate.title}")
        self.services.repository.write(candidate.edits)
        try:
            return await self._judge(tree)
        except RunFailed as failed:
            await self.services.gate.step()  # a stop kills the child: that is no crash of the candidate
            return await self._end("crash", f"{failed}")
        except MeasurementRefused as why:
            return await self._end("discard", f"the measurement does not count: {why}")

    def _intent(self, tree: str) -> ExperimentStarted:
        candidate = self.choice.candidate
        baseline = self.record.state.baseline
        return ExperimentStarted(
            number=self.number,
            id=self.id,
            target=self.choice.target,
            key=candidate.key,
            rule=candidate.rule,
            title=candidate.title,
            category=candidate.category,
            strategy=candidate.strategy,
            mechanism=candidate.mechanism,
            level=candidate.level,
            checklist=answers(
                candidate,
                self.choice.target,
                self.profile,
                self.services.domain.unit,
                baseline.figures.wall_s if baseline else None,
            ),
            shown=candidate.shown,
            assumes=candidate.assumes,
            files=self.paths,
            tree=tree,
            finding=self.choice.finding,
        )

    async def _judge(self, tree: str) -> bool:
        before = self.record.state.current
        assert before is not None, "an experiment needs a baseline"
        bench = self.services.bench
        await self.services.gate.step()
        after = await bench.figures(tree)
        equal = self._digest_equal(after)
        if before.group_peaks and equal is not False:
            return await self._judge_summed(tree, before, after, equal)
        verdict = decide(before, after, digest_equal=equal, confirms=[])
        confirms: list[int] = []
        if verdict.needs_confirmation:
            await self._step("Small delta: measuring again to confirm")
            confirms.append((await bench.figures(tree)).traced_peak)
            verdict = decide(before, after, digest_equal=equal, confirms=confirms)
        if verdict.status == "keep":
            before, after, verdict = await self._paired(tree, before, after, confirms, equal)
        self.record.add(
            CandidateMeasured(number=self.number, before=before, after=after, digest_equal=equal, confirms=confirms)
        )
        return await self._settle(tree, before, after, verdict)

    async def _paired(
        self, tree: str, before: Figures, after: Figures, confirms: list[int], equal: bool | None
    ) -> tuple[Figures, Figures, Verdict]:
        """The figures with VmHWM and wall time, and the verdict on them: a second pair only where the first leaves a
        loss to state, since noise can only raise both.
        """
        plain_before: list[ProbeReport] = []
        plain_after: list[ProbeReport] = []
        head = self.services.repository.head_tree()
        for _ in range(PAIRS):
            await self.services.gate.step()
            one, other = await self.services.bench.pairs(head, tree, 1)
            plain_before += one
            plain_after += other
            paired = with_plain(before, plain_before), with_plain(after, plain_after)
            verdict = decide(*paired, digest_equal=equal, confirms=confirms)
            if verdict.status == "keep" and not verdict.stated:
                break
        return *paired, verdict

    async def _judge_summed(self, tree: str, before: Figures, after: Figures, equal: bool | None) -> bool:
        """Where the summed peak of child processes is the metric, only interleaved pairs can tell."""
        plain_before, plain_after = await self.services.bench.pairs(
            self.services.repository.head_tree(), tree, SUMMED_PAIRS
        )
        before, after = with_plain(before, plain_before, True), with_plain(after, plain_after, True)
        self.record.add(CandidateMeasured(number=self.number, before=before, after=after, digest_equal=equal))
        return await self._settle(tree, before, after, decide(before, after, digest_equal=equal))

    async def _settle(self, tree: str, before: Figures, after: Figures, verdict: Verdict) -> bool:
        """What passed the measurements has the tests and the guarded targets before it."""
        if verdict.status != "keep":
            return await self._end("discard", verdict.reason, after)
        broken, outcomes = await self._tests(tree)
        if broken:
            return await self._end("discard", f"tests break: {listed(broken)}", after, outcomes)
        if raised := await self.services.guards.judge(tree, self.number):
            return await self._end("discard", raised, after, outcomes)
        return await self._keep(tree, before, after, verdict, outcomes)

    def _digest_equal(self, after: Figures) -> bool | None:
        state = self.record.state
        baseline = state.baseline
        if baseline is None or not baseline.digest_stable or baseline.figures.digest is None:
            return None
        return after.digest == baseline.figures.digest

    async def _tests(self, tree: str) -> tuple[list[str], TestOutcomes | None]:
        first = self.record.state.tests
        if first is None:
            return [], None
        passed = set(first.passed)
        files = sorted({node.split("::")[0] for node in passed if "::" in node})
        ids: Sequence[str] = ()
        if files and (first.wall_s or 0) > WHOLE_SUITE_S:
            ids = reaching(files, self.paths, self._sources(), self.services.bench.method.roots)
            if not ids:
                await self._step("No test of the suite reaches the changed files")
                return [], None
        await self._step(f"Testing {len(ids)} files that reach the change" if ids else "Testing")
        outcomes = await self.services.bench.tests(tree, ids)
        if outcomes is None:
            return [], None
        broken = sorted(passed & set(outcomes.failed) if ids else passed - set(outcomes.passed))
        self.record.add(
            TestsMeasured(
                experiment=self.number,
                passed_count=len(outcomes.passed),
                failed_count=len(outcomes.failed),
                broken=broken,
                whole_suite=not ids,
            )
        )
        return broken, outcomes

    def _sources(self) -> dict[str, str]:
        root = self.services.repository.worktree
        paths = [path for path in self.services.repository.tree() if path.endswith(".py")]
        return {path: (root / path).read_text(encoding="utf-8", errors="replace") for path in paths}

    async def _keep(
        self, tree: str, before: Figures, after: Figures, verdict: Verdict, outcomes: TestOutcomes | None
    ) -> bool:
        message = commit_message(self.choice.candidate, self.id, before, after, verdict, outcomes)
        sha = self.services.repository.commit(self.paths, message, self.id)
        self.record.add(Committed(number=self.number, commit=sha, message=message, files=self.paths, tree=tree))
        await self._end("keep", verdict.reason, after, outcomes)
        for path in self.paths:
            await self.services.tell("researcher", FileModified(path=path))
        return True

    async def _end(
        self, status: str, reason: str, after: Figures | None = None, outcomes: TestOutcomes | None = None
    ) -> bool:
        kept = status == "keep"
        before = self.record.state.current
        assert before is not None
        if not kept:
            self.services.repository.discard(self.paths)
        self.record.add(
            ExperimentEnded.model_validate(
                {
                    "number": self.number,
                    "status": status,
                    "reason": reason,
                    "tests_passed": len(outcomes.passed) if outcomes else None,
                    "tests_failed": len(outcomes.failed) if outcomes else None,
                }
            )
        )
        await self.services.log(result_content(self.number, self.choice, status, reason, before, after))
        return kept

    async def _step(self, text: str) -> None:
        await self.services.log(Step(number=self.number, text=text))


def experiment_id(session: str, number: int, key: str) -> str:
    """The id in the commit's trailer: the same for the same attempt in the same session, whoever starts it."""
    return f"{session}-{number}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def refused(candidate: Candidate, services: Services) -> str:
    """Why a patch may not be tried at all (I18); "" when it may."""
    for edit in candidate.edits:
        reason = protected(edit.path, patterns=services.protect)
        if reason:
            return f"{edit.path} may not be changed: {reason}"
        lines = forbidden_lines(services.repository.read(edit.path), edit.text)
        if lines:
            return f"the patch names the profiler or the stack: {lines[0].strip()}"
    return ""


def result_content(
    number: int, choice: Choice, status: str, reason: str, before: Figures, after: Figures | None
) -> ExperimentResult:
    """The experiment's message to the router, in MiB."""
    was, now = judged_peaks(before, after or before)
    delta = None if after is None else (now - was) / MIB
    return ExperimentResult.model_validate(
        {
            "number": number,
            "target": choice.target.name,
            "result": status.upper(),
            "before": was / MIB,
            "after": None if after is None else now / MIB,
            "delta": delta,
            "percent": None if delta is None else 100 * delta * MIB / was,
            "mechanism": choice.candidate.mechanism,
            "reason": reason,
        }
    )
