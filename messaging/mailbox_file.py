"""The file of a mailbox: its tables, its lock, and how safe a commit is.

Commits are `synchronous=NORMAL`: a process killed at any moment loses nothing, and the file stays whole over a power
cut, which may take the last commits. That is the right price here: the truth of a session is the journal, which is
flushed; a message lost after its receipt is found by the sender's inquiry and shows as a dead letter, a lost mark leads
to a copy, which its id makes harmless. `FULL` would put an fdatasync for each commit into the event loop, which on a
busy disk made a round trip of 12 ms out of 2 (measured), and a target that is measured may keep the disk busy.

The file is held exclusively: a second process of the same name is refused instead of taking half of the messages.
"""

import sqlite3
from pathlib import Path

from messaging.errors import MailboxError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY, peer TEXT NOT NULL, lane INTEGER NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL,
    payload BLOB, reason TEXT NOT NULL DEFAULT '', at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS outbox_open ON outbox (peer, lane, seq) WHERE state IN ('queued', 'received');
CREATE TABLE IF NOT EXISTS inbox (
    peer TEXT NOT NULL, id TEXT NOT NULL, lane INTEGER NOT NULL, seq INTEGER NOT NULL, place INTEGER,
    state TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, payload BLOB, reason TEXT NOT NULL DEFAULT '',
    at REAL NOT NULL, UNIQUE (peer, id));
CREATE INDEX IF NOT EXISTS inbox_place ON inbox (place);
CREATE INDEX IF NOT EXISTS inbox_open ON inbox (place) WHERE state IN ('new', 'handling');
CREATE TABLE IF NOT EXISTS counters (
    peer TEXT NOT NULL, lane INTEGER NOT NULL, sent INTEGER NOT NULL DEFAULT 0, awaited INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (peer, lane));
"""


def open_file(path: Path) -> sqlite3.Connection:
    """The mailbox file, made when it is not there, and held until the connection is closed.

    Raises:
        MailboxError: the file is held by another process, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Messages hold source text; SQLite gives its other files the mode of this one.
        path.touch(mode=0o600)
        db = sqlite3.connect(path, timeout=2.0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise MailboxError(f"cannot open the mailbox {path}: {error}") from error
    try:
        # Exclusive before WAL: then SQLite keeps the index in memory and takes the lock once, for good.
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")
        db.execute("BEGIN EXCLUSIVE")
        for statement in _SCHEMA.split(";"):
            db.execute(statement)
        db.execute("COMMIT")
    except sqlite3.Error as error:
        db.close()
        if "locked" in str(error):
            raise MailboxError(f"the mailbox {path} is in use: end the other process of this agent") from None
        raise MailboxError(f"cannot use the mailbox {path}: {error}") from error
    return db
