"""The nightly job: export, parse, validate, calibrate, summarise."""

from readings.calibrate import calibrated_copy
from readings.export import export_lines
from readings.parse import parse_readings
from readings.summary import latest, summarise
from readings.validate import validate_readings


def nightly(count: int = 34_000) -> dict:
    """The morning report over `count` lines of the export."""
    lines = list(export_lines(count))
    readings = parse_readings(lines)
    valid = validate_readings(readings)
    newest = latest(valid)
    calibrated = [calibrated_copy(reading) for reading in valid]
    report = summarise(calibrated)
    return {"newest": newest, "sensors": report}


def main() -> None:
    """Prints the report, a line a sensor."""
    result = nightly()
    print("newest", result["newest"])
    for sensor, (count, lowest, highest) in sorted(result["sensors"].items()):
        print(f"{sensor} {count:5d} {lowest:8.3f} {highest:8.3f}")


if __name__ == "__main__":
    main()
