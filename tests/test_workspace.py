"""The files of .codeflash/: written whole, read back, and clear about what is wrong in them."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.errors import BadInput
from runtime.setup_facts import lowest_python
from runtime.workspace import Conventions, SetupFacts, Workspace, parse_setup, render_setup, write_atomically

FACTS = SetupFacts(
    interpreter="/opt/a b/.venv/bin/python",
    python_version="3.12.1",
    test_runner="command",
    test_command=["make", "test suite", "it's", "`x`"],
    tests_collected=0,
    profilers=["tracemalloc", "memray 1.17.2"],
    packages={"pytest": "8.3.2", "numpy": "2.1.0"},
    kind="library",
    roots=["", "src"],
    sandbox="isolated",
    requires_python=(3, 10),
    notes="free text\n\n- Interpreter: not this one\n## Even a heading",
)


def test_the_files_lie_in_codeflash_under_the_specifications_names():
    workspace = Workspace(Path("repo"))
    assert {
        path.relative_to("repo/.codeflash").as_posix()
        for path in (
            workspace.journal,
            workspace.rejected,
            workspace.results,
            workspace.handoff,
            workspace.learnings,
            workspace.conventions,
            workspace.setup,
            workspace.notes,
            workspace.tasks,
            workspace.router_log,
            workspace.worktree,
            workspace.lock,
        )
    } == {
        "journal.jsonl",
        "journal.rejected",
        "results.tsv",
        "HANDOFF.md",
        "learnings.md",
        "conventions.md",
        "setup.md",
        "notes.md",
        "tasks.json",
        "router.log",
        "worktree",
        "journal.lock",
    }


def test_an_atomic_write_replaces_the_file_and_leaves_nothing_else(tmp_path):
    path = tmp_path / "new" / "HANDOFF.md"
    write_atomically(path, "one\r\n")
    path.chmod(0o640)
    write_atomically(path, "two ü\n")
    assert path.read_bytes() == "two ü\n".encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_text_and_no_scraps(tmp_path):
    path = tmp_path / "results.tsv"
    write_atomically(path, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(path, "lone surrogate \ud800")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


KILLED = """
import sys
from pathlib import Path
from runtime.workspace import write_atomically

path, size, number = Path(sys.argv[1]), 200_000, 0
while True:
    write_atomically(path, str(number % 10) * size)
    number += 1
    print(number, flush=True)
