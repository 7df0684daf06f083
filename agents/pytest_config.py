"""What a project tells pytest, in whichever of its files that is. Pure; pytest itself reads the same file in a run."""

import configparser
import shlex
import tomllib
from collections.abc import Callable, Collection
from dataclasses import dataclass

from runtime.errors import BadInput

Read = Callable[[str], str]
"""Path of a tracked file -> its text."""


@dataclass(frozen=True)
class PytestConfig:
    """The options that matter to measuring.

    Args:
        file: where they are; "" when the project has none.
        addopts: the words of `addopts`.
        pythonpath: folders relative to the root that pytest puts on sys.path.
        testpaths: what is collected when nothing is named.
    """

    file: str = ""
    addopts: tuple[str, ...] = ()
    pythonpath: tuple[str, ...] = ()
    testpaths: tuple[str, ...] = ()


def pytest_config(paths: Collection[str], read: Read) -> PytestConfig:
    """The file that pytest takes for a run from the root: the first, in pytest's order, that has its section.

    Raises:
        BadInput: that file cannot be parsed.
    """
    for path in ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"):
        if path not in paths:
            continue
        table = _toml(path, read(path)) if path.endswith(".toml") else _ini(path, read(path))
        if table is not None:
            return PytestConfig(
                file=path,
                addopts=_words(table.get("addopts", "")),
                pythonpath=_words(table.get("pythonpath", "")),
                testpaths=_words(table.get("testpaths", "")),
            )
    return PytestConfig()


def _toml(path: str, text: str) -> dict[str, object] | None:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{path} cannot be read ({error}): mend it.") from error
    own = tables if path != "pyproject.toml" else tables.get("tool", {})
    section = own.get("pytest")
    if not isinstance(section, dict):
        return None
    inner = section.get("ini_options", section)
    return dict(inner) if isinstance(inner, dict) else None


def _ini(path: str, text: str) -> dict[str, object] | None:
    parser = configparser.ConfigParser(interpolation=None, strict=False, inline_comment_prefixes=("#",))
    try:
        parser.read_string(text)
    except configparser.Error as error:
        raise BadInput(f"{path} cannot be read ({str(error).splitlines()[0]}): mend it.") from error
    section = "tool:pytest" if path == "setup.cfg" else "pytest"
    if parser.has_section(section):
        return dict(parser.items(section))
    return {} if path in ("pytest.ini", ".pytest.ini") else None


def _words(value: object) -> tuple[str, ...]:
    """A list, or a text split as a shell would."""
    if isinstance(value, list):
        return tuple(str(word) for word in value)
    try:
        return tuple(shlex.split(str(value), comments=True))
    except ValueError as error:
        raise BadInput(f"pytest's options {value!r} cannot be read ({error}): mend them.") from error
