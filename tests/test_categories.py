"""Allocation categories by evidence: profiles made by hand, and real ones of numpy, a pickle and module globals."""

import pytest

from agents.memory.breakdown import breakdown
from agents.memory.categories import CATEGORIES, of_calls, of_holding, of_library, of_type
from agents.memory.domain import MemoryDomain
from agents.memory.places import Line
from runtime.domain import Profile
from runtime.experiment.policy import irreducible_percent
from runtime.measure.models import MIB
from runtime.measure.reports import Native, NativeSite, Site
from tests.probe_runs import Project
from tests.profiles import holding, profile
from tests.test_ranking import sources


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("torch.nn.parameter.Parameter", "model-weights"),
        ("onnxruntime.capi.onnxruntime_inference_collection.InferenceSession", "model-weights"),
        ("torch.Tensor", "inference-buffers"),
        ("numpy.ndarray", "image-buffers"),
        ("PIL.Image.Image", "image-buffers"),
        ("list", "data-structures"),
        ("shop.numpy.Table", "data-structures"),
    ],
)
def test_a_type_tells_the_category_of_what_it_holds(name, slug):
    assert of_type(name) == slug


def test_a_list_of_arrays_is_a_buffer_and_what_imports_made_is_import_time():
    assert of_holding(holding("rows", 3)) == "data-structures"
    assert of_holding(holding("rows", 3, element="numpy.ndarray")) == "image-buffers"
    assert of_holding(holding("TABLE", 3, kind="global", at_start=True)) == "import-time"


@pytest.mark.parametrize(
    ("file", "slug"),
    [
        ("<frozen importlib._bootstrap_external>", "import-time"),
        ("/v/lib/python3.11/importlib/metadata/__init__.py", "import-time"),
        ("/v/site-packages/onnxruntime/capi/onnxruntime_inference_collection.py", "model-weights"),
        ("/v/site-packages/torch/serialization.py", "model-weights"),
        ("/v/site-packages/torch/nn/functional.py", "inference-buffers"),
        ("/v/site-packages/numpy/_core/numeric.py", "image-buffers"),
        ("/v/lib/python3.11/json/decoder.py", "data-structures"),
    ],
)
def test_a_librarys_file_tells_the_category_of_what_it_allocates(file, slug):
    assert of_library(file) == slug


def test_what_was_unpickled_decides_whether_it_is_a_model():
    assert of_calls(["pickle.load"]) == "model-weights"
    assert of_calls(["builtins.open", "pickle.load"], [holding("rows", 9)]) == "data-structures"
    assert of_calls(["pickle.load"], [holding("model", 9, type="sklearn.svm._classes.SVC")]) == "model-weights"
    assert of_calls(["joblib.load"], [holding("rows", 9)]) == "model-weights"
    assert of_calls(["numpy.zeros"]) == "image-buffers"
    assert of_calls(["json.load"]) == "data-structures"


def lines(file: str, line: int) -> Line:
    """load.py:2 imports at its top level; main.py:5 loads a network."""
    known = {("shop/load.py", 2): Line("<module>"), ("shop/main.py", 5): Line("main", ("torch.load",))}
    return known.get((file, line), Line("main"))


def sized(site_file: str, line: int, mib: int) -> Site:
    return Site(file=site_file, project=site_file.startswith("shop"), line=line, size=mib * MIB, count=1)


