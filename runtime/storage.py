"""What to say when the file system refuses: a full disk, a read-only one, a file of somebody else. Pure."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime.errors import BadInput, StorageRefused

_WHY = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the disk quota is used up: free some space",
    errno.EFBIG: "the limit on file sizes is reached: raise it",
    errno.EROFS: "the file system is read-only: make it writable",
    errno.EACCES: "permission is denied: make it writable for you",
    errno.EPERM: "permission is denied: make it writable for you",
    errno.EIO: "the disk has an error: check it",
}
_SQLITE = {
    sqlite3.SQLITE_FULL: errno.ENOSPC,
    sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_IOERR: errno.EIO,
    sqlite3.SQLITE_PERM: errno.EACCES,
}
_GIT = ("unable to write", "could not write", "cannot create directory")
"""What git says of a file it could not write, where it leaves out why."""


LEAST_ROOM = 64 * 2**20
"""Bytes that have to be free in the state folder: the broker's store, mailboxes, and a few exports of a small tree."""


def check_room(state: Path) -> None:
    """Raises BadInput when the disk of the state folder is nearly full: the broker would not even start."""
    free = shutil.disk_usage(state).free
    if free < LEAST_ROOM:
        raise BadInput(
            f"Only {free / 2**20:.0f} MiB are free for the state folder {state}: free some space, or set LOWTIDE_STATE "
            f"to a folder with {LEAST_ROOM / 2**20:.0f} MiB or more."
        )


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Gives an OSError of the block the name of the file, where a call on a descriptor left it out."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, str(path)) from error
        raise


def refusal(error: BaseException) -> StorageRefused | None:
    """The sentence for an error of the file system; None when the error is of another kind."""
    if isinstance(error, OSError) and error.errno in _WHY and error.filename is not None:
        return _refused(os.fsdecode(error.filename), error.errno)
    if isinstance(error, sqlite3.OperationalError):
        code = _SQLITE.get(error.sqlite_errorcode & 0xFF)
        return None if code is None else _refused("A mailbox in the state folder (LOWTIDE_STATE)", code)
    return None


def git_refusal(folder: Path, said: str) -> StorageRefused | None:
    """The same for what git said on standard error."""
    for code in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
        if os.strerror(code) in said:
            return _refused(f"The repository of {folder}", code)
    if any(words in said for words in _GIT):
        first = next(line for line in said.splitlines() if any(words in line for words in _GIT))
        return StorageRefused(f"Git could not write in {folder} ({first.strip()}): free some space, {_AGAIN}")
    return None


_AGAIN = "then start again: nothing is lost, the session goes on from its journal."


def _refused(what: str, code: int) -> StorageRefused:
    return StorageRefused(f"{what} cannot be written, {_WHY[code]}, {_AGAIN}")
