"""The setup agent: finds the target's interpreter, its tests and what the project is, and writes setup.md."""

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from agents.central import poetry_name
from agents.environments import search
from agents.interpreters import Chosen, choose, take
from agents.layout import roots_of
from agents.needs import command_for, needed_modules
from agents.project_facts import is_test_file, kind_of, requires_python, runner_of_tests, version_of
from agents.pytest_config import PytestConfig, pytest_config
from agents.router import SETUP
from agents.survey import Survey, benchmark_scripts
from agents.survey_runs import SurveyRuns
from messaging.contents import Note
from runtime.agent import Agent
from runtime.dispatch import duty
from runtime.errors import BadInput
from runtime.git import SYMLINK
from runtime.measure.command import dropped_options
from runtime.measure.models import Job
from runtime.measure.pytest_options import said, split_options
from runtime.measure.reports import Outcome, Tools
from runtime.repository import Repository
from runtime.setup_facts import SetupFacts, parse_setup, render_setup
from runtime.workspace import write_atomically

INSPECT_TIMEOUT_S = 60.0
_BASE = os.path.realpath(sys.executable)
"""The interpreter that Lowtide's own environment was made from."""
_NO_TESTS = "No tests were found: equality rests on the digest of the observable result."
_NO_PYTEST = "The tests need pytest, which the interpreter has not: equality rests on the digest of the result."


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
        self._read_tree()
        kept = workspace.read_text(workspace.setup)
        if kept:
            facts, note = await self._verified(parse_setup(kept))
        else:
            facts, note = await self._found(), ""
        text = render_setup(facts)
        if not kept or parse_setup(kept) != facts:
            write_atomically(workspace.setup, text)
        if note:
            await self.log(Note(text=note))
        if self.config.target is None:
            await self._survey(facts)
        await self.complete(SETUP, note)

    async def _survey(self, facts: SetupFacts) -> None:
        """Chooses the target, unless an earlier run of this duty has; the choice is a file for the optimizer."""
        if self.config.survey.exists():
            return
        scripts = benchmark_scripts(self._paths, self._read)
        where = f" and {len(scripts)} benchmark scripts" if scripts else ""
        await self.log(Note(text=f"no target was named: the project's tests{where} are measured briefly"))
        runs = SurveyRuns(self.config, facts, self.measure)
        try:
            survey = await Survey(runs.run, bool(facts.test_runner), scripts).take()
        finally:
            runs.close()
        write_atomically(self.config.survey, survey.model_dump_json(indent=1))
        for line in survey.lines:
            await self.log(Note(text=line))

    def _read_tree(self) -> None:
        checkout = Repository.open(self.config.repository).checkout
        entries = checkout.tracked(checkout.head)
        self._checkout = checkout
        self._entries = entries
        self._paths = sorted(path for path, entry in entries.items() if entry.mode != SYMLINK)

    def _read(self, path: str) -> str:
        return self._checkout.git.text("cat-file", "blob", self._entries[path].blob)

    async def _found(self) -> SetupFacts:
        paths, options = self._paths, pytest_config(self._paths, self._read)
        roots = roots_of(paths, self._read, options.pythonpath)
        chosen = await self._interpreter(None, roots)
        tools, python = chosen.tools, chosen.environment.python
        runner = runner_of_tests(paths, tools.packages, self._read)
        commands = {"pytest": ["-m", "pytest"], "unittest": ["-m", "unittest", "discover"]}
        kept = await self._options(options) if runner == "pytest" else []
        for text in (f"interpreter: {python}, {chosen.environment.why}", *chosen.notes):
            await self.log(Note(level="warning" if text in chosen.notes else "note", text=text))
        no_tests = _NO_PYTEST if any(map(is_test_file, paths)) else _NO_TESTS
        return SetupFacts(
            interpreter=python,
            python_version=tools.version,
            environment=chosen.environment.why,
            test_runner=runner,
            test_command=[python, *commands[runner]] if runner else [],
            test_options=kept,
            profilers=_profilers(tools),
            packages=tools.packages,
            kind=kind_of(paths, self._read),
            roots=roots,
            sandbox=self.config.sandbox,
            requires_python=requires_python(paths, self._read, tools.version),
            notes="" if runner else no_tests,
        )

    async def _options(self, config: PytestConfig) -> list[str]:
        """The project's options of pytest that are kept; those that are not are said."""
        kept, dropped = split_options(config.addopts)
        target = self.config.target
        of_command = dropped_options(target) if target else []
        for where, words in ((config.file, dropped), ("the command", of_command)):
            if words:
                await self.log(Note(level="warning", text=f"options of {where} {said(words)}"))
        return kept

    async def _verified(self, facts: SetupFacts) -> tuple[SetupFacts, str]:
        """The facts of a setup.md that is there, what was found out since, and what to say about it."""
        chosen = await self._interpreter(facts, facts.roots)
        tools, python = chosen.tools, chosen.environment.python
        if version_of(tools.version) != version_of(facts.python_version) and python == facts.interpreter:
            raise BadInput(
                f"setup.md says Python {facts.python_version}, but {python} is {tools.version}: "
                "mend the line, or delete setup.md to have it written anew."
            )
        for text in chosen.notes:
            await self.log(Note(level="warning", text=text))
        found: dict[str, object] = {
            "interpreter": python,
            "python_version": tools.version,
            "environment": chosen.environment.why,
            "test_command": [python if word == facts.interpreter else word for word in facts.test_command],
            "packages": tools.packages,
            "sandbox": self.config.sandbox,
        }
        changes = {name: value for name, value in found.items() if getattr(facts, name) != value}
        if not changes:
            return facts, "setup.md was there: verified and kept"
        lines = ", ".join(name.replace("_", " ") for name in changes)
        return facts.model_copy(update=changes), f"setup.md was there: kept, but for what is so no longer: {lines}"

    async def _interpreter(self, facts: SetupFacts | None, roots: list[str]) -> Chosen:
        """The interpreter a person named, in setup.md or by --python; else the best that is found."""
        wanted = await asyncio.to_thread(self._needed, roots)

        async def inspect(python: str) -> Outcome:
            return await self._inspect(python, wanted)

        def make(missing: list[str]) -> str:
            return command_for(self._paths, missing, poetry=bool(poetry_name(self.config.repository)))

        given = self.config.python
        if given is not None and (facts is None or given != facts.interpreter):
            chosen = await take(given, "chosen with --python", inspect)
        elif facts is not None:
            chosen = await take(facts.interpreter, facts.environment, inspect)
        else:
            found = search(self.config.repository, os.environ, Path(sys.prefix), _BASE)
            chosen = await choose(found, inspect, make)
        self._check_command(chosen)
        return chosen

    def _needed(self, roots: list[str]) -> list[str]:
        """What the targets need of the environment, without what untracked files of the checkout provide."""
        targets = [self.config.target, *self.config.guards]
        found = {name for one in targets for name in needed_modules(one, self._paths, self._read, roots)}
        beside = {str(PurePosixPath(one.path).parent) for one in targets if one and one.path}
        return sorted(name for name in found if not self._lies_in(name, [*roots, *beside]))

    def _lies_in(self, name: str, places: Iterable[str]) -> bool:
        """Whether a file of the checkout is that module: generated code, a compiled extension."""
        folders = [self.config.repository / place for place in places]
        return any((folder / name).is_dir() or any(folder.glob(f"{name}.*")) for folder in folders)

    def _check_command(self, chosen: Chosen) -> None:
        target = self.config.target
        if target is not None and target.kind == "command" and not target.module and not chosen.tools.command:
            raise BadInput(
                f"{target.command} is no Python command: neither the project nor {chosen.environment.python} has an "
                "entry point of that name; give python script.py, python -m package, or pytest."
            )

    async def _inspect(self, python: str, modules: list[str]) -> Outcome:
        return await self.measure(
            Job(
                purpose="inspect",
                python=python,
                export="",
                checkout=str(self.config.repository),
                target=self.config.target,
                modules=modules,
                timeout_s=INSPECT_TIMEOUT_S,
            )
        )


def _profilers(tools: Tools) -> list[str]:
    memray = tools.packages.get("memray")
    return ["tracemalloc", *([f"memray {memray}"] if memray else [])]
