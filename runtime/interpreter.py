"""Where a Python interpreter's own files lie: what a sandbox must show for it to start, and no more."""

from dataclasses import dataclass
from pathlib import Path

PARTS = ("bin", "lib", "lib64", "include", "pyvenv.cfg")
"""What is shown of a prefix that also holds other things (a home, the checkout)."""


@dataclass(frozen=True)
class Interpreter:
    """The files an interpreter needs.

    Args:
        folders: to be shown as they are: the virtual environment, the installation it was made from.
        links: path -> where it leads, for links on the way that lie outside those folders.
    """

    folders: tuple[Path, ...]
    links: dict[Path, str]


def interpreter_files(python: Path, around: tuple[Path, ...]) -> Interpreter:
    """Finds the files of the interpreter at `python` without running it.

    Args:
        python: absolute path; a venv's python is a link, and is not resolved for the caller.
        around: folders that must not be shown whole (the home, the checkout): a prefix that holds one of them
            is shown by its parts.
    """
    prefixes = [python.resolve().parent.parent]
    venv = virtual_environment(python)
    if venv:
        prefixes.append(venv)
        home = _home(venv / "pyvenv.cfg")
        if home:
            prefixes += [home.parent, home.resolve().parent]
    folders: list[Path] = []
    for prefix in dict.fromkeys(prefixes):
        if any(folder.is_relative_to(prefix) for folder in around) or prefix == Path("/"):
            folders += [prefix / part for part in PARTS if (prefix / part).exists()]
        else:
            folders.append(prefix)
    links = {link: lead for link, lead in _links(python).items() if not _below(link, folders)}
    return Interpreter(tuple(folders), links)


def virtual_environment(python: Path) -> Path | None:
    """The virtual environment whose interpreter `python` is; None when it belongs to none."""
    for folder in (python.parent, python.parent.parent):
        if (folder / "pyvenv.cfg").is_file():
            return folder
    return None


def _home(config: Path) -> Path | None:
    """`home` of a pyvenv.cfg: the folder of the interpreter that the environment was made from."""
    for line in config.read_text(encoding="utf-8", errors="replace").splitlines():
        key, _, value = line.partition("=")
        if key.strip().lower() == "home" and value.strip():
            return Path(value.strip())
    return None


def _links(path: Path) -> dict[Path, str]:
    found = {}
    while path.is_symlink() and path not in found:
        lead = path.readlink()
        found[path] = str(lead)
        path = path.parent / lead
    return found


def _below(path: Path, folders: list[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)
