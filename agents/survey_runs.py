"""Runs the jobs of a survey, on one export of the branch, or of HEAD where there is no branch yet."""

from collections.abc import Awaitable, Callable

from runtime.checkout import Checkout
from runtime.config import SessionConfig
from runtime.measure.export import Export, Exports
from runtime.measure.models import Job
from runtime.measure.reports import Outcome
from runtime.repository import Repository
from runtime.setup_facts import SetupFacts
from runtime.worktree import REF

CARRY_ROUNDS = 3
"""How often a job is run again with untracked files that it turned out to need."""


class SurveyRuns:
    """Lays the export at the first job, and anew when a job needs files that git does not have.

    Args:
        config: the session's settings.
        facts: interpreter, roots and test runner.
        measure: asks the runner for one run.
    """

    def __init__(self, config: SessionConfig, facts: SetupFacts, measure: Callable[[Job], Awaitable[Outcome]]) -> None:
        self._config = config
        self._facts = facts
        self._measure = measure
        self._repository = Repository.open(config.repository)
        self._tree = surveyed_tree(self._repository.checkout)
        self._exports = Exports(config.exchange / "exports")
        self._export: Export | None = None
        self._carried: dict[str, bytes] = {}

    async def run(self, **fields: object) -> Outcome:
        """One run of the job that begins with these fields of Job."""
        for _ in range(CARRY_ROUNDS):
            outcome = await self._measure(self._job(fields))
            missing = outcome.report.missing if outcome.report else []
            wanted = [path for path in missing if path not in self._carried]
            found = self._repository.checkout.beside(wanted, self._tree)
            if not found:
                break
            self._carried.update({path: file.read_bytes() for path, file in found.items()})
            self.close()
        return outcome

    def close(self) -> None:
        """Throws the export away."""
        if self._export is not None:
            self._export.remove()
        self._export = None

    def _job(self, fields: dict[str, object]) -> Job:
        if self._export is None:
            self._export = self._exports.create(self._repository, self._tree, self._carried)
        facts = self._facts
        return Job.model_validate(
            {
                "python": facts.interpreter,
                "export": str(self._export.path),
                "checkout": str(self._config.repository),
                "roots": facts.roots,
                "blobs": self._export.blobs,
                "test_runner": facts.test_runner,
                "test_command": facts.test_command,
                "test_options": facts.test_options,
                **fields,
            }
        )


def surveyed_tree(checkout: Checkout) -> str:
    """The branch's tree when it has commits that HEAD has not, else HEAD's: what the session will measure."""
    git = checkout.git
    there = not git.run("rev-parse", "--verify", "--quiet", REF).status
    if there and git.run("merge-base", "--is-ancestor", REF, "HEAD").status:
        return git.text("rev-parse", f"{REF}^{{tree}}").strip()
    return git.text("rev-parse", "HEAD^{tree}").strip()
