"""Runs the probe as the runner does, on a small project of the test's own, and reads its report."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from runtime.measure.models import Job, TargetSpec
from runtime.measure.reports import ProbeReport
from runtime.measure.runner import PROBE
from runtime.measure.target import import_roots, parse_target

INTERPRETERS = [
    sys.executable,
    *(
        str(python)
        for python in sorted(Path.home().glob(".pyenv/versions/*/bin/python"))
        if python.parent.parent.name.split(".")[:2] in (["3", minor] for minor in ("9", "10", "12", "13"))
    ),
]
"""This interpreter, and those of pyenv that the probe supports: whichever the machine has."""


def blob_id(content: bytes) -> str:
    return (
        subprocess.run(["git", "hash-object", "--stdin"], input=content, capture_output=True, check=True)
        .stdout.decode()
        .strip()
    )


class Project:
    """An export below `folder`, and the checkout it was made from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.export = folder / "export"
        self.checkout = folder / "checkout"
        self.export.mkdir()
        self.checkout.mkdir()
        self.runs = 0
        self.last: subprocess.CompletedProcess[bytes]

    def write(self, files: dict[str, str]) -> "Project":
        for name, text in files.items():
            path = self.export / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        return self

    def job(self, purpose: str, target: str | None, python: str = sys.executable, **fields: object) -> Job:
        names = [
            path.relative_to(self.export).as_posix()
            for path in sorted(self.export.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        ]
        spec: TargetSpec | None = None
        if target is not None:
            spec = parse_target(shlex.split(target), lambda name: name in names)
        return Job.model_validate(
            {
                "purpose": purpose,
                "python": python,
                "export": str(self.export) if purpose != "inspect" else "",
                "checkout": str(self.checkout),
                "target": spec,
                "roots": import_roots(names),
                "blobs": {name: blob_id((self.export / name).read_bytes()) for name in names},
                **fields,
            }
        )

    def start(self, job: Job, seed: int = 0, environment: dict[str, str] | None = None) -> Path:
        """Runs the probe; returns where its report should be."""
        self.runs += 1
        exchange = self.folder / f"run{self.runs}"
        temporary = self.folder / f"tmp{self.runs}"
        exchange.mkdir()
        temporary.mkdir()
        order, report = exchange / "job.json", exchange / "report.json"
        order.write_text(job.model_dump_json())
        self.last = subprocess.run(
            [job.python, str(PROBE), str(order), str(report)],
            cwd=self.export,
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "LANG": "C.UTF-8",
                "HOME": str(temporary),
                "TMPDIR": str(temporary),
                "PYTHONHASHSEED": str(seed),
                "PYTHONPYCACHEPREFIX": str(self.folder / "pycache"),
                **(environment or {}),
            },
            capture_output=True,
            timeout=120,
            check=False,
        )
        return report

    def run(
        self,
        purpose: str,
        target: str | None = None,
        seed: int = 0,
        environment: dict[str, str] | None = None,
        **fields: object,
    ) -> ProbeReport:
        """One run of the probe; its report, checked by the model."""
        report = self.start(self.job(purpose, target, **fields), seed, environment)  # type: ignore[arg-type]
        assert report.exists(), os.fsdecode(self.last.stderr)
        return ProbeReport.model_validate_json(report.read_bytes())