"""


def test_kill_9_of_a_real_writer_leaves_one_whole_text(tmp_path):
    path = tmp_path / "view.md"
    command = [sys.executable, "-c", KILLED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        try:
            for _ in range(5):
                writer.stdout.readline()
        finally:
            writer.kill()
    text = path.read_text()
    assert len(text) == 200_000
    assert len(set(text)) == 1


def test_files_people_write_read_as_empty_when_they_are_not_there(tmp_path):
    workspace = Workspace(tmp_path / "repo")
    assert workspace.read_conventions() == Conventions()
    assert (workspace.read_notes(), workspace.read_learnings(), workspace.read_agent_notes()) == ("", "", "")
    assert workspace.read_setup() is None


def test_a_file_that_is_not_utf_8_is_named(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.folder.mkdir()
    workspace.notes.write_bytes(b"caf\xe9")
    with pytest.raises(BadInput, match=r"notes\.md is not UTF-8 \(byte 3\): save it as UTF-8"):
        workspace.read_notes()


def with_conventions(tmp_path, project="", organisation=""):
    workspace = Workspace(tmp_path / "repo")
    workspace.folder.mkdir(parents=True)
    if project:
        workspace.conventions.write_text(project)
    if organisation:
        (tmp_path / "conventions.md").write_text(organisation)
    return workspace


@pytest.mark.parametrize(
    "line",
    [
        "Guard: make check && true",
        "- Guard: `make check && true`",
        "* guard : make check && true",
        "- **Guard**: `make check && true`",
        "- **Guard:** make check && true",
    ],
)
def test_a_guard_line_gives_the_guard_command(tmp_path, line):
    text = f"# Conventions\n\n{line}\n\nWe keep guard clauses short.\n"
    conventions = with_conventions(tmp_path, text).read_conventions()
    assert (conventions.guard, conventions.text) == ("make check && true", text)


def test_the_projects_guard_overrides_the_organisations_and_protections_add_up(tmp_path):
    workspace = with_conventions(
        tmp_path,
        "Guard: make\nProtect: app/api/**\n- Protect: `legacy`\n",
        "Guard: org-check\nProtect: legacy\nProtect: vendor\n",
    )
    conventions = workspace.read_conventions()
    assert conventions.guard == "make"
    assert conventions.protect == ("app/api/**", "legacy", "vendor")
    assert conventions.organisation.startswith("Guard: org-check")
    workspace.conventions.unlink()
    assert workspace.read_conventions().guard == "org-check"


def test_a_fenced_example_is_no_guard(tmp_path):
    assert with_conventions(tmp_path, "```\nGuard: rm -r build\n```\n").read_conventions().guard == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\nGuard:\n", r"conventions\.md line 2: Guard is empty"),
        ("- Protect: ``\n", r"conventions\.md line 1: Protect is empty"),
        ("Guard: a\nGuard: b\n", r"conventions\.md line 2: a second Guard"),
    ],
)
def test_a_wrong_line_of_the_conventions_is_named(tmp_path, text, message):
    with pytest.raises(BadInput, match=message):
        with_conventions(tmp_path, text).read_conventions()


def test_setup_reads_back_as_written(tmp_path):
    assert parse_setup(render_setup(FACTS)) == FACTS
    bare = SetupFacts(interpreter="/usr/bin/python3", python_version="3.9.2")
    assert parse_setup(render_setup(bare)) == bare
    workspace = Workspace(tmp_path)
    write_atomically(workspace.setup, render_setup(FACTS))
    assert workspace.read_setup() == FACTS


@given(
    st.builds(
        SetupFacts,
        interpreter=st.text(min_size=1),
        python_version=st.just("3.11.7"),
        test_command=st.lists(st.text()),
        tests_collected=st.none() | st.integers(0, 10**6),
        roots=st.lists(st.text()),
        notes=st.text(),
    )
)
def test_setup_either_reads_back_as_written_or_is_refused(facts):
    try:
        text = render_setup(facts)
    except BadInput:
        return
    assert parse_setup(text) == facts


def test_a_person_may_edit_setup():
    text = """# Setup

* interpreter:   /usr/bin/python3.12
- Python version: 3.12.1
- **Test runner**: `pytest`
- requires-python: >=3.10, <4

## notes
Uses the big machine.
"""
    facts = parse_setup(text)
    assert facts == SetupFacts(
        interpreter="/usr/bin/python3.12",
        python_version="3.12.1",
        test_runner="pytest",
        requires_python=(3, 10),
        notes="Uses the big machine.",
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("hello", r"line 4 is no `- Name: value`: 'hello'\. Put free text below `## Notes`"),
        ("- Colour: red", r"line 4: unknown name 'Colour'\. Known are: Interpreter, "),
        ("- Interpreter: again", r"line 4 repeats line 1: keep one"),
        ("- Tests collected: many", r"line 4: Tests collected: invalid literal"),
        ("- Test runner: nose", r"line 4: Test runner: Input should be 'pytest'"),
        ("- Kind: toy", r"line 4: Kind: Input should be 'library' or 'application'"),
        ("- requires-python: new", r"line 4: requires-python: give the lowest supported version"),
        ("- Test command: `a 'b`", r"line 4: Test command: No closing quotation"),
        ("- Packages: numpy", r"line 4: Packages: `numpy` has no version"),
    ],
)
def test_a_wrong_line_of_setup_is_named(line, message):
    with pytest.raises(BadInput, match=message):
        parse_setup(f"- Interpreter: `/usr/bin/python3`\n- Python version: 3.12.1\n\n{line}\n")


def test_a_missing_fact_is_named():
    with pytest.raises(BadInput, match="lacks the line `- Interpreter"):
        parse_setup("- Python version: 3.12.1\n")


@pytest.mark.parametrize(
    ("specifier", "lowest"),
    [(">=3.9", (3, 9)), (">= 3.9.2, <4", (3, 9)), ("~=3.10", (3, 10)), ("<3.13", None), ("", None)],
)
def test_the_lowest_python_of_a_specifier(specifier, lowest):
    assert lowest_python(specifier) == lowest
