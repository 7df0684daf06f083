"""How Lowtide calls git: through GitPython, and so that no program somebody configured is set off.

Every call has the configuration below on its command line, which wins over every configuration file: no
hooks, no file system monitor, no signing, no automatic collection, no sparse trees. Smudge and clean filters
(git-lfs) stay as the user configured them: without them the files would not be those of the user.
"""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runtime.errors import BadInput, RepositoryError
from runtime.storage import git_refusal

if TYPE_CHECKING:
    from git.cmd import Git

CONFIG = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.quotePath=false",
    "core.sparseCheckout=false",
    "core.autocrlf=false",  # a tree's files as they are in the tree: edits and provenance go by blob
    "core.eol=lf",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "tag.forceSignAnnotated=false",
    "log.showSignature=false",
    "gc.auto=0",
    "maintenance.auto=false",
)
ENVIRONMENT = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_EDITOR": "true",
    "GIT_LITERAL_PATHSPECS": "1",
}
REDIRECTIONS = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
)
"""Variables that point git at another repository or index; GitPython hands the whole environment on."""

SYMLINK = "120000"
SUBMODULE = "160000"
FALLBACK_NAME, FALLBACK_EMAIL = "Lowtide", "lowtide@localhost"


class Ran(NamedTuple):
    """What a git command gave back."""

    status: int
    out: bytes
    err: str


class Entry(NamedTuple):
    """One tracked file: its git mode (`100644`, `100755`, `120000` link, `160000` submodule) and blob id."""

    mode: str
    blob: str


class GitCaller:
    """Runs git in one folder.

    Args:
        folder: the working directory of the calls.
        config: further `key=value` configuration.
        environment: further environment, for example a private index.

    Raises:
        BadInput: git is not installed, or the environment points it elsewhere.
    """

    def __init__(self, folder: Path, config: tuple[str, ...] = (), environment: dict[str, str] | None = None) -> None:
        set_ones = [name for name in REDIRECTIONS if name in os.environ]
        if set_ones:
            raise BadInput(
                f"The environment sets {set_ones[0]}, which points git away from the repository: "
                "unset it and start again."
            )
        self.folder = folder
        self._git = _git(folder)
        self._git.set_persistent_git_options(c=[*CONFIG, *config])
        self._git.update_environment(**ENVIRONMENT, **(environment or {}))

    def run(self, *words: str) -> Ran:
        """`git WORDS`, whatever its exit status."""
        if not self.folder.is_dir():
            # GitPython would run it in the current directory instead.
            raise RepositoryError(f"There is no folder {self.folder} to run git in.")
        command, *arguments = words
        ran: Any = self._git._call_process(
            command,
            *arguments,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
        )
        return Ran(*ran)

    def bytes(self, *words: str) -> bytes:
        """Standard output of `git WORDS`. Raises RepositoryError or StorageRefused when it fails."""
        status, out, err = self.run(*words)
        if status:
            if (refused := git_refusal(self.folder, err)) is not None:
                raise refused
            raise RepositoryError(f"git {words[0]} failed in {self.folder}: {err.strip() or f'status {status}'}")
        return out

    def text(self, *words: str) -> str:
        """The same as text, without the newline at its end."""
        return self.bytes(*words).decode("utf-8", "replace").removesuffix("\n")

    def records(self, *words: str) -> list[str]:
        """The same for output that `-z` ends each record of with NUL. Names not in UTF-8 are left out."""
        found = []
        for record in self.bytes(*words).split(b"\0"):
            try:
                found.append(record.decode("utf-8"))
            except UnicodeDecodeError:
                continue  # no import and no message can name such a file
        return [record for record in found if record]

    def entries(self, tree: str) -> dict[str, Entry]:
        """Path -> entry of every file of a commit or tree."""
        found = {}
        for record in self.records("ls-tree", "-r", "-z", "--full-tree", tree):
            head, path = record.split("\t", 1)
            mode, _, blob = head.split()
            found[path] = Entry(mode, blob)
        return found


def blob_id(data: bytes) -> str:
    """The git blob id of `data` (40 hexadecimal digits)."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def fallback_identity(git: GitCaller) -> tuple[str, ...]:
    """Configuration that gives commits a name and an address where the user has configured none."""
    config = []
    if git.run("config", "--get", "user.name").status:
        config.append(f"user.name={FALLBACK_NAME}")
    if git.run("config", "--get", "user.email").status and "EMAIL" not in os.environ:
        config.append(f"user.email={FALLBACK_EMAIL}")
    return tuple(config)


def _git(folder: Path) -> "Git":
    try:
        from git.cmd import Git  # looks for the git program when imported
    except ImportError:
        raise BadInput("git is not installed or not on the PATH: install git 2.31 or later.") from None
    return Git(str(folder))
