"""What the morning report needs."""

from readings.model import Reading


def summarise(readings) -> dict[str, tuple[int, float, float]]:
    """Per sensor: how many readings, the lowest value, the highest."""
    report: dict[str, tuple[int, float, float]] = {}
    for reading in readings:
        count, lowest, highest = report.get(reading.sensor, (0, reading.value, reading.value))
        report[reading.sensor] = (count + 1, min(lowest, reading.value), max(highest, reading.value))
    return report


def latest(readings: list[Reading]) -> int:
    """Seconds of the newest reading; 0 when there is none."""
    return max([reading.at for reading in readings], default=0)
