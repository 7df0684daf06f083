import asyncio
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from messaging.contents import EditedFile
from runtime.git import blob_id
from runtime.measure.export import Export, Exports
from runtime.measure.models import MIB, Job
from runtime.measure.reports import Outcome
from runtime.measure.runner import Runner
from runtime.measure.target import import_roots, parse_target
from runtime.repository import Repository
from runtime.sandbox import Limits, Sandbox
from tests.checkout import fingerprint, git, make_repository, put

STANDIN = Path(__file__).with_name("standin_probe.py")
LEVELS = ("isolated", "limited")
WRITE = "    import sys, os\n    folder = os.path.dirname(sys.argv[2])\n"
"""The beginning of a function that finds where the report goes."""


def sandbox(level: str) -> Sandbox:
    found = Sandbox.detect(Limits(memory=2048 * MIB))
    assert found.level == "isolated", "these tests need bubblewrap: install it, and allow user namespaces"
    return found if level == "isolated" else Sandbox("limited", found.limits)


class Bed:
    """A repository, exports of it, and a runner with the stand-in probe."""

    def __init__(self, tmp_path: Path, files: dict[str, str | bytes], level: str = "limited") -> None:
        self.root = make_repository(tmp_path / "project", files)
        self.repository = Repository.open(self.root)
        self.repository.prepare()
        self.exports = Exports(tmp_path / "exports")
        self.probe = tmp_path / "probe/probe.py"
        self.probe.parent.mkdir()
        shutil.copy(STANDIN, self.probe)
        self.runner = Runner(sandbox(level), tmp_path / "work", self.probe)

    def export(self, edits: dict[str, str] | None = None, carried: dict[str, bytes] | None = None) -> Export:
        made = [
            EditedFile(path=path, text=text, blob=self.repository.tree().get(path, ""))
            for path, text in (edits or {}).items()
        ]
        return self.exports.create(self.repository, self.repository.candidate_tree(made), carried)

    def job(self, export: Export, target: str = "app:run", **fields: object) -> Job:
        paths = self.repository.tree()
        return Job.model_validate(
            {
                "purpose": "plain",
                "python": sys.executable,
                "export": str(export.path),
                "checkout": str(self.root),
                "target": parse_target(target, paths.__contains__),
                "roots": import_roots(paths),
                "blobs": export.blobs,
                "timeout_s": 30,
                **fields,
            }
        )

    def run(self, target: str = "app:run", edits: dict[str, str] | None = None, **fields: object) -> Outcome:
        export = self.export(edits)
        try:
            return asyncio.run(self.runner.run(self.job(export, target, **fields)))
        finally:
            export.remove()


def returns(outcome: Outcome) -> str:
    assert outcome.status == "ok", outcome
    assert outcome.report is not None
    return outcome.report.stdout


@pytest.mark.parametrize("level", LEVELS)
def test_a_run_is_reported_and_the_export_is_as_before(tmp_path, level):
    bed = Bed(
        tmp_path, {"app.py": "import os\ndef run():\n    here = os.listdir(); open('made', 'w'); return here\n"}, level
    )
    before = fingerprint(bed.root)
    export = bed.export()
    outcome = asyncio.run(bed.runner.run(bed.job(export, purpose="traced")))
    assert returns(outcome) == "traced ['app.py']", "the warm-up's file is not there"
    assert (outcome.sandbox, outcome.traced_runs) == (level, 1)
    assert outcome.wall_s > 0
    assert [path.name for path in export.path.iterdir()] == ["app.py"]
    assert list((tmp_path / "work").iterdir()) == []
    assert fingerprint(bed.root) == before


