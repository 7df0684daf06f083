"""The commands a project's own files declare: name -> `module:function`. Pure; nothing of the project is run."""

import ast
import configparser
import re
import tomllib
from collections.abc import Callable, Collection, Iterator

Read = Callable[[str], str]
"""Path of a tracked file -> its text."""

_SCRIPTS = ("console_scripts", "gui_scripts")
_ENTRY = re.compile(r"^\s*([\w.-]+)\s*=\s*([\w.]+)\s*:\s*([\w.]+)")


def commands(paths: Collection[str], read: Read) -> dict[str, str]:
    """Commands of pyproject.toml ([project], [tool.poetry]), setup.cfg and setup.py, where they can be read.

    A file that cannot be parsed declares none: whoever needs it for more says what is wrong with it.
    """
    found: dict[str, str] = {}
    for path, reader in (("setup.py", _of_setup), ("setup.cfg", _of_config), ("pyproject.toml", _of_pyproject)):
        if path in paths:
            found.update(reader(read(path)))
    return found


def _of_pyproject(text: str) -> dict[str, str]:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return {}
    project, poetry = tables.get("project", {}), tables.get("tool", {}).get("poetry", {})
    declared = {**poetry.get("scripts", {}), **project.get("gui-scripts", {}), **project.get("scripts", {})}
    return _entries(f"{name} = {place}" for name, place in declared.items() if isinstance(place, str))


def _of_config(text: str) -> dict[str, str]:
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    section = "options.entry_points"
    values = (parser.get(section, group, fallback="") for group in _SCRIPTS)
    return _entries(line for value in values for line in value.splitlines())


def _of_setup(text: str) -> dict[str, str]:
    """The literal `entry_points` of a setup.py: a dict of lists, or the text of an entry_points.txt."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return {}
    lines: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in _SCRIPTS:
                    lines += _texts(value)
        elif isinstance(node, ast.keyword) and node.arg == "entry_points" and isinstance(node.value, ast.Constant):
            parser = configparser.ConfigParser(interpolation=None, strict=False)
            try:
                parser.read_string(str(node.value.value))
            except configparser.Error:
                continue
            for group in _SCRIPTS:
                if parser.has_section(group):
                    lines += [f"{name} = {place}" for name, place in parser.items(group)]
    return _entries(lines)


def _texts(node: ast.expr) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            yield from inner.value.splitlines()


def _entries(lines: "Iterator[str] | list[str]") -> dict[str, str]:
    matches = (_ENTRY.match(line) for line in lines)
    return {match[1]: f"{match[2]}:{match[3]}" for match in matches if match}
