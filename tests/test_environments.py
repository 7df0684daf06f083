"""Where a project's environments are found, and which is taken: by faithful layouts of each tool's files."""

import asyncio
import base64
import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from agents.environments import Environment, Search, search
from agents.interpreter_file import trouble
from agents.interpreters import choose, take
from agents.needs import command_for, needed_modules
from runtime.errors import BadInput, TargetFailed
from runtime.measure.models import TargetSpec
from runtime.measure.reports import Outcome, ProbeReport, Tools

BASE = os.path.realpath(sys.executable)


def environment(prefix: Path, *, conda: bool = False, pytest: bool = False) -> Path:
    """An environment's folder as venv, or conda, lays it; its interpreter."""
    python = prefix / "bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(BASE)
    if conda:
        (prefix / "conda-meta").mkdir()
        (prefix / "conda-meta/history").touch()
    else:
        (prefix / "pyvenv.cfg").write_text(f"home = {Path(BASE).parent}\n")
    if pytest:
        package = prefix / "lib/python3.11/site-packages/pytest"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
    return python


def found(checkout: Path, home: Path, **environ: str) -> Search:
    return search(checkout, {"HOME": str(home), "PATH": "", **environ}, Path(sys.prefix), BASE)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


def test_uv_keeps_its_environment_in_the_checkout(checkout: Path, home: Path) -> None:
    (checkout / "uv.lock").touch()
    python = environment(checkout / ".venv")
    moved = environment(checkout / "build/env")

    assert found(checkout, home).found[0] == Environment(str(python), ".venv of the checkout, made by uv")
    assert found(checkout, home, UV_PROJECT_ENVIRONMENT="build/env").found[0].python == str(moved)


def poetry_base(checkout: Path, name: str) -> str:
    digest = hashlib.sha256(os.fsencode(os.path.realpath(checkout))).digest()
    return f"{name}-{base64.urlsafe_b64encode(digest).decode()[:8]}"


def test_poetrys_cache_is_searched_by_poetrys_own_names(checkout: Path, home: Path) -> None:
    (checkout / "pyproject.toml").write_text('[tool.poetry]\nname = "My_Tool.x"\n')
    base = poetry_base(checkout, "my-tool-x")
    cache = home / ".cache/pypoetry/virtualenvs"
    old, new = (environment(cache / f"{base}-py3.{minor}") for minor in (9, 12))
    environment(cache / "my-tool-x-AAAAAAAA-py3.12")

    assert [one.python for one in found(checkout, home).found[:2]] == [str(new), str(old)]
    (cache / "envs.toml").write_text(f'[{base}]\nminor = "3.9"\npatch = "3.9.1"\n')
    assert found(checkout, home).found[0] == Environment(str(old), "poetry's active environment in its cache")


@pytest.mark.parametrize("said", ["variable", "local", "global", "cache"])
def test_poetrys_cache_may_lie_elsewhere(checkout: Path, home: Path, tmp_path: Path, said: str) -> None:
    (checkout / "pyproject.toml").write_text('[project]\nname = "tool"\n[tool.poetry]\n')
    folder = tmp_path / "cache/virtualenvs"
    python = environment(folder / f"{poetry_base(checkout, 'tool')}-py3.11")
    environ = {}
    if said == "variable":
        environ["POETRY_VIRTUALENVS_PATH"] = str(folder)
    elif said == "cache":
        environ["POETRY_CACHE_DIR"] = str(folder.parent)
    else:
        config = checkout / "poetry.toml" if said == "local" else home / ".config/pypoetry/config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(f"[virtualenvs]\npath = '{folder}'\n")

    assert found(checkout, home, **environ).found[0].python == str(python)


def test_pdm_says_which_interpreter_it_chose(checkout: Path, home: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "pdm/venvs/project-AbC-3.11")
    (checkout / ".pdm-python").write_text(f"{python}\n")
    (checkout / "__pypackages__/3.11/lib").mkdir(parents=True)

    result = found(checkout, home)

    assert result.found[0] == Environment(str(python), "the one that pdm chose (.pdm-python)")
    assert "__pypackages__ belongs to no environment" in result.skipped[0]