def test_each_row_says_its_category_whether_it_can_be_reduced_and_why():
    made = profile()
    sites = [sized("shop/load.py", 2, 8), sized("shop/main.py", 5, 20), sized("shop/main.py", 4, 10)]
    rows = breakdown(profile(stages=made.stages.model_copy(update={"sites": sites})), lines)
    told = {row.source: (row.size // MIB, row.category, row.reducible) for row in rows}
    assert told["shop/main.py:5"] == (20, "model-weights", False)
    assert told["shop/main.py:4"] == (10, "data-structures", True)
    assert told["modules imported while the target ran"] == (8, "import-time", False)
    assert sum(row.size for row in rows) == 40 * MIB
    assert irreducible_percent(rows, 40 * MIB) == pytest.approx(70)
    assert all(CATEGORIES[row.category].why in row.why for row in rows if row.source.startswith("shop"))


def test_a_librarys_imports_are_its_users_concern():
    whys = [
        next(row.why for row in breakdown(profile(), lines, library) if row.category == "import-time")
        for library in (True, False)
    ]
    assert "users" in whys[0]
    assert "start-up" in whys[1]


def native(*sites: tuple[str, int, str, int]) -> Native:
    """memray's sites: file, line, C function, MiB."""
    rows = [
        NativeSite(
            file=file,
            project=True,
            line=line,
            leaf_file=file,
            leaf_line=line,
            function=function,
            size=mib * MIB,
            count=1,
        )
        for file, line, function, mib in sites
    ]
    outside = sum(row.size for row in rows)
    return Native(memray="1.20.0", peak=40 * MIB + outside, outside=outside, total_allocs=9, sites=rows)


def test_c_memory_has_rows_of_its_own_and_the_process_is_apart():
    seen = native(("shop/main.py", 4, "inflate_init", 60))
    rows = breakdown(profile(native=seen, resident=150 * MIB), lines)
    assert rows[0].source == "C extension, called at shop/main.py:4"
    assert (rows[0].size, rows[0].category, rows[0].reducible) == (60 * MIB, "c-arenas", False)
    assert "inflate_init" in rows[0].why
    assert (rows[-1].size, rows[-1].category, rows[-1].apart) == (50 * MIB, "interpreter", True)
    assert sum(row.size for row in rows if not row.apart) == 100 * MIB
    assert irreducible_percent(rows, 40 * MIB) >= 60


def test_what_numpy_told_tracemalloc_of_is_not_counted_again():
    made = profile()
    sites = [sized("shop/main.py", 4, 30)]
    arrays = profile(stages=made.stages.model_copy(update={"sites": sites}), native=native(("shop/main.py", 4, "", 30)))
    rows = breakdown(arrays, lambda file, line: Line("main", ("numpy.ones",)))
    assert not [row for row in rows if row.source.startswith("C extension")]


def measured(project: Project, files: dict[str, str], target: str) -> Profile:
    """A real profile: calls, stages, census."""
    project.write(files)
    calls = project.run("calls", target)
    stages = project.run("stages", target, chain=calls.chain, peak_hint=calls.traced_peak)
    census = project.run("census", target, chain=calls.chain, event=stages.event)
    return Profile("t", calls, stages, census)


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


REAL = {
    "arrays": (
        "import numpy\n\ndef main():\n    table = numpy.ones(2**20)\n    twice = table * 2\n    return twice.sum()\n",
        "image-buffers",
        True,
    ),
    "weights": (
        "import pickle\n\n\ndef dump():\n    return pickle.dumps([str(n) for n in range(60_000)])\n\n\n"
        "def main():\n    data = dump()\n    rows = pickle.loads(data)\n    return len(rows)\n",
        "data-structures",
        True,
    ),
    "late": (
        "def main():\n    import table\n    rows = [number for number in table.TABLE]\n    return len(rows)\n",
        "import-time",
        False,
    ),
}


@pytest.mark.parametrize("kind", REAL)
def test_a_real_profile_has_the_category_of_what_it_does(project, tmp_path, kind):
    text, slug, reducible = REAL[kind]
    files = {"job.py": text, "table.py": "TABLE = [str(number) for number in range(60_000)]\n"}
    made = measured(project, files, "job:main")
    root = tmp_path / "tree"
    root.mkdir()
    tree = sources(root, none="")
    for name, content in files.items():
        (root / name).write_text(content)
        tree.files[name] = tree.files["shop/none.py"]
    rows = MemoryDomain().breakdown(made, tree)
    biggest = max((row for row in rows if not row.apart), key=lambda row: row.size)
    assert (biggest.category, biggest.reducible) == (slug, reducible)
    files_ranked = {target.file for target in MemoryDomain().rank(made, tree)}
    assert "table.py" not in files_ranked


def test_a_global_that_imports_made_is_no_target(project, tmp_path):
    text = """
    TABLE = [str(number) for number in range(60_000)]
    SEEN = []


    def main():
        for number in range(60_000):
            SEEN.append(str(number))
        copy = list(SEEN)
        return len(copy)
    """
    made = measured(project, {"job.py": text}, "job:main")
    assert made.census is not None
    marks = {found.name: found.at_start for found in made.census.holdings if found.kind == "global"}
    assert marks == {"TABLE": True, "SEEN": False}
    root = tmp_path / "tree"
    root.mkdir()
    tree = sources(root, none="")
    (root / "job.py").write_text((project.export / "job.py").read_text())
    tree.files["job.py"] = tree.files["shop/none.py"]
    names = {target.name for target in MemoryDomain().rank(made, tree)}
    assert "SEEN" in names
    assert "TABLE" not in names
