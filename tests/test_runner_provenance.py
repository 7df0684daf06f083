import pytest

from runtime.errors import BadInput
from runtime.measure.models import Job
from runtime.measure.provenance import check, module_names
from runtime.measure.reports import ImportedFile, ProbeReport
from runtime.measure.target import import_roots, parse_target

BLOBS = {"src/pkg/__init__.py": "i", "src/pkg/mod.py": "m", "src/pkg/_fast.cpython-311-x86_64-linux-gnu.so": "f"}
BLOBS |= {"tests/test_mod.py": "t", "packaging/release.py": "r", "app.py": "a"}
EXPORT, CHECKOUT, SITE = "/x/00/tree", "/home/u/project", "/usr/lib/python3/site-packages"
TEST = ImportedFile(module="test_mod", file=f"{EXPORT}/tests/test_mod.py", blob="t")


def reason(
    *modules: tuple[str, str, str], environment: str | None = None, target: str = "tests/test_mod.py"
) -> str | None:
    job = Job(
        purpose="plain",
        python="/usr/bin/python3",
        export=EXPORT,
        checkout=CHECKOUT,
        target=parse_target(target, BLOBS.__contains__),
        roots=["src", ""],
        blobs=BLOBS,
    )
    found = [ImportedFile(module=name, file=file, blob=blob) for name, file, blob in modules]
    return check(ProbeReport(ok=True, python="p", modules=[TEST, *found]), job, environment)


def test_the_trees_own_files_and_foreign_modules_count():
    assert (
        reason(
            ("pkg", f"{EXPORT}/src/pkg/__init__.py", "i"),
            ("pkg.mod", f"{EXPORT}/src/pkg/../pkg/mod.py", "m"),
            ("pkg.generated", f"{EXPORT}/src/pkg/generated.py", "of the run itself"),
            ("numpy", f"{SITE}/numpy/__init__.py", "n"),
            ("__main__", "/usr/bin/tool", "x"),
        )
        is None
    )


@pytest.mark.parametrize(
    ("module", "says"),
    (
        (("pkg.mod", f"{EXPORT}/src/pkg/mod.py", "other"), "not as it is in the tree"),
        (("pkg.mod", f"{SITE}/pkg/mod.py", "m"), f"loaded from {SITE}/pkg/mod.py, not from src/pkg/mod.py"),
        (("pkg._fast", f"{SITE}/pkg/_fast.so", "f"), "pkg._fast was loaded from"),
        (("pkg", f"{EXPORT}/build/lib/pkg/__init__.py", "i"), "not from src/pkg/__init__.py"),
        (("pkg.mod", f"{CHECKOUT}/src/pkg/mod.py", "m"), "not from src/pkg/mod.py"),
        (("made", f"{CHECKOUT}/made.py", "x"), "loaded from the checkout"),
        (("made", f"{CHECKOUT}/.venv/lib/made.py", "x"), "loaded from the checkout"),
        (("src.pkg.mod", f"{SITE}/src/pkg/mod.py", "m"), "src.pkg.mod was loaded from"),
        (("packaging.release", f"{SITE}/packaging/release.py", "x"), "not from packaging/release.py"),
    ),
)
def test_code_from_elsewhere_is_refused_by_name_and_place(module, says):
    found = reason(module)
    assert found is not None
    assert says in found


def test_an_environment_in_the_checkout_is_the_one_place_there_that_counts():
    module = ("attr", f"{CHECKOUT}/.venv/lib/python3.11/site-packages/attr/__init__.py", "x")
    assert reason(module, environment=f"{CHECKOUT}/.venv") is None
    own = ("pkg.mod", f"{CHECKOUT}/.venv/lib/python3.11/site-packages/pkg/mod.py", "m")
    assert "not from src/pkg/mod.py" in str(reason(own, environment=f"{CHECKOUT}/.venv"))


def test_a_folder_of_scripts_gives_way_to_an_installed_package_of_its_name():
    package = ("packaging", f"{SITE}/packaging/__init__.py", "x")
    assert reason(package, ("packaging.release", f"{SITE}/packaging/release.py", "y")) is None


def test_a_child_process_is_held_to_the_same():
    job = Job(purpose="tests", python="p", export=EXPORT, checkout=CHECKOUT, roots=["src"], blobs=BLOBS)
    child = ImportedFile(module="pkg.mod", file=f"{SITE}/pkg/mod.py", blob="m", process="child")
    assert str(check(ProbeReport(ok=True, python="p", modules=[child]), job)).startswith("In a child process: pkg.mod")


@pytest.mark.parametrize("target", ("pkg.mod:f", "app.py", "tests/test_mod.py"))
def test_a_report_that_shows_nothing_of_the_target_does_not_count(target):
    job = Job(
        purpose="traced",
        python="p",
        export=EXPORT,
        checkout=CHECKOUT,
        target=parse_target(target, BLOBS.__contains__),
        roots=["src", ""],
        blobs=BLOBS,
    )
    assert f"nothing shows that {target} was run" in str(check(ProbeReport(ok=True, python="p"), job))


def test_module_names_go_by_every_import_root():
    names = module_names({"src/pkg/__init__.py": "", "src/pkg/a-b.py": "", "src/x.py": "", "d.txt": ""}, ["src", ""])
    assert sorted(names) == ["pkg", "src.pkg", "src.x", "x"]


@pytest.mark.parametrize(
    ("text", "kind", "fields"),
    (
        ("tests/test_x.py::test_y[a b]", "test", {"path": "tests/test_x.py", "node": "::test_y[a b]"}),
        ("./tests/test_x.py", "test", {"path": "tests/test_x.py", "node": ""}),
        ("tests/x_test.py::C::test_y", "test", {"path": "tests/x_test.py", "node": "::C::test_y"}),
        ("run.py --n 3 'a b'", "script", {"path": "run.py", "arguments": ["--n", "3", "a b"]}),
        ("pkg.mod:Class.method", "function", {"module": "pkg.mod", "function": "Class.method"}),
    ),
)
def test_the_three_forms_of_a_target(text, kind, fields):
    words = [text] if "[a b]" in text else text
    spec = parse_target(words, {"tests/test_x.py", "tests/x_test.py", "run.py"}.__contains__)
    assert spec.kind == kind
    assert {name: getattr(spec, name) for name in fields} == fields


@pytest.mark.parametrize(
    ("text", "says"),
    (
        ("", "There is no target"),
        ("'open", "cannot be read"),
        ("nowhere.py", "is no tracked file"),
        ("/abs/run.py", "is outside the repository"),
        ("../run.py", "is outside the repository"),
        ("tests/test_x.py::test_y -v", "takes no arguments: leave out -v"),
        ("pkg.mod", "is not understood"),
        ("pkg.mod:", "is not understood"),
        ("pkg/mod:f", "is not understood"),
        ("pkg.mod::f", "is not understood"),
        ("pkg.mod:f now", "is not understood"),
    ),
)
def test_a_target_that_is_none_is_explained(text, says):
    with pytest.raises(BadInput, match=says) as caught:
        parse_target(text, {"tests/test_x.py", "run.py"}.__contains__)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("paths", "roots"),
    (
        (["app.py", "pkg/__init__.py"], [""]),
        (["src/pkg/__init__.py"], ["src", ""]),
        (["src/one.py", "pyproject.toml"], ["src", ""]),
        (["src/one.py", "main.py"], [""]),
        (["src/__init__.py", "src/pkg/__init__.py"], [""]),
        (["src/data.txt", "setup.py"], [""]),
    ),
)
def test_import_roots_follow_the_layout(paths, roots):
    assert import_roots(paths) == roots
