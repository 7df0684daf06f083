import unittest

from readings.calibrate import calibrated_copy, offset_of
from readings.export import export_lines
from readings.model import Reading
from readings.parse import parse_readings
from readings.pipeline import nightly
from readings.summary import latest, summarise
from readings.validate import validate_readings


class ParseTest(unittest.TestCase):
    def test_a_line_becomes_a_reading(self):
        [reading] = parse_readings(["sensor-001;1775000000;21.5;100"])
        self.assertEqual(reading, Reading("sensor-001", 1775000000, 21.5, 100))

    def test_blank_lines_and_comments_are_passed_over(self):
        self.assertEqual(parse_readings(["", "# made by hand"]), [])

    def test_a_malformed_line_is_an_error(self):
        with self.assertRaises(ValueError):
            parse_readings(["sensor-001;1775000000"])

    def test_the_export_repeats_itself(self):
        self.assertEqual(list(export_lines(50)), list(export_lines(50)))


class ValidateTest(unittest.TestCase):
    def test_out_of_range_and_poor_quality_are_dropped(self):
        good = Reading("sensor-001", 1, 20.0, 100)
        hot = Reading("sensor-001", 2, 900.0, 100)
        poor = Reading("sensor-001", 3, 20.0, 10)
        self.assertEqual(validate_readings([good, hot, poor]), [good])


class CalibrateTest(unittest.TestCase):
    def test_the_original_stays_as_it_was(self):
        reading = Reading("sensor-096", 1, 20.0, 100)
        self.assertEqual(calibrated_copy(reading).value, 23.0)
        self.assertEqual(reading.value, 20.0)

    def test_offsets_come_from_the_name(self):
        self.assertEqual(offset_of("sensor-048"), 0.0)


class SummaryTest(unittest.TestCase):
    def test_count_lowest_and_highest(self):
        readings = [Reading("s-001", 1, 3.0, 100), Reading("s-001", 2, 1.0, 100)]
        self.assertEqual(summarise(readings), {"s-001": (2, 1.0, 3.0)})

    def test_the_newest_of_none(self):
        self.assertEqual(latest([]), 0)

    def test_the_whole_job(self):
        result = nightly(2000)
        self.assertEqual(result["newest"], 1775000000 + 1999 * 15)
        self.assertEqual(len(result["sensors"]), 97)


if __name__ == "__main__":
    unittest.main()
