"""The durable outbox and inbox of one agent, in one SQLite file."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, NamedTuple

from messaging.errors import MailboxError, MessagingError
from messaging.mailbox_file import open_file

OutState = Literal["queued", "received", "processed", "dead"]
InState = Literal["new", "handling", "processed", "dead"]

RANK: dict[OutState, int] = {"queued": 0, "received": 1, "processed": 2, "dead": 2}
"""A state is only ever followed by one of higher rank."""


class Outgoing(NamedTuple):
    """A message to keep until it is received. `payload` is the envelope's wire form without seq and floor."""

    id: str
    peer: str
    lane: int
    payload: bytes


class Queued(NamedTuple):
    """An outgoing message that is not processed yet."""

    id: str
    peer: str
    lane: int
    seq: int
    state: OutState


class Incoming(NamedTuple):
    """A message that has come and is not finished. `attempts` counts how often it was handed out before."""

    id: str
    peer: str
    lane: int
    seq: int
    payload: bytes
    attempts: int = 0
    held: int = 0
    """1 while it waits for one before it that has not come."""


class Mark(NamedTuple):
    """What a recipient, or the lack of one, says of an outgoing message."""

    peer: str
    id: str
    state: OutState
    reason: str = ""


class Marked(NamedTuple):
    """A mark that changed something, and the lane of the message."""

    peer: str
    id: str
    state: OutState
    reason: str
    lane: int


class DeadLetter(NamedTuple):
    """A message that will not be handled. `payload` is None where the message had already left the outbox."""

    id: str
    direction: Literal["in", "out"]
    peer: str
    reason: str
    payload: bytes | None
    at: float
    """Seconds since the epoch."""


