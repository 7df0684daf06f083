"""What a project's files say of its import roots and of pytest, in each place where they can say it."""

import pytest

from agents.layout import roots_of
from agents.pytest_config import PytestConfig, pytest_config
from runtime.errors import BadInput

LIB = {"lib/pkg/__init__.py": "", "lib/pkg/a.py": ""}


@pytest.mark.parametrize(
    ("files", "roots"),
    [
        ({"pkg/__init__.py": ""}, [""]),
        ({"src/pkg/__init__.py": ""}, ["src", ""]),
        ({"src/space/pkg/__init__.py": "", "pyproject.toml": ""}, ["src", ""]),
        ({**LIB, "pyproject.toml": "[tool.setuptools.packages.find]\nwhere = ['lib']\n"}, ["lib", ""]),
        ({**LIB, "pyproject.toml": "[tool.setuptools.package-dir]\n'' = 'lib'\n"}, ["lib", ""]),
        ({**LIB, "pyproject.toml": "[tool.setuptools.package-dir]\npkg = 'lib/pkg'\n"}, ["lib", ""]),
        ({**LIB, "pyproject.toml": "[[tool.poetry.packages]]\ninclude = 'pkg'\nfrom = 'lib'\n"}, ["lib", ""]),
        ({**LIB, "pyproject.toml": "[tool.pdm.build]\npackage-dir = 'lib'\n"}, ["lib", ""]),
        ({**LIB, "pyproject.toml": "[tool.hatch.build.targets.wheel]\npackages = ['lib/pkg']\n"}, ["lib", ""]),
        ({**LIB, "pyproject.toml": "[tool.hatch.build]\nsources = ['lib']\n"}, ["lib", ""]),
        ({**LIB, "pyproject.toml": "[tool.uv.build-backend]\nmodule-root = 'lib'\n"}, ["lib", ""]),
        ({**LIB, "setup.cfg": "[options]\npackage_dir =\n    = lib\n"}, ["lib", ""]),
        ({**LIB, "setup.cfg": "[options.packages.find]\nwhere = lib\n"}, ["lib", ""]),
        ({**LIB, "setup.py": "setup(package_dir={'': 'lib'}, packages=find_packages('lib'))"}, ["lib", ""]),
        ({**LIB, "setup.py": "setup(packages=setuptools.find_namespace_packages(where='lib'))"}, ["lib", ""]),
        ({**LIB, "setup.py": "raise SystemExit('never run')\nsetup(package_dir={'': WHERE})"}, [""]),
        ({**LIB, "pyproject.toml": "[tool.setuptools.packages.find]\nwhere = ['../x', '/y', 'absent', '.']\n"}, [""]),
        ({**LIB, "lib/__init__.py": "", "setup.cfg": "[options]\npackage_dir =\n    = lib\n"}, [""]),
        ({**LIB, "pyproject.toml": "not toml", "setup.cfg": "no ini", "setup.py": "def ("}, [""]),
    ],
)
def test_import_roots_are_where_the_metadata_puts_the_packages(files: dict[str, str], roots: list[str]) -> None:
    assert roots_of(files, files.__getitem__) == roots


MONO = {"a/pyproject.toml": "[project]\nname = 'a'\n", "a/src/alpha/__init__.py": "", "a/tests/test_a.py": ""}
FLAT = {"b/setup.py": "setup()", "b/beta/__init__.py": "", "b/tests/__init__.py": ""}


@pytest.mark.parametrize(
    ("files", "roots"),
    [
        (MONO, ["a/src", ""]),
        ({**MONO, **FLAT}, ["a/src", "", "b"]),
        ({**MONO, **FLAT, "pyproject.toml": "[tool.ruff]\n"}, ["a/src", "", "b"]),
        ({**MONO, "pyproject.toml": "[project]\nname = 'whole'\n"}, [""]),
        ({**MONO, **FLAT, "pyproject.toml": "[project]\n[tool.uv.workspace]\nmembers = ['b*']\n"}, ["", "b"]),
        ({"libs/" + path: text for path, text in MONO.items()}, ["libs/a/src", ""]),
        (
            {
                **{"libs/" + path: text for path, text in MONO.items()},
                "pyproject.toml": "[tool.uv.workspace]\nmembers = ['libs/*']\n",
            },
            ["libs/a/src", ""],
        ),
        ({"tests/" + path: text for path, text in MONO.items()}, [""]),
        ({"c/setup.py": "setup()", "c/tests/__init__.py": ""}, [""]),
        ({**MONO, "pyproject.toml": "not toml"}, [""]),
    ],
)
def test_a_repository_of_several_projects_has_the_roots_of_each(files: dict[str, str], roots: list[str]) -> None:
    assert roots_of(files, files.__getitem__) == roots


def test_pytests_pythonpath_comes_after_what_is_packaged() -> None:
    files = {"src/pkg/__init__.py": "", "helpers/tool.py": "", "src/pkg/x.py": ""}

    assert roots_of(files, files.__getitem__, ["helpers", ".", "absent"]) == ["src", "helpers", ""]


INI = "[pytest]\naddopts = -ra --import-mode=importlib  # ours\ntestpaths = tests more\npythonpath = lib\n"
WORDS = {"addopts": ("-ra", "--import-mode=importlib"), "testpaths": ("tests", "more"), "pythonpath": ("lib",)}
TOML = 'addopts = ["-ra", "--import-mode=importlib"]\ntestpaths = ["tests", "more"]\npythonpath = "lib"\n'


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", INI),
        (".pytest.ini", INI),
        ("tox.ini", "[tox]\nenv_list = py\n" + INI),
        ("setup.cfg", INI.replace("[pytest]", "[metadata]\nname = x\n[tool:pytest]")),
        ("pyproject.toml", "[project]\nname = 'x'\n[tool.pytest.ini_options]\n" + TOML),
        ("pyproject.toml", "[tool.pytest]\n" + TOML),
        ("pytest.toml", "[pytest]\n" + TOML),
    ],
)
def test_pytests_options_are_read_where_pytest_reads_them(file: str, text: str) -> None:
    files = {file: text, "tests/test_a.py": ""}

    assert pytest_config(files, files.__getitem__) == PytestConfig(file=file, **WORDS)


def test_the_first_file_with_a_section_counts_and_a_bare_pytest_ini_is_one() -> None:
    files = {"pytest.ini": "", "tox.ini": INI}
    assert pytest_config(files, files.__getitem__) == PytestConfig(file="pytest.ini")

    files = {"pyproject.toml": "[project]\nname = 'x'\n", "tox.ini": "[tox]\n", "setup.cfg": "[pytest]\naddopts = -x\n"}
    assert pytest_config(files, files.__getitem__) == PytestConfig()


@pytest.mark.parametrize(
    ("file", "text"), [("pyproject.toml", "[x"), ("pytest.ini", "no section"), ("tox.ini", "[pytest]\naddopts = 'x\n")]
)
def test_what_cannot_be_read_is_bad_input(file: str, text: str) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        pytest_config({file}, lambda _: text)
