"""The optimizer: a shell round the experiment loop of one domain. It edits and decides; the runner runs."""

from importlib.metadata import version
from itertools import takewhile

from messaging.bus import Bus
from messaging.contents import Content, Discovery, FileModified, Finding, Note
from messaging.messages import Envelope
from runtime.agent import Agent
from runtime.config import SessionConfig
from runtime.dispatch import duty, handles
from runtime.errors import LowtideError
from runtime.experiment.bench import Bench, Method
from runtime.experiment.events import SessionStarted, SetAside, SetupRead, Surveyed
from runtime.experiment.guards import Guards
from runtime.experiment.journal import Journal
from runtime.experiment.loop import Loop
from runtime.experiment.record import Record
from runtime.experiment.services import Findings, Gate, Services
from runtime.experiment.survey import read_survey
from runtime.measure.export import Exports
from runtime.measure.models import TargetSpec
from runtime.registry import load_domain
from runtime.repository import Repository
from runtime.setup_facts import SetupFacts, parse_setup

BASELINE, LOOP = "Baseline profiling", "Experiment loop"


class Optimizer(Agent):
    """Optimizes one target for the domain it is named after."""

    def __init__(self, bus: Bus, config: SessionConfig) -> None:
        super().__init__(bus, config)
        self.gate = Gate()
        self.findings = Findings()
        self._journal: Journal | None = None

    @duty(BASELINE, LOOP)
    async def optimize(self) -> None:
        """The whole session, from the baseline to the end."""
        facts = parse_setup(self.config.workspace.setup.read_text(encoding="utf-8"))
        if self._journal is None:
            self._journal = Journal.open(self.config.workspace.journal, self.config.workspace.lock)
        services = self._services(facts, Record(self.config.workspace, self._journal))
        await self._begin(services, facts)
        loop = Loop(services)
        await loop.baseline()
        await self.complete(BASELINE)
        complete = await loop.run()
        if complete.outcome != "stopped":  # a stopped session is taken up again by the next start
            await self.complete(LOOP)
        await self.log(complete)

    @handles(Finding)
    async def found(self, finding: Finding, envelope: Envelope) -> None:
        """The researcher's findings wait until their target's turn comes."""
        if envelope.sender == "researcher" and not self.findings.offer(envelope.id, finding):
            self.logger.info("a finding came too late", target=finding.target.name)

    async def on_pause(self) -> None:
        """Takes effect at the next step."""
        self.gate.running.clear()

    async def on_resume(self) -> None:
        """Goes on."""
        self.gate.running.set()

    async def on_stop(self, reason: str) -> None:
        """Takes effect at the next step; the runner kills the running child at once."""
        self.gate.stopped.set()

    async def on_hint(self, text: str) -> None:
        """A hint is said back; the playbook has no use for it."""
        await self.log(Note(text=f"hint received: {text}"))

    @property
    def _target(self) -> TargetSpec:
        """What the user named, else what the survey chose."""
        survey = read_survey(self.config.survey)
        chosen = self.config.target or (survey.target if survey else None)
        if chosen is None:
            raise LowtideError(f"There is no target, and no survey at {self.config.survey}: start the session anew.")
        return chosen

    def _services(self, facts: SetupFacts, record: Record) -> Services:
        config, conventions = self.config, self.config.workspace.read_conventions()
        repository = Repository.open(config.repository)
        started = record.state.started
        resumed = started is not None and started.session == config.session
        repository.prepare(started.base if resumed and started else None)
        method = Method(
            python=facts.interpreter,
            roots=facts.roots,
            target=self._target,
            test_runner=facts.test_runner,
            test_command=facts.test_command,
            test_options=facts.test_options,
            checkout=str(config.repository),
        )

        async def tell(to: str, content: Content) -> None:
            what = content.path if isinstance(content, FileModified) else ""
            await self.say(to, content, what=what)

        bench = Bench(repository, Exports(config.exchange / "exports"), self.measure, method)
        return Services(
            repository=repository,
            record=record,
            bench=bench,
            guards=Guards(bench, record, config.guards, self.log),
            domain=load_domain(self.name),
            tell=tell,
            findings=self.findings,
            gate=self.gate,
            exchange=config.exchange,
            protect=(*config.protect, *conventions.protect),
            only_proven=config.only_proven,
            max_experiments=config.max_experiments or 0,
            leak_check=config.leak_check,
            memray=tools(facts).get("memray", ""),
            library=facts.kind == "library",
            requires_python=facts.requires_python,
            python=python_version(facts),
        )

    async def _begin(self, services: Services, facts: SetupFacts) -> None:
        record, repository = services.record, services.repository
        resumed = record.state.session == self.config.session and record.state.baseline is not None
        for damaged in takewhile(lambda event: isinstance(event, SetAside), reversed(record.journal.events)):
            assert isinstance(damaged, SetAside)
            text = f"line {damaged.line} of journal.jsonl was set aside in journal.rejected: {damaged.why}"
            await self.log(Note(level="warning", text=text))
        text = discovery(facts)
        record.add(
            SessionStarted(
                session=self.config.session,
                version=version("lowtide"),
                target=self._target,
                base=repository.base,
                branch="codeflash/optimize",
                dirty=repository.checkout.is_dirty,
            )
        )
        if resumed:
            return
        if survey := read_survey(self.config.survey):
            record.add(Surveyed(survey=survey))
        record.add(
            SetupRead(
                python=facts.interpreter,
                python_version=facts.python_version,
                test_runner=facts.test_runner,
                library=facts.kind == "library",
                sandbox=facts.sandbox,
                roots=facts.roots,
                tools=tools(facts),
                text=text,
            )
        )
        await self.log(Discovery(text=text))
        if behind := repository.behind:
            text = (
                f"codeflash/optimize lacks {behind} commits of HEAD: the branch is measured as it is; "
                "rebase it, or rename it to begin at HEAD"
            )
            await self.log(Note(level="warning", text=text))
        if repository.checkout.is_dirty:
            await self.log(Note(level="warning", text="uncommitted changes of the checkout are not part of this"))


def python_version(facts: SetupFacts) -> tuple[int, int]:
    """Major and minor version of the target's interpreter."""
    major, minor = facts.python_version.split(".")[:2]
    return int(major), int(minor)


def tools(facts: SetupFacts) -> dict[str, str]:
    """The profilers that are installed packages of the target's environment, with their versions."""
    return dict(found.split(" ", 1) for found in facts.profilers if " " in found)


def discovery(facts: SetupFacts) -> str:
    """What the session found before it began, in one line."""
    tests = f"tests by {facts.test_runner}" if facts.test_runner else "no tests"
    sandbox = facts.sandbox if facts.sandbox == "isolated" else "limited: target code sees this machine"
    return f"Python {facts.python_version}, {facts.kind}, {tests}, {', '.join(facts.profilers)}, sandbox {sandbox}"
