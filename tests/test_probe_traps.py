"""What target code and its environment do to a measurement, on real runs of the probe."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from runtime.measure.reports import ImportedFile
from tests.probe_runs import INTERPRETERS, Project

SITE = Path("lib") / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def environment_with(folder: Path, pth: str, **modules: str) -> str:
    """An interpreter of a bare virtual environment with a .pth file and modules in its site-packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", str(folder)], check=True)
    for name, text in modules.items():
        (folder / SITE / f"{name}.py").write_text(text)
    (folder / SITE / "zz.pth").write_text(pth)
    return str(folder / "bin" / "python")


def files_of(project: Project, modules: list[ImportedFile]) -> set[str]:
    return {os.path.relpath(module.file, project.folder) for module in modules}


CHECKOUT_COPY = "WHERE = 'checkout'\n"
EXPORT_COPY = "WHERE = 'export'\ndef main():\n    return WHERE\n"


def test_editable_path_entry_of_the_checkout_is_dropped(project: Project) -> None:
    project.write({"main.py": "import pkg, sys\nprint(pkg.WHERE, any('checkout' in path for path in sys.path))\n"})
    project.write({"src/pkg/__init__.py": EXPORT_COPY, "pyproject.toml": ""})
    (project.checkout / "src" / "pkg").mkdir(parents=True)
    (project.checkout / "src" / "pkg" / "__init__.py").write_text(CHECKOUT_COPY)
    python = environment_with(project.folder / "venv", f"{project.checkout}/src\n")

    assert project.run("plain", "main.py", python=python).stdout == "export False\n"


def test_module_that_a_pth_file_imported_from_the_checkout_is_imported_anew(project: Project) -> None:
    project.write({"pkg.py": EXPORT_COPY, "main.py": "import pkg\nprint(pkg.WHERE)\n"})
    (project.checkout / "pkg.py").write_text(CHECKOUT_COPY)
    python = environment_with(project.folder / "venv", f"{project.checkout}\nimport pkg\n")

    report = project.run("plain", "main.py", python=python)

    assert report.stdout == "export\n"
    assert files_of(project, report.modules) == {"export/main.py", "export/pkg.py"}


FINDER = """
import sys
from importlib.util import spec_from_file_location

class Finder:
    {extra}
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        {before}
        if name == "pkg":
            return spec_from_file_location(name, {file!r})

sys.meta_path.insert(0, Finder)
"""


@pytest.mark.parametrize(
    ("extra", "before"),
    [
        ("", ""),
        ("", "if name == 'pkg': raise RuntimeError('the build failed')"),
        ("_top_level_modules = {'pkg'}", "if name == 'pkg': sys.exit('a build was started')"),
        ("known_source_files = {'pkg.sub': ''}", "if name == 'pkg': sys.exit('a build was started')"),
    ],
)
def test_editable_finders_of_the_project_are_removed(project: Project, extra: str, before: str) -> None:
    project.write({"pkg.py": EXPORT_COPY, "main.py": "import pkg\nprint(pkg.WHERE)\n"})
    (project.checkout / "pkg.py").write_text(CHECKOUT_COPY)
    finder = FINDER.format(extra=extra, before=before, file=str(project.checkout / "pkg.py"))
    python = environment_with(project.folder / "venv", "import editable_pkg\n", editable_pkg=finder)

    assert project.run("plain", "main.py", python=python).stdout == "export\n"


def test_finders_of_other_packages_stay(project: Project) -> None:
    project.write({"main.py": "import pkg\nprint(pkg.WHERE)\n"})
    other = project.folder / "other.py"
    other.write_text("WHERE = 'elsewhere'\n")
    finder = FINDER.format(extra="", before="", file=str(other))
    python = environment_with(project.folder / "venv", "import editable_pkg\n", editable_pkg=finder)

    assert project.run("plain", "main.py", python=python).stdout == "elsewhere\n"


def test_virtual_environment_inside_the_checkout_stays_importable(project: Project) -> None:
    project.write({"main.py": "import tool\nprint(tool.NAME)\n"})
    python = environment_with(project.checkout / ".venv", "", tool="NAME = 'installed'\n")

    report = project.run("plain", "main.py", python=python)

    assert report.stdout == "installed\n"
    assert files_of(project, report.modules) == {"export/main.py"}


