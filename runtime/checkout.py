"""The user's checkout, which is only read: what it is, what is tracked, what lies beside it."""

import os
from pathlib import Path, PurePosixPath

from runtime.errors import BadInput
from runtime.git import SUBMODULE, Entry, GitCaller, fallback_identity
from runtime.paths import confined, plain_file, plain_folder

STATE_FOLDER = ".codeflash"
NEVER_CARRIED = frozenset({STATE_FOLDER, ".git", "__pycache__"})


class Checkout:
    """The user's repository as it lies there. Nothing here writes to it.

    Args:
        root: the root of the checkout, with links resolved.
        git_dir: its `.git` folder.
        git: runs git in `root`.
    """

    def __init__(self, root: Path, git_dir: Path, git: GitCaller) -> None:
        self.root = root
        self.git_dir = git_dir
        self.git = git
        self.identity = fallback_identity(git)

    @property
    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self.git.text("rev-parse", "--verify", "HEAD^{commit}")

    @property
    def branch(self) -> str | None:
        """The name of the branch that is checked out; None when HEAD is detached."""
        ran = self.git.run("symbolic-ref", "--quiet", "--short", "HEAD")
        return None if ran.status else ran.out.decode("utf-8", "replace").strip()

    @property
    def is_dirty(self) -> bool:
        """Whether tracked files differ from HEAD. Stated, never refused: HEAD is what is measured."""
        return bool(self.git.records("status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules"))

    def commit_id(self, revision: str) -> str:
        """The id of the commit that a revision names. Raises BadInput when there is none."""
        ran = self.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if ran.status:
            raise BadInput(f"{revision!r} names no commit of {self.root}: give a commit, a branch or a tag.")
        return ran.out.decode().strip()

    def tracked(self, revision: str) -> dict[str, Entry]:
        """Path -> mode and blob of every file in a commit or tree, submodules left out."""
        return {path: entry for path, entry in self.git.entries(revision).items() if entry.mode != SUBMODULE}

    def python_files(self, revision: str) -> list[str]:
        """Paths of the tracked regular `.py` files of a commit or tree."""
        return [
            path
            for path, entry in self.tracked(revision).items()
            if path.endswith(".py") and entry.mode.startswith("100")
        ]

    def beside(self, paths: list[str], revision: str) -> dict[str, Path]:
        """Which of `paths` are files of the checkout that `revision` does not track: to be carried.

        A folder stands for all such files below it. Paths come from the target, so whatever leads out of the
        checkout or through a link is left out; so are bytecode, `.codeflash` and virtual environments.

        Returns:
            Path relative to the root -> the file.
        """
        tracked = self.git.entries(revision)
        found: dict[str, Path] = {}
        for path in dict.fromkeys(paths):
            if not _inside(path):
                continue
            relative = confined(path)
            names = [relative] if plain_file(self.root, relative) else self._files_below(relative)
            found.update((name, self.root / name) for name in names if name not in tracked)
        return found

    def _files_below(self, folder: str) -> list[str]:
        if not plain_folder(self.root, folder):
            return []
        found = []
        for here, folders, files in os.walk(self.root / folder):
            if "pyvenv.cfg" in files:
                folders.clear()
                continue
            folders[:] = sorted(name for name in folders if name not in NEVER_CARRIED)
            names = (str((Path(here) / name).relative_to(self.root)) for name in sorted(files))
            found += [name for name in names if _inside(name) and plain_file(self.root, name)]
        return found


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    harmless = bool(pure.parts) and not pure.is_absolute() and ".." not in pure.parts and "\0" not in path
    return harmless and not NEVER_CARRIED & set(pure.parts) and pure.suffix != ".pyc"


def open_checkout(path: Path) -> Checkout:
    """The checkout whose root `path` is.

    Raises:
        BadInput: it is none that can be worked on; the sentence says why and what to do.
    """
    if not path.is_dir():
        raise BadInput(f"There is no folder {path}: give the root of a git repository.")
    root = path.resolve()
    git = GitCaller(root)
    ran = git.run("rev-parse", "--is-bare-repository", "--is-inside-git-dir")
    if ran.status:
        if "not a git repository" in ran.err:
            raise BadInput(f"{root} is not a git repository: run `git init` in it and commit, or give another.")
        raise BadInput(f"git cannot read {root}: {_reason(ran.err)}")
    bare, inside = ran.out.decode().split()
    if bare == "true":
        raise BadInput(f"{root} is a bare repository: give a clone of it that has its files checked out.")
    if inside == "true":
        raise BadInput(f"{root} is a folder of git itself: give the root of the repository.")
    top = Path(git.text("rev-parse", "--show-toplevel")).resolve()
    if top != root:
        raise BadInput(f"{root} is a folder inside the repository {top}: give {top}.")
    parent = git.text("rev-parse", "--show-superproject-working-tree")
    if parent:
        raise BadInput(f"{root} is a submodule of {parent}: give a clone of its own.")
    git_dir, common = (
        Path(git.text("rev-parse", "--path-format=absolute", f"--{name}")) for name in ("git-dir", "git-common-dir")
    )
    if git_dir.resolve() != common.resolve():
        raise BadInput(f"{root} is a linked worktree of {common.parent}: give {common.parent}, or a clone.")
    if git.text("rev-parse", "--show-object-format") != "sha1":
        raise BadInput(f"{root} has SHA-256 objects, which cannot be checked here: give a repository with SHA-1.")
    if git.run("rev-parse", "--verify", "--quiet", "HEAD^{commit}").status:
        raise BadInput(f"{root} has no commits: commit its files first.")
    return Checkout(root, git_dir, git)


def _reason(err: str) -> str:
    lines = [line.removeprefix("fatal: ") for line in err.splitlines() if line.strip()]
    return " ".join(lines) or "it said nothing"
