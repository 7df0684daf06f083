"""The journal: append-only, flushed to disk, one typed event a line, one writer (design, I7 and I9).

What cannot be read is set aside: its bytes go to journal.rejected, a SetAside event is added at the end, and
the lines that can be read stay as they are, byte for byte. So nothing is lost, and the next opening has
nothing to report.
"""

import os
from pathlib import Path
from types import TracebackType

from pydantic import ValidationError

from runtime.errors import LowtideError
from runtime.experiment.events import EVENT, AnyEvent, SetAside
from runtime.experiment.lock import acquire, is_running, release
from runtime.storage import writing
from runtime.workspace import flush_folder

__all__ = ["Journal", "is_running", "read_journal"]


def read_journal(path: Path) -> tuple[list[AnyEvent], list[SetAside]]:
    """The events of a journal and the lines that are none; changes nothing, needs no lock.

    The last line of a running session may be reported as torn: it is being written. No file: no events.

    Raises:
        OSError: the file cannot be read.
    """
    events, _, rejected = _scan(_content(path))
    return events, [problem for problem, _ in rejected]


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _scan(content: bytes) -> tuple[list[AnyEvent], list[bytes], list[tuple[SetAside, bytes]]]:
    """Events, their lines, and what was rejected with its bytes. Lines count from 1."""
    events: list[AnyEvent] = []
    kept: list[bytes] = []
    rejected: list[tuple[SetAside, bytes]] = []
    *whole, last = content.split(b"\n")
    lines = [*whole, last] if last else whole
    for number, line in enumerate(lines, start=1):
        try:
            events.append(EVENT.validate_json(line))
        except ValidationError as error:
            torn = bool(last) and number == len(lines)
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            reason = f"{place}: {first['msg']}" if place else first["msg"]
            why = f"the last line was torn ({reason})" if torn else f"no event ({reason})"
            rejected.append((SetAside(line=number, why=why), line))
        else:
            kept.append(line)
    return events, kept, rejected


class Journal:
    """The journal as its one writer holds it. Use `Journal.open`, and as a context manager."""

    def __init__(self, path: Path, descriptor: int, lock: int, events: list[AnyEvent]) -> None:
        self._path = path
        self._descriptor = descriptor
        self._lock = lock
        self._events = events

    @classmethod
    def open(cls, path: Path, lock: Path) -> "Journal":
        """Takes the lock, reads all events, sets aside what cannot be read.

        Rejected lines go to `path` with the suffix `.rejected`, beside it. Descriptors are not inherited by
        programs this process starts.

        Raises:
            SessionRunning: another session holds the lock, or one of another host left it.
            OSError: the file system refuses.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        held = acquire(lock)
        try:
            events = _mended(path)
            descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except BaseException:
            release(held)
            raise
        flush_folder(path.parent)
        return cls(path, descriptor, held, events)

    @property
    def events(self) -> tuple[AnyEvent, ...]:
        """All events, oldest first, those appended since included."""
        return tuple(self._events)

    def append(self, event: AnyEvent) -> None:
        """Adds one event: it is on disk when this returns. On an error nothing was added.

        Raises:
            LowtideError: the event would not read back.
            OSError: the file system refuses.
        """
        line = event.model_dump_json().encode()
        if not _reads_back(line, event):
            raise LowtideError(f"This event would not read back from the journal: {event!r}.")
        size = os.fstat(self._descriptor).st_size
        try:
            with writing(self._path):
                _write(self._descriptor, line + b"\n")
        except OSError:
            # A half-written line would swallow the next event.
            os.ftruncate(self._descriptor, size)
            raise
        self._events.append(event)

    def close(self) -> None:
        """Lets the next session in."""
        os.close(self._descriptor)
        release(self._lock)

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _reads_back(line: bytes, event: AnyEvent) -> bool:
    """Not so for a NaN, which JSON has no word for."""
    try:
        return EVENT.validate_json(line) == event
    except ValidationError:
        return False


def _write(descriptor: int, data: bytes) -> None:
    """Writes all of `data` and flushes it to disk."""
    while data:
        data = data[os.write(descriptor, data) :]
    os.fsync(descriptor)


def _mended(path: Path) -> list[AnyEvent]:
    """Events of the journal, with a SetAside for each line moved to the rejected file. Needs the lock."""
    content = _content(path)
    events, kept, rejected = _scan(content)
    if rejected:
        _reject(path.with_suffix(".rejected"), b"".join(line + b"\n" for _, line in rejected))
        aside: list[AnyEvent] = [problem for problem, _ in rejected]
        _replace(path, [*kept, *(event.model_dump_json().encode() for event in aside)])
        return [*events, *aside]
    if content and not content.endswith(b"\n"):
        # The last event is whole, only its line end is missing.
        _replace(path, kept)
    return events


def _reject(path: Path, block: bytes) -> None:
    """Appends `block`, once: a crash before the journal is replaced comes here again with the same lines."""
    if not _content(path).endswith(block):
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            _write(descriptor, block)
        finally:
            os.close(descriptor)
    flush_folder(path.parent)


def _replace(path: Path, lines: list[bytes]) -> None:
    temporary = path.with_suffix(".new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_TRUNC | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        with writing(temporary):
            _write(descriptor, b"".join(line + b"\n" for line in lines))
    finally:
        os.close(descriptor)
    temporary.replace(path)
    flush_folder(path.parent)