@pytest.mark.parametrize("where", ["prefix", "exe", "home", "known", "mamba"])
def test_the_conda_environment_that_the_project_names(checkout: Path, home: Path, tmp_path: Path, where: str) -> None:
    (checkout / "environment.yml").write_text("name: science  # ours\ndependencies:\n  - numpy\n")
    root = home / "miniforge3" if where == "home" else tmp_path / "conda"
    python = environment(root / "envs/science", conda=True)
    environment(root / "envs/other", conda=True)
    environ: Mapping[str, str] = {
        "prefix": {"CONDA_PREFIX": str(root)},
        "exe": {"CONDA_EXE": str(root / "bin/conda")},
        "mamba": {"MAMBA_ROOT_PREFIX": str(root)},
    }.get(where, {})
    if where == "known":
        (home / ".conda").mkdir()
        (home / ".conda/environments.txt").write_text(f"{root}\n{root}/envs/science\n")

    result = found(checkout, home, **environ)

    assert result.found[0] == Environment(str(python), "the conda environment science of environment.yml")


def digest(kind: str, checkout: Path) -> str:
    found = hashlib.new(kind, os.fsencode(os.path.realpath(checkout))).digest()
    return base64.urlsafe_b64encode(found).decode()[:8]


def test_hatch_keeps_environments_by_the_checkouts_path(checkout: Path, home: Path) -> None:
    (checkout / "pyproject.toml").write_text('[project]\nname = "My_Tool"\n')
    folder = home / ".local/share/hatch/env/virtual/my-tool"
    default = environment(folder / digest("sha256", checkout) / "my-tool")
    tests = environment(folder / digest("sha256", checkout) / "hatch-test.py3.11", pytest=True)
    environment(folder / "AAAAAAAA/my-tool", pytest=True)

    assert found(checkout, home).found[:3] == [
        Environment(str(tests), "hatch's environment hatch-test.py3.11 of this checkout"),
        Environment(str(default), "hatch's environment of this checkout"),
        Environment(BASE, "the interpreter that Lowtide was installed with"),
    ]


@pytest.mark.parametrize("said", ["variable", "config"])
def test_hatchs_environments_may_lie_elsewhere(checkout: Path, home: Path, tmp_path: Path, said: str) -> None:
    (checkout / "pyproject.toml").write_text('[project]\nname = "tool"\n')
    folder = tmp_path / "data/env/virtual"
    python = environment(folder / "tool" / digest("sha256", checkout) / "tool")
    environ = {"HATCH_DATA_DIR": str(tmp_path / "data")} if said == "variable" else {}
    if said == "config":
        config = home / ".config/hatch/config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f'[dirs.env]\nvirtual = "{folder}"\n')

    assert found(checkout, home, **environ).found[0].python == str(python)


@pytest.mark.parametrize("workon", [False, True])
def test_pipenv_says_in_the_environment_whose_it_is(checkout: Path, home: Path, tmp_path: Path, workon: bool) -> None:
    (checkout / "Pipfile").touch()
    folder = tmp_path / "workon" if workon else home / ".local/share/virtualenvs"
    environ = {"WORKON_HOME": str(folder)} if workon else {}
    for name, project in (("project-AAAAAAAA", tmp_path / "other"), ("project-BBBBBBBB", checkout)):
        environment(folder / name)
        (folder / name / ".project").write_text(f"{project}")
    own = Environment(str(folder / "project-BBBBBBBB/bin/python"), "pipenv's environment of this checkout")

    assert found(checkout, home, **environ).found[0] == own
    named = environment(folder / "named")
    (checkout / ".venv").write_text("named\n")
    assert [one.python for one in found(checkout, home, **environ).found[:2]] == [str(named), own.python]
    (checkout / "Pipfile").unlink()
    assert found(checkout, home).found[0].python == BASE


def test_pdms_environments_are_known_by_the_checkouts_path(checkout: Path, home: Path) -> None:
    (checkout / "pdm.lock").touch()
    folder = home / ".local/share/pdm/venvs"
    python = environment(folder / f"project-{digest('md5', checkout)}--3.11")
    environment(folder / "project-AAAAAAAA-3.11")

    assert [one.python for one in found(checkout, home).found] == [str(python), BASE]


def test_pyenvs_environment_comes_early_and_its_version_late(checkout: Path, home: Path, tmp_path: Path) -> None:
    (checkout / ".python-version").write_text("tool  # ours\n3.11\n../../elsewhere\n")
    versions = home / ".pyenv/versions"
    made = environment(versions / "tool")
    active = environment(tmp_path / "active")
    for version in ("3.11.2", "3.11.10", "3.12.1"):
        python = versions / version / "bin/python"
        python.parent.mkdir(parents=True)
        python.symlink_to(BASE)

    assert found(checkout, home, VIRTUAL_ENV=str(tmp_path / "active")).found[:3] == [
        Environment(str(made), "pyenv's environment tool, which .python-version names"),
        Environment(str(active), "the active environment (VIRTUAL_ENV)"),
        Environment(str(versions / "3.11.10/bin/python"), "pyenv's 3.11.10, by .python-version"),
    ]


