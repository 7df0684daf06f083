"""Reads the commits of a repository."""

from dataclasses import dataclass

from runtime.git import GitCaller


@dataclass(frozen=True)
class Commit:
    """One commit of the history. `committed_at` is in seconds since 1970."""

    sha: str
    committed_at: int
    message: str
    files: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


def newest(git: GitCaller, count: int, revision: str) -> list[Commit]:
    """The newest `count` commits of `revision`, newest first, with the files each changed (none for a merge)."""
    out = git.text(
        "log",
        f"-{count}",
        "--format=%x02%H%x1f%ct%x1f%B%x1f",
        "--name-only",
        "--no-renames",
        revision,
        "--",
    )
    commits = []
    for record in out.split("\x02")[1:]:
        sha, seconds, message, files = record.split("\x1f")
        commits.append(Commit(sha, int(seconds), message.strip(), tuple(filter(None, files.split("\n")))))
    return commits


def with_trailer(git: GitCaller, revisions: str, key: str, value: str) -> str | None:
    """The newest of the commits `revisions` that carries this trailer."""
    form = f"--format=%H %(trailers:key={key},valueonly,separator=%x20)"
    for line in git.text("log", form, revisions, "--").splitlines():
        sha, _, found = line.partition(" ")
        if found == value:
            return sha
    return None
