"""router.log: one JSON line per entry, one entry per message, whatever dies in between."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from messaging.messages import LogLine


class LogFile:
    """The router's log. Entries are numbered from 1 within a session, without gaps.

    An entry that was being written when the router died is cut off at the next opening: its message is written again.

    Args:
        path: the file; its folder is made if needed.
        fresh: a new session begins: what is in the file stays, and the numbers start at 1.
    """

    def __init__(self, path: Path, *, fresh: bool) -> None:
        self._path = path
        self._number = 0
        self._causes: set[str] = set()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        size = self._learn()
        os.truncate(path, size)
        if fresh:
            self._number = 0

    def _learn(self) -> int:
        size = 0
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                size += len(line)
                try:
                    entry = LogLine.model_validate_json(line)
                except ValidationError:
                    continue
                self._number = entry.number
                self._causes.add(entry.cause)
        return size

    def append(
        self, agent: str, text: str, cause: str, level: Literal["debug", "info", "warning", "error"] = "info"
    ) -> LogLine | None:
        """Writes one entry and flushes it; None when `cause` has its entry already."""
        if cause in self._causes:
            return None
        line = LogLine(number=self._number + 1, at=datetime.now(UTC), agent=agent, level=level, text=text, cause=cause)
        self._file.write(line.model_dump_json().encode() + b"\n")
        self._file.flush()
        self._number = line.number
        self._causes.add(cause)
        return line

    def close(self) -> None:
        """Closes the file."""
        self._file.close()