def test_environments_of_the_projects_name(checkout: Path, home: Path) -> None:
    (checkout / "pyproject.toml").write_text('[project]\nname = "My_Tool"\n')
    wrapped = environment(home / ".virtualenvs/my-tool")
    conda = environment(home / "miniforge3/envs/project", conda=True)
    environment(home / "miniforge3/envs/other", conda=True)

    assert found(checkout, home).found[:2] == [
        Environment(str(wrapped), "virtualenvwrapper's environment my-tool, named as the project"),
        Environment(str(conda), "the conda environment project of the project's name"),
    ]
    (checkout / "environment.yml").write_text("name: gone\n")
    assert [one.python for one in found(checkout, home).found] == [str(wrapped), BASE]


def test_an_environment_of_any_name_in_the_checkout_is_known_by_its_own_file(checkout: Path, home: Path) -> None:
    plain, hidden = environment(checkout / "env311"), environment(checkout / ".env", pytest=True)
    (checkout / "src/bin").mkdir(parents=True)

    assert found(checkout, home).found[:2] == [
        Environment(str(hidden), ".env of the checkout"),
        Environment(str(plain), "env311 of the checkout"),
    ]


def test_an_active_environment_counts_unless_it_is_our_own(checkout: Path, home: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "active")

    assert found(checkout, home, VIRTUAL_ENV=str(tmp_path / "active")).found[0].python == str(python)
    assert [one.python for one in found(checkout, home, VIRTUAL_ENV=sys.prefix).found] == [BASE]


@pytest.mark.parametrize(("folder", "tool"), [(".tox", "tox"), (".nox", "nox")])
def test_environments_with_pytest_come_first_in_tox_and_nox(checkout: Path, home: Path, folder: str, tool: str) -> None:
    lint = environment(checkout / folder / "lint")
    tests = environment(checkout / folder / "py311", pytest=True)
    os.utime(lint.parent.parent, (2e9, 2e9))
    (checkout / folder / ".pkg/bin").mkdir(parents=True)
    (checkout / folder / "log").mkdir()

    result = found(checkout, home)

    assert result.found[:2] == [
        Environment(str(tests), f"{tool}'s environment py311"),
        Environment(str(lint), f"{tool}'s environment lint"),
    ]
    assert result.skipped == []


def test_what_cannot_be_started_is_skipped_and_said(checkout: Path, home: Path) -> None:
    gone = checkout / ".venv/bin/python"
    gone.parent.mkdir(parents=True)
    gone.symlink_to("/nowhere/python3.12")
    (checkout / "venv/Scripts").mkdir(parents=True)
    (checkout / "venv/Scripts/python.exe").touch()

    result = found(checkout, home)

    assert [one.python for one in result.found] == [BASE]
    assert result.skipped == [
        f"{gone} leads to /nowhere/python3.12, which is not there",
        f"{checkout}/venv was made on Windows",
    ]


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"\x7fELF\x02\x01" + bytes(12) + b"\xb7\x00", "was built for aarch64, this machine is x86_64"),
        (b"\x7fELF\x02\x02" + bytes(12) + b"\x00\x16", "was built for s390x"),
        (b"\xcf\xfa\xed\xfe" + bytes(16), "was built for macOS"),
        (b"MZ" + bytes(18), "was built for Windows"),
        (b"#!/bin/sh\nexec python3", ""),
    ],
)
def test_a_foreign_interpreter_is_told_by_its_first_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bytes, reason: str
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    monkeypatch.setattr("platform.system", lambda: "Linux")
    python = tmp_path / "python"
    python.write_bytes(head)
    assert "cannot be executed" in trouble(python)
    python.chmod(0o755)

    assert (reason in trouble(python)) if reason else trouble(python) == ""


def tools(*missing: str, version: str = "3.11.7") -> Outcome:
    found = Tools(
        version=version, implementation="cpython", prefix="", base_prefix="", packages={}, missing=list(missing)
    )
    return Outcome(status="ok", report=ProbeReport(ok=True, python="", tools=found))


def taken(answers: Mapping[str, Outcome]) -> tuple[str, tuple[str, ...]]:
    async def inspect(python: str) -> Outcome:
        return answers[python]

    candidates = Search([Environment(python, "why") for python in answers], ["/gone is not there"])
    chosen = asyncio.run(choose(candidates, inspect, lambda missing: f"make {' '.join(missing)}"))
    return chosen.environment.python, chosen.notes


