"""Where the imports of a project's own modules start: its import roots, as its files declare them. Pure."""

import ast
import configparser
import re
import tomllib
from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath

from runtime.measure.target import import_roots

Read = Callable[[str], str]
"""Path of a tracked file -> its text."""


def roots_of(paths: Collection[str], read: Read, pythonpath: Collection[str] = ()) -> list[str]:
    """Import roots in order, the repository's own ("") last.

    What the packaging metadata names as the folder of its packages (setuptools, poetry, pdm, hatch, uv, flit), then
    `src` where it is one by its looks, then pytest's `pythonpath`. Folders without a tracked Python file are none.

    Args:
        paths: the tracked files.
        read: gives a tracked file's text.
        pythonpath: of pytest's configuration.
    """
    declared = [*_of_pyproject(paths, read), *_of_config(paths, read), *_of_setup(paths, read)]
    known = [*declared, *(root for root in import_roots(paths) if root), *pythonpath]
    clean = [str(PurePosixPath(root)).removeprefix("./") for root in known]
    inside = [root for root in clean if root not in ("", ".") and not root.startswith(("/", ".."))]
    filled = [root for root in inside if any(path.startswith(root + "/") and path.endswith(".py") for path in paths)]
    packages = [root for root in filled if f"{root}/__init__.py" not in paths]
    return [*dict.fromkeys(packages), ""]


def _of_pyproject(paths: Collection[str], read: Read) -> Iterator[str]:
    if "pyproject.toml" not in paths:
        return
    try:
        tool = tomllib.loads(read("pyproject.toml")).get("tool", {})
    except tomllib.TOMLDecodeError:  # said where its [project] is read
        return
    setuptools = _table(tool, "setuptools")
    where = _table(setuptools, "packages", "find").get("where", [])
    yield from (str(folder) for folder in (where if isinstance(where, list) else [where]))
    yield from _package_dirs(_table(setuptools, "package-dir"))
    for package in _list(_table(tool, "poetry").get("packages")):
        if isinstance(package, dict) and "from" in package:
            yield str(package["from"])
    if folder := _table(tool, "pdm", "build").get("package-dir"):
        yield str(folder)
    if folder := _table(tool, "uv", "build-backend").get("module-root"):
        yield str(folder)
    wheel = _table(tool, "hatch", "build", "targets", "wheel")
    yield from (str(PurePosixPath(str(package)).parent) for package in _list(wheel.get("packages")))
    sources = _table(tool, "hatch", "build").get("sources") or wheel.get("sources")
    yield from (str(source) for source in _list(sources))


def _of_config(paths: Collection[str], read: Read) -> Iterator[str]:
    if "setup.cfg" not in paths:
        return
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(read("setup.cfg"))
    except configparser.Error:  # said where pytest's options are read
        return
    yield from parser.get("options.packages.find", "where", fallback="").split()
    lines = parser.get("options", "package_dir", fallback="").replace(",", "\n").splitlines()
    pairs = (line.partition("=") for line in lines)
    yield from _package_dirs({name.strip(): folder.strip() for name, equals, folder in pairs if equals})


def _of_setup(paths: Collection[str], read: Read) -> Iterator[str]:
    """The literal `package_dir` of a setup.py, and the folder given to `find_packages`; setup.py is not run."""
    if "setup.py" not in paths:
        return
    try:
        tree = ast.parse(read("setup.py"))
    except SyntaxError:
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "package_dir" and isinstance(node.value, ast.Dict):
            pairs = zip(node.value.keys, node.value.values, strict=True)
            yield from _package_dirs({_text(key): _text(value) for key, value in pairs})
        elif isinstance(node, ast.Call) and _text(node.func) in ("find_packages", "find_namespace_packages"):
            given = [*node.args[:1], *(keyword.value for keyword in node.keywords if keyword.arg == "where")]
            yield from filter(None, map(_text, given))


def _text(node: ast.expr | None) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _package_dirs(folders: dict[str, object]) -> Iterator[str]:
    """Roots of a `package_dir`: "" names one; `pkg = lib/pkg` does where the folder ends in the package's name."""
    for package, folder in folders.items():
        path = str(folder)
        if not package:
            yield path
        elif re.search(rf"(^|/){re.escape(package.replace('.', '/'))}$", path):
            yield path.removesuffix(package.replace(".", "/")).rstrip("/")


def _table(value: object, *names: str) -> dict[str, object]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return dict(value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | dict) else []
