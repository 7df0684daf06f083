"""From a profile to ranked targets."""

import ast
from dataclasses import replace
from pathlib import Path

from agents.memory.breakdown import breakdown
from agents.memory.domain import MemoryDomain
from agents.memory.places import enclosing_function
from agents.memory.ranking import bytes_of, peak_line, rank
from runtime.domain import Sources
from runtime.git import blob_id
from runtime.measure.models import MIB
from runtime.measure.reports import StageTable
from tests.profiles import MAIN, profile, stage

FILES = {
    "main": "from shop import load\n\ndef main():\n    rows = load()\n    render(rows)\n    close()\n",
    "load": "def load():\n    return [Row() for _ in range(9)]\n",
}


def sources(root: Path, **files: str) -> Sources:
    """A tree of shop/NAME.py files; `FILES` where none are given."""
    (root / "shop").mkdir()
    blobs = {}
    for name, text in (files or FILES).items():
        (root / f"shop/{name}.py").write_text(text)
        blobs[f"shop/{name}.py"] = blob_id(text.encode())
    return Sources(
        root=root,
        tree="t",
        files=blobs,
        editable=lambda path: True,
        library=False,
        requires_python=(3, 9),
        python=(3, 11),
    )


def test_targets_come_biggest_first():
    sizes = [ranked.focus.size for ranked in rank(profile())]
    assert sizes == sorted(sizes, reverse=True)
    assert rank(profile())[0].focus.size == 30 * MIB


def test_a_class_gives_its_instances_and_each_attribute_that_matters():
    names = {ranked.target.name for ranked in rank(profile())}
    assert {"Row instances", "Row.cells", "rows in main"} <= names


def test_what_is_under_one_percent_or_256_kib_is_no_target():
    names = {ranked.target.name for ranked in rank(profile())}
    assert "Row.number" not in names
    assert "small in main" not in names


def test_a_local_knows_the_line_that_ran_at_the_peak_and_its_reference_count():
    [rows] = [ranked.focus for ranked in rank(profile()) if ranked.target.name == "rows in main"]
    assert rows.peak_line == 5
    assert rows.refcounts == {"rows": 1}


def test_statements_after_the_peak_are_no_targets():
    assert "close" not in {ranked.target.name for ranked in rank(profile())}


def test_the_peak_statement_stands_for_all_it_rose_to():
    assert bytes_of(stage("render", 5, 5, 35, 40), peak_stage=True) == 10 * MIB
    assert bytes_of(stage("load", 4, 30, 30, 38), peak_stage=False) == 30 * MIB


def test_the_line_a_function_was_at_when_it_peaked():
    assert peak_line(profile().stages, MAIN) == 5


def test_only_files_of_the_tree_are_ranked(tmp_path):
    domain, tree = MemoryDomain(), sources(tmp_path, main="")
    assert {target.file for target in domain.rank(profile(), tree)} == {"shop/main.py"}


def test_the_breakdown_adds_up_to_the_peak_and_knows_import_time_memory():
    rows = breakdown(profile())
    assert sum(row.size for row in rows) == 40 * MIB
    [imports] = [row for row in rows if row.category == "import-time"]
    assert not imports.reducible
    assert imports.size == 2 * MIB


def test_heavy_imports_are_another_domains_concern(tmp_path):
    domain, tree = MemoryDomain(), sources(tmp_path)
    assert not domain.signals(profile(), tree)
    heavy = profile()
    sites = [heavy.stages.sites[2].model_copy(update={"size": 8 * MIB})]
    heavy = profile(stages=heavy.stages.model_copy(update={"sites": sites}))
    [signal] = domain.signals(heavy, tree)
    assert signal.domain == "structure"
    assert "8.0 MiB" in signal.signal


def test_a_bare_line_belongs_to_the_innermost_function():
    tree = ast.parse("class A:\n    def b(self):\n        def c():\n            return 1\n        return c\nx = 1\n")
    assert enclosing_function(tree, 4) == "A.b.c"
    assert enclosing_function(tree, 5) == "A.b"
    assert enclosing_function(tree, 6) == "<module>"


def test_a_loop_stands_for_its_body_where_not_every_pass_was_looked_at():
    table = StageTable(
        place=MAIN,
        unseen=90,
        approximate=True,
        stages=[
            stage("rows = []", 3, 0, 0, 0),
            stage("for x in xs", 4, 30, 30, 30, loop=True),
            stage("a = 0", 5, 25, 25, 26, depth=1, parent=1),
            stage("rows.append(x)", 6, 5, 30, 30, depth=1, parent=1),
        ],
    )
    seen = profile()
    seen = replace(seen, stages=seen.stages.model_copy(update={"tables": [table]}))
    found = [ranked.focus for ranked in rank(seen)]
    lines = [focus for focus in found if focus.function == MAIN.function and not focus.holding]
    assert [(focus.size, sorted(focus.lines)) for focus in lines if 4 in focus.lines] == [(30 * MIB, [4, 5, 6])]
    assert not [focus for focus in lines if focus.lines == {5}]