def test_the_warm_up_fills_this_exports_bytecode_and_nothing_elses(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    bed = Bed(tmp_path, {"app.py": "def run():\n    import sys; return sys.modules['app'].__cached__\n"})
    export = bed.export()
    cold = bed.job(export, warm=False)
    cached = returns(asyncio.run(bed.runner.run(cold))).split("'")[1]
    assert cached.startswith(str(export.pycache))
    assert Path(cached).exists()
    assert list(export.path.rglob("*.pyc")) == []


def test_a_same_size_edit_within_a_second_runs_the_new_code(tmp_path):
    bed = Bed(tmp_path, {"app.py": "def run():\n    return 1\n"})
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(bed.root)], check=True)
    stale = next(bed.root.rglob("app*.pyc"))
    put(bed.root, {f"__pycache__/{stale.name}": stale.read_bytes()})
    now = 1_700_000_000
    results = []
    for value in (1, 2, 3):
        export = bed.export({"app.py": f"def run():\n    return {value}\n"})
        os.utime(export.path / "app.py", (now, now))
        results.append(returns(asyncio.run(bed.runner.run(bed.job(export)))))
    assert results == ["plain 1", "plain 2", "plain 3"]


def editable(tmp_path: Path, hook: str, package: str = "app") -> Path:
    """An interpreter with an installation hook, as a .pth file that is run or added at start."""
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    packages = next((environment / "lib").glob("python*/site-packages"))
    (packages / f"__editable___{package}_finder.py").write_text(
        textwrap.dedent("""
        import importlib.util, os, sys
        class Finder:
            @staticmethod
            def find_spec(name, path=None, target=None):
                if name == NAME:
                    inner = [os.path.dirname(PLACE)] if PLACE.endswith("__init__.py") else None
                    return importlib.util.spec_from_file_location(name, PLACE, submodule_search_locations=inner)
        def install(place):
            global PLACE
            PLACE = place
            sys.meta_path.insert(0, Finder)
        """)
        + f"NAME = {package!r}\n"
    )
    (packages / "__editable__.app.pth").write_text(hook)
    return environment / "bin/python"


def test_an_editable_install_that_loads_the_checkout_is_refused_with_module_and_place(tmp_path):
    bed = Bed(tmp_path, {"app.py": "def run():\n    return 'old'\n"})
    hook = f"import __editable___app_finder; __editable___app_finder.install({str(bed.root / 'app.py')!r})"
    python = editable(tmp_path, hook)
    outcome = bed.run(edits={"app.py": "def run():\n    return 'new'\n"}, python=str(python))
    assert outcome.status == "refused"
    assert f"app was loaded from {bed.root / 'app.py'}, not from app.py of the tree under test" in outcome.reason


def test_an_editable_path_to_the_checkout_gives_way_to_the_export(tmp_path):
    bed = Bed(tmp_path, {"src/app/__init__.py": "def run():\n    return 'old'\n"})
    python = editable(tmp_path, f"{bed.root / 'src'}\n")
    outcome = bed.run(edits={"src/app/__init__.py": "def run():\n    return 'new'\n"}, python=str(python))
    assert returns(outcome) == "plain 'new'"


def test_a_generated_module_that_git_ignores_is_carried(tmp_path):
    bed = Bed(tmp_path, {"app.py": "import made\ndef run():\n    return made.value\n", ".gitignore": "made.py\n"})
    put(bed.root, {"made.py": "value = 7\n"})
    failed = bed.run()
    assert failed.status == "failed"
    assert failed.report is not None and "No module named 'made'" in failed.report.failure
    carried = {path: file.read_bytes() for path, file in bed.repository.untracked_or_ignored(["made.py"]).items()}
    export = bed.export(carried=carried)
    assert returns(asyncio.run(bed.runner.run(bed.job(export)))) == "plain 7"
    changed = bed.job(export).model_copy(update={"blobs": {**export.blobs, "made.py": blob_id(b"value = 8\n")}})
    refused = asyncio.run(bed.runner.run(changed))
    assert refused.status == "refused"
    assert "made was loaded from made.py, which is not as it is in the tree under test" in refused.reason


