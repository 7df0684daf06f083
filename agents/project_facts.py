"""What the files of a project say about it: tests, kind, versions. Pure."""

import ast
import re
import tomllib
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Literal

from agents.layout import Read, projects_in, within
from runtime.errors import BadInput
from runtime.setup_facts import lowest_python

LOWEST_SUPPORTED = (3, 9)
"""The probe runs under CPython 3.9 and later."""

_TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_test)\.py$")
_PYTHON_REQUIRES = re.compile(r"""python_requires\s*=\s*["']?([^"'\n,)]+(?:,[^"'\n)]+)*)""")


def is_test_file(path: str) -> bool:
    """Whether pytest collects this file by its name: `test_*.py`, `*_test.py`."""
    return bool(_TEST_FILE.search(path))


def version_of(text: str) -> tuple[int, int]:
    """(3, 12) for `3.12.1`.

    Raises:
        BadInput: the text is no version.
    """
    match = re.match(r"(\d+)\.(\d+)", text)
    if match is None:
        raise BadInput(f"The interpreter calls its version {text!r}: choose a CPython 3.9 or later with --python.")
    return int(match[1]), int(match[2])


def unsupported(implementation: str, version: str) -> str:
    """Why this interpreter cannot be measured; "" when it can."""
    if implementation.lower() != "cpython":
        return f"it is {implementation} {version}, and only CPython can be measured"
    if version_of(version) < LOWEST_SUPPORTED:
        return f"it is Python {version}, and 3.9 is the oldest that can be measured"
    return ""


def runner_of_tests(paths: Iterable[str], packages: Iterable[str], read: Read) -> Literal["pytest", "unittest", ""]:
    """What runs the project's tests: pytest when it is installed, unittest for TestCases, "" when there are none."""
    tests = [path for path in paths if is_test_file(path)]
    if tests and "pytest" in set(packages):
        return "pytest"
    return "unittest" if any(has_test_case(read(path)) for path in tests) else ""


def has_test_case(text: str) -> bool:
    """Whether a file's text has a class that unittest runs."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return False
    bases = (base for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for base in node.bases)
    names = (base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "") for base in bases)
    return any(name.endswith("TestCase") for name in names)


def kind_of(paths: Iterable[str], read: Read) -> Literal["library", "application"]:
    """Library or application, which decides whether public names have callers nobody here can see.

    A library has packaging metadata ([project] in pyproject.toml, setup.py or setup.cfg) and no command of its own:
    no scripts among its entry points and no `__main__.py`. Anything else is an application. A person who knows better
    says so in setup.md. A repository of several projects is a library when one of them is.
    """
    known = set(paths)
    projects = [within(known, read, folder) for folder in projects_in(known, read)]
    if any(kind_of(*one) == "library" for one in projects):
        return "library"
    if any(PurePosixPath(path).name == "__main__.py" for path in known):
        return "application"
    project = _pyproject(known, read)
    if "scripts" in project or "gui-scripts" in project:
        return "application"
    legacy = [read(path) for path in ("setup.py", "setup.cfg") if path in known]
    if any("console_scripts" in text or "gui_scripts" in text for text in legacy):
        return "application"
    return "library" if project or legacy else "application"


def requires_python(paths: Iterable[str], read: Read, version: str) -> tuple[int, int]:
    """The lowest Python the project, or one of its projects, supports; its interpreter's own version when it does not
    say.
    """
    known = set(paths)
    inner = [requires_python(*within(known, read, folder), version) for folder in projects_in(known, read)]
    return min([_own_requirement(known, read, version), *inner])


def _own_requirement(known: set[str], read: Read, version: str) -> tuple[int, int]:
    project = _pyproject(known, read)
    dependencies = project.get("dependencies")  # a table where it is poetry's own
    of_poetry = dependencies.get("python", "") if isinstance(dependencies, dict) else ""
    said = str(project.get("requires-python", of_poetry))
    for path in ("setup.cfg", "setup.py"):
        if not said and path in known and (match := _PYTHON_REQUIRES.search(read(path))):
            said = match[1]
    return lowest_python(said) or version_of(version)


def _pyproject(known: set[str], read: Read) -> dict[str, object]:
    if "pyproject.toml" not in known:
        return {}
    try:
        table = tomllib.loads(read("pyproject.toml"))
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"pyproject.toml cannot be read ({error}): mend it.") from error
    project = table.get("project", {})
    if project:
        return dict(project)
    poetry = table.get("tool", {}).get("poetry", {})
    return {"name": poetry.get("name", ""), **poetry} if poetry else {}
