"""What one reading is."""

from dataclasses import dataclass, field


@dataclass
class Reading:
    """One value of one sensor. The processing log says what each stage saw and did."""

    sensor: str
    at: int
    value: float
    quality: int
    _processing_log: list = field(default_factory=list, repr=False, compare=False)
