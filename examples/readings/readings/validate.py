"""Which readings can be trusted."""

from readings.model import Reading

LOWEST, HIGHEST = 15.0, 160.0


def validate_readings(readings: list[Reading]) -> list[Reading]:
    """The readings within range and of sufficient quality, in order."""
    valid = []
    for reading in list(readings):
        in_range = LOWEST <= reading.value <= HIGHEST
        trusted = reading.quality >= 50
        reading._processing_log.append(
            {
                "stage": "validate",
                "sensor": reading.sensor,
                "at": reading.at,
                "value": reading.value,
                "quality": reading.quality,
                "in_range": in_range,
                "trusted": trusted,
                "limits": [LOWEST, HIGHEST],
                "message": f"{reading.value} of {reading.sensor} at {reading.at} lies between {LOWEST} and {HIGHEST}: "
                f"{in_range}. Its quality of {reading.quality} percent is enough to be trusted: {trusted}. "
                f"Readings that fail either test are left out of the morning report, and are not repaired.",
            }
        )
        if in_range and trusted:
            valid.append(reading)
    return valid
