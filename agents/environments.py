"""Where a project's Python environments lie, found by files alone: nothing is run. Best first, each with its reason."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from agents.central import central, newest_first, project_names, pythons
from agents.interpreter_file import trouble

_BIN = ("bin/python", "bin/python3")
_CONDA_FOLDERS = ("miniconda3", "anaconda3", "miniforge3", "mambaforge", "micromamba", ".conda")
_CONDA_FILES = ("environment.yml", "environment.yaml")


@dataclass(frozen=True)
class Environment:
    """An interpreter that may be the project's.

    Args:
        python: absolute path, never resolved.
        why: one clause on where it was found, for people.
    """

    python: str
    why: str


@dataclass
class Search:
    """What a search has found.

    Args:
        found: usable by their files, best first, each interpreter once.
        skipped: one clause for each that was passed over.
    """

    found: list[Environment] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)

    def add(self, python: Path, why: str) -> None:
        """Takes a candidate in, or says why it cannot be used."""
        path = os.path.abspath(python)  # noqa: PTH100 - Path.resolve follows a venv's link
        reason = trouble(Path(path))
        if reason:
            if reason not in self.skipped:
                self.skipped.append(reason)
        elif all(known.python != path for known in self.found):
            self.found.append(Environment(path, why))

    def add_prefix(self, prefix: Path, why: str) -> None:
        """Takes in the interpreter of an environment's folder, when the folder is one."""
        for place in _BIN:
            if os.path.lexists(prefix / place):
                self.add(prefix / place, why)
                return
        if (prefix / "Scripts/python.exe").exists():
            self.skipped.append(f"{prefix} was made on Windows")
        elif (prefix / "pyvenv.cfg").exists() or (prefix / "conda-meta").is_dir():
            self.skipped.append(f"{prefix} has no interpreter in it")


def search(checkout: Path, environ: Mapping[str, str], own_prefix: Path, base: str) -> Search:
    """Candidates for the target's interpreter, best first.

    The order: what lies in the checkout (.venv of uv, poetry, pdm or venv; venv), what the project's tool keeps
    elsewhere (pdm, poetry, hatch, pipenv, pyenv, virtualenvwrapper, conda), other environments in the checkout, those
    of tox, nox and hatch last, the environment that is active, the version that .python-version names, `python3` of
    the PATH, and last the interpreter that Lowtide's own environment was made from. Lowtide's own environment is none
    of them.

    Args:
        checkout: root of the user's checkout.
        environ: the user's environment variables.
        own_prefix: Lowtide's own environment (sys.prefix).
        base: the interpreter it was made from.
    """
    found = Search()
    home = Path(environ.get("HOME") or Path.home())
    tool = _tool(checkout)
    if environ.get("UV_PROJECT_ENVIRONMENT") and (checkout / "uv.lock").exists():
        found.add_prefix(checkout / environ["UV_PROJECT_ENVIRONMENT"], "uv's, by UV_PROJECT_ENVIRONMENT")
    found.add_prefix(checkout / ".venv", f".venv of the checkout{f', made by {tool}' if tool else ''}")
    found.add_prefix(checkout / "venv", "venv of the checkout")
    _pdm(found, checkout)
    for prefix, why in central(checkout, environ, home):
        found.add_prefix(prefix, why)
    for prefix, why in _conda(checkout, environ, home):
        found.add_prefix(prefix, why)
    for prefix in newest_first(checkout, hidden=True):
        found.add_prefix(prefix, f"{prefix.name} of the checkout")
    for folder, name in ((".tox", "tox"), (".nox", "nox"), (".hatch", "hatch")):
        for prefix in newest_first(checkout / folder):
            found.add_prefix(prefix, f"{name}'s environment {prefix.name}")
    own = {own_prefix.absolute(), own_prefix.resolve()}
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        active = environ.get(variable)
        if active and Path(active).resolve() not in own:
            found.add_prefix(Path(active), f"the active environment ({variable})")
    for prefix, why in pythons(checkout, environ, home):
        found.add_prefix(prefix, why)
    for entry in environ.get("PATH", "").split(os.pathsep):
        place = Path(entry) / "python3"
        if entry and place.parent.parent not in own and place.is_file() and os.access(place, os.X_OK):
            found.add(place, "python3 of the PATH")
    found.add(Path(base), "the interpreter that Lowtide was installed with")
    return found


def _tool(checkout: Path) -> str:
    """The tool whose lock file lies in the checkout."""
    locks = (("uv.lock", "uv"), ("poetry.lock", "poetry"), ("pdm.lock", "pdm"))
    return next((tool for lock, tool in locks if (checkout / lock).exists()), "")


def _pdm(found: Search, checkout: Path) -> None:
    """The interpreter that `.pdm-python` names; with packages in `__pypackages__` there is none to use."""
    file = checkout / ".pdm-python"
    if file.is_file() and (named := file.read_text(encoding="utf-8", errors="replace").strip()):
        found.add(Path(named), "the one that pdm chose (.pdm-python)")
    if (checkout / "__pypackages__").is_dir():
        found.skipped.append(
            "__pypackages__ belongs to no environment (`pdm config python.use_venv true` and `pdm install` make one)"
        )


def _conda(checkout: Path, environ: Mapping[str, str], home: Path) -> Iterator[tuple[Path, str]]:
    """Conda environments inside the checkout, the one that environment.yml names, else one named as the project."""
    for inside in (".conda", "env", "envs/default", ".pixi/envs/default"):
        if (checkout / inside / "conda-meta").is_dir():
            yield checkout / inside, f"the conda environment {inside} of the checkout"
    name, prefix = conda_names(checkout)
    if prefix:
        yield Path(prefix), "the conda environment of environment.yml"
    for folder in _conda_folders(environ, home):
        for one in [name] if name else project_names(checkout):
            if (folder / one / "conda-meta").is_dir():
                how = "of environment.yml" if name else "of the project's name"
                yield folder / one, f"the conda environment {one} {how}"


def conda_names(checkout: Path) -> tuple[str, str]:
    """`name` and `prefix` of environment.yml, each "" where it is not said."""
    for file in _CONDA_FILES:
        if (checkout / file).is_file():
            text = (checkout / file).read_text(encoding="utf-8", errors="replace")
            said = dict(re.findall(r"^(name|prefix)\s*:\s*[\"']?([^\"'#\n]+?)[\"']?\s*(?:#.*)?$", text, re.MULTILINE))
            return said.get("name", ""), said.get("prefix", "")
    return "", ""


def _conda_folders(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Folders that hold conda environments by name."""
    for path in environ.get("CONDA_ENVS_PATH", "").split(os.pathsep):
        if path:
            yield Path(path)
    active = environ.get("CONDA_PREFIX")
    if active:
        folder = Path(active)
        yield folder.parent if folder.parent.name == "envs" else folder / "envs"
    if environ.get("CONDA_EXE"):
        yield Path(environ["CONDA_EXE"]).parent.parent / "envs"
    if environ.get("MAMBA_ROOT_PREFIX"):
        yield Path(environ["MAMBA_ROOT_PREFIX"]) / "envs"
    for folder_name in _CONDA_FOLDERS:
        yield home / folder_name / "envs"
    yield Path("/opt/conda/envs")
    known = home / ".conda/environments.txt"
    if known.is_file():
        for line in known.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.strip():
                yield Path(line.strip()).parent
