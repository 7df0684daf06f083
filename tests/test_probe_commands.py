"""Targets that are commands: run by the probe as python would run them."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from runtime.errors import BadInput
from runtime.measure.command import dropped_options, parse_command
from runtime.measure.entry_points import commands
from runtime.measure.models import Job
from runtime.measure.provenance import check
from runtime.measure.pytest_options import split_options
from runtime.measure.reports import ProbeReport
from tests.probe_runs import INTERPRETERS, Project

FILES = {
    "pkg/__init__.py": "STARTED = []\n",
    "pkg/__main__.py": """
        import sys
        from pkg.work import rows
        print(__name__, __package__, __spec__.name, sys.argv[1:], len(rows(200_000)))
        sys.exit(3 if "--fail" in sys.argv else 0)
        """,
    "pkg/work.py": """
        def rows(count):
            return [bytes(40) for _ in range(count)]
        """,
    "pkg/cli.py": """
        import sys
        from pkg import work
        class Commands:
            @staticmethod
            def main():
                print(sys.argv, len(work.rows(200_000)))
                return 0
        """,
    "tool.py": "import sys\nprint(sys.argv, __name__)\n",
    "tests/test_work.py": """
        from pkg.work import rows
        def test_small():
            assert len(rows(10)) == 10
        def test_large():
            assert len(rows(200_000)) == 200_000
        """,
    "tests/test_other.py": "def test_other():\n    assert True\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path).write(FILES)


def run(project: Project, words: str, purpose: str = "traced", **fields: object) -> tuple[ProbeReport, Job]:
    spec, _ = parse_command(words.split(), FILES.__contains__, {"pkgcmd": "pkg.cli:Commands.main"})
    job = project.job(purpose, None, **fields).model_copy(update={"target": spec})  # type: ignore[arg-type]
    return ProbeReport.model_validate_json(project.start(job).read_bytes()), job


def test_a_package_runs_as_python_dash_m_does(project: Project) -> None:
    report, job = run(project, "python -m pkg one two")

    bare = subprocess.run(
        [sys.executable, "-m", "pkg", "one", "two"], cwd=project.export, capture_output=True, text=True
    )
    assert (report.ok, report.stdout) == (True, bare.stdout)
    assert report.stdout.startswith("__main__ pkg pkg.__main__ ['one', 'two']")
    assert (report.traced_peak or 0) > 200_000 * 40
    assert (report.digest_kind, report.traced_import) == ("output", None)
    assert check(report, job) is None


@pytest.mark.parametrize("python", INTERPRETERS)
def test_every_supported_python_runs_packages_and_commands(project: Project, python: str) -> None:
    package, _ = run(project, "python -m pkg", "plain", python=python)
    command, _ = run(project, "pkgcmd", "plain", python=python)

    assert (package.ok, command.ok) == (True, True), package.failure + command.failure
    assert package.stdout == "__main__ pkg pkg.__main__ [] 200000\n"
    assert command.stdout == "['pkgcmd'] 200000\n"


@pytest.mark.parametrize("python", INTERPRETERS)
def test_every_supported_python_is_inspected_for_modules_and_commands(project: Project, python: str) -> None:
    command, _ = parse_command(["pip", "list"], FILES.__contains__, {})
    job = project.job("inspect", None, python=python, modules=["json", "no_such_module", "sys"])
    report = ProbeReport.model_validate_json(project.start(job.model_copy(update={"target": command})).read_bytes())

    assert report.tools is not None
    assert report.tools.missing == ["no_such_module"]
    assert report.tools.command == "pip._internal.cli.main:main"


def test_its_stages_are_those_of_its_main(project: Project) -> None:
    calls, _ = run(project, "python -m pkg", "calls")
    entry = [{"file": "pkg/__main__.py", "function": "<module>", "line": 1}]
    stages, _ = run(project, "python -m pkg", "stages", chain=entry, peak_hint=calls.traced_peak)

    assert calls.chain[0].file == "pkg/__main__.py"
    assert [table.place.file for table in stages.tables] == ["pkg/__main__.py"]
    assert max(stage.peak for stage in stages.tables[0].stages) > 200_000 * 40


def test_a_program_that_exits_with_an_error_fails(project: Project) -> None:
    report, _ = run(project, "python -m pkg --fail")

    assert not report.ok
    assert "exit code 3" in report.failure


def test_a_command_of_the_project_runs_its_entry_point(project: Project) -> None:
    report, job = run(project, "poetry run pkgcmd --rows 5")

    assert report.ok, report.failure
    assert report.stdout == "['pkgcmd', '--rows', '5'] 200000\n"
    assert (report.traced_peak or 0) > 200_000 * 40
    assert check(report, job) is None


def test_a_command_that_only_the_environment_knows_is_found_there(project: Project) -> None:
    report, job = run(project, "pygmentize -V")

    assert report.ok, report.failure
    assert "Pygments version" in report.stdout
    assert check(report, job) == "nothing shows that pygmentize -V was run from the tree under test."


def test_a_command_that_nobody_knows_fails_by_its_name(project: Project) -> None:
    report, _ = run(project, "nosuchcommand")

    assert report.failure == "The interpreter's environment has no command nosuchcommand."


def test_a_script_by_command_is_a_script(project: Project) -> None:
    report, _ = run(project, "python -u tool.py a")

    assert report.stdout == "['tool.py', 'a'] __main__\n"


def test_pytest_with_arguments_measures_what_they_select(project: Project) -> None:
    large, job = run(project, "pytest -k large tests")
    small, _ = run(project, "pytest -k small tests")

    assert (large.ok, small.ok) == (True, True), large.failure
    assert (large.traced_peak or 0) > 200_000 * 40 > (small.traced_peak or 0)
    assert check(large, job) is None


def test_its_digest_takes_the_calls_of_all_test_files(project: Project) -> None:
    first, _ = run(project, "pytest -k large tests", "digest")
    again, _ = run(project, "pytest -k large tests", "digest")
    other, _ = run(project, "pytest -k small tests", "digest")

    assert first.digest == again.digest != other.digest
    assert first.digest_kind == "calls"


def test_the_projects_own_options_count(project: Project) -> None:
    refused, _ = run(project, "pytest tests", test_options=["--no-such-option"])
    deselected, _ = run(project, "pytest tests", test_options=["-k", "nothing"])
    named, _ = run(project, "pytest tests/test_work.py::test_large", test_options=["-k", "nothing"])

    assert "pytest refuses its arguments (--no-such-option tests)" in refused.failure
    assert "pytest found no test" in deselected.failure
    assert named.ok, named.failure


@pytest.mark.parametrize(
    ("words", "kept", "dropped"),
    [
        ("-q -p no:cov --import-mode=importlib", "-q -p no:cov --import-mode=importlib", ""),
        ("-n 4 -q", "-q", "-n 4"),
        ("-nauto --dist=loadfile -ra", "-ra", "-nauto --dist=loadfile"),
        ("--cov --cov-report term-missing -v", "-v", "--cov --cov-report term-missing"),
        ("--cov pkg --cov-branch tests", "tests", "--cov pkg --cov-branch"),
        ("--benchmark-only --benchmark-columns=min,max", "", "--benchmark-only --benchmark-columns=min,max"),
        ("-m slow -k -n -x", "-m slow -k -n", "-x"),
        ("-p xdist -p myplugin --maxfail 2 --ff", "-p myplugin", "-p xdist --maxfail 2 --ff"),
        ("--strict-markers --doctest-modules -W error", "--strict-markers --doctest-modules -W error", ""),
    ],
)
def test_options_that_change_what_is_measured_are_dropped(words: str, kept: str, dropped: str) -> None:
    assert split_options(words.split()) == (kept.split(), dropped.split())


def test_dropped_options_of_a_command_can_be_said() -> None:
    spec, _ = parse_command(["pytest", "-n", "4", "-k", "x", "tests"], FILES.__contains__, {})

    assert (spec.arguments, dropped_options(spec)) == (["-k", "x", "tests"], ["-n", "4"])


def test_a_named_interpreter_is_handed_on() -> None:
    assert parse_command(["env/bin/python3.12", "tool.py"], FILES.__contains__, {})[1] == "env/bin/python3.12"
    assert parse_command(["python", "tool.py"], FILES.__contains__, {})[1] is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["make", "all"], "make is no Python command"),
        (["./run.sh"], "is no Python command"),
        (["python"], "starts no program"),
        (["python", "-c", "pass"], "put the code into a script"),
        (["python", "-O", "tool.py"], "option -O is not kept"),
        (["python", "absent.py"], "is no tracked file"),
        (["python", "../tool.py"], "outside the repository"),
        (["python", "-m", "a-b"], "is no module's name"),
        (["uv", "run"], "starts nothing"),
        (["uv", "run", "--with", "x", "y"], "uv's option --with is not understood"),
    ],
)
def test_what_does_not_start_python_is_refused(words: list[str], sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        parse_command(words, FILES.__contains__, {})


def test_commands_are_read_from_each_file_that_declares_them() -> None:
    setup = "setup(entry_points={'console_scripts': ['a = p.a:main', 'b=p.b:main [extra]']})"
    old = "setup(entry_points='[console_scripts]\\nc = p.c:main\\n')"
    config = "[options.entry_points]\nconsole_scripts =\n    d = p.d:main\n"
    project = "[project.scripts]\ne = 'p.e:main'\n[tool.poetry.scripts]\nf = 'p.f:main'\ng = {reference = 'x.sh'}\n"
    files = {"setup.py": setup, "setup.cfg": config, "pyproject.toml": project}

    found = commands(files, files.__getitem__)

    assert found == {name: f"p.{name}:main" for name in "abdef"}
    assert commands({"setup.py"}, lambda _: old) == {"c": "p.c:main"}
    assert commands({"setup.py", "setup.cfg", "pyproject.toml"}, lambda _: "][") == {}
    assert json.dumps(found)
