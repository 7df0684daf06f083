"""A small program with a few fixes to find, for tests that run whole sessions: seconds, not minutes."""

FILES = {
    "app/__init__.py": "",
    "app/model.py": '''"""The records."""


class Record:
    def __init__(self, number):
        self.number = number
        self.label = f"record {number} of the nightly run"
        self._history = []
        self._history.append({"number": number, "label": self.label, "step": "made"})
        self._history.append({"number": number, "label": self.label, "step": "kept"})
''',
    "app/job.py": '''"""The job."""

from app.model import Record


def load(count):
    records = []
    for number in range(count):
        records.append(Record(number))
    return records


def shout(record):
    return record.label.upper() + " " + str(record.number)


def main(count=15_000):
    records = load(count)
    lines = [shout(record) for record in records]
    total = 0
    for line in lines:
        total += len(line)
    return total
''',
    "tests/__init__.py": "",
    "tests/test_job.py": """import unittest

from app.job import load, main, shout


class JobTest(unittest.TestCase):
    def test_total(self):
        self.assertEqual(main(2), 2 * len("RECORD 0 OF THE NIGHTLY RUN 0"))

    def test_shout(self):
        self.assertEqual(shout(load(1)[0]), "RECORD 0 OF THE NIGHTLY RUN 0")
""",
}
