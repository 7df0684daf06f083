"""git's blob id of files as they are now."""

from __future__ import annotations

import hashlib

_sha1 = hashlib.sha1
_open = open


class BlobIds:
    """path -> blob id, each file read once; "" for what cannot be read (a member of a zip)."""

    def __init__(self) -> None:
        self._known = {}

    def __call__(self, path: str) -> str:
        """The id of a file's content."""
        if path not in self._known:
            self._known[path] = _blob(path)
        return self._known[path]


def _blob(path: str) -> str:
    try:
        with _open(path, "rb") as file:
            content = file.read()
    except OSError:
        return ""
    return _sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
