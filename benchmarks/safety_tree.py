"""Packages of the registry with their tests: fetched, unpacked, their tests run in the sandbox on copies."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agents.memory.analysis.project import Project
from benchmarks.foci import Facts
from runtime import process
from runtime.sandbox import Sandbox

HERE = Path(__file__).parent
WORK = HERE.parent / "build" / "safety"
PACKAGES = HERE / "safety.toml"
TIMEOUT_S = 900.0
_BESIDE = re.compile(
    r"(^|/)(tests?|testing|docs?|examples?|benchmarks?|_vendor|setup\.py|conftest\.py|test_[^/]*)(/|$)"
)
"""Paths of a package that are no code of its own."""


class RunFailed(Exception):
    """A test run that gave no results; the text says why."""


@dataclass(frozen=True)
class Package:
    """One package: what is unpacked, what of it is the package itself, what its tests are and need."""

    name: str
    version: str
    source: str
    """Folder of the sdist that holds the import package, "" for its root."""
    module: str
    """The import package: a folder below `source`."""
    tests: tuple[str, ...]
    """What pytest is given."""
    needs: tuple[str, ...]
    """Further distributions, pinned."""


def packages() -> list[Package]:
    """Those of safety.toml, in its order."""
    table = tomllib.loads(PACKAGES.read_text())
    return [
        Package(
            name,
            said["version"],
            said.get("source", ""),
            said.get("module", name),
            tuple(said.get("tests", ["tests"])),
            tuple(said.get("needs", [])),
        )
        for name, said in table["package"].items()
    ]


@dataclass(frozen=True)
class Results:
    """What one run of the tests gave: node id -> outcome by phase; and what was seen of types."""

    outcomes: dict[str, str]
    facts: Facts
    seconds: float

    def changed(self, now: "Results", stable: set[str]) -> list[str]:
        """Node ids of `stable` whose outcome is another now, or is missing."""
        return sorted(test for test in stable if self.outcomes.get(test) != now.outcomes.get(test))


def environment() -> Path:
    """The interpreter all packages are tested with, made anew when safety.toml changes.

    The packages are installed too, for their metadata; what is tested comes before them on the import path.
    """
    place, stamp, wanted = WORK / "venv", WORK / "venv" / "installed.txt", PACKAGES.read_text()
    python = place / "bin" / "python"
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(place, clear=True, with_pip=True)
        table = tomllib.loads(wanted)
        needs = [*table["common"]["needs"], *(need for package in packages() for need in package.needs)]
        needs += [f"{package.name}=={package.version}" for package in packages()]
        _must([str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", *needs])
        stamp.write_text(wanted)
    return python


class Tree:
    """One unpacked package, tested with `python`."""

    def __init__(self, package: Package, python: Path) -> None:
        self.package, self.python = package, python
        self.folder = WORK / package.name
        self.pristine = self.folder / f"{package.name}-{package.version}"
        self.run_at = self.folder / "run" / "tree"
        self.sandbox = Sandbox.detect()

    def prepare(self) -> None:
        """Fetches and unpacks the source distribution, if it is not there yet."""
        if self.pristine.exists():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        pip = [str(self.python), "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"]
        pinned = f"{self.package.name}=={self.package.version}"
        _must([*pip, "--no-binary", ":all:", "--dest", str(self.folder / "sdist"), pinned])
        (archive,) = (self.folder / "sdist").iterdir()
        with tarfile.open(archive) as packed:
            packed.extractall(self.folder / "unpacked", filter="data")
        (unpacked,) = (self.folder / "unpacked").iterdir()
        unpacked.rename(self.pristine)

    def project(self) -> Project:
        """The tree as the rules see it; the import package's own code may be edited."""
        paths = sorted(
            path.relative_to(self.pristine).as_posix() for path in self.pristine.rglob("*") if path.is_file()
        )
        own = f"{self.package.source}/{self.package.module}".lstrip("/")
        editable = [
            path
            for path in paths
            if path.endswith(".py") and (path == own or path.startswith(f"{own}/")) and not _BESIDE.search(path)
        ]
        return Project.load(self.pristine, paths, editable, requires_python=(3, 10), python=sys.version_info[:2])

    def tests(self, texts: dict[str, str], observe: bool = False) -> Results:
        """Runs the tests on a copy of the tree with other texts of some files.

        Raises:
            RunFailed: pytest gave no results, or the package did not come from the copy.
        """
        shutil.rmtree(self.run_at.parent, ignore_errors=True)
        shutil.copytree(self.pristine, self.run_at, symlinks=True)
        for path, text in texts.items():
            (self.run_at / path).write_text(text, newline="")
        plugin, out = self.run_at.parent / "plugin", self.run_at.parent / "out"
        for folder in (plugin, out, self.run_at.parent / "tmp"):
            folder.mkdir()
        shutil.copy(HERE / "safety_plugin.py", plugin / "lowtide_safety_plugin.py")
        argv = [str(self.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "lowtide_safety_plugin"]
        argv += ["-o", "addopts=", f"--rootdir={self.run_at}", "--hypothesis-seed=0", "--continue-on-collection-errors"]
        ended = asyncio.run(self._confined([*argv, *self.package.tests], plugin, out, observe))
        report = out / "results.json"
        if ended.how != "itself" or not report.exists():
            raise RunFailed(
                f"{self.package.name}: the tests ended by {ended.how} ({ended.status}): {ended.output[-1500:]}"
            )
        said = json.loads(report.read_text())
        if not any(file.startswith(self._own()) for file in said["modules"].values()):
            raise RunFailed(f"{self.package.name}: the tests did not import the copy: {ended.output[-1500:]}")
        names = {(path, function, name): tuple(kind) for path, function, name, *kind in said["names"]}
        attributes = {(path, name): kinds for path, name, kinds in said["attributes"]}
        return Results(said["outcomes"], Facts(names, attributes, ""), ended.wall_s)

    def _own(self) -> str:
        return f"{self.package.source}/{self.package.module}".lstrip("/")

    async def _confined(self, argv: list[str], plugin: Path, out: Path, observe: bool) -> process.Ended:
        tree = self.run_at
        order = {"out": str(out / "results.json"), "tree": str(tree), "observe": observe}
        temporary = self.sandbox.temporary(tree.parent / "tmp")
        env = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "HOME": str(temporary),
            "TMPDIR": str(temporary),
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.pathsep.join([str(tree / self.package.source), str(plugin)]),
            "LOWTIDE_SAFETY": json.dumps(order),
        }
        command = self.sandbox.command(argv, python=self.python, cwd=tree, readonly=[plugin], writable=[tree, out])
        return await process.run(command, env=env, cwd=tree, timeout_s=TIMEOUT_S)


def _must(command: list[str]) -> None:
    done: subprocess.CompletedProcess[Any] = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RunFailed(f"{' '.join(command)}: {done.stderr[-1500:]}")
