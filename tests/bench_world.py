"""A world for the loop: a real repository, journal and exports; a runner and a domain that are plain arithmetic.

The target's peak stands in the tree itself: `program.py` holds `PEAK = <MiB>` and `RESULT = <digest>`. The runner reads
them in the export; the domain proposes the edits it was given. So the loop's order of effects is tested, fast.
"""

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from messaging.contents import Allocation, Candidate, Content, EditedFile, Finding, Targets
from runtime.domain import Profile, Sources
from runtime.experiment.bench import Bench, Method
from runtime.experiment.events import BreakdownRow, SessionStarted
from runtime.experiment.guards import Guards
from runtime.experiment.journal import Journal
from runtime.experiment.record import Record
from runtime.experiment.services import Findings, Gate, Services
from runtime.git import blob_id
from runtime.measure.export import Exports
from runtime.measure.models import MIB, FunctionPlace, Job, TargetSpec
from runtime.measure.reports import Outcome, ProbeReport, Stage, StageTable
from runtime.measure.reports import TestOutcomes as Outcomes
from runtime.repository import Repository
from runtime.workspace import Workspace

TARGET = TargetSpec(kind="function", text="program:main", module="program", function="main")
PLACE = FunctionPlace(file="program.py", function="main", line=1)


def program(
    peak: float, result: str = "same", tests: str = "pass", crash: bool = False, other: float | None = None
) -> str:
    """The text of program.py. `other` is the peak of another target, which guards keeps."""
    text = f"PEAK = {peak}\nRESULT = {result!r}\nTESTS = {tests!r}\nCRASH = {crash}\n"
    return text if other is None else f"{text}OTHER = {other}\n"


def said(export: str) -> dict[str, str]:
    """What the program.py of an export says."""
    text = (Path(export) / "program.py").read_text()
    return dict(re.findall(r"^(\w+) = (.*)$", text, re.MULTILINE))


