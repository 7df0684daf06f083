"""Environments that a project's tools keep outside of its checkout, by the tools' own naming. Nothing is run.

Each is looked for where its tool would make it for this checkout and nowhere else: by the hash of the checkout's path
(poetry, hatch, pdm), by the file that names the project (pipenv), or by the project's name (virtualenvwrapper, pyenv).
"""

import base64
import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

_MAC = sys.platform == "darwin"
Found = Iterator[tuple[Path, str]]
"""Folders that may be environments, best first, each with where it was found."""


def central(checkout: Path, environ: Mapping[str, str], home: Path) -> Found:
    """The environments of this checkout in the folders of poetry, hatch, pdm, pipenv, pyenv and virtualenvwrapper.

    Args:
        checkout: root of the user's checkout.
        environ: the user's environment variables.
        home: the user's home folder.
    """
    yield from _poetry(checkout, environ, home)
    yield from _hatch(checkout, environ, home)
    yield from _pdm(checkout, environ, home)
    yield from _pipenv(checkout, environ, home)
    yield from _named(checkout, environ, home)


def newest_first(folder: Path, hidden: bool = False) -> list[Path]:
    """The environments right below a folder: those with pytest first, then those made last.

    Args:
        folder: need not be there.
        hidden: those whose name begins with a dot too. Below a folder of tox or nox they are the tool's own (.pkg).
    """
    if not folder.is_dir():
        return []
    inside = [path for path in folder.iterdir() if path.is_dir() and (hidden or not path.name.startswith("."))]
    made = [path for path in inside if (path / "pyvenv.cfg").exists() or (path / "conda-meta").is_dir()]
    return sorted(made, key=lambda path: (not _has_pytest(path), -path.stat().st_mtime, path.name))


def _has_pytest(prefix: Path) -> bool:
    return any(prefix.glob("lib/python*/site-packages/pytest/__init__.py"))


def _poetry(checkout: Path, environ: Mapping[str, str], home: Path) -> Found:
    """Poetry's environments of this checkout in its cache, by poetry's own naming; the activated one first."""
    name = poetry_name(checkout)
    if not name:
        return
    folder = _poetry_folder(checkout, environ, home)
    digest = hashlib.sha256(os.fsencode(os.path.normcase(os.path.realpath(checkout)))).digest()
    sanitized = re.sub(r'[ $`!*@"\\\r\n\t]', "_", re.sub(r"[-_.]+", "-", name).lower())[:42]
    base = f"{sanitized}-{base64.urlsafe_b64encode(digest).decode()[:8]}"
    active = _toml(folder / "envs.toml").get(base, {})
    minor = str(active.get("minor", "")) if isinstance(active, dict) else ""
    if minor:
        yield folder / f"{base}-py{minor}", "poetry's active environment in its cache"
    versions = sorted(folder.glob(f"{base}-py*"), key=lambda path: _numbers(path.name.rpartition("-py")[2]))
    for prefix in reversed(versions):
        yield prefix, "poetry's environment in its cache"


def poetry_name(checkout: Path) -> str:
    """The name by which poetry knows the project; "" when it is none of poetry's."""
    tables = _toml(checkout / "pyproject.toml")
    tool, project = tables.get("tool"), tables.get("project")
    poetry = tool.get("poetry") if isinstance(tool, dict) else None
    uses = isinstance(poetry, dict) or (checkout / "poetry.lock").exists()
    names = (table.get("name") for table in (project, poetry) if isinstance(table, dict))
    return next((str(name) for name in names if name), "non-package-mode") if uses else ""


def _poetry_folder(checkout: Path, environ: Mapping[str, str], home: Path) -> Path:
    config = Path(environ.get("POETRY_CONFIG_DIR") or _xdg(environ, home, "CONFIG", ".config") / "pypoetry")
    tables = (_toml(checkout / "poetry.toml"), _toml(config / "config.toml"))
    cache = environ.get("POETRY_CACHE_DIR") or next((t["cache-dir"] for t in tables if "cache-dir" in t), "")
    folder = Path(str(cache)) if cache else _xdg(environ, home, "CACHE", ".cache") / "pypoetry"
    said = environ.get("POETRY_VIRTUALENVS_PATH")
    for table in tables:
        inner = table.get("virtualenvs")
        said = said or (str(inner["path"]) if isinstance(inner, dict) and "path" in inner else None)
    return Path(said.replace("{cache-dir}", str(folder))).expanduser() if said else folder / "virtualenvs"


def _xdg(environ: Mapping[str, str], home: Path, what: str, default: str) -> Path:
    said = environ.get(f"XDG_{what}_HOME")
    return Path(said) if said else home / default


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))


def _hatch(checkout: Path, environ: Mapping[str, str], home: Path) -> Found:
    """Hatch's, below the project's name and the hash of the checkout's path; `.hatch` in the checkout is searched by
    itself.
    """
    name = str(_table(_toml(checkout / "pyproject.toml"), "project").get("name", ""))
    digest = _digest("sha256", os.path.realpath(checkout).casefold() if _MAC else os.path.realpath(checkout))
    data = environ.get("HATCH_DATA_DIR") or _data(environ, home) / "hatch"
    config = environ.get("HATCH_CONFIG") or _config(environ, home) / "hatch/config.toml"
    said = _table(_toml(Path(config)), "dirs", "env").get("virtual")
    folder = checkout / os.path.expandvars(Path(str(said)).expanduser()) if said else Path(data) / "env/virtual"
    for prefix in newest_first(folder / (normalized(name) or f"{digest}-unmanaged") / digest):
        what = "" if prefix.name == normalized(name) else f" {prefix.name}"
        yield prefix, f"hatch's environment{what} of this checkout"


