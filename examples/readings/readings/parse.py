"""From lines to readings."""

from readings.model import Reading


def parse_readings(lines) -> list[Reading]:
    """One reading a line; blank lines and comments are passed over."""
    readings = []
    sensors: dict[str, str] = {}
    for line in lines:
        if not line or line.startswith("#"):
            continue
        name, at, value, quality = line.split(";")
        reading = Reading(sensors.setdefault(name, name), int(at), float(value), int(quality))
        reading._processing_log.append(
            {
                "stage": "parse",
                "step": "split",
                "line": line,
                "fields": [name, at, value, quality],
                "message": f"The line of {name} at {at} has four fields, as the format of 2026 says: the sensor "
                f"({name}), the second of the reading since 1970 ({at}), its value in degrees ({value}) and the share "
                f"of good samples in the quarter of an hour before it, in percent ({quality}).",
            }
        )
        reading._processing_log.append(
            {
                "stage": "parse",
                "step": "convert",
                "sensor": reading.sensor,
                "at": reading.at,
                "value": reading.value,
                "quality": reading.quality,
                "message": f"The value of {name} at {at} was read as {reading.value}, quality as {reading.quality}. "
                f"Sensors send tenths of a degree; the export writes them with a point, so nothing was rounded. "
                f"The second {at} is the end of the quarter of an hour that the reading stands for.",
            }
        )
        readings.append(reading)
    return readings
