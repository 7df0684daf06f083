"""Profiles and measures one case project, as the runner does, but unconfined: the cases are this repository's own."""

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.micro_project import DATA
from runtime.domain import Profile
from runtime.git import blob_id
from runtime.measure.models import Job, TargetSpec
from runtime.measure.reports import ProbeReport
from runtime.measure.runner import PROBE

HERE = Path(__file__).parent
TARGET = TargetSpec(kind="function", text="drive:main", module="drive", function="main")
TIMEOUT_S = 300


class RunFailed(Exception):
    """A run of a case that did not end well; the text says how."""


@dataclass(frozen=True)
class Measured:
    """Traced peak in bytes above the set-up, and the digest of the result."""

    peak: int
    digest: str


@dataclass(frozen=True)
class Place:
    """Where one worker runs cases: the interpreter that has numpy and pandas, its work and its data folder."""

    python: Path
    work: Path
    data: Path

    def environment(self) -> dict[str, str]:
        """The whole environment of a run."""
        return {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(self.work),
            "TMPDIR": str(self.work),
            "PYTHONHASHSEED": "0",
            "PYTHONPYCACHEPREFIX": str(self.work / "pycache"),
            DATA: str(self.data),
        }

    def _run(self, *words: str, cwd: Path) -> str:
        command = [str(self.python), *words]
        done = subprocess.run(
            command, cwd=cwd, env=self.environment(), capture_output=True, text=True, timeout=TIMEOUT_S
        )
        if done.returncode:
            raise RunFailed(done.stderr[-2000:])
        return done.stdout

    def measure(self, folder: Path) -> Measured:
        """One fresh process. Raises RunFailed when the case raises."""
        printed = self._run(str(HERE / "micro_case.py"), str(folder), str(HERE / "micro"), cwd=folder)
        return Measured(**json.loads(printed.splitlines()[-1]))

    def probe(self, folder: Path, purpose: str, **fields: object) -> ProbeReport:
        """One run under the probe. Raises RunFailed when the case raises or the probe gives no report."""
        names = sorted(path.name for path in folder.glob("*.py"))
        job = Job.model_validate(
            {
                "purpose": purpose,
                "python": str(self.python),
                "export": str(folder),
                "checkout": str(self.work / "checkout"),
                "target": TARGET,
                "blobs": {name: blob_id((folder / name).read_bytes()) for name in names},
                **fields,
            }
        )
        with tempfile.TemporaryDirectory(dir=self.work) as exchange:
            order, report = Path(exchange, "job.json"), Path(exchange, "report.json")
            order.write_text(job.model_dump_json())
            self._run(str(PROBE), str(order), str(report), cwd=folder)
            found = ProbeReport.model_validate_json(report.read_bytes())
        if not found.ok:
            raise RunFailed(found.failure)
        return found

    def profile(self, folder: Path) -> Profile:
        """Call peaks, stages and census, as Bench.profile takes them."""
        calls = self.probe(folder, "calls")
        stages = self.probe(folder, "stages", chain=calls.chain, peak_hint=calls.traced_peak)
        census = None
        if stages.event is not None:
            census = self.probe(
                folder, "census", chain=calls.chain, event=stages.event, event_before=stages.event_before
            )
        return Profile("", calls, stages, census)