def test_module_loaded_from_the_checkout_all_the_same_is_listed(project: Project) -> None:
    text = f"""
        import sys
        sys.path.insert(0, {str(project.checkout)!r})
        import generated
        print(generated.WHERE)
    """
    project.write({"main.py": text})
    (project.checkout / "generated.py").write_text(CHECKOUT_COPY)

    report = project.run("plain", "main.py")

    assert files_of(project, report.modules) == {"export/main.py", "checkout/generated.py"}


def test_failed_imports_and_files_name_what_was_missing(project: Project) -> None:
    project.write(
        {
            "pkg/__init__.py": """
                try:
                    from pkg import _version
                except ImportError:
                    pass
                try:
                    from pkg import _speedups
                except ImportError:
                    pass
                """,
            "main.py": """
                import os, pkg
                for path in ("data/cache.bin", os.path.abspath("rows.csv")):
                    try:
                        open(path)
                    except OSError:
                        pass
                try:
                    os.listdir("generated")
                except OSError:
                    pass
                open("there.txt").close()
                open("made.txt", "w").close()
                """,
            "there.txt": "",
        }
    )

    report = project.run("plain", "main.py")

    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    assert {"data/cache.bin", "rows.csv", "generated"} <= set(report.missing)
    assert {"pkg/_version.py", "pkg/_version/__init__.py", f"pkg/_speedups{suffix}"} <= set(report.missing)
    assert "made.txt" not in {*report.missing, *report.opened}
    assert {"there.txt", "main.py", "pkg/__init__.py"} <= set(report.opened)


@pytest.mark.parametrize("python", INTERPRETERS)
def test_children_load_the_project_from_the_export_and_are_listed(project: Project, python: str) -> None:
    project.write(
        {
            "pkg.py": EXPORT_COPY,
            "part.py": "import pkg\nprint('part', pkg.WHERE, flush=True)\n",
            "main.py": """
                import multiprocessing, os, subprocess, sys, threading

                def work():
                    import pkg
                    data = bytearray(30_000_000)

                if __name__ == "__main__":
                    subprocess.run([sys.executable, "part.py"], check=True)
                    child = multiprocessing.get_context("fork").Process(target=work)
                    child.start()
                    child.join()
                    thread = threading.Thread(target=int)
                    thread.start()
                    thread.join()
                    print("over", child.exitcode, "pkg" in sys.modules)
                """,
        }
    )

    report = project.run("plain", "main.py", python=python)

    assert report.failure == ""
    assert report.stdout == "part export\nover 0 False\n"
    assert report.children == 2
    assert report.children_rss > 30_000_000
    assert report.threads == 1
    of_children = {(module.module, module.blob) for module in report.modules if module.process == "child"}
    assert ("pkg", project.job("plain", "main.py").blobs["pkg.py"]) in of_children
    assert "part.py" in {Path(module.file).name for module in report.modules if module.process == "child"}


def test_spawned_workers_are_listed(project: Project) -> None:
    project.write(
        {
            "pkg.py": EXPORT_COPY,
            "main.py": """
                import multiprocessing

                def where(_):
                    import pkg
                    return pkg.WHERE

                if __name__ == "__main__":
                    with multiprocessing.get_context("spawn").Pool(1) as pool:
                        print(pool.map(where, [1]))
                        pool.close()
                        pool.join()
                """,
        }
    )

    report = project.run("plain", "main.py")

    assert report.failure == ""
    assert report.stdout == "['export']\n"
    assert report.children >= 1
    assert ("pkg", "child") in {(module.module, module.process) for module in report.modules}


def test_childs_own_sitecustomize_still_runs(project: Project) -> None:
    project.write({"main.py": "import subprocess, sys\nsubprocess.run([sys.executable, 'part.py'], check=True)\n"})
    project.write({"part.py": "import sys\nprint(sys.customized)\n"})
    python = environment_with(project.folder / "venv", "", sitecustomize="import sys\nsys.customized = 'yes'\n")

    assert project.run("plain", "main.py", python=python).stdout == "yes\n"


def test_bytes_left_in_files_are_counted(project: Project) -> None:
    project.write(
        {
            "grown.txt": "1234",
            "main.py": """
                import os, tempfile
                with open("grown.txt", "a") as file:
                    file.write("x" * 1000)
                with open(os.path.join(tempfile.gettempdir(), "kept.bin"), "wb") as file:
                    file.write(bytes(50_000))
                with tempfile.NamedTemporaryFile() as gone:
                    gone.write(bytes(70_000))
                """,
        }
    )

    assert project.run("plain", "main.py").written == 51_000


