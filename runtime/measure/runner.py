"""Runs jobs: target code in the sandbox, on an export, and says whether what came of it counts.

Each run starts from the same files: the export is copied, the target runs on the copy (at the export's own
path), and the copy is thrown away. So a warm-up leaves its bytecode, which lies elsewhere, and nothing else.
"""

import asyncio
import os
import shutil
import stat
from pathlib import Path

from pydantic import ValidationError

from runtime import process
from runtime.environment import target_environment
from runtime.errors import BadInput
from runtime.interpreter import virtual_environment
from runtime.measure import provenance
from runtime.measure.cgroup import Cgroup
from runtime.measure.export import pycache_of, remove_tree
from runtime.measure.models import MIB, Job
from runtime.measure.reports import Outcome, ProbeReport, TestOutcomes
from runtime.process import Ended
from runtime.sandbox import Sandbox

PROBE = Path(__file__).with_name("probe") / "probe.py"
REPORT_LIMIT = 64 * MIB
"""A report is at most a few MiB; more is not read."""

TRACED = frozenset({"traced", "calls", "stages"})
WARMED = frozenset({"plain", "traced", "calls", "stages", "census", "digest", "native"})


class Runner:
    """Runs one job after another.

    Args:
        sandbox: what target code may see and use.
        work: a folder of this runner's own, for orders and reports.
        probe: the program that runs inside the target's interpreter; its folder is visible to it.
        cgroup: makes the control groups that plain runs are in; None where none can be had.
    """

    def __init__(self, sandbox: Sandbox, work: Path, probe: Path = PROBE, cgroup: Cgroup | None = None) -> None:
        work.mkdir(parents=True, exist_ok=True)
        self.sandbox = sandbox
        self.work = work.resolve()
        self.probe = probe.resolve()
        self.cgroup = cgroup
        self._turn = asyncio.Lock()

    async def run(self, job: Job, stop: asyncio.Event | None = None) -> Outcome:
        """Runs a job, after those that were asked for before it.

        Args:
            job: what to run.
            stop: ends the running child at once when set; the outcome is then `crashed`.

        Returns:
            The outcome; whatever the target does, and whatever it reports, is no exception.
        """
        async with self._turn:
            reason = self._unfit(job)
            if reason:
                return Outcome(status="refused", reason=reason, sandbox=self.sandbox.level)
            spent = 0.0
            if job.warm and job.target is not None and job.purpose in WARMED:
                warmed = await self._once(job.model_copy(update={"purpose": "plain"}), stop)
                spent = warmed.wall_s
                if warmed.status != "ok":
                    return warmed.model_copy(update={"reason": warmed.reason or "the warm-up run failed"})
            outcome = await self._once(job, stop)
            return outcome.model_copy(
                update={"wall_s": outcome.wall_s + spent, "traced_runs": int(job.purpose in TRACED)}
            )

    def _unfit(self, job: Job) -> str:
        """Why the job cannot be run at all; empty when it can."""
        if job.require_isolated and self.sandbox.level != "isolated":
            return "This run needs the sandbox level isolated: install bubblewrap where the runner runs."
        if not Path(job.python).is_file():
            return f"There is no Python interpreter at {job.python}: name one that exists."
        if job.purpose != "inspect" and not Path(job.export).is_dir() and not _pristine(job).is_dir():
            return f"There is no export at {job.export}."
        if job.purpose == "tests" and job.test_runner == "command" and not job.test_command:
            return "There is no test command: set one, or name pytest or unittest."
        return ""

    async def _once(self, job: Job, stop: asyncio.Event | None) -> Outcome:
        """One run in a scratch folder of its own."""
        scratch = self.work / "run"
        remove_tree(scratch)
        (scratch / "tmp").mkdir(parents=True)
        exchange = scratch / "exchange"
        exchange.mkdir()
        try:
            if job.purpose == "inspect":
                return await self._confined(job, exchange, exchange, stop)
            return await self._on_copy(job, exchange, stop)
        finally:
            await asyncio.to_thread(remove_tree, scratch)

    async def _on_copy(self, job: Job, exchange: Path, stop: asyncio.Event | None) -> Outcome:
        """The run, on a copy of the export's files at the export's own path."""
        export, pristine = Path(job.export), _pristine(job)
        copying = asyncio.create_task(asyncio.to_thread(_lay_copy, export, pristine))
        try:
            await asyncio.shield(copying)
            return await self._confined(job, exchange, export, stop)
        finally:
            await asyncio.wait({copying})
            await asyncio.to_thread(_take_copy_away, export, pristine)

    async def _confined(self, job: Job, exchange: Path, cwd: Path, stop: asyncio.Event | None) -> Outcome:
        by_command = job.purpose == "tests" and job.test_runner == "command"
        order, report = exchange / "job.json", exchange / "report.json"
        order.write_text(job.model_dump_json(), encoding="utf-8")
        argv = job.test_command if by_command else [job.python, str(self.probe), str(order), str(report)]
        python = Path(job.python)
        pycache = pycache_of(cwd)
        pycache.mkdir(exist_ok=True)
        env = target_environment(
            os.environ,
            python=python,
            temporary=self.sandbox.temporary(exchange.parent / "tmp"),
            pycache=pycache,
            hash_seed=job.hash_seed,
        )
        if by_command:
            env["PYTHONPATH"] = os.pathsep.join(str(cwd / root) for root in job.roots)
        cgroup = self.cgroup if job.purpose == "plain" else None
        try:
            command = self.sandbox.command(
                argv,
                python=python,
                cwd=cwd,
                readonly=[self.probe.parent],
                writable=list(dict.fromkeys([exchange, cwd, pycache])),
                around=(Path(job.checkout),) if job.checkout else (),
                group=cgroup.begin() if cgroup else None,
            )
        except BadInput as error:
            if cgroup:
                cgroup.end()
            return Outcome(status="refused", reason=str(error), sandbox=self.sandbox.level)
        try:
            ended = await process.run(command, env=env, cwd=cwd, timeout_s=job.timeout_s, stop=stop)
        finally:
            peak = cgroup.end() if cgroup else None
        outcome = _by_command(job, ended) if by_command else _judge(job, ended, report)
        if outcome.report and peak:
            outcome = outcome.model_copy(update={"report": outcome.report.model_copy(update={"cgroup_peak": peak})})
        return outcome.model_copy(
            update={"sandbox": self.sandbox.level, "output": ended.output, "wall_s": ended.wall_s}
        )


