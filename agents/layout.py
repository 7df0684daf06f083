"""Where the imports of a project's own modules start: its import roots, as its files declare them. Pure."""

import ast
import configparser
import re
import tomllib
from collections.abc import Callable, Collection, Iterator
from pathlib import PurePosixPath

from runtime.measure.target import PACKAGING, import_roots

_ASIDE = frozenset({"tests", "test", "testing", "docs", "doc", "examples", "example", "fixtures", "data", "templates"})
"""Folders whose projects are there to be looked at."""
Read = Callable[[str], str]
"""Path of a tracked file -> its text."""


def roots_of(paths: Collection[str], read: Read, pythonpath: Collection[str] = ()) -> list[str]:
    """Import roots in order, the repository's own ("") after those that something says of.

    What the packaging metadata names as the folder of its packages (setuptools, poetry, pdm, hatch, uv, flit), then
    `src` where it is one by its looks, then pytest's `pythonpath`. Folders without a tracked Python file are none. Of a
    repository of several projects it is all this for each of them, and last the folders of those that are flat.

    Args:
        paths: the tracked files.
        read: gives a tracked file's text.
        pythonpath: of pytest's configuration.
    """
    own = _own_roots(paths, read, pythonpath)
    projects = projects_in(paths, read)
    inner = [
        f"{folder}/{root}".rstrip("/")
        for folder in projects
        for root in [*_own_roots(*within(paths, read, folder)), ""]
    ]
    flat = [root for root in inner if root in projects and _has_modules(paths, root)]
    return list(dict.fromkeys([*own, *(root for root in inner if root not in projects), "", *flat]))


def projects_in(paths: Collection[str], read: Read) -> list[str]:
    """Folders of the projects that a repository holds, where it is none itself, or says which (uv, rye): a monorepo."""
    tables = _tables(paths, read, "pyproject.toml")
    if tables is None:  # said where its [project] is read
        return []
    found = {str(PurePosixPath(path).parent) for path in paths if PurePosixPath(path).name in PACKAGING}
    inner = sorted(folder for folder in found if folder != ".")
    folders = [folder for folder in inner if _tables(paths, read, f"{folder}/pyproject.toml") is not None]
    members = [*_members(_table(tables, "tool", "uv")), *_members(_table(tables, "tool", "rye"))]
    if members:
        return [folder for folder in folders if any(PurePosixPath("/" + folder).match("/" + one) for one in members)]
    itself = "setup.py" in paths or "setup.cfg" in paths or "project" in tables or _table(tables, "tool", "poetry")
    return [] if itself else [folder for folder in folders if not _ASIDE & set(folder.split("/"))]


def _tables(paths: Collection[str], read: Read, path: str) -> dict[str, object] | None:
    """What a file says; nothing when it is not there, None when it is broken."""
    try:
        return tomllib.loads(read(path)) if path in paths else {}
    except tomllib.TOMLDecodeError:
        return None


def within(paths: Collection[str], read: Read, folder: str) -> tuple[list[str], Read]:
    """The tracked files below a folder as those of a repository of their own, and what gives their text."""
    return _below(paths, folder), lambda path: read(f"{folder}/{path}")


def _members(tool: dict[str, object]) -> list[str]:
    return [str(one).strip("/") for one in _list(_table(tool, "workspace").get("members"))]


def _below(paths: Collection[str], folder: str) -> list[str]:
    return [path.removeprefix(folder + "/") for path in paths if path.startswith(folder + "/")]


def _has_modules(paths: Collection[str], folder: str) -> bool:
    """Whether a package, or a module that packaging does not use itself, lies right in a folder."""
    inside = _below(paths, folder)
    return any(path.endswith(".py") and "/" not in path and path not in PACKAGING for path in inside) or any(
        path.endswith("/__init__.py") and path.count("/") == 1 and path.split("/")[0] not in _ASIDE for path in inside
    )


def _own_roots(paths: Collection[str], read: Read, pythonpath: Collection[str] = ()) -> list[str]:
    """The import roots of one project, its own folder apart."""
    declared = [*_of_pyproject(paths, read), *_of_config(paths, read), *_of_setup(paths, read)]
    known = [*declared, *(root for root in import_roots(paths) if root), *pythonpath]
    clean = [str(PurePosixPath(root)).removeprefix("./") for root in known]
    inside = [root for root in clean if root not in ("", ".") and not root.startswith(("/", ".."))]
    filled = [root for root in inside if any(path.startswith(root + "/") and path.endswith(".py") for path in paths)]
    return [root for root in filled if f"{root}/__init__.py" not in paths]


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
