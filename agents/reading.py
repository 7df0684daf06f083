"""What the researcher has to read, and what of it has gone stale. Pure, and small enough to be saved whole."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, ConfigDict

from messaging.contents import Allocation, Candidate, Targets


class Reading(BaseModel):
    """The newest ranking, and how far it has been read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    message: str
    """Id of the message the ranking came with."""
    targets: Targets
    done: int = 0
    """How many of its targets are answered."""
    modified: list[str] = []
    """Files that keeps have changed since the ranking."""

    @property
    def finished(self) -> bool:
        """Whether every target is answered."""
        return self.done >= len(self.targets.targets)

    @property
    def current(self) -> Allocation:
        """The target to read next."""
        return self.targets.targets[self.done]

    @property
    def number(self) -> int:
        """The current target's place in the ranking."""
        return self.targets.first + self.done

    def answered(self) -> "Reading":
        """The same with the current target answered."""
        return self.model_copy(update={"done": self.done + 1})

    def with_modified(self, path: str) -> "Reading":
        """The same with one more file changed."""
        return self.model_copy(update={"modified": sorted({*self.modified, path})})


def newer(reading: Reading | None, message: str, targets: Targets) -> Reading:
    """The ranking to work on: the one that has just come (messages keep their order), unless it comes again."""
    if reading is not None and message == reading.message:
        return reading
    return Reading(message=message, targets=targets)


def fresh(
    candidates: Iterable[Candidate], target: Allocation, modified: Iterable[str]
) -> tuple[list[Candidate], list[str]]:
    """The candidates that rest on no changed file, and the changed files that the others, or the target, rest on."""
    changed = set(modified)
    kept: list[Candidate] = []
    stale = {target.file} & changed
    for candidate in candidates:
        rests_on = ({candidate.file, *candidate.read} | {edit.path for edit in candidate.edits}) & changed
        stale |= rests_on
        if not rests_on:
            kept.append(candidate)
    return kept, sorted(stale)


def differing(wanted: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """The paths whose blob is not the wanted one, or that are missing."""
    return sorted(path for path, blob in wanted.items() if found.get(path) != blob)
