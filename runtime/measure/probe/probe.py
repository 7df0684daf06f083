"""The probe: runs target code under the target's own interpreter (3.9 and later) and says what it saw.

    python probe.py job.json report.json

The job is a `Job`, the report a `ProbeReport` of runtime/measure. Standard library only. The other files of
this folder are loaded by path under private names, and the folder leaves sys.path before anything of the target is
imported. What the target may replace (open, os functions, json) is kept as private references.

wall_s is the run of the target without its import: the call, the script, or the test's setup, call and teardown.
"""

from __future__ import annotations

import sys

sys.path[:] = sys.path[1:]  # this folder

import json  # noqa: E402
import os  # noqa: E402
import types  # noqa: E402
from importlib import import_module, machinery, util  # noqa: E402

_FOLDER = os.path.dirname(os.path.abspath(__file__))
_PRIVATE = "_lowtide_probe_"
_TAIL = 4000
_FAILURE = 8000
_encode = json.JSONEncoder().encode
_open, _replace, _fsync = open, os.replace, os.fsync
_getpid, _exit = os.getpid, os._exit
_settrace, _setprofile = sys.settrace, sys.setprofile
_getenv = os.environ.get


class _Siblings:
    """Finds the files of this folder by their private names, while one of them is loaded."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> machinery.ModuleSpec | None:
        if not name.startswith(_PRIVATE):
            return None
        return util.spec_from_file_location(name, os.path.join(_FOLDER, name[len(_PRIVATE) :] + ".py"))


def load(name: str) -> types.ModuleType:
    """A file of this folder as the module `_lowtide_probe_NAME`."""
    if _PRIVATE + name not in sys.modules:
        sys.meta_path.insert(0, _Siblings)
        try:
            import_module(_PRIVATE + name)
        finally:
            sys.meta_path.remove(_Siblings)
    return sys.modules[_PRIVATE + name]


class Run:
    """One job.

    Args:
        job: the fields of Job.
        report: absolute path of the report; output and child lists are kept in its folder.
    """

    def __init__(self, job: dict, report: str) -> None:
        self.job = job
        self.purpose = job["purpose"]
        self.target = job["target"]
        self.report = report
        self.export = job["export"].rstrip("/") or "/"
        lines = load("lines")
        if self.purpose in ("traced", "calls", "stages") and lines.needed():
            lines.listen(_FOLDER, self.export)
        self.importing = load("importing")
        self.watching = load("watching")
        self.output = load("output").Output(report + ".stdout")
        self.targets = load("targets")
        self.digests = load("digest")
        self.blob = load("blobs").BlobIds()
        self.names = self.importing.top_level_names(job["blobs"], job["roots"])
        self.children = report + ".children"
        self.scratch = [self.export, _getenv("TMPDIR", "")]
        self.meter = load("meter").Meter(self.purpose, self._recorder())
        self.group = load("group").Group(report + ".group") if self.purpose == "plain" else None
        self.watch = self.watching.Watch(self.export, self._replaced)
        self.not_found = self.importing.NotFound()
        self.tester = None
        self.leaks = None
        self.ended = None
        self._pid = _getpid()
        self._concluding = False

    def _recorder(self) -> object:
        self.recorder = None
        self.calls = load("calls").Calls(self.export) if self.purpose == "calls" or self.job["follow"] else None
        self.offspring = None
        if self.purpose == "calls":
            self.recorder = self.calls
        elif self.purpose == "native":
            self.recorder = load("native").Tracking(os.path.dirname(self.report), self.export)
        elif self.purpose in ("stages", "census"):
            self.recorder = load("stages").Recorder(
                chain=self.job["chain"],
                export=self.export,
                mode=self.purpose,
                peak_hint=self.job["peak_hint"],
                event=self.job["event"],
                event_before=self.job["event_before"],
                follow=self.calls,
            )
        return self.recorder

    def prepare(self) -> None:
        """Everything up to the first line of the target."""
        os.chdir(self.export)
        self.importing.redirect(self.export, self.job["checkout"], self.job["roots"], self.names)
        traced = self.calls is not None
        self.importing.prepare_children(
            self.children, self.export, self.job["checkout"], self.job["roots"], self.names, traced
        )
        if traced:
            self.offspring = load("offspring").Offspring(self.children, self.export, self.calls)
        sys.meta_path.append(self.not_found)
        self.before = self.watching.sizes(self.scratch, os.path.dirname(self.report))
        os._exit = self._leave
        os.register_at_fork(after_in_child=self.watch.stop)
        self.output.start()

    def go(self) -> None:
        """Runs the target and writes the report."""
        kind = "tests" if self.purpose in ("tests", "survey") else self.target["kind"]
        if self.purpose == "leaks":
            self.leaks = load("leaks").Repeats(self.job["repeats"], self.export)
        if kind in ("test", "tests"):
            survey = load("survey").Survey(self.job["survey_s"], self.write) if self.purpose == "survey" else None
            self.tester = load("testing").make(self.job, self.export, self.meter, self.purpose, survey, self.leaks)
        self.prepare()
        if self.tester is not None:
            self.tester.prepare()
        if self.group is not None:
            self.group.start()
        self.watch.start()
        self.meter.prepare()
        if self.tester is not None:
            self.ended = self.tester.run()
        else:
            self.ended = self.leaks.run(self._once) if self.leaks is not None else self._once()
            if kind in self.targets.PROGRAMS:
                self.targets.wind_up()
        self._as_child()
        self.conclude()

    def _once(self) -> object:
        if self.target["kind"] in self.targets.PROGRAMS:
            return self.targets.run_program(self.target, self.export, self.meter, self.recorder)
        target = self.target
        return self.targets.run_function(target["module"], target["function"], target["text"], self.meter)

    def _as_child(self) -> None:
        """A fork of the target's that came back up to here ends as a fork of any script would."""
        if _getpid() != self._pid:
            self.output.stop()
            os._exit(self.ended.code if self.ended else 0)

    def _leave(self, code: int) -> None:
        """Stands for os._exit: a fork leaves its module list, the target's own process its report."""
        if _getpid() != self._pid:
            self.importing.write_modules(self.children, self.export, self.job["checkout"], self.names)
            if self.offspring is not None:
                self.offspring.leave()
            _exit(code)
        if self._concluding:
            raise SystemExit  # of a thread that is still running: the process ends in a moment
        script = self.target is not None and self.target["kind"] in self.targets.PROGRAMS
        if script and not code:
            self.ended = self.targets.Ended()
        else:
            self.ended = self.targets.Ended(
                f"The target ended the process itself with os._exit({code!r}).", code=code & 0xFF
            )
        self.conclude(flush=False)
        _exit(0)

    def _replaced(self, sentence: str) -> None:
        self.write({"ok": False, "failure": sentence})

    def conclude(self, flush: bool = True) -> None:
        """The target has ended: measures what is left to measure and writes the report."""
        self._concluding = True
        self.meter.finish()
        group_peak = self.group.stop() if self.group is not None else None
        _settrace(None)
        _setprofile(None)
        self.watch.stop()
        self.output.stop(flush)
        after = self.watching.sizes(self.scratch, os.path.dirname(self.report))
        fields = self.meter.report()
        failure = fields.pop("disturbed", "") or self.ended.failure
        if self.purpose == "census" and not failure and not fields.get("census_line"):
            failure = f"The run ended before probe event {self.job['event']}: no census was taken."
        elif self.purpose == "census" and self.ended.code and fields.get("census_line"):
            failure = ""  # what a script ends with after the census is not judged
        if self.target and self.target["kind"] in self.targets.PROGRAMS:
            fields.pop("traced_import", None)  # it is part of the run
        fields.update(self._digest())
        fields.update(self._modules())
        fields.update(
            ok=not failure,
            failure=failure[-_FAILURE:],
            stdout=self.output.tail(_TAIL),
            threads=self.watch.threads,
            children_rss=self.watching.children_rss(),
            group_peak=group_peak,
            written=self.watching.grown(self.before, after),
        )
        if self.tester is not None:
            fields.update(self.tester.report(self.output))
        if self.leaks is not None:
            fields.update(self.leaks.fields())
        self.write(fields)

    def _digest(self) -> dict:
        """digest, digest_kind and opaque, where this purpose has them."""
        kind = self.target["kind"] if self.target else ""
        if kind == "test":
            return self.tester.digest() if self.purpose == "digest" else {}
        if self.purpose not in ("plain", "traced", "digest"):
            return {}
        if kind in self.targets.PROGRAMS:
            return {"digest": self.output.digest(self.ended.code, self.export), "digest_kind": "output"}
        if self.ended.failure:
            return {}
        digester = self.digests.Digester()
        digest = digester.digest(self.ended.value)
        return {"digest": digest, "digest_kind": "return", "opaque": sorted(digester.opaque)}

    def _modules(self) -> dict:
        """modules, children, child, opened and missing."""
        for path in self.not_found.candidates():
            self.watch.note(path)
        count, of_children = self.importing.read_children(self.children)
        own = self.importing.project_modules(self.export, self.job["checkout"], self.names)
        modules = [
            {"module": name, "file": file, "blob": self.blob(file), "process": process}
            for process, pairs in (("main", own), ("child", of_children))
            for name, file in pairs
        ]
        return {
            "modules": modules,
            "children": max(count, self.watch.children),
            "child": load("offspring").highest(self.children) if self.offspring is not None else None,
            "opened": sorted(self.watch.opened),
            "missing": sorted(self.watch.missing - self.watch.opened),
        }

    def write(self, fields: dict) -> None:
        """Writes the report: a temporary file, then a rename."""
        write_report(self.report, dict(fields, python=self.job["python"]))


def write_report(path: str, fields: dict) -> None:
    """Writes fields as JSON, atomically; text that is no Unicode is written with escapes."""
    data = _encode(_clean(fields)).encode("ascii")
    with _open(path + ".part", "wb") as file:
        file.write(data)
        file.flush()
        _fsync(file.fileno())
    _replace(path + ".part", path)


def _clean(value: object) -> object:
    if isinstance(value, str):
        return str.encode(value, "utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_clean(key): _clean(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(item) for item in value]
    return value


def main() -> None:
    """Does the job named on the command line."""
    with _open(sys.argv[1], encoding="utf-8") as file:
        job = json.load(file)
    report = os.path.abspath(sys.argv[2])
    if job["purpose"] == "inspect":
        write_report(report, {"ok": True, "python": job["python"], "tools": load("tools").found(job)})
        return
    Run(job, report).go()
    _exit(0)


if __name__ == "__main__":
    main()