class Mailbox:
    """The mailbox in `path`, made when it is not there.

    Lane 0 holds messages in order, lane 1 the controls that overtake them. All calls are short and synchronous; call
    them from one thread.

    Raises:
        MailboxError: the file is held by another process, or cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = open_file(path)

    def close(self) -> None:
        """Closes the file; what is in it stays."""
        self._db.close()

    # The outbox

    def put_out(self, messages: Sequence[Outgoing]) -> list[Queued]:
        """Keeps messages, each with the next seq of its peer and lane. An id that is known already is left out."""
        kept: list[Queued] = []
        with self._transaction():
            for message in messages:
                if self._db.execute("SELECT 1 FROM outbox WHERE id = ?", (message.id,)).fetchone():
                    continue
                ((seq,),) = self._db.execute(
                    "INSERT INTO counters (peer, lane, sent) VALUES (?, ?, 1)"
                    " ON CONFLICT DO UPDATE SET sent = sent + 1 RETURNING sent",
                    (message.peer, message.lane),
                ).fetchall()
                self._db.execute(
                    "INSERT INTO outbox (id, peer, lane, seq, state, payload, at) VALUES (?, ?, ?, ?, 'queued', ?, ?)",
                    (message.id, message.peer, message.lane, seq, message.payload, time.time()),
                )
                kept.append(Queued(message.id, message.peer, message.lane, seq, "queued"))
        return kept

    def open_out(self) -> list[Queued]:
        """All outgoing messages that are queued or received, in order."""
        rows = self._db.execute(
            "SELECT id, peer, lane, seq, state FROM outbox"
            " WHERE state IN ('queued', 'received') ORDER BY peer, lane, seq"
        )
        return [Queued(*row) for row in rows]

    def payloads(self, ids: Iterable[str]) -> dict[str, bytes]:
        """The payloads of those of `ids` that are still queued."""
        found: dict[str, bytes] = {}
        for id_ in ids:
            row = self._db.execute("SELECT payload FROM outbox WHERE id = ? AND state = 'queued'", (id_,)).fetchone()
            if row:
                found[id_] = row[0]
        return found

    def mark_out(self, marks: Sequence[Mark]) -> list[Marked]:
        """Takes note of what became of messages; returns those whose state has changed.

        A state never goes back, and only the recipient of a message can mark it. A message that is dead
        without having been received keeps its payload, any other loses it.
        """
        changed: list[Marked] = []
        with self._transaction():
            for mark in marks:
                row = self._db.execute(
                    "SELECT state, lane FROM outbox WHERE id = ? AND peer = ?", (mark.id, mark.peer)
                ).fetchone()
                if row is None or RANK[row[0]] >= RANK[mark.state]:
                    continue
                self._db.execute(
                    "UPDATE outbox SET state = ?, reason = ?,"
                    " payload = CASE WHEN ? = 'dead' THEN payload END WHERE id = ?",
                    (mark.state, mark.reason, mark.state, mark.id),
                )
                changed.append(Marked(*mark, row[1]))
        return changed

    def last_sent(self, peer: str, lane: int) -> int:
        """The seq that was given last to a message to `peer`; 0 when none was."""
        row = self._db.execute("SELECT sent FROM counters WHERE peer = ? AND lane = ?", (peer, lane)).fetchone()
        return 0 if row is None else int(row[0])

    def state_out(self, id_: str) -> OutState:
        """What became of an outgoing message.

        Raises:
            MessagingError: no message of that id was ever sent from here.
        """
        row = self._db.execute("SELECT state FROM outbox WHERE id = ?", (id_,)).fetchone()
        if row is None:
            raise MessagingError(f"no message {id_!r} was sent from the mailbox {self.path}")
        state: OutState = row[0]
        return state

    # The inbox

    def put_in(
        self,
        messages: Sequence[Incoming],
        ready: Sequence[tuple[str, str]],
        awaited: dict[tuple[str, int], int],
    ) -> None:
        """Keeps messages that have come.

        Args:
            messages: the new ones.
            ready: (peer, id) of those, new or kept before, that can be handled now, in order.
            awaited: per (peer, lane) the seq that is awaited next.
        """
        with self._transaction():
            now = time.time()
            self._db.executemany(
                "INSERT INTO inbox (peer, id, lane, seq, state, payload, at) VALUES (?, ?, ?, ?, 'new', ?, ?)",
                [(m.peer, m.id, m.lane, m.seq, m.payload, now) for m in messages],
            )
            (last,) = self._db.execute("SELECT coalesce(max(place), 0) FROM inbox").fetchone()
            self._db.executemany(
                "UPDATE inbox SET place = ? WHERE peer = ? AND id = ?",
                [(place, *key) for place, key in enumerate(ready, last + 1)],
            )
            self._db.executemany(
                "INSERT INTO counters (peer, lane, awaited) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET awaited = excluded.awaited",
                [(peer, lane, seq) for (peer, lane), seq in awaited.items()],
            )

    def state_in(self, peer: str, id_: str) -> tuple[InState, str] | None:
        """State and reason of a message from `peer`; None when it never came."""
        row = self._db.execute("SELECT state, reason FROM inbox WHERE peer = ? AND id = ?", (peer, id_)).fetchone()
        return None if row is None else (row[0], row[1])

    def open_in(self) -> list[Incoming]:
        """All messages that have come and are not finished: in order, then those that are held."""
        rows = self._db.execute(
            "SELECT id, peer, lane, seq, payload, attempts, place IS NULL FROM inbox"
            " WHERE state IN ('new', 'handling') ORDER BY place IS NULL, place, seq"
        )
        return [Incoming(*row) for row in rows]

    def awaited(self) -> dict[tuple[str, int], int]:
        """Per (peer, lane) the seq that is awaited next."""
        return {(peer, lane): seq for peer, lane, seq in self._db.execute("SELECT peer, lane, awaited FROM counters")}

    def hand_out(self, peer: str, id_: str) -> None:
        """Notes, before a handler sees the message, that it will: a message that kills its handler is counted too."""
        with self._transaction():
            self._db.execute(
                "UPDATE inbox SET state = 'handling', attempts = attempts + 1 WHERE peer = ? AND id = ?",
                (peer, id_),
            )

    def take_back(self, peer: str, id_: str, *, counted: bool) -> None:
        """Puts a message that was handed out back; not `counted` when it was interrupted by no fault of its own."""
        with self._transaction():
            self._db.execute(
                "UPDATE inbox SET state = 'new', attempts = attempts - ? WHERE peer = ? AND id = ?",
                (0 if counted else 1, peer, id_),
            )

    def finish(self, peer: str, id_: str, state: Literal["processed", "dead"], reason: str = "") -> None:
        """Takes a message out of the inbox. Its id is kept, so that copies are recognised; of a dead one, all is."""
        with self._transaction():
            self._db.execute(
                "UPDATE inbox SET state = ?, reason = ?, payload = CASE WHEN ? = 'dead' THEN payload END"
                " WHERE peer = ? AND id = ?",
                (state, reason, state, peer, id_),
            )

    def dead_letters(self) -> list[DeadLetter]:
        """All dead letters of both directions, oldest first."""
        rows = self._db.execute(
            "SELECT id, 'in', peer, reason, payload, at FROM inbox WHERE state = 'dead'"
            " UNION ALL SELECT id, 'out', peer, reason, payload, at FROM outbox WHERE state = 'dead' ORDER BY at"
        )
        return [DeadLetter(*row) for row in rows]

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise MailboxError(f"cannot write the mailbox {self.path}: {error}") from error
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
