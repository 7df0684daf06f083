"""The worktree of the branch `codeflash/optimize`: made, found again after a crash, taken away."""

import shutil
from contextlib import suppress
from pathlib import Path

from runtime.checkout import STATE_FOLDER, Checkout
from runtime.errors import BadInput, RepositoryError
from runtime.git import GitCaller

BRANCH = "codeflash/optimize"
REF = f"refs/heads/{BRANCH}"


class Worktree:
    """The linked worktree in `.codeflash/worktree`. It is ours: whatever a killed session left there goes.

    Args:
        checkout: the user's checkout.
    """

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.folder = checkout.root / STATE_FOLDER / "worktree"

    @property
    def git(self) -> GitCaller:
        """Git in the worktree. Raises RepositoryError when there is none."""
        if not self.folder.is_dir():
            raise RepositoryError(f"The worktree {self.folder} is gone: start Lowtide again to make it anew.")
        # With its .git file lost git would look further up and find the user's checkout.
        ceiling = {"GIT_CEILING_DIRECTORIES": str(self.folder.parent)}
        return GitCaller(self.folder, self.checkout.identity, ceiling)

    def check_free(self) -> None:
        """Raises BadInput when something of the user's is where the branch or the worktree goes."""
        if self.checkout.branch == BRANCH:
            raise BadInput(f"{BRANCH} is checked out in {self.checkout.root}: check out another branch there first.")
        for folder in (self.folder.parent, self.folder):
            if folder.is_symlink():
                raise BadInput(f"{folder} is a symbolic link: remove it, Lowtide works in a real folder there.")
        for path, ref in self._registered():
            if ref == REF and not self._ours(path, ref):
                raise BadInput(f"{BRANCH} is checked out in {path}: check out another branch there first.")

    def make(self) -> None:
        """Makes the worktree anew, at the branch's head."""
        self.remove()
        self.checkout.git.text("worktree", "add", "--quiet", str(self.folder), BRANCH)

    def remove(self) -> None:
        """Takes the worktree and its registration away, whatever state they are in. Other worktrees stay."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.folder)
        for path, ref in self._registered():
            if self._ours(path, ref):
                # Twice --force: also when a killed git left it locked.
                self.checkout.git.text("worktree", "remove", "--force", "--force", str(path))

    def _registered(self) -> list[tuple[Path, str]]:
        """Path and branch of every linked worktree (the checkout itself, listed first, left out)."""
        found = []
        for block in self.checkout.git.text("worktree", "list", "--porcelain").split("\n\n")[1:]:
            fields = dict(line.partition(" ")[::2] for line in block.splitlines())
            found.append((Path(fields["worktree"]), fields.get("branch", "")))
        return found

    def _ours(self, path: Path, ref: str) -> bool:
        """The worktree is ours, or was before the repository was moved."""
        moved = ref == REF and path.parts[-2:] == (STATE_FOLDER, "worktree") and not path.exists()
        return path == self.folder or moved
