"""What the setup agent finds out about a project, and what it leaves as a person wrote it."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agents.project_facts import kind_of, requires_python, runner_of_tests, unsupported
from agents.setup import Setup
from messaging.bus import Bus
from messaging.contents import Complete, Note
from messaging.messages import (
    Measure,
    Measured,
    Roster,
    SendMessage,
    TaskClaim,
    TaskClaimed,
    TaskUpdate,
)
from runtime.config import SessionConfig
from runtime.errors import BadInput
from runtime.experiment.survey import read_survey
from runtime.measure.models import MIB, Job, TargetSpec
from runtime.measure.reports import Outcome, ProbeReport, SurveyedTest, SurveyRows, Tools
from runtime.setup_facts import parse_setup
from tests.team import buses, cancelled, repository, settings

PYPROJECT = '[project]\nname = "x"\nrequires-python = ">=3.10"\n'
FILES = {
    "pyproject.toml": PYPROJECT,
    "src/x/__init__.py": "",
    "tests/test_x.py": "import unittest\nclass T(unittest.TestCase):\n    pass\n",
}


def tools(version: str = "3.12.1", implementation: str = "cpython", **packages: str) -> Tools:
    return Tools(version=version, implementation=implementation, prefix="/p", base_prefix="/p", packages=packages)


def answer(job: Job, found: Tools | None) -> Outcome:
    if found is None:
        return Outcome(status="failed", reason="it does not start")
    return Outcome(status="ok", report=ProbeReport(ok=True, python=found.version, tools=found))


def run_setup(
    config: SessionConfig, inspect: Callable[[str], Tools | None], measured: Callable[[Job], Outcome] | None = None
) -> tuple[list[str], list[object]]:
    """Runs the agent against a router and a runner of ours: the interpreters inspected, and what the router heard."""
    asked: list[str] = []
    heard: list[object] = []

    async def runner(bus: Bus) -> None:
        async for delivery in bus.inbox():
            body = delivery.envelope.body
            assert isinstance(body, Measure)
            job = Job.model_validate(body.job)
            if job.purpose == "inspect":
                asked.append(job.python)
                answered = answer(job, inspect(job.python))
            else:
                assert measured is not None, job.purpose
                answered = measured(job)
            outcome = answered.model_dump(mode="json")
            await bus.send("setup", Measured(request=delivery.envelope.id, outcome=outcome))
            await delivery.processed()

    async def router(bus: Bus, done: asyncio.Event) -> None:
        async for delivery in bus.inbox():
            body = delivery.envelope.body
            await delivery.processed()
            if isinstance(body, TaskClaim):
                from messaging.messages import Task

                await bus.send("setup", TaskClaimed(task=Task(id="1", subject=body.task), won=True))
                continue
            heard.append(body.content if isinstance(body, SendMessage) else body)
            if isinstance(heard[-1], TaskUpdate | Complete):
                done.set()

    async def run() -> None:
        async with buses(config, "router", "runner", "setup") as (first, second, own):
            await first.publish("roster", Roster(agents=list(config.agents)))
            done = asyncio.Event()
            work = [runner(second), router(first, done), Setup(own, config).run()]
            tasks = [asyncio.create_task(coroutine) for coroutine in work]
            try:
                async with asyncio.timeout(20):
                    await done.wait()
            finally:
                for task in tasks:
                    await cancelled(task)

    asyncio.run(run())
    return asked, heard


@pytest.fixture
def config(tmp_path: Path) -> SessionConfig:
    agents = {"router": "", "runner": "", "setup": ""}
    return settings(tmp_path, repository(tmp_path / "repo", FILES), agents, python="/usr/bin/python3")


def test_it_writes_what_it_found_and_completes_its_task(config: SessionConfig) -> None:
    asked, heard = run_setup(config, lambda _: tools(pytest="8.3.2", memray="1.17.2"))

    facts = parse_setup(config.workspace.setup.read_text())
    assert asked == ["/usr/bin/python3"]
    assert facts.interpreter == "/usr/bin/python3"
    assert (facts.python_version, facts.test_runner, facts.kind) == ("3.12.1", "pytest", "library")
    assert facts.test_command == ["/usr/bin/python3", "-m", "pytest"]
    assert facts.profilers == ["tracemalloc", "memray 1.17.2"]
    assert facts.roots == ["src", ""]
    assert facts.requires_python == (3, 10)
    assert isinstance(heard[-1], TaskUpdate)
    assert heard[-1].status == "completed"


def test_without_pytest_testcases_run_under_unittest(config: SessionConfig) -> None:
    run_setup(config, lambda _: tools())

    assert parse_setup(config.workspace.setup.read_text()).test_runner == "unittest"


def test_candidates_are_tried_in_order_until_one_can_be_used(config: SessionConfig) -> None:
    venv = config.repository / ".venv/bin/python"
    venv.parent.mkdir(parents=True)
    venv.symlink_to(sys.executable)
    free = config.model_copy(update={"python": None})

    asked, _ = run_setup(free, lambda python: None if python == str(venv) else tools())

    assert asked[0] == str(venv)
    assert len(asked) == 2
    assert parse_setup(free.workspace.setup.read_text()).interpreter == asked[1]


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (tools("3.8.10"), "it is Python 3.8.10, and 3.9 is the oldest"),
        (tools("3.10.1", "pypy"), "it is pypy 3.10.1, and only CPython"),
        (None, "it does not start"),
    ],
)
def test_an_interpreter_that_cannot_be_used_ends_the_session_with_exit_code_2(
    config: SessionConfig, found: Tools | None, sentence: str
) -> None:
    _, heard = run_setup(config, lambda _: found)

    end = heard[-1]
    assert isinstance(end, Complete)
    assert (end.outcome, end.exit_code) == ("failed", 2)
    assert sentence in end.summary
    assert not config.workspace.setup.exists()


def test_a_setup_file_that_still_holds_is_kept_byte_for_byte(config: SessionConfig) -> None:
    config.workspace.folder.mkdir()
    text = (
        "# Mine\n\n- Python version: 3.12.1\n- Interpreter: `/opt/python`\n- Kind: application\n\n## Notes\n\nMine.\n"
    )
    config.workspace.setup.write_text(text)
    free = config.model_copy(update={"python": None})

    asked, heard = run_setup(free, lambda _: tools())

    assert asked == ["/opt/python"]
    assert config.workspace.setup.read_text() == text
    assert [h.text for h in heard if isinstance(h, Note)] == ["setup.md was there: verified and kept"]


def test_a_person_who_asks_for_another_interpreter_gets_it_and_keeps_the_rest(config: SessionConfig) -> None:
    config.workspace.folder.mkdir()
    config.workspace.setup.write_text("- Python version: 3.11.2\n- Interpreter: `/opt/python`\n- Kind: application\n")

    _, heard = run_setup(config, lambda _: tools())

    facts = parse_setup(config.workspace.setup.read_text())
    assert (facts.interpreter, facts.python_version, facts.kind) == ("/usr/bin/python3", "3.12.1", "application")
    assert "kept, but for what is so no longer: interpreter, python version" in str(heard[0])


def test_a_wrong_line_in_setup_is_named(config: SessionConfig) -> None:
    config.workspace.folder.mkdir()
    config.workspace.setup.write_text("- Interpretor: `/opt/python`\n")

    _, heard = run_setup(config, lambda _: tools())

    assert "setup.md line 1: unknown name 'Interpretor'" in str(heard[-1])


def lacking(*missing: str) -> Tools:
    return tools(pytest="8.3.2").model_copy(update={"missing": list(missing)})


def notes(heard: list[object]) -> list[str]:
    return [content.text for content in heard if isinstance(content, Note)]


def test_which_interpreter_was_taken_and_why_is_said_and_written(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {**FILES, "uv.lock": ""})
    for folder in (".venv", "venv"):
        (repo / folder / "bin").mkdir(parents=True)
        (repo / folder / "bin/python").symlink_to(sys.executable)
    config = settings(tmp_path, repo, {"router": "", "runner": "", "setup": ""})

    _, heard = run_setup(config, lambda python: lacking("requests") if "/.venv/" in python else lacking())

    assert notes(heard) == [
        f"interpreter: {repo}/venv/bin/python, venv of the checkout",
        f"skipped: {repo}/.venv/bin/python has no requests",
    ]
    assert parse_setup(config.workspace.setup.read_text()).environment == "venv of the checkout"


def test_without_the_imports_the_command_that_makes_an_environment_is_said(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {**FILES, "uv.lock": ""})
    config = settings(tmp_path, repo, {"router": "", "runner": "", "setup": ""})

    _, heard = run_setup(config, lambda _: lacking("requests"))

    end = heard[-1]
    assert isinstance(end, Complete)
    assert (end.outcome, end.exit_code) == ("failed", 2)
    assert "has no requests): make one with `uv sync`, or choose one with --python." in end.summary


def test_the_projects_options_are_kept_but_for_those_that_change_what_is_measured(tmp_path: Path) -> None:
    options = "[tool.pytest.ini_options]\naddopts = '--import-mode=importlib -p no:cov -n 4 --cov=x'\n"
    repo = repository(tmp_path / "repo", {**FILES, "pyproject.toml": PYPROJECT + options})
    config = settings(tmp_path, repo, {"router": "", "runner": "", "setup": ""}, python="/usr/bin/python3")

    _, heard = run_setup(config, lambda _: lacking())

    facts = parse_setup(config.workspace.setup.read_text())
    assert facts.test_options == ["--import-mode=importlib", "-p", "no:cov"]
    assert any(text.endswith("change what is measured: -n 4 --cov=x") for text in notes(heard))


def test_a_command_that_nobody_knows_is_bad_input(config: SessionConfig) -> None:
    command = TargetSpec(kind="command", text="ls -l", command="ls", arguments=["-l"])

    _, heard = run_setup(config.model_copy(update={"target": command}), lambda _: lacking())

    end = heard[-1]
    assert isinstance(end, Complete)
    assert end.exit_code == 2
    assert "ls is no Python command: neither the project nor /usr/bin/python3" in end.summary


def test_without_a_target_a_survey_chooses_it(config: SessionConfig) -> None:
    exports: list[str] = []

    def measured(job: Job) -> Outcome:
        exports.append(Path(job.export, "tests/test_x.py").read_text())
        rows = [SurveyedTest(node=f"tests/test_x.py::{name}", peak=9 * MIB, wall_s=0.1) for name in "ab"]
        survey = SurveyRows(collected=2, measured=2, rows=rows) if job.purpose == "survey" else None
        peak = 20 * MIB if job.target and job.target.node == "::b" else 10 * MIB
        report = ProbeReport(ok=True, python="", survey=survey, traced_peak=peak, wall_s=0.1)
        return Outcome(status="ok", report=report)

    free = config.model_copy(update={"target": None})
    _, heard = run_setup(free, lambda _: lacking(), measured)

    survey = read_survey(free.survey)
    assert survey is not None
    assert survey.target.text == "tests/test_x.py::b"
    assert exports == [FILES["tests/test_x.py"]] * 3
    assert [text for text in notes(heard) if text.startswith("survey: ")] == survey.lines
    assert not list((free.exchange / "exports").iterdir())


@pytest.mark.parametrize(
    ("files", "kind"),
    [
        ({"app.py": ""}, "application"),
        ({"pyproject.toml": PYPROJECT}, "library"),
        ({"pyproject.toml": PYPROJECT + "[project.scripts]\nx = 'x:main'\n"}, "application"),
        ({"pyproject.toml": PYPROJECT, "x/__main__.py": ""}, "application"),
        ({"pyproject.toml": "[tool.ruff]\n"}, "application"),
        ({"pyproject.toml": "[tool.poetry]\nname = 'x'\n"}, "library"),
        ({"setup.py": "setup(name='x')"}, "library"),
        ({"a/setup.py": "setup(name='a')", "b/setup.py": "setup(name='b')", "b/__main__.py": ""}, "library"),
        ({"a/setup.py": "setup(console_scripts=['x'])", "b/app.py": ""}, "application"),
        ({"examples/a/setup.py": "setup(name='a')", "app.py": ""}, "application"),
        ({"setup.cfg": "[options.entry_points]\nconsole_scripts =\n"}, "application"),
    ],
)
def test_kind_follows_from_packaging_metadata_and_commands(files: dict[str, str], kind: str) -> None:
    assert kind_of(files, files.__getitem__) == kind


@pytest.mark.parametrize(
    ("files", "lowest"),
    [
        ({"pyproject.toml": PYPROJECT}, (3, 10)),
        ({"setup.cfg": "[options]\npython_requires = >=3.9,<4\n"}, (3, 9)),
        ({"setup.py": "setup(python_requires='>=3.11')"}, (3, 11)),
        ({"setup.py": "setup(python_requires='>3.8')"}, (3, 8)),
        ({"pyproject.toml": "[tool.poetry.dependencies]\npython = '^3.10'\n"}, (3, 10)),
        ({"pyproject.toml": "[tool.poetry.dependencies]\npython = '~3.9 || ^3.11'\n"}, (3, 9)),
        ({"a/setup.py": "setup(python_requires='>=3.11')", "b/setup.py": "setup(python_requires='>=3.9')"}, (3, 9)),
        ({"app.py": ""}, (3, 12)),
    ],
)
def test_the_lowest_python_is_what_the_project_says_else_its_interpreters(
    files: dict[str, str], lowest: tuple[int, int]
) -> None:
    assert requires_python(files, files.__getitem__, "3.12.1") == lowest


def test_tests_are_found_by_name_and_content() -> None:
    plain = {"tests/test_a.py": "def test_a(): pass\n", "a.py": "class T(TestCase): pass\n"}
    cases = {"a_test.py": "class T(unittest.TestCase): pass\n", "test_broken.py": "def ("}

    assert runner_of_tests(plain, ["pytest"], plain.__getitem__) == "pytest"
    assert runner_of_tests(plain, [], plain.__getitem__) == ""
    assert runner_of_tests(cases, [], cases.__getitem__) == "unittest"
    assert runner_of_tests({"a.py": ""}, ["pytest"], plain.__getitem__) == ""


def test_a_broken_pyproject_is_bad_input() -> None:
    with pytest.raises(BadInput, match=r"pyproject\.toml cannot be read"):
        kind_of(["pyproject.toml"], lambda _: "[project")


def test_cpython_from_3_9_on_is_supported() -> None:
    assert unsupported("cpython", "3.9.0") == ""
    assert unsupported("CPython", "3.14.0") == ""
