"""From options to sessions: several targets, a command, a survey, and what an unfinished session decides."""

from pathlib import Path

import pytest

from runtime.config import Environment, SessionConfig
from runtime.errors import BadInput
from runtime.experiment.events import SessionEnded, SessionStarted
from runtime.experiment.journal import Journal
from runtime.prepare import Options, prepare
from runtime.workspace import Workspace
from tests.team import repository

FILES = {
    "app.py": "def main():\n    return 1\ndef other():\n    return 2\n",
    "pyproject.toml": "[project]\nname = 'app'\n[project.scripts]\nrun-app = 'app:main'\n",
    "env/bin/python3": "#!/bin/sh\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = repository(tmp_path / "repo", FILES)
    (root / "env/bin/python3").chmod(0o755)
    return root


def prepared(repo: Path, *targets: str, command: tuple[str, ...] = ()) -> list[SessionConfig]:
    options = Options(repo, targets, command)
    return prepare(options, Environment(state=repo.parent / "state"))


def texts(configs: list[SessionConfig]) -> list[str | None]:
    return [config.target.text if config.target else None for config in configs]


def stopped(repo: Path, config: SessionConfig, outcome: str = "stopped") -> None:
    """A journal whose last session measured that target, and ended so."""
    workspace = Workspace(repo)
    journal = Journal.open(workspace.journal, workspace.lock)
    assert config.target is not None
    journal.append(
        SessionStarted(session=config.session, version="0", target=config.target, base="b", branch="codeflash/optimize")
    )
    ended = {"session": config.session, "outcome": outcome, "reason": "", "exit_code": 0}
    journal.append(SessionEnded.model_validate(ended))
    journal.close()


def test_each_target_has_a_session_of_its_own_that_guards_the_others(repo: Path) -> None:
    configs = prepared(repo, "app:main", "app:other", "app:main")

    assert texts(configs) == ["app:main", "app:other"]
    assert [[guard.text for guard in config.guards] for config in configs] == [["app:other"], ["app:main"]]
    assert len({config.session for config in configs}) == 2


def test_one_target_guards_nothing(repo: Path) -> None:
    assert [config.guards for config in prepared(repo, "app:main")] == [[]]


def test_after_a_stop_the_targets_go_on_where_they_were(repo: Path) -> None:
    first, second = prepared(repo, "app:main", "app:other")
    stopped(repo, first, "plateau")
    stopped(repo, second)

    (again,) = prepared(repo, "app:main", "app:other")

    assert (again.session, again.target) == (second.session, second.target)
    assert [guard.text for guard in again.guards] == ["app:main"]


def test_without_a_target_there_is_a_survey_unless_a_session_is_unfinished(repo: Path) -> None:
    assert texts(prepared(repo)) == [None]
    (named,) = prepared(repo, "app:main")
    stopped(repo, named)

    (again,) = prepared(repo)

    assert (again.session, again.target) == (named.session, named.target)


def test_a_finished_session_leaves_the_choice_to_a_new_survey(repo: Path) -> None:
    (named,) = prepared(repo, "app:main")
    stopped(repo, named, "plateau")

    assert texts(prepared(repo)) == [None]


def test_a_command_of_the_project_leads_to_its_entry_point(repo: Path) -> None:
    (config,) = prepared(repo, command=("run-app", "-v"))

    assert config.target is not None
    assert (config.target.kind, config.target.module, config.target.function) == ("command", "app", "main")
    assert config.target.arguments == ["-v"]


def test_the_interpreter_that_a_command_names_is_taken(repo: Path) -> None:
    (config,) = prepared(repo, command=("env/bin/python3", "app.py"))

    assert config.python == str(repo / "env/bin/python3")


def test_a_target_and_a_command_are_one_too_many(repo: Path) -> None:
    with pytest.raises(BadInput, match="not both"):
        prepared(repo, "app:main", command=("python", "app.py"))
