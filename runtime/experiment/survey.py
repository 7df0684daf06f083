"""What a survey found: written by the setup agent for the optimizer, which journals it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from runtime.measure.models import MIB, TargetSpec


class SurveyRow(BaseModel):
    """One test or benchmark that was measured. Bytes, seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    target: TargetSpec
    peak: int
    """Traced."""
    wall_s: float
    alone: bool = False
    """Measured in a process of its own; else among the other tests, roughly."""


class SurveyFile(BaseModel):
    """A survey that has chosen: the first row is the target."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: list[SurveyRow]
    """The heaviest, at least one."""
    counted: str
    """What was measured, and in what time."""

    @property
    def target(self) -> TargetSpec:
        """What was chosen."""
        return self.rows[0].target

    @property
    def lines(self) -> list[str]:
        """The choice and the runners-up, for people."""
        shown = [f"survey: {self.counted}; taken: {_line(self.rows[0])}"]
        return shown + [f"survey: runner-up {place}: {_line(row)}" for place, row in enumerate(self.rows[1:], start=2)]


def _line(row: SurveyRow) -> str:
    rough = "" if row.alone else ", measured among the other tests"
    return f"{row.target.text}, {row.peak / MIB:.1f} MiB in {row.wall_s:.2f} s{rough}"


def read_survey(path: Path) -> SurveyFile | None:
    """The survey of this session; None when there was none."""
    try:
        return SurveyFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
