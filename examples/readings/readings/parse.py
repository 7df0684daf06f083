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
                "message": f"split the line of {name} at {at}: value {value}, quality {quality}",
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
                "message": f"converted {value} of {name} at {at}, quality {quality}",
            }
        )
        readings.append(reading)
    return readings
