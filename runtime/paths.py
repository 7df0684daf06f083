"""Paths below a root that somebody else named: kept inside it, with no link followed on the way."""

import os
import stat
from pathlib import Path, PurePosixPath

from runtime.errors import RepositoryError


def confined(path: str) -> str:
    """The path relative to a root, normalised.

    Raises:
        RepositoryError: it is empty, absolute, leads out of the root, or into a `.git`.
    """
    pure = PurePosixPath(path)
    if not path or "\0" in path or pure.is_absolute() or not pure.parts or ".." in pure.parts:
        raise RepositoryError(f"{path!r} is no path inside the repository.")
    if any(part.lower() == ".git" for part in pure.parts):
        raise RepositoryError(f"{path!r} lies inside git's own files.")
    return str(pure)


def plain_file(root: Path, path: str) -> bool:
    """Whether `path` is a regular file below `root`, reached without a symbolic link."""
    return _kind(root, path) == stat.S_IFREG


def plain_folder(root: Path, path: str) -> bool:
    """Whether `path` is a folder below `root`, reached without a symbolic link."""
    return _kind(root, path) == stat.S_IFDIR


def _kind(root: Path, path: str) -> int:
    here = root
    kind = stat.S_IFDIR
    for part in PurePosixPath(path).parts:
        if kind != stat.S_IFDIR:
            return 0
        here /= part
        try:
            kind = stat.S_IFMT(os.lstat(here).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return 0
    return kind


def write_file(root: Path, path: str, data: bytes, mode: int = 0o644) -> None:
    """Writes `data` to `path` below `root` in one step: readers see the old file or the new one.

    Raises:
        RepositoryError: the path leads out of the root or through a link, or names what is no file.
    """
    relative = confined(path)
    target = root / relative
    if not _free(root, relative):
        raise RepositoryError(f"{path!r} is not written: a link, or something that is no file, is in its place.")
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.lowtide")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    temporary.chmod(mode)
    temporary.replace(target)


def _free(root: Path, relative: str) -> bool:
    """A regular file or nothing is there, and every part of the path above it is a folder or nothing."""
    parents = list(PurePosixPath(relative).parents)[:-1]
    return _kind(root, relative) in (0, stat.S_IFREG) and all(
        _kind(root, str(parent)) in (0, stat.S_IFDIR) for parent in parents
    )
