"""What a target needs of its interpreter's environment: the packages its imports lead to. Pure, static."""

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import PurePosixPath

from agents.project_facts import has_test_case, is_test_file
from runtime.experiment.reach import module_names
from runtime.measure.models import TargetSpec

REQUIREMENTS = (
    "requirements.txt",
    "requirements/base.txt",
    "requirements-dev.txt",
    "requirements_dev.txt",
    "dev-requirements.txt",
    "requirements/dev.txt",
    "requirements-test.txt",
    "test-requirements.txt",
    "requirements/test.txt",
)
"""Lists of what pip installs, all of which a project's environment has."""
MOST_FILES = 300
"""Files that are followed; what only later ones import is not asked for."""

Read = Callable[[str], str]
"""Path of a tracked file -> its text."""


def needed_modules(target: TargetSpec | None, paths: Collection[str], read: Read, roots: list[str]) -> list[str]:
    """Top-level modules outside the project that surely are imported when the target starts.

    Only imports at a file's top level count, outside `try` and `if`: those of the target's file, and of each file of
    the project that these reach. Standard modules are among them; the interpreter has them.

    Args:
        target: what is measured; None when that is still to be found: the project's packages then.
        paths: the tracked files.
        read: gives a tracked file's text.
        roots: import roots.
    """
    sources = {path for path in paths if path.endswith(".py")}
    by_name: dict[str, str] = {}
    for path in sorted(sources):
        for name in module_names(path, roots):
            by_name.setdefault(name, path)
    parts = {part for path in sources for part in (*PurePosixPath(path).parts[:-1], PurePosixPath(path).stem)}
    todo = [path for path in _starts(target, sources, roots, by_name) if path in sources]
    found: set[str] = set()
    if target is not None and target.kind == "test" and not (target.path and has_test_case(read(target.path))):
        found.add("pytest")
    seen: set[str] = set()
    while todo and len(seen) < MOST_FILES:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in _imported(path, read(path), module_names(path, roots)):
            inside = [by_name[prefix] for prefix in _prefixes(name) if prefix in by_name]
            todo += inside
            top = name.partition(".")[0]
            if not inside and top not in parts:  # a name that any file bears may be the project's own
                found.add(top)
    return sorted(found)


def _starts(
    target: TargetSpec | None, sources: Collection[str], roots: list[str], by_name: Mapping[str, str]
) -> Iterable[str]:
    if target is None:
        tops = [f"{root}/" if root else "" for root in roots]
        return [
            path
            for path in sources
            for top in tops
            if path.startswith(top) and path.removeprefix(top).count("/") == 1 and path.endswith("/__init__.py")
            if not is_test_file(path) and path.removeprefix(top).split("/")[0] not in ("tests", "test", "docs")
        ]
    if target.kind == "test":
        above = PurePosixPath(target.path).parents
        return [target.path, *(str(folder / "conftest.py").removeprefix("./") for folder in above)]
    if target.path:
        return [target.path]
    named = (target.module, f"{target.module}.__main__" if target.kind == "module" else "")
    return [by_name[prefix] for name in named if name for prefix in _prefixes(name) if prefix in by_name]


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[: count + 1]) for count in range(len(parts)))


def _imported(path: str, text: str, names: Collection[str]) -> Iterator[str]:
    """Absolute dotted names that the top level of a file imports; none of a file that cannot be parsed."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    own = max(names, key=len, default="")
    package = own if path.endswith("__init__.py") else own.rpartition(".")[0]
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.level == 0 or package):
            base = node.module or ""
            if node.level:
                above = package.split(".")
                above = above[: len(above) - node.level + 1]
                base = ".".join([*above, base] if base else above)
            if base:
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names if alias.name != "*")


def command_for(paths: Collection[str], missing: Collection[str], poetry: bool = False) -> str:
    """The command that makes an environment with what the project imports, by the files it has.

    Args:
        paths: the tracked files.
        missing: modules that no environment has.
        poetry: pyproject.toml is written for poetry.
    """
    pip = "python3 -m venv .venv && .venv/bin/pip install"
    packaged = "pyproject.toml" in paths or "setup.py" in paths
    listing = [path for path in REQUIREMENTS if path in paths]
    itself = "-e . " if not {"requirements.txt", "requirements/base.txt"} & set(listing) and packaged else ""
    listed = itself + " ".join(f"-r {path}" for path in listing)
    known = (
        ("uv.lock", "uv sync"),
        ("poetry.lock", "poetry install"),
        ("pdm.lock", "pdm install"),
        ("Pipfile", "pipenv install --dev"),
        ("environment.yml", "conda env create -f environment.yml"),
        ("environment.yaml", "conda env create -f environment.yaml"),
        *((path, f"{pip} {listed}") for path in listing[:1]),
        ("pyproject.toml", f"{pip} -e ."),
        ("setup.py", f"{pip} -e ."),
        ("tox.ini", "tox run --notest"),
        ("noxfile.py", "nox --install-only"),
    )
    first = () if "uv.lock" in paths or not poetry else (("pyproject.toml", "poetry install"),)
    made = next((command for file, command in (*first, *known) if file in paths), f"{pip} {' '.join(sorted(missing))}")
    return f"{made} pytest" if made.startswith(pip) and "pytest" in missing and not made.endswith("pytest") else made
