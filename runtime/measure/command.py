"""A command line that starts Python, understood as a target. Pure.

`python script.py ...`, `python -m package ...`, `pytest ...`, and the command of an entry point, also behind
`uv run`, `poetry run` and the like: the environment that these choose is found by its files.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from runtime.errors import BadInput
from runtime.measure.models import TargetSpec
from runtime.measure.pytest_options import split_options
from runtime.measure.target import parse_target

COMMANDS = "give python script.py, python -m package, pytest, or a command of the project or its environment"
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?$")
_RUNNERS = frozenset({"uv", "poetry", "pdm", "hatch", "rye", "pixi"})
"""Tools whose `run` starts what follows in the project's environment."""
_HARMLESS = frozenset({"-u", "-B", "-s", "-q"})
"""Options of python that change nothing that is measured."""
_NOT_PYTHON = frozenset({"sh", "bash", "zsh", "make", "docker", "npm", "node", "cargo", "go", "env", "time", "sudo"})
"""Commands that surely are none of Python's, told before anything starts."""


def parse_command(
    words: Sequence[str], is_file: Callable[[str], bool], scripts: Mapping[str, str]
) -> tuple[TargetSpec, str | None]:
    """Reads a command.

    Args:
        words: the command line, split.
        is_file: says whether a path relative to the repository's root is a tracked file.
        scripts: the commands that the project declares: name -> `module:function`.

    Returns:
        The target, and the interpreter that the command names by its path (None: it names none).

    Raises:
        BadInput: it does not start Python, or not in a way that can be measured.
    """
    text = shlex.join(words)
    rest = _behind_runner(list(words))
    if not rest:
        raise BadInput(f"The command {text!r} starts nothing: {COMMANDS}.")
    name = PurePosixPath(rest[0]).name
    if _PYTHON.fullmatch(name):
        python = rest[0] if "/" in rest[0] else None
        return _python(rest[1:], text, is_file), python
    if name in ("pytest", "py.test"):
        return _pytest(rest[1:], text, is_file), None
    if rest[0].endswith(".py"):
        return parse_target(rest, is_file).model_copy(update={"text": text}), None
    if name in _NOT_PYTHON or "/" in rest[0]:
        raise BadInput(f"{rest[0]} is no Python command: {COMMANDS}.")
    module, _, function = scripts.get(name, "").partition(":")
    spec = TargetSpec(kind="command", text=text, command=name, arguments=rest[1:], module=module, function=function)
    return spec, None


def _behind_runner(words: list[str]) -> list[str]:
    if len(words) < 2 or words[0] not in _RUNNERS or words[1] != "run":
        return words
    rest = words[2:]
    if rest[:1] == ["--"]:
        return rest[1:]
    if rest and rest[0].startswith("-"):
        raise BadInput(f"{words[0]}'s option {rest[0]} is not understood: give the command that it starts.")
    return rest


def _python(words: list[str], text: str, is_file: Callable[[str], bool]) -> TargetSpec:
    while words and words[0] in _HARMLESS:
        words = words[1:]
    first = words[0] if words else ""
    if first == "-m" and len(words) > 1:
        if words[1] == "pytest":
            return _pytest(words[2:], text, is_file)
        if not all(part.isidentifier() for part in words[1].split(".")):
            raise BadInput(f"The module {words[1]!r} of {text!r} is no module's name: {COMMANDS}.")
        return TargetSpec(kind="module", text=text, module=words[1], arguments=words[2:])
    if first == "-c":
        raise BadInput("python -c has no file to measure: put the code into a script of the repository.")
    if first.startswith("-"):
        raise BadInput(f"python's option {first} is not kept when the target is measured: leave it out.")
    if not first:
        raise BadInput(f"The command {text!r} starts no program: {COMMANDS}.")
    path = str(PurePosixPath(first))
    if PurePosixPath(path).is_absolute() or ".." in PurePosixPath(path).parts:
        raise BadInput(f"The script {first} is outside the repository: give its path from the root.")
    if not is_file(path):
        package = f"{path}/__main__.py"
        if is_file(package):  # python FOLDER: the folder's __main__.py
            return TargetSpec(kind="script", text=text, path=package, arguments=words[1:])
        raise BadInput(f"The script {first} is no tracked file of the repository: commit it, or {COMMANDS}.")
    return TargetSpec(kind="script", text=text, path=path, arguments=words[1:])


def _pytest(words: list[str], text: str, is_file: Callable[[str], bool]) -> TargetSpec:
    kept, _ = split_options(words)
    path, _, node = kept[0].partition("::") if len(kept) == 1 else ("", "", "")
    if path and is_file(str(PurePosixPath(path))) and path.endswith(".py"):
        node = f"::{node}" if node else ""
        return TargetSpec(kind="test", text=text, path=str(PurePosixPath(path)), node=node)
    return TargetSpec(kind="test", text=text, arguments=kept)


def dropped_options(spec: TargetSpec) -> list[str]:
    """The options of a pytest command that are left out of it."""
    words = shlex.split(spec.text) if spec.kind == "test" else []
    return split_options(words)[1]