@dataclass
class World:
    """One repository and everything the loop needs on it."""

    folder: Path
    edits: list[str] = field(default_factory=list)
    """Texts of program.py that the domain proposes, in order."""
    pairs: list[Candidate] = field(default_factory=list)
    """What it combines."""
    messages: list[tuple[str, Content]] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    on_job: object = None
    findings: Findings | None = None
    guarded: list[TargetSpec] = field(default_factory=list)

    name = "memory"
    metric = "peak"
    unit = "MiB"

    def make(self, peak: float) -> "World":
        """The repository, with one commit."""
        self.repo.mkdir(parents=True)
        (self.repo / "program.py").write_text(program(peak, other=peak if self.guarded else None))
        for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "start"]):
            identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
            subprocess.run(["git", *identity, *words], cwd=self.repo, check=True)
        return self

    @property
    def repo(self) -> Path:
        return self.folder / "repo"

    def services(self, session: str = "s1", **fields: object) -> Services:
        """Opens the journal; close it with `services.record.journal.close()`."""
        workspace = Workspace(self.repo)
        repository = Repository.open(self.repo)
        repository.prepare(None)
        record = Record(workspace, Journal.open(workspace.journal, workspace.lock))
        method = Method("python", [""], TARGET, "pytest", [], str(self.repo))
        bench = Bench(repository, Exports(self.folder / "exports"), self.run, method)
        self.findings = Findings()
        services = Services(
            repository=repository,
            record=record,
            bench=bench,
            domain=self,
            tell=self.tell,
            findings=self.findings,
            gate=Gate(),
            exchange=self.folder / "exchange",
            guards=Guards(bench, record, self.guarded, self.log),
            **fields,  # type: ignore[arg-type]
        )
        record.add(
            SessionStarted(
                session=session, version="0", target=TARGET, base=repository.base, branch="codeflash/optimize"
            )
        )
        return services

    async def log(self, content: Content) -> None:
        await self.tell("router", content)

    async def tell(self, to: str, content: Content) -> None:
        self.messages.append((to, content))
        if isinstance(content, Targets) and self.findings is not None:
            for target in content.targets:  # the researcher answers at once that it found out nothing
                note = Finding(ranking=content.ranking, target=target, candidates=[], note="not in this test")
                self.findings.offer("id", note)

    def texts(self, kind: type) -> list[Content]:
        """Contents of one type, in the order they were said."""
        return [content for _, content in self.messages if isinstance(content, kind)]

    async def run(self, job: Job) -> Outcome:
        self.jobs.append(job)
        if callable(self.on_job):
            self.on_job(job)
        facts = said(job.export)
        if facts["CRASH"] == "True" and job.purpose != "tests":
            return Outcome(status="failed", report=ProbeReport(ok=False, failure="boom", python="3.11"))
        other = job.target is not None and job.target != TARGET
        if other and "OTHER" not in facts:
            return Outcome(status="failed", report=ProbeReport(ok=False, failure="no such target", python="3.11"))
        peak = int(float(facts["OTHER" if other else "PEAK"]) * MIB)
        report = ProbeReport(ok=True, python="3.11", digest=facts["RESULT"], digest_kind="return")
        if other:
            report = report.model_copy(update={"digest": facts.get("OTHER_RESULT", "other")})
        if job.purpose in ("traced", "calls", "stages"):
            report = report.model_copy(update={"traced_peak": peak, "traced_retained": 0})
        if job.purpose == "plain":
            report = report.model_copy(update={"vm_hwm": peak + 10 * MIB, "wall_s": 0.1})
        if job.purpose == "calls" or job.follow:
            report = report.model_copy(update={"chain": [PLACE]})
        if job.purpose == "stages":
            stage = Stage(
                name="work", line=1, end_line=1, hits=1, delta=peak, cumulative=peak, peak=peak, calls=["work"]
            )
            report = report.model_copy(update={"tables": [StageTable(place=PLACE, stages=[stage])]})
        if job.purpose == "tests":
            passing = facts["TESTS"] == "'pass'"
            names = ["tests/test_a.py::test_one", "tests/test_a.py::test_two"]
            outcomes = Outcomes(passed=names if passing else names[:1], failed=[] if passing else names[1:])
            report = report.model_copy(update={"tests": outcomes})
        traced = job.purpose in ("traced", "calls", "stages")
        return Outcome(status="ok", report=report, wall_s=0.1, traced_runs=int(traced))

    # The domain.

    def rank(self, profile: Profile, sources: Sources) -> list[Allocation]:
        return [Allocation(name="work", file="program.py", line=1, function="main", size=profile.peak / MIB)]

    def breakdown(self, profile: Profile, sources: Sources) -> list[BreakdownRow]:
        return [BreakdownRow(size=profile.peak, source="work", category="data-structures", reducible=True, why="")]

    def signals(self, profile: Profile, sources: Sources) -> list[Content]:
        return []

    def propose(self, target: Allocation, profile: Profile, sources: Sources) -> list[Candidate]:
        before = (sources.root / "program.py").read_bytes()
        return [self.candidate(text, before) for text in self.edits]

    def combine(
        self, target: Allocation, profile: Profile, sources: Sources, fruitless: frozenset[str]
    ) -> list[Candidate]:
        return [one for one in self.pairs if not fruitless.isdisjoint(one.parts)]

    def candidate(self, text: str, before: bytes, path: str = "program.py") -> Candidate:
        return Candidate(
            key=f"T01:{text}",
            rule="T01",
            title=f"lower work to {text.splitlines()[0]}",
            category="data-structures",
            strategy="allocations",
            mechanism="frees `work` before the end",
            level="A",
            file=path,
            line=1,
            function="main",
            frees=1,
            shown=[],
            edits=[EditedFile(path=path, blob=blob_id(before), text=text)],
            read={path: blob_id(before)},
        )
