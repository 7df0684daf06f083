"""The setup agent: finds the target's interpreter, its tests and what the project is, and writes setup.md."""

import os
import sys
from pathlib import Path

from agents.project_facts import (
    interpreters,
    kind_of,
    requires_python,
    runner_of_tests,
    unsupported,
    version_of,
)
from agents.router import SETUP
from messaging.contents import Note
from runtime.agent import Agent
from runtime.dispatch import duty
from runtime.errors import BadInput, TargetFailed
from runtime.git import SYMLINK
from runtime.measure.models import Job, Outcome, Tools
from runtime.measure.target import import_roots
from runtime.repository import Repository
from runtime.setup_facts import SetupFacts, parse_setup, render_setup
from runtime.workspace import write_atomically

INSPECT_TIMEOUT_S = 60.0
_BASE = os.path.realpath(sys.executable)
"""The interpreter that Lowtide's own environment was made from."""
_NO_TESTS = "no tests were found: equality rests on the digest of the observable result"


class Setup(Agent):
    """Works once, at the beginning. Writes `.codeflash/setup.md`; what a person wrote there is kept as it stands."""

    @duty(SETUP)
    async def set_up(self) -> None:
        """Writes setup.md, or verifies the one that is there and says what became of it.

        Raises:
            BadInput: no interpreter can be used, or setup.md is wrong; the sentence says what to do.
            TargetFailed: the interpreter that was asked for does not start.
        """
        workspace = self.config.workspace
        kept = workspace.read_text(workspace.setup)
        chosen = self.config.python
        if kept:
            facts, note = await self._verified(parse_setup(kept), chosen)
        else:
            facts, note = await self._found(chosen), ""
        text = render_setup(facts)
        if not kept or parse_setup(kept) != facts:
            write_atomically(workspace.setup, text)
        if note:
            await self.log(Note(text=note))
        await self.complete(SETUP, note)

    async def _found(self, chosen: str | None) -> SetupFacts:
        python, tools = await self._interpreter(chosen)
        repository = Repository.open(self.config.repository)
        entries = repository.checkout.tracked(repository.checkout.head)
        paths = sorted(path for path, entry in entries.items() if entry.mode != SYMLINK)

        def read(path: str) -> str:
            return repository.checkout.git.text("cat-file", "blob", entries[path].blob)

        runner = runner_of_tests(paths, tools.packages, read)
        commands = {"pytest": ["-m", "pytest"], "unittest": ["-m", "unittest", "discover"]}
        return SetupFacts(
            interpreter=python,
            python_version=tools.version,
            test_runner=runner,
            test_command=[python, *commands[runner]] if runner else [],
            profilers=_profilers(tools),
            packages=tools.packages,
            kind=kind_of(paths, read),
            roots=import_roots(paths),
            sandbox=self.config.sandbox,
            requires_python=requires_python(paths, read, tools.version),
            notes="" if runner else _NO_TESTS[0].upper() + _NO_TESTS[1:] + ".",
        )

    async def _verified(self, facts: SetupFacts, chosen: str | None) -> tuple[SetupFacts, str]:
        """The facts of a setup.md that is there, what was found out since, and what to say about it."""
        python, tools = await self._interpreter(chosen or facts.interpreter)
        if version_of(tools.version) != version_of(facts.python_version) and python == facts.interpreter:
            raise BadInput(
                f"setup.md says Python {facts.python_version}, but {python} is {tools.version}: "
                "mend the line, or delete setup.md to have it written anew."
            )
        found: dict[str, object] = {
            "interpreter": python,
            "python_version": tools.version,
            "test_command": [python if word == facts.interpreter else word for word in facts.test_command],
            "packages": tools.packages,
            "sandbox": self.config.sandbox,
        }
        changes = {name: value for name, value in found.items() if getattr(facts, name) != value}
        if not changes:
            return facts, "setup.md was there: verified and kept"
        lines = ", ".join(name.replace("_", " ") for name in changes)
        return facts.model_copy(update=changes), f"setup.md was there: kept, but for what is so no longer: {lines}"

    async def _interpreter(self, chosen: str | None) -> tuple[str, Tools]:
        search = os.environ.get("PATH", "").split(os.pathsep)
        refused = []
        for python in interpreters(chosen, self.config.repository, Path(sys.prefix), search, _BASE):
            outcome = await self._inspect(python)
            tools = outcome.report.tools if outcome.report else None
            if outcome.status != "ok" or tools is None:
                reason = _why(outcome)
            else:
                reason = unsupported(tools.implementation, tools.version)
                if not reason:
                    return python, tools
            refused.append(f"{python}: {reason}")
        if chosen is not None and outcome.status != "ok":
            raise TargetFailed(f"The interpreter {chosen} cannot be used: {reason}.", outcome.output)
        raise BadInput(f"No interpreter can be used ({'; '.join(refused)}): choose another with --python.")

    async def _inspect(self, python: str) -> Outcome:
        return await self.measure(
            Job(
                purpose="inspect",
                python=python,
                export="",
                checkout=str(self.config.repository),
                timeout_s=INSPECT_TIMEOUT_S,
            )
        )


def _why(outcome: Outcome) -> str:
    failure = outcome.report.failure if outcome.report else ""
    text = outcome.reason or failure or outcome.output or outcome.status
    return text.strip().splitlines()[-1].rstrip(".")


def _profilers(tools: Tools) -> list[str]:
    memray = tools.packages.get("memray")
    return ["tracemalloc", *([f"memray {memray}"] if memray else [])]
