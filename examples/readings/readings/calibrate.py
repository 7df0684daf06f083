"""Each sensor's own correction."""

import copy

from readings.model import Reading


def offset_of(sensor: str) -> float:
    """The correction of a sensor, in its unit: from the last digits of its name."""
    return (int(sensor[-3:]) - 48) / 16


def calibrated_copy(reading: Reading) -> Reading:
    """A corrected copy; the original stays as it was read."""
    fixed = copy.copy(reading)
    fixed.value = reading.value + offset_of(reading.sensor)
    fixed._processing_log = list(reading._processing_log)
    fixed._processing_log.append(
        {
            "stage": "calibrate",
            "sensor": reading.sensor,
            "at": reading.at,
            "before": reading.value,
            "after": fixed.value,
            "quality": reading.quality,
            "message": f"{reading.value} of {reading.sensor} at {reading.at} became {fixed.value}: the correction "
            f"comes from the sensor's own number, and was measured when the sensor was set up. "
            f"The reading as it was parsed is left as it was.",
        }
    )
    return fixed