def test_the_first_that_has_the_imports_is_taken_and_the_others_are_said() -> None:
    failed = Outcome(status="failed", reason="it does not start.")
    python, notes = taken({"/a": failed, "/b": tools("numpy"), "/c": tools(), "/d": tools()})

    assert python == "/c"
    assert notes == ("skipped: /gone is not there", "skipped: /a: it does not start", "skipped: /b has no numpy")


def test_without_one_the_command_that_makes_one_is_said() -> None:
    with pytest.raises(BadInput) as refused:
        taken({"/a": tools("numpy", "pandas"), "/b": tools("pandas")})

    assert str(refused.value) == (
        "No Python environment was found that has what the target imports (/a has no numpy, pandas): "
        "make one with `make numpy pandas`, or choose one with --python."
    )
    with pytest.raises(BadInput, match=r"/a: it is Python 3\.8\.1, and 3\.9 is the oldest"):
        taken({"/a": tools(version="3.8.1")})


def test_a_persons_choice_stands_though_it_lacks_something() -> None:
    async def inspect(python: str) -> Outcome:
        return tools("numpy") if python == "/a" else Outcome(status="crashed", reason="no such file")

    assert asyncio.run(take("/a", "chosen", inspect)).notes == ("/a has no numpy, which the target imports",)
    with pytest.raises(TargetFailed, match="The interpreter /b cannot be used: no such file"):
        asyncio.run(take("/b", "chosen", inspect))


FILES = {
    "src/pkg/__init__.py": "from pkg.core import run\nfrom . import deep\n",
    "src/pkg/core.py": "import os, requests.adapters\ntry:\n    import ujson\nexcept ImportError:\n    ujson = None\n",
    "src/pkg/deep/__init__.py": "from ..other import x\nif True:\n    import sometimes\n",
    "src/pkg/other.py": "import yaml\nfrom pkg._version import version\ndef f():\n    import late\n",
    "src/pkg/plugin.py": "import unreached\n",
    "src/pkg/__main__.py": "import click\n",
    "tests/conftest.py": "import hypothesis\nimport helpers\n",
    "tests/helpers/__init__.py": "",
    "tests/test_a.py": "import pkg\ndef test_a(): pass\n",
    "tests/test_b.py": "import unittest\nclass B(unittest.TestCase): pass\n",
    "broken.py": "def (",
}


@pytest.mark.parametrize(
    ("target", "modules"),
    [
        (TargetSpec(kind="function", text="", module="pkg.core", function="run"), "os requests yaml"),
        (TargetSpec(kind="module", text="", module="pkg"), "click os requests yaml"),
        (TargetSpec(kind="command", text="", command="x", module="pkg.core", function="run"), "os requests yaml"),
        (TargetSpec(kind="test", text="", path="tests/test_a.py"), "hypothesis os pytest requests yaml"),
        (TargetSpec(kind="test", text="", path="tests/test_b.py"), "hypothesis unittest"),
        (TargetSpec(kind="script", text="", path="broken.py"), ""),
        (None, "os requests yaml"),
    ],
)
def test_what_a_target_needs_is_what_it_surely_imports(target: TargetSpec | None, modules: str) -> None:
    assert needed_modules(target, FILES, FILES.__getitem__, ["src", ""]) == modules.split()


@pytest.mark.parametrize(
    ("files", "command"),
    [
        (["uv.lock", "pyproject.toml"], "uv sync"),
        (["poetry.lock", "pyproject.toml"], "poetry install"),
        (["pdm.lock"], "pdm install"),
        (["environment.yml"], "conda env create -f environment.yml"),
        (["requirements.txt"], "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt pytest"),
        (["pyproject.toml"], "python3 -m venv .venv && .venv/bin/pip install -e . pytest"),
        (["Pipfile", "setup.py"], "pipenv install --dev"),
        (
            ["setup.py", "requirements/base.txt", "requirements-dev.txt"],
            "python3 -m venv .venv && .venv/bin/pip install -r requirements/base.txt -r requirements-dev.txt pytest",
        ),
        (
            ["setup.py", "requirements-dev.txt"],
            "python3 -m venv .venv && .venv/bin/pip install -e . -r requirements-dev.txt pytest",
        ),
        (["tox.ini"], "tox run --notest"),
        ([], "python3 -m venv .venv && .venv/bin/pip install numpy pytest"),
    ],
)
def test_the_command_that_makes_an_environment_follows_from_the_files(files: list[str], command: str) -> None:
    assert command_for(files, ["pytest", "numpy"]) == command


def test_a_project_of_poetrys_without_a_lock_file_is_installed_by_poetry() -> None:
    assert command_for(["pyproject.toml", "requirements.txt"], ["numpy"], poetry=True) == "poetry install"