ENDINGS = {
    "os_exit": ("import os\nprint('out', flush=True)\nos._exit(0)\n", True, ""),
    "os_exit_code": ("import os\nos._exit(7)\n", False, "os._exit(7)"),
    "exec": ("import os\nos.execv('/bin/true', ['true'])\n", False, "os.exec"),
    "exception": ("raise KeyError('reading')\n", False, "KeyError: 'reading'"),
    "interrupt": ("raise KeyboardInterrupt\n", False, "KeyboardInterrupt"),
    "syntax": ("print(\n", False, "SyntaxError"),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_every_way_to_end_leaves_a_report(project: Project, name: str) -> None:
    text, ok, failure = ENDINGS[name]
    project.write({"main.py": text})

    report = project.run("traced", "main.py")

    assert report.ok == ok
    assert failure in report.failure


MISCHIEF = {
    "stdout_closed": "import sys\nprint('out')\nsys.stdout.close()",
    "descriptors_closed": "import os\nprint('out', flush=True)\nos.closerange(0, 64)",
    "directory_deleted": (
        "import os, shutil, tempfile\nfolder = tempfile.mkdtemp()\nos.chdir(folder)\nshutil.rmtree(folder)\n"
        "print('out')"
    ),
    "replaced_builtins": (
        "import builtins, json, os, time\nprint('out')\nbuiltins.open = json.dumps = os.replace = os.getcwd = None\n"
        "time.perf_counter = os.stat = os.scandir = os.read = os.dup2 = None"
    ),
    "own_profiler": "import cProfile\ncProfile.run('print(\"out\")', '/dev/null')\n",
    "own_profile_function": "import sys\nsys.setprofile(lambda *_: None)\nsys.settrace(lambda *_: None)\nprint('out')",
    "own_tracemalloc": (
        "import tracemalloc\ntracemalloc.start()\nprint('out')\ntracemalloc.reset_peak()\ntracemalloc.stop()"
    ),
    "modules_cleared": "import sys\nprint('out')\nsys.modules.clear()\nsys.meta_path.clear()\nsys.path.clear()",
    "thread_left": "import threading, time\nthreading.Timer(0.2, print, ['out']).start()",
    "executor_left": (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\npool.submit(print, 'out')"
    ),
    "recursion_limit": "import sys\nprint('out')\nsys.setrecursionlimit(60)",
    "fork_comes_back": "import os\npid = os.fork()\nif pid:\n    os.waitpid(pid, 0)\n    print('out')",
}


@pytest.mark.parametrize("purpose", ["plain", "traced"])
@pytest.mark.parametrize("name", MISCHIEF)
def test_report_survives_what_the_target_does(project: Project, name: str, purpose: str) -> None:
    project.write({"main.py": MISCHIEF[name]})

    report = project.run(purpose, "main.py")

    assert report.failure == ""
    assert report.stdout.startswith("out\n") or "function calls" in report.stdout
    assert report.digest is not None


def test_targets_own_reset_does_not_lower_the_peak(project: Project) -> None:
    project.write(
        {
            "work.py": """
                import tracemalloc
                def main():
                    data = bytearray(5_000_000)
                    del data
                    tracemalloc.clear_traces()
                    tracemalloc.reset_peak()
                """
        }
    )
    report = project.run("traced", "work:main")

    assert report.traced_peak is not None
    assert report.traced_peak > 5_000_000


NAMES = ("runtime", "rich", "probe", "digest", "calls", "json_", "importing", "messaging", "stages", "kinds")


def test_targets_module_names_are_their_own(project: Project) -> None:
    project.write({f"{name}.py": f"WHO = {name!r}\n" for name in NAMES})
    lines = "\n".join(f"import {name}; assert {name}.WHO == {name!r}" for name in NAMES)
    project.write({"main.py": lines + "\nimport sys\nprint(sorted(n for n in sys.modules if 'owtide' in n) > [])\n"})
    project.write({"show.py": "import sys\nprint([path for path in sys.path if 'probe' in path])\n"})

    assert project.run("plain", "main.py").failure == ""
    assert project.run("plain", "show.py").stdout == "[]\n"


def test_unicode_that_is_none_reaches_the_report_escaped(project: Project) -> None:
    project.write({"main.py": "raise ValueError('\\udcff')\n"})

    assert "\\udcff" in project.run("plain", "main.py").failure
