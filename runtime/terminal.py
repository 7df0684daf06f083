"""The user's terminal: what is new in the router's log, as plain text. The file is the truth; streams only wake us."""

import re
from pathlib import Path
from typing import ClassVar

from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from messaging.messages import LogLine

_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Control characters but newline and tab, and those that turn the direction of text: it may come from target code."""


def plain(text: str) -> str:
    """`text` without anything that steers a terminal (I6: text from the target is data)."""
    return _UNSEEN.sub("", text.replace("\r\n", "\n"))


class LogTail:
    """Reads what has been added to the router's log since the last time.

    Args:
        path: router.log; it need not exist yet.
        offset: where to begin, in bytes. What was written before is another run's.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._path = path
        self._offset = offset

    @classmethod
    def at_end(cls, path: Path) -> "LogTail":
        """Begins behind the last whole line of the file as it is now."""
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return cls(path)
        return cls(path, data.rfind(b"\n") + 1)

    def new(self) -> list[LogLine]:
        """The whole lines that are new. One that is still being written comes the next time."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = []
        for line in whole.splitlines():
            try:
                lines.append(LogLine.model_validate_json(line))
            except ValidationError:
                continue  # not the router's: it writes whole entries only
        return lines


class Terminal:
    """Shows a session to its user.

    Args:
        console: where to; it honours NO_COLOR.
        tail: the router's log.
    """

    _STYLES: ClassVar = {"warning": "yellow", "error": "red", "debug": "dim", "info": ""}

    def __init__(self, console: Console, tail: LogTail) -> None:
        self._console = console
        self._tail = tail

    def show_new(self) -> None:
        """Prints what is new in the log."""
        for line in self._tail.new():
            if line.level == "error" and line.text.startswith("[complete]"):
                continue  # the command line says it itself, as one sentence
            self.show(line.text, self._STYLES[line.level])

    def show(self, text: str, style: str = "") -> None:
        """Prints `text` as it stands: no markup, no wrapping, nothing that steers the terminal."""
        self._console.print(Text(plain(text), style=style), soft_wrap=True)