def test_git_configuration_planted_by_the_target_is_never_run(tmp_path):
    mark = tmp_path / "exports/ran"
    plant = (
        "import os, subprocess\n"
        "def run():\n"
        "    os.mkdir('.git') if not os.path.exists('.git') else None\n"
        "    subprocess.run(['git', 'init', '-q', '.'])\n"
        f"    subprocess.run(['git', 'config', 'core.fsmonitor', 'touch {mark}; false'])\n"
        "    open('.gitattributes', 'w').write('* filter=evil')\n"
        f"    subprocess.run(['git', 'config', 'filter.evil.smudge', 'touch {mark}'])\n"
        "    return os.path.exists('.git/config')\n"
    )
    bed = Bed(tmp_path, {"app.py": plant})
    export = bed.export()
    outcome = asyncio.run(bed.runner.run(bed.job(export)))
    assert returns(outcome) == "plain True"
    assert not (export.path / ".git").exists()
    assert not bed.repository.checkout.is_dirty
    bed.export({"app.py": plant + "# more\n"})
    export.remove()
    assert not mark.exists()


@pytest.mark.parametrize("name", ("runtime", "rich", "messaging", "git"))
def test_a_target_package_of_one_of_our_names_is_the_targets(tmp_path, name):
    bed = Bed(tmp_path, {f"{name}/__init__.py": "def run():\n    return 'mine'\n"})
    assert returns(bed.run(f"{name}:run")) == "plain 'mine'"


@pytest.mark.parametrize("level", LEVELS)
def test_a_test_command_is_judged_by_its_exit_code_in_the_export(tmp_path, level):
    bed = Bed(tmp_path, {"app.py": "value = 1\n", "check.py": "import app, sys; sys.exit(app.value)\n"}, level)
    (bed.root.parent / "conftest.py").write_text("raise SystemExit('a conftest above was run')\n")
    fields = {"purpose": "tests", "test_runner": "command", "test_command": ["python", "check.py"]}
    failed = bed.run(**fields)
    assert failed.status == "ok" and failed.report is not None and failed.report.tests is not None
    assert (failed.report.tests.failed, failed.report.tests.exit_code) == (["python check.py"], 1)
    passed = bed.run(edits={"app.py": "value = 0\n"}, **fields)
    assert passed.report is not None and passed.report.tests is not None
    assert (passed.report.tests.passed, passed.report.tests.failed) == (["python check.py"], [])


