"""What a patch may not touch, what its lines may not name, and which answers are too vague to begin with."""

import pytest

from runtime.experiment.checklist import CONCRETE, vague
from runtime.experiment.limits import forbidden_lines, protected
from runtime.experiment.reasoning import QUESTIONS


@pytest.mark.parametrize(
    "path",
    [
        "tests/helpers.py",
        "pkg/Tests/data.py",
        "pkg/test/support.py",
        "test_app.py",
        "src/app/app_test.py",
        "app/tests.py",
        "conftest.py",
        "src/app/conftest.py",
        "benchmarks/run.py",
        "bench/x.py",
        "src/bench_parse.py",
        "asv.conf.json",
        "setup.py",
        "setup.cfg",
        "pyproject.toml",
        "sub/pyproject.toml",
        "requirements.txt",
        "requirements-dev.txt",
        "Pipfile.lock",
        "uv.lock",
        "Makefile",
        "Dockerfile.dev",
        "compose.yaml",
        "CMakeLists.txt",
        "tox.ini",
        "noxfile.py",
        "pytest.ini",
        ".github/workflows/ci.yml",
        ".pre-commit-config.yaml",
        ".gitattributes",
        ".codeflash/conventions.md",
        "src/.hidden/x.py",
        "sitecustomize.py",
        "hook.pth",
        "../other/x.py",
        "/etc/passwd",
        "src/../../x.py",
        "",
    ],
)
def test_tests_benchmarks_build_and_ci_files_are_protected(path):
    assert protected(path)


@pytest.mark.parametrize(
    "path",
    [
        "app.py",
        "src/app/model.py",
        "src/contest/latest.py",
        "src/attest.py",
        "src/protest_test/x.py",
        "workbench/x.py",
        "src/setup_facts.py",
        "app/requirements.py",
        "testing/tools.py",
    ],
)
def test_the_projects_own_code_is_not(path):
    assert protected(path) is None


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("app/api.py", "app/api.py", True),
        ("./app/api.py", "app/api.py", True),
        ("app/*.py", "app/api.py", True),
        ("app/*.py", "app/sub/api.py", False),
        ("app/**/*.py", "app/sub/deep/api.py", True),
        ("app/**/*.py", "app/api.py", True),
        ("legacy", "src/legacy/deep/x.py", True),
        ("legacy/", "legacy/x.py", True),
        ("app/legacy", "app/legacy/x.py", True),
        ("app/legacy", "other/app/legacy/x.py", False),
        ("*_pb2.py", "src/gen/x_pb2.py", True),
        ("api.p?", "api.py", True),
        ("api[1].py", "api[1].py", True),
        ("api.py", "api_py", False),
        ("", "api.py", False),
    ],
)
def test_globs_protect_further_paths(pattern, path, fits):
    assert (protected(path, patterns=[pattern]) is not None) is fits
    if fits:
        assert repr(pattern) in protected(path, patterns=["unrelated", pattern])


@pytest.mark.parametrize(
    "line",
    [
        "import tracemalloc",
        "frame = sys._getframe(1)",
        "sys.settrace(None)",
        "threading.setprofile(f)",
        "sys.monitoring.use_tool_id(1, 'x')",
        "inspect.stack()",
        "inspect . currentframe()",
        "from inspect import currentframe",
        "for o in gc.get_objects():",
        "if 'PYTEST_CURRENT_TEST' in os.environ:",
        "if 'pytest' in sys.modules:",
        "resource.getrusage(0)",
        "open('/proc/self/status')",
        "sys._current_frames()",
    ],
)
def test_added_lines_that_name_the_profiler_or_the_stack_are_found(line):
    old = "import os\nimport sys\n"
    assert forbidden_lines(old, f"{old}    {line}\n") == [f"    {line}"]
    assert forbidden_lines(line, f"if True:\n    {line}\n") == [], "an old line that moved is not added"
    assert forbidden_lines(f"{line}\n", f"{line}\n{line}\n") == [line], "a second copy is"


@pytest.mark.parametrize(
    "line",
    [
        "trace = build_trace(x)",
        "profile = user.profile",
        "import inspect",
        "inspect.signature(f)",
        "settings.traceback = 1",
        "gc.collect()",
        "objects = self.get_objects_of(kind)",
        "del rows",
    ],
)
def test_ordinary_lines_are_not(line):
    assert forbidden_lines("", line) == []


GOOD = {
    "category": "data-structures",
    "visible": "yes",
    "reducible": "yes, rows is read once and freed before render",
    "persistent": "the census found rows still held by load at the peak",
    "exercised": "load was running when the target peaked",
    "mechanism": "frees 22 MiB PIL buffer before table transformer loads",
    "production_safe": "yes",
    "verify_cheaply": "yes",
}


def test_concrete_answers_to_all_eight_questions_are_not_vague():
    assert list(GOOD) == list(QUESTIONS)
    assert vague(GOOD) == []


@pytest.mark.parametrize(
    "answer", ["", "  ", "yes", "frees memory", "it is probably freed early enough", "it is freed, isn't it?"]
)
@pytest.mark.parametrize("question", CONCRETE)
def test_questions_3_to_6_need_a_concrete_answer(question, answer):
    assert vague({**GOOD, question: answer}) == [question]


def test_a_question_mark_in_quoted_code_is_no_doubt():
    assert vague({**GOOD, "mechanism": "streams the rows of `where id=?` instead of listing them"}) == [], "SQL"
    assert vague({**GOOD, "mechanism": "streams the rows of the query instead?"}) == ["mechanism"]


@pytest.mark.parametrize("question", ["category", "visible", "production_safe", "verify_cheaply"])
def test_the_others_need_an_answer(question):
    assert vague({**GOOD, question: " "}) == [question]
    assert vague({name: text for name, text in GOOD.items() if name != question}) == [question]
    assert vague({**GOOD, question: "maybe"}) == []
