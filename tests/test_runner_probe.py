"""The runner with the real probe: that both sides mean the same by the contract."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from messaging.contents import EditedFile
from runtime.measure.export import Export, Exports
from runtime.measure.models import MIB, Job
from runtime.measure.reports import Outcome
from runtime.measure.runner import Runner
from runtime.measure.target import import_roots, parse_target
from runtime.repository import Repository
from runtime.sandbox import Limits, Sandbox
from tests.checkout import fingerprint, make_dirty, make_repository
from tests.test_runner_jobs import editable

LEVELS = ("isolated", "limited")
FILES = {
    "src/pkg/__init__.py": "",
    "src/pkg/table.py": "def load(count):\n    rows = [bytes(1024) for _ in range(count)]\n    return len(rows)\n"
    "def main():\n    return load(8192)\n",
    "tests/test_table.py": "from pkg.table import load\n\ndef test_load():\n    assert load(8192) == 8192\n",
    "run.py": "import sys\nfrom pkg.table import load\n\nprint(load(int(sys.argv[1])))\n",
    "pyproject.toml": "[project]\nname = 'pkg'\n",
}
SMALLER = FILES["src/pkg/table.py"].replace("[bytes(1024) for", "[b'' for")
TARGETS = ("pkg.table:main", "run.py 8192", "tests/test_table.py::test_load")


class Bed:
    """A repository, exports of it, and a runner with the real probe."""

    def __init__(self, tmp_path: Path, level: str) -> None:
        self.root = make_repository(tmp_path / "project", FILES)
        make_dirty(self.root, "src/pkg/table.py")
        self.repository = Repository.open(self.root)
        self.repository.prepare()
        self.exports = Exports(tmp_path / "exports")
        found = Sandbox.detect(Limits(memory=4096 * MIB))
        assert found.level == "isolated", "these tests need bubblewrap: install it, and allow user namespaces"
        box = found if level == "isolated" else Sandbox("limited", found.limits)
        self.runner = Runner(box, tmp_path / "work")

    def export(self, table: str | None = None) -> Export:
        path = "src/pkg/table.py"
        edits = [] if table is None else [EditedFile(path=path, text=table, blob=self.repository.tree()[path])]
        return self.exports.create(self.repository, self.repository.candidate_tree(edits))

    def run(self, export: Export, purpose: str, target: str = "", **fields: object) -> Outcome:
        paths = self.repository.tree()
        job = Job.model_validate(
            {
                "purpose": purpose,
                "python": sys.executable,
                "export": str(export.path),
                "checkout": str(self.root),
                "target": parse_target(target, paths.__contains__) if target else None,
                "roots": import_roots(paths),
                "blobs": export.blobs,
                "timeout_s": 120,
                **fields,
            }
        )
        return asyncio.run(self.runner.run(job))


def peak(outcome: Outcome) -> int:
    assert outcome.status == "ok", outcome
    assert outcome.report is not None and outcome.report.traced_peak is not None
    return outcome.report.traced_peak


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("target", TARGETS)
def test_a_traced_run_tells_the_tree_from_its_candidate_and_the_checkout_stays(tmp_path, level, target):
    bed = Bed(tmp_path, level)
    before = fingerprint(bed.root)
    base = peak(bed.run(bed.export(), "traced", target))
    candidate = peak(bed.run(bed.export(SMALLER), "traced", target))
    assert base > 8 * MIB
    assert candidate < base - 7 * MIB
    assert fingerprint(bed.root) == before


def test_two_exports_of_one_tree_have_one_traced_peak(tmp_path):
    bed = Bed(tmp_path, "isolated")
    peaks = {peak(bed.run(bed.export(), "traced", "pkg.table:main")) for _ in range(3)}
    assert max(peaks) - min(peaks) < 1024, peaks


@pytest.mark.parametrize("level", LEVELS)
def test_an_inspection_names_the_interpreter(tmp_path, level):
    bed = Bed(tmp_path, level)
    outcome = bed.run(bed.export(), "inspect")
    assert outcome.status == "ok", outcome
    assert outcome.report is not None and outcome.report.tools is not None
    assert outcome.report.tools.version == ".".join(map(str, sys.version_info[:3]))


@pytest.mark.parametrize("level", LEVELS)
def test_the_test_suite_is_run_on_the_export(tmp_path, level):
    bed = Bed(tmp_path, level)
    broken = FILES["src/pkg/table.py"].replace("return len(rows)", "return 0")
    for table, passes in ((None, True), (broken, False)):
        outcome = bed.run(bed.export(table), "tests", test_runner="pytest")
        assert outcome.status == "ok", outcome
        assert outcome.report is not None and outcome.report.tests is not None
        tests = outcome.report.tests
        assert (tests.passed, tests.failed)[not passes] == ["tests/test_table.py::test_load"], tests
        assert (tests.passed, tests.failed)[passes] == []


def test_an_editable_install_is_redirected_to_the_export(tmp_path):
    bed = Bed(tmp_path, "limited")
    place = bed.root / "src/pkg/__init__.py"
    hook = f"import __editable___app_finder; __editable___app_finder.install({str(place)!r})"
    python = editable(tmp_path, hook.replace("app_finder", "pkg_finder"), "pkg")
    assert peak(bed.run(bed.export(), "traced", "pkg.table:main", python=str(python))) > 8 * MIB
    assert peak(bed.run(bed.export(SMALLER), "traced", "pkg.table:main", python=str(python))) < 1 * MIB


@pytest.mark.parametrize("level", LEVELS)
def test_an_interpreter_inside_the_checkout_measures_the_export(tmp_path, level):
    bed = Bed(tmp_path, level)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(bed.root / ".venv")], check=True)
    packages = next((bed.root / ".venv/lib").glob("python*/site-packages"))
    (packages / "helper.py").write_text("size = 1024\n")
    (packages / "pkg.pth").write_text(f"{bed.root / 'src'}\n")
    python = str(bed.root / ".venv/bin/python")
    table = FILES["src/pkg/table.py"].replace("bytes(1024)", "bytes(helper.size)")
    outcome = bed.run(bed.export("import helper\n" + table), "traced", "pkg.table:main", python=python)
    assert peak(outcome) > 8 * MIB
    assert outcome.report is not None
    assert str(bed.root / "src") not in str(outcome.report.modules)


def test_a_failing_target_is_reported_with_what_it_looked_for(tmp_path):
    bed = Bed(tmp_path, "isolated")
    failing = "def main():\n    return open('data/in.bin')\ndef load(n):\n    return n\n"
    outcome = bed.run(bed.export(failing), "plain", "pkg.table:main")
    assert outcome.status == "failed"
    assert outcome.report is not None
    assert "data/in.bin" in outcome.report.missing
