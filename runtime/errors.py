"""The errors a user can meet, and the exit code of each.

LowtideError(exit_code=1)
 +-- BadInput(exit_code=2)      the user can mend it: one clear sentence that says what to do
 |    +-- SessionRunning        another session holds the journal of this repository
 |    +-- StorageRefused        a full or read-only disk, or a file that belongs to somebody else
 +-- TargetFailed(exit_code=2)  the target fails, or cannot be measured, at the baseline
 +-- MeasurementRefused         a measurement that does not count (provenance), with the reason
 +-- RepositoryError            git did something unexpected on a tree of ours
 +-- Stopped(exit_code=130)     the user asked to stop
"""


class LowtideError(Exception):
    """Base of all errors Lowtide raises on purpose. Its text is shown to the user as it stands."""

    exit_code = 1


class BadInput(LowtideError, ValueError):
    """Something the user gave cannot be used."""

    exit_code = 2


class SessionRunning(BadInput):
    """Another session holds the journal of this repository."""


class StorageRefused(BadInput):
    """The file system refused: the disk is full or read-only, or the file is not the user's to write."""


class TargetFailed(LowtideError):
    """The target fails, or cannot be measured, before anything was changed.

    Args:
        message: one sentence for the user.
        output: the target's own output, shown below the sentence.
    """

    exit_code = 2

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class MeasurementRefused(LowtideError):
    """A measurement that does not count, with the reason (design, I12)."""


class RepositoryError(LowtideError):
    """Git did something unexpected on a tree of ours."""


class Stopped(LowtideError):
    """The user asked to stop."""

    exit_code = 130
