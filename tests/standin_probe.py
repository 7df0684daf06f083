"""A probe as small as its contract allows, for tests of what surrounds the real one: `job.json report.json`.

It runs a function target with its import roots first, and reports every module with a file, by its content. What
the target left at `report.json.broken` becomes the report instead.
"""

import hashlib
import importlib
import json
import sys
from pathlib import Path


def blob(path):
    data = Path(path).read_bytes()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def run_target(job, report):
    sys.path[:1] = [str(Path(job["export"], root)) for root in job["roots"]]
    try:
        module = importlib.import_module(job["target"]["module"])
        value = getattr(module, job["target"]["function"])()
    except Exception as error:  # noqa: BLE001 (a target may raise anything)
        report.update(ok=False, failure=repr(error))
    else:
        report["stdout"] = f"{job['purpose']} {value!r}"
    report["modules"] = [
        {"module": name, "file": found.__file__, "blob": blob(found.__file__)}
        for name, found in list(sys.modules.items())
        if getattr(found, "__file__", None) and found.__file__ != __file__
    ]


def main():
    job, out = json.loads(Path(sys.argv[1]).read_text("utf-8")), Path(sys.argv[2])
    report = {"ok": True, "python": sys.executable}
    if job["purpose"] == "inspect":
        report["stdout"] = str(Path.cwd())
    elif job["target"]:
        run_target(job, report)
    broken = out.with_name(out.name + ".broken")
    if broken.exists():
        broken.rename(out)
        return
    part = out.with_name(out.name + ".part")
    part.write_text(json.dumps(report), "utf-8")
    part.rename(out)


main()
