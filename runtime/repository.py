"""The branch `codeflash/optimize` and its worktree, where kept experiments become commits.

The user's checkout, its index, HEAD, stash and untracked files are never touched (design, I23): all work is
done in a worktree of its own below `.codeflash/`, or with private indexes. What is written in the user's
`.git` is objects, our refs, our worktree's registration, and one line of `info/exclude`.
"""

import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from messaging.contents import EditedFile
from runtime.checkout import STATE_FOLDER, Checkout, open_checkout
from runtime.errors import BadInput, RepositoryError
from runtime.git import Entry, GitCaller
from runtime.history import Commit, newest, with_trailer
from runtime.paths import confined, write_file
from runtime.worktree import BRANCH, REF, Worktree

EXPERIMENT = "Lowtide-Experiment"
REVERTS = "Lowtide-Reverts"
EXCLUDED = f"/{STATE_FOLDER}/"


class Repository:
    """The user's repository, with our branch and worktree in it.

    Args:
        checkout: the user's checkout.

    Attributes:
        base: the commit the branch was made from; known after `prepare`.
        worktree: where the worktree lies, or will lie.
    """

    def __init__(self, checkout: Checkout) -> None:
        self.checkout = checkout
        self.root = checkout.root
        self._worktree = Worktree(checkout)
        self.worktree = self._worktree.folder
        self.base = ""

    @classmethod
    def open(cls, path: Path) -> "Repository":
        """The repository whose root `path` is. Raises BadInput when it cannot be worked on."""
        return cls(open_checkout(path))

    def prepare(self, base: str | None = None) -> str:
        """Creates or reopens the branch and makes the worktree anew at its head.

        A worktree that a killed session left is ours, and replaced: whatever state it was in goes with it.

        Args:
            base: the commit to start from; None for HEAD, or where an existing branch left HEAD's history.

        Returns:
            The base commit's id.

        Raises:
            BadInput: the user has the branch checked out, or it does not come from the base.
        """
        self.claim()
        self.base = self._branch(base)
        self._worktree.make()
        return self.base

    def claim(self) -> None:
        """Checks that the branch is free, and keeps our folder out of the user's status.

        Raises:
            BadInput: the user has the branch checked out.
        """
        self._worktree.check_free()
        self._exclude()

    @property
    def behind(self) -> int:
        """How many commits of HEAD the branch does not have: they are not part of what is measured."""
        return int(self.checkout.git.text("rev-list", "--count", f"{REF}..HEAD", "--"))

    def remove_worktree(self) -> None:
        """Takes the worktree away; the branch stays."""
        self._worktree.remove()

    @property
    def head(self) -> str:
        """The id of the branch's newest commit."""
        return self.checkout.git.text("rev-parse", "--verify", f"{REF}^{{commit}}")

    def head_tree(self) -> str:
        """The id of the tree at the branch's head."""
        return self.checkout.git.text("rev-parse", "--verify", f"{REF}^{{tree}}")

    def read(self, path: str) -> str:
        """The text of a file at the branch's head; empty when the head has no such file.

        Raises:
            RepositoryError: it is not UTF-8.
        """
        entry = self.checkout.git.entries(REF).get(confined(path))
        if entry is None:
            return ""
        try:
            return self.checkout.git.bytes("cat-file", "blob", entry.blob).decode()
        except UnicodeDecodeError:
            raise RepositoryError(f"{path} is not UTF-8 text: it cannot be edited.") from None

    def tree_without(self, sha: str) -> str | None:
        """The tree that the branch's head becomes when a commit is taken back; None when later ones build on it."""
        patch = self.checkout.git.bytes("diff-tree", "-p", "--binary", "--full-index", "--no-ext-diff", sha)
        with tempfile.TemporaryDirectory(prefix="lowtide-") as folder:
            git = GitCaller(self.worktree, environment={"GIT_INDEX_FILE": str(Path(folder) / "index")})
            git.text("read-tree", REF)
            file = Path(folder) / "patch"
            file.write_bytes(patch)
            if git.run("apply", "--cached", "--reverse", "--whitespace=nowarn", str(file)).status:
                return None
            return git.text("write-tree")

    def tree(self) -> dict[str, str]:
        """Path -> blob id of every file at the branch's head, submodules left out."""
        return {path: entry.blob for path, entry in self.checkout.tracked(REF).items()}

    def candidate_tree(self, edits: Iterable[EditedFile]) -> str:
        """The id of the tree that the branch's head becomes with `edits`; no file or index is touched.

        Raises:
            RepositoryError: an edit was made on another text than the head's.
        """
        entries = self.checkout.tracked(REF)
        with tempfile.TemporaryDirectory(prefix="lowtide-") as folder:
            git = GitCaller(self.worktree, environment={"GIT_INDEX_FILE": str(Path(folder) / "index")})
            git.text("read-tree", REF)
            for edit in edits:
                path = _edited(edit, entries)
                content = Path(folder) / "content"
                content.write_bytes(edit.text.encode())
                blob = git.text("hash-object", "-w", f"--path={path}", "--", str(content))
                git.text("update-index", "--add", "--cacheinfo", f"{_mode(entries, path)},{blob},{path}")
            return git.text("write-tree")

    def write(self, edits: Iterable[EditedFile]) -> None:
        """Writes `edits` into the worktree, each file in one step.

        Raises:
            RepositoryError: an edit was made on another text than the head's, or its path leads out.
        """
        entries = self.checkout.tracked(REF)
        for edit in edits:
            path = _edited(edit, entries)
            write_file(self.worktree, path, edit.text.encode(), 0o755 if _mode(entries, path) == "100755" else 0o644)

    def discard(self, paths: Iterable[str]) -> None:
        """Puts the named files of the worktree back to the branch's head; a new file is removed."""
        git, entries = self._worktree.git, self.checkout.git.entries(REF)
        for path in map(confined, paths):
            git.text("reset", "--quiet", REF, "--", path)
            if path in entries:
                git.text("checkout-index", "--force", "--", path)
            else:
                (self.worktree / path).unlink(missing_ok=True)

    def commit(self, paths: Iterable[str], message: str, experiment: str) -> str:
        """Commits the named files, and no others, for an experiment; at most once.

        Args:
            paths: the changed files.
            message: subject, empty line, body.
            experiment: the experiment's id, which becomes the commit's trailer.

        Returns:
            The commit's id: of the one already there when the experiment has one.

        Raises:
            RepositoryError: the files are as they were.
        """
        made = self.find_commit(experiment)
        if made:
            return made
        names = [confined(path) for path in paths]
        git = self._worktree.git
        git.text("add", "--", *names)
        return self._commit(git, f"{message.strip()}\n\n{EXPERIMENT}: {experiment}\n", names)

    def find_commit(self, experiment: str) -> str | None:
        """The commit of the branch, since the base, that carries the experiment's trailer; the newest."""
        return self._carrying(EXPERIMENT, experiment)

    def message(self, sha: str) -> str:
        """The whole message of a commit."""
        return self.checkout.git.text("log", "-1", "--format=%B", sha, "--").strip()

    def revert(self, sha: str) -> str:
        """Undoes a commit of the branch by a commit of its own; at most once.

        Raises:
            RepositoryError: later commits stand in the way; the worktree is as before.
        """
        made = self._carrying(REVERTS, sha)
        if made:
            return made
        git = self._worktree.git
        ran = git.run("revert", "--no-commit", sha)
        if ran.status:
            git.text("reset", "--quiet", "--hard", REF)
            raise RepositoryError(f"{sha[:10]} cannot be reverted: {ran.err.strip()}")
        subject = git.text("log", "-1", "--format=%s", sha)
        message = f'Revert "{subject}"\n\nThis reverts commit {sha}.\n\n{REVERTS}: {sha}\n'
        return self._commit(git, message, [])

    def tag(self, name: str) -> None:
        """Tags the branch's head. Raises RepositoryError when the tag exists on another commit."""
        git = self.checkout.git
        ran = git.run("rev-parse", "--verify", "--quiet", f"refs/tags/{name}^{{commit}}")
        if ran.status:
            git.text("tag", "--end-of-options", name, REF)
        elif ran.out.decode().strip() != self.head:
            raise RepositoryError(f"The tag {name} exists already, on another commit.")

    def log(self, count: int, revision: str = REF) -> list[Commit]:
        """The newest `count` commits, newest first, with the files each changed (none for a merge)."""
        return newest(self.checkout.git, count, revision)

    def diff(self, old: str, new: str) -> str:
        """The patch from one commit or tree to another."""
        return self.checkout.git.text("diff", "--no-ext-diff", "--no-textconv", "--no-color", old, new, "--")

    def changed(self, old: str, new: str) -> list[str]:
        """The paths that differ between two commits or trees."""
        return self.checkout.git.records("diff-tree", "-r", "-z", "--name-only", "--no-renames", old, new, "--")

    def untracked_or_ignored(self, paths: Iterable[str]) -> dict[str, Path]:
        """Which of `paths` the checkout has and the branch's head has not, for carrying."""
        return self.checkout.beside(list(paths), REF)

    def _commit(self, git: GitCaller, message: str, names: list[str]) -> str:
        if not git.run("diff", "--cached", "--quiet", "--no-ext-diff").status:
            raise RepositoryError(f"There is nothing to commit: {', '.join(names) or 'the revert'} changes nothing.")
        with tempfile.TemporaryDirectory(prefix="lowtide-") as folder:
            text = Path(folder) / "message"
            text.write_text(message, encoding="utf-8")
            git.text("commit", "--quiet", "--no-verify", "--cleanup=verbatim", "-F", str(text), "--", *names)
        return self.head

    def _carrying(self, trailer: str, value: str) -> str | None:
        return with_trailer(self.checkout.git, f"{self.base}..{REF}", trailer, value)

    def _exclude(self) -> None:
        """Adds our folder to .git/info/exclude, once; the bytes that are there stay."""
        file = self.checkout.git_dir / "info" / "exclude"
        text = file.read_bytes() if file.exists() else b""
        if EXCLUDED.encode() in text.splitlines():
            return
        file.parent.mkdir(exist_ok=True)
        with file.open("ab") as end:
            end.write((b"" if not text or text.endswith(b"\n") else b"\n") + EXCLUDED.encode() + b"\n")

    def _branch(self, base: str | None) -> str:
        """Makes the branch where there is none; returns its base."""
        git = self.checkout.git
        # A session killed while it moved the branch leaves git's lock; only our sessions move it, in turn.
        with suppress(FileNotFoundError, NotADirectoryError):
            (self.checkout.git_dir / f"{REF}.lock").unlink()
        wanted = self.checkout.commit_id(base or "HEAD")
        if git.run("rev-parse", "--verify", "--quiet", REF).status:
            ran = git.run("branch", "--no-track", BRANCH, wanted)
            if ran.status:
                raise BadInput(f"The branch {BRANCH} cannot be made ({ran.err.strip()}): rename what is in its way.")
            return wanted
        if base is None and not git.run("merge-base", "--is-ancestor", REF, wanted).status:
            # It has no commit that HEAD has not: an empty one, or one that has been merged, begins at HEAD again.
            git.text("update-ref", "-m", "lowtide: begin at HEAD", REF, wanted)
            return wanted
        common = git.run("merge-base", wanted, REF)
        found = common.out.decode().strip()
        if common.status or (base is not None and found != wanted):
            raise BadInput(
                f"The branch {BRANCH} does not come from {wanted[:10]}: rename it "
                f"(git branch -m {BRANCH} NAME) and start again."
            )
        return found


def _edited(edit: EditedFile, entries: dict[str, Entry]) -> str:
    """The edit's path, once it is sure that it was made on the text the head has."""
    path = confined(edit.path)
    entry = entries.get(path)
    if (entry.blob if entry else "") != edit.blob:
        raise RepositoryError(f"The edit of {path} was made on another text than the branch's: make it anew.")
    if entry and not entry.mode.startswith("100"):
        raise RepositoryError(f"{path} is a link: edit the file it leads to.")
    return path


def _mode(entries: dict[str, Entry], path: str) -> str:
    return entries[path].mode if path in entries else "100644"
