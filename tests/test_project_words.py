"""What a tree's templates, notebooks and configuration name counts as read."""

from pathlib import Path

import pytest

from agents.memory.analysis.project import Project
from agents.memory.playbook.a07_write_only_attribute import WriteOnlyAttribute
from agents.memory.playbook.rule import Focus
from runtime.measure.holdings import AttributeCensus, ClassCensus

TEXT = "class Row:\n    def __init__(self, line):\n        self._raw = [1]\n        self.key = 1\n"


def found(root: Path, extra: dict[str, bytes]) -> int:
    files = {"rows.py": TEXT.encode(), **extra}
    for path, data in files.items():
        (root / path).write_bytes(data)
    attributes = [AttributeCensus(name="_raw", size=2**20, count=1000, types={"list": 1000})]
    census = ClassCensus(
        name="Row",
        module="rows",
        file="rows.py",
        line=1,
        count=1000,
        shallow=56_000,
        slotted=False,
        attributes=attributes,
    )
    focus = Focus("rows.py", "Row", frozenset(), 2**20, census=census, attribute="_raw")
    return len(list(WriteOnlyAttribute().find(Project.load(root, [*files, "gone.txt"], ["rows.py"]), focus)))


@pytest.mark.parametrize("path", ["page.html", "page.j2", "format.txt", "x.ipynb", "fast.pyx", "paths.toml", "a.json"])
def test_an_attribute_that_a_text_file_names_is_kept(tmp_path: Path, path: str) -> None:
    assert found(tmp_path, {path: b"{{ row._raw }} \xff"}) == 0


def test_other_words_and_data_files_do_not_matter(tmp_path: Path) -> None:
    assert found(tmp_path, {"page.html": b"{{ row._raws }}", "image.bin": b"_raw", "big.txt": b"_raw " * 2**18}) == 1
