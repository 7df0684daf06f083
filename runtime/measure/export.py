"""Throw-away exports: the files of a git tree, outside the repository, without `.git` (design, I11, I13)."""

import os
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from runtime.errors import RepositoryError
from runtime.git import SUBMODULE, SYMLINK, GitCaller, blob_id
from runtime.paths import confined, write_file
from runtime.repository import Repository

TREE, BYTECODE = "tree", "pycache"


@dataclass(frozen=True)
class Export:
    """One export.

    Args:
        path: the folder with the files; of the same length for every export of one `Exports`.
        blobs: path -> git blob id of what lies there, for every tracked and every carried file. It is the
            tree's own blob id, except where git converts on checkout (line ends, git-lfs), and for links,
            which have the blob id of the file they lead to inside the export.
        carried: path -> blob id of the carried files alone, for the journal.
    """

    path: Path
    blobs: dict[str, str] = field(repr=False)
    carried: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def pycache(self) -> Path:
        """The export's own bytecode cache (PYTHONPYCACHEPREFIX)."""
        return pycache_of(self.path)

    def remove(self) -> None:
        """Throws the export away, whatever the target made of it."""
        remove_tree(self.path.parent)


class Exports:
    """Makes exports below one folder.

    Args:
        folder: a folder outside the repository, on a disk the runner shares.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self._last = 0

    def create(self, repository: Repository, tree: str, carried: Mapping[str, bytes | Path] | None = None) -> Export:
        """Lays out the files of a commit or tree, and the carried files with them.

        Git works with a private index, in an empty folder, so that attributes too come from the tree alone.

        Args:
            repository: where the tree is.
            tree: a commit or tree id.
            carried: path -> content, or a file to copy, for files the tree does not have.

        Raises:
            RepositoryError: git fails, or a carried file is in the place of a tracked one, or leads out.
        """
        if self.folder.is_relative_to(repository.root):
            raise RepositoryError(f"Exports cannot lie inside the repository: {self.folder}.")
        path = self._next() / TREE
        path.mkdir()
        pycache_of(path).mkdir()
        try:
            blobs = _check_out(repository, tree, path)
            extra = {}
            for name, content in (carried or {}).items():
                if name in blobs:
                    raise RepositoryError(f"{name} is tracked: it is not carried.")
                data = content.read_bytes() if isinstance(content, Path) else content
                write_file(path, name, data)
                extra[confined(name)] = blob_id(data)
            return Export(path, {**blobs, **extra}, extra)
        except BaseException:
            remove_tree(path.parent)
            raise

    def _next(self) -> Path:
        while True:
            self._last += 1
            folder = self.folder / f"x{self._last:08d}"
            try:
                folder.mkdir()
            except FileExistsError:
                continue
            return folder


def pycache_of(export: Path) -> Path:
    """The folder of the bytecode cache that belongs to the export at `export`."""
    return export.parent / BYTECODE


def remove_tree(folder: Path) -> None:
    """Removes a folder that target code wrote to: folders it made unreadable are opened up first."""
    for here, folders, _ in os.walk(folder):
        for name in folders:
            child = Path(here) / name
            mode = child.lstat().st_mode
            if stat.S_ISDIR(mode) and mode & stat.S_IRWXU != stat.S_IRWXU:
                child.chmod(stat.S_IRWXU)
    if folder.exists():
        shutil.rmtree(folder)


def _check_out(repository: Repository, tree: str, path: Path) -> dict[str, str]:
    """Writes the files of `tree` below `path`; returns path -> blob id of what was written."""
    with tempfile.TemporaryDirectory(prefix="lowtide-") as scratch:
        empty = Path(scratch) / "empty"
        empty.mkdir()
        environment = {
            "GIT_DIR": str(repository.checkout.git_dir),
            "GIT_WORK_TREE": str(empty),
            "GIT_INDEX_FILE": str(Path(scratch) / "index"),
        }
        git = GitCaller(empty, environment=environment)
        git.text("read-tree", tree)
        git.text("checkout-index", "--all", f"--prefix={path}/")
        entries = git.entries(tree)
    blobs = {}
    for name, entry in entries.items():
        if entry.mode == SUBMODULE:
            continue
        file = path / name
        inside = entry.mode != SYMLINK or (file.resolve().is_relative_to(path) and file.is_file())
        blobs[name] = blob_id(file.read_bytes()) if inside else entry.blob
    return blobs