def _pristine(job: Job) -> Path:
    """Where the export's own files lie while a run has a copy of them in their place."""
    return Path(job.export).with_name("pristine")


def _lay_copy(export: Path, pristine: Path) -> None:
    """Sets the export's files aside and puts a copy in their place, times kept (bytecode goes by them)."""
    if pristine.exists():  # a runner was killed on this export
        remove_tree(export)
    else:
        export.rename(pristine)
    shutil.copytree(pristine, export, symlinks=True)


def _take_copy_away(export: Path, pristine: Path) -> None:
    remove_tree(export)
    pristine.rename(export)


def _ended_badly(job: Job, ended: Ended) -> Outcome | None:
    if ended.how == "timeout":
        return Outcome(status="timeout", reason=f"It took longer than {job.timeout_s:g} s and was ended.")
    if ended.how == "stopped":
        return Outcome(status="crashed", reason="It was stopped.")
    return None


def _by_command(job: Job, ended: Ended) -> Outcome:
    """Judges a test command by its exit code alone."""
    bad = _ended_badly(job, ended)
    if bad or ended.signal_name:
        return bad or Outcome(status="crashed", reason=f"The test command was ended by {ended.signal_name}.")
    name = [" ".join(job.test_command)]
    tests = TestOutcomes(
        passed=[] if ended.status else name,
        failed=name if ended.status else [],
        output=ended.output,
        exit_code=ended.status,
    )
    return Outcome(status="ok", report=ProbeReport(ok=True, python=job.python, tests=tests))


def _judge(job: Job, ended: Ended, file: Path) -> Outcome:
    """The outcome of a probe's run."""
    bad = _ended_badly(job, ended)
    saved = job.purpose == "survey" and ended.how == "timeout" and file.exists()
    if bad and not saved:
        return bad
    if ended.signal_name and not saved:
        return Outcome(status="crashed", reason=f"The target's process was ended by {ended.signal_name}.")
    try:
        report = ProbeReport.model_validate_json(_read(file))
    except FileNotFoundError:
        return Outcome(
            status="crashed",
            reason=f"The target's process ended (exit code {ended.status}) without a report.",
        )
    except (OSError, ValidationError) as error:
        reason = str(error).splitlines()[0]
        return Outcome(status="crashed", reason=f"The target's process left no readable report: {reason}.")
    if job.purpose == "inspect":
        return Outcome(status="ok" if report.ok else "failed", report=report)
    environment = virtual_environment(Path(job.python))
    if not report.ok:
        return Outcome(status="failed", report=report)
    refusal = provenance.check(report, job, str(environment) if environment else None)
    return Outcome(status="refused" if refusal else "ok", reason=refusal or "", report=report)


def _read(file: Path) -> bytes:
    """The report, which target code may have put there: no link is followed, no pipe waited for.

    Raises:
        OSError: it is no regular file, or larger than `REPORT_LIMIT`.
    """
    descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as opened:
        found = os.fstat(opened.fileno())
        if not stat.S_ISREG(found.st_mode) or found.st_size > REPORT_LIMIT:
            raise OSError("it is no regular file of a sensible size")
        return opened.read(REPORT_LIMIT)