def test_a_conftest_above_the_checkout_is_not_seen_from_the_export(tmp_path):
    bed = Bed(tmp_path, {"test_app.py": "def test_it():\n    assert True\n"}, "isolated")
    (bed.root.parent / "conftest.py").write_text("raise SystemExit('a conftest above was run')\n")
    (bed.root / "conftest.py").write_text("raise SystemExit('the checkout was run')\n")
    command = ["python", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    outcome = bed.run(purpose="tests", test_runner="command", test_command=command)
    assert outcome.report is not None and outcome.report.tests is not None
    assert outcome.report.tests.exit_code == 0, outcome.output


@pytest.mark.parametrize("level", LEVELS)
def test_signals_timeouts_and_early_exits_are_outcomes(tmp_path, level):
    files = {
        "app.py": "import os, time\n"
        "def dies():\n    os.kill(os.getpid(), 11)\n"
        "def leaves():\n    os._exit(0)\n"
        "def sleeps():\n    print('asleep', flush=True); time.sleep(60)\n"
    }
    bed = Bed(tmp_path, files, level)
    dead = bed.run("app:dies")
    assert (dead.status, dead.reason) == ("crashed", "The target's process was ended by SIGSEGV.")
    left = bed.run("app:leaves")
    assert left.status == "crashed"
    assert "ended (exit code 0) without a report" in left.reason
    slow = bed.run("app:sleeps", timeout_s=1.0, purpose="traced", warm=False)
    assert (slow.status, slow.output, slow.traced_runs) == ("timeout", "asleep\n", 1)


@pytest.mark.parametrize(
    "leave",
    (
        "open(broken, 'w').write('{')",
        "open(broken, 'wb').write(bytes([255, 0, 1]))",
        'open(broken, \'w\').write(\'{"ok": true, "python": "p", "own": 1}\')',
        "open(broken, 'w').truncate(65 << 20)",
        "os.mkfifo(broken)",
        "os.mkdir(broken)",
        "os.symlink('/etc/passwd', broken)",
    ),
)
def test_a_report_that_is_none_is_a_crash_and_no_error(tmp_path, leave):
    body = "def run():\n" + WRITE + "    broken = sys.argv[2] + '.broken'\n    " + leave + "\n"
    outcome = Bed(tmp_path, {"app.py": body}).run()
    assert outcome.status == "crashed"
    assert "no readable report" in outcome.reason


def test_a_stop_ends_the_run_at_once_and_leaves_the_export_whole(tmp_path):
    bed = Bed(tmp_path, {"app.py": "import time\ndef run():\n    time.sleep(60)\n"})
    export = bed.export()

    async def stopped() -> Outcome:
        stop = asyncio.Event()
        asyncio.get_running_loop().call_later(0.6, stop.set)
        return await bed.runner.run(bed.job(export), stop)

    outcome = asyncio.run(stopped())
    assert (outcome.status, outcome.reason) == ("crashed", "It was stopped.")
    assert outcome.wall_s < 5
    assert [path.name for path in export.path.iterdir()] == ["app.py"]


def test_a_cancelled_run_leaves_the_export_whole(tmp_path):
    bed = Bed(tmp_path, {"app.py": "import time\ndef run():\n    time.sleep(60)\n"})
    export = bed.export()

    async def cancelled() -> None:
        task = asyncio.create_task(bed.runner.run(bed.job(export)))
        await asyncio.sleep(0.6)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert [path.name for path in export.path.iterdir()] == ["app.py"]


def test_an_export_left_by_a_killed_runner_is_put_right(tmp_path):
    bed = Bed(tmp_path, {"app.py": "import os\ndef run():\n    return os.listdir()\n"})
    export = bed.export()
    export.path.rename(export.path.with_name("pristine"))
    put(export.path, {"half": "copied"})
    assert returns(asyncio.run(bed.runner.run(bed.job(export)))) == "plain ['app.py']"


def test_jobs_that_cannot_be_run_are_refused_with_the_reason(tmp_path):
    bed = Bed(tmp_path, {"app.py": "def run():\n    return 1\n"})
    assert "install bubblewrap" in bed.run(require_isolated=True).reason
    assert "no Python interpreter at /nowhere/python" in bed.run(python="/nowhere/python").reason
    assert "There is no test command" in bed.run(purpose="tests", test_runner="command").reason
    export = bed.export()
    export.remove()
    gone = asyncio.run(bed.runner.run(bed.job(export)))
    assert (gone.status, gone.reason) == ("refused", f"There is no export at {export.path}.")


@pytest.mark.parametrize("level", LEVELS)
def test_an_inspection_needs_no_export(tmp_path, level):
    bed = Bed(tmp_path, {"app.py": ""}, level)
    job = Job(purpose="inspect", python=sys.executable, export="", checkout=str(bed.root))
    assert returns(asyncio.run(bed.runner.run(job))) == str(tmp_path / "work/run/exchange")


def test_the_checkout_can_be_neither_read_nor_written_in_isolation(tmp_path):
    body = (
        "import os\ndef run():\n"
        f"    place = {str(tmp_path / 'project')!r}\n"
        "    os.makedirs(place, exist_ok=True); open(place + '/app.py', 'a').write('x')\n"
        "    return open(place + '/app.py').read()\n"
    )
    bed = Bed(tmp_path, {"app.py": body}, "isolated")
    before = fingerprint(bed.root)
    assert returns(bed.run()) == "plain 'x'"
    assert fingerprint(bed.root) == before
    assert git(bed.root, "status", "--porcelain") == ""
