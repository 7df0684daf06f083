"""What the user wrote as the target, understood. Pure."""

import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import PurePosixPath

from runtime.errors import BadInput
from runtime.measure.models import TargetSpec

FORMS = "give tests/test_x.py::test_y, script.py with its arguments, or package.module:function"
PACKAGING = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
"""Files that say a repository is a distribution: its `src` is then no part of module names."""


def parse_target(text: str | Sequence[str], is_file: Callable[[str], bool]) -> TargetSpec:
    """Reads a target.

    Args:
        text: the words of it; a string is split as a shell would.
        is_file: says whether a path relative to the repository's root is a tracked file.

    Raises:
        BadInput: it is none of the three forms, or its file is not there.
    """
    try:
        words = shlex.split(text) if isinstance(text, str) else list(text)
    except ValueError as error:
        raise BadInput(f"The target {text!r} cannot be read ({error}): {FORMS}.") from None
    if not words:
        raise BadInput(f"There is no target: {FORMS}.")
    written = text if isinstance(text, str) else shlex.join(words)
    first, rest = words[0], words[1:]
    path, colons, node = first.partition("::")
    path = str(PurePosixPath(path))
    if path.endswith(".py"):
        if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
            raise BadInput(f"The target {path} is outside the repository: give its path from the root.")
        if not is_file(path):
            raise BadInput(f"The target {path} is no tracked file of the repository: commit it, or {FORMS}.")
        if not colons and not _is_test_file(path):
            return TargetSpec(kind="script", text=written, path=path, arguments=rest)
        if rest:
            raise BadInput(f"The test {first} takes no arguments: leave out {shlex.join(rest)}.")
        return TargetSpec(kind="test", text=written, path=path, node=colons + node)
    module, colon, function = first.partition(":")
    names = [*module.split("."), *function.split(".")]
    if not colon or colons or rest or not all(name.isidentifier() for name in names):
        raise BadInput(f"The target {written!r} is not understood: {FORMS}.")
    return TargetSpec(kind="function", text=written, module=module, function=function)


def import_roots(paths: Iterable[str]) -> list[str]:
    """The folders that imports of the project's own modules start from, the repository's root ("") last.

    `src` is one when it is no package itself and holds a package, or a module of a distribution. It comes
    first: a package must be found there before a folder of the same name beside it.

    Args:
        paths: the tracked files.
    """
    files = set(paths)
    sources = [PurePosixPath(path) for path in files if path.startswith("src/") and path.endswith(".py")]
    packages = any(path.name == "__init__.py" and len(path.parts) == 3 for path in sources)
    is_root = packages or (bool(sources) and bool(files & PACKAGING))
    return ["src", ""] if is_root and "src/__init__.py" not in files else [""]


def _is_test_file(path: str) -> bool:
    name = PurePosixPath(path).name
    return name.startswith("test_") or name.endswith("_test.py")