def _pdm(checkout: Path, environ: Mapping[str, str], home: Path) -> Found:
    """Pdm's, by the hash of the checkout's path; the one it chose is in `.pdm-python`, which is read first."""
    if not (checkout / "pdm.lock").exists() and not _table(_toml(checkout / "pyproject.toml"), "tool", "pdm"):
        return
    config = _table(_toml(Path(environ.get("PDM_CONFIG_FILE") or _config(environ, home) / "pdm/config.toml")), "venv")
    said = environ.get("PDM_VENV_LOCATION") or config.get("location")
    folder = Path(str(said)).expanduser() if said else _data(environ, home) / "pdm/venvs"
    start = f"{checkout.name}-{_digest('md5', os.path.realpath(checkout))}-"
    for prefix in newest_first(folder):
        if prefix.name.startswith(start):
            yield prefix, "pdm's environment of this checkout"


def _pipenv(checkout: Path, environ: Mapping[str, str], home: Path) -> Found:
    """Pipenv's: the one that the checkout's file `.venv` names, those whose file `.project` names the checkout."""
    if not (checkout / "Pipfile").exists():
        return
    folder = _workon(environ) or _xdg(environ, home, "DATA", ".local/share") / "virtualenvs"
    said = checkout / ".venv"
    if said.is_file() and (name := said.read_text(encoding="utf-8", errors="replace").strip()):
        yield (checkout if "/" in name else folder) / name, "pipenv's environment, which .venv names"
    for prefix in newest_first(folder):
        project = prefix / ".project"
        if project.is_file() and _same(project.read_text(encoding="utf-8", errors="replace").strip(), checkout):
            yield prefix, "pipenv's environment of this checkout"


def _named(checkout: Path, environ: Mapping[str, str], home: Path) -> Found:
    """What `.python-version` names among pyenv's; virtualenvwrapper's of the project's name."""
    for prefix in _of_pyenv(checkout, environ, home):
        if (prefix / "pyvenv.cfg").exists():
            yield prefix, f"pyenv's environment {prefix.name}, which .python-version names"
    folder = _workon(environ) or home / ".virtualenvs"
    for name in project_names(checkout):
        if (folder / name / "pyvenv.cfg").exists():
            yield folder / name, f"virtualenvwrapper's environment {name}, named as the project"


def pythons(checkout: Path, environ: Mapping[str, str], home: Path) -> Found:
    """Pyenv's interpreters of the version that `.python-version` names: no environments, so they come late."""
    for prefix in _of_pyenv(checkout, environ, home):
        if not (prefix / "pyvenv.cfg").exists():
            yield prefix, f"pyenv's {prefix.name}, by .python-version"


def _of_pyenv(checkout: Path, environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Folders of pyenv by the lines of `.python-version`; `3.11` stands for the newest 3.11 there is."""
    file = checkout / ".python-version"
    folder = Path(environ.get("PYENV_ROOT") or home / ".pyenv") / "versions"
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else ():
        name = line.partition("#")[0].strip()
        if re.fullmatch(r"[\w.-]*\w", name):
            newest = sorted(folder.glob(f"{name}.*"), key=lambda path: _numbers(path.name), reverse=True)
            yield from [folder / name] if (folder / name).exists() else newest[:1]


def project_names(checkout: Path) -> list[str]:
    """Names the project's environment may bear: that of pyproject.toml, as it stands and normalized, the folder's."""
    tables = _toml(checkout / "pyproject.toml")
    name = _table(tables, "project").get("name") or _table(tables, "tool", "poetry").get("name")
    names = [name, normalized(name)] if isinstance(name, str) else []
    return [one for one in dict.fromkeys([*names, checkout.name]) if one and "/" not in one and one not in (".", "..")]


def normalized(name: str) -> str:
    """A distribution's name as indexes write it: `My_Tool.x` is `my-tool-x`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _digest(kind: str, text: str) -> str:
    digest = hashlib.new(kind, os.fsencode(text), usedforsecurity=False).digest()
    return base64.urlsafe_b64encode(digest).decode()[:8]


def _same(path: str, checkout: Path) -> bool:
    return bool(path) and os.path.realpath(path) == os.path.realpath(checkout)


def _workon(environ: Mapping[str, str]) -> Path | None:
    said = environ.get("WORKON_HOME")
    return Path(said).expanduser() if said else None


def _data(environ: Mapping[str, str], home: Path) -> Path:
    return home / "Library/Application Support" if _MAC else _xdg(environ, home, "DATA", ".local/share")


def _config(environ: Mapping[str, str], home: Path) -> Path:
    return home / "Library/Application Support" if _MAC else _xdg(environ, home, "CONFIG", ".config")


def _table(value: object, *names: str) -> dict[str, object]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return dict(value) if isinstance(value, dict) else {}


def _toml(path: Path) -> dict[str, object]:
    """A file's tables; none when it is not there. One that is broken is said where it is needed, not here."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}
