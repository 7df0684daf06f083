from pathlib import Path

import pytest

from messaging.contents import EditedFile
from runtime.errors import RepositoryError
from runtime.git import blob_id
from runtime.measure.export import Export, Exports
from runtime.repository import Repository
from tests.checkout import fingerprint, git, make_dirty, make_repository, put


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "project", {"app.py": "x = 1\n", "pkg/mod.py": "y = 2\n"})


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path / "exports")


def opened(root: Path) -> Repository:
    repository = Repository.open(root)
    repository.prepare()
    return repository


def files(export: Export) -> dict[str, bytes]:
    return {str(path.relative_to(export.path)): path.read_bytes() for path in export.path.rglob("*") if path.is_file()}


def test_an_export_has_the_files_of_the_tree_and_no_git(root, exports):
    make_dirty(root, "app.py")
    repository = opened(root)
    before = fingerprint(root)
    export = exports.create(repository, repository.base)
    assert files(export) == {"app.py": b"x = 1\n", "pkg/mod.py": b"y = 2\n"}
    assert export.blobs == repository.tree() == {path: blob_id(data) for path, data in files(export).items()}
    assert list(export.pycache.iterdir()) == []
    assert export.pycache.parent == export.path.parent
    assert fingerprint(root) == before
    export.remove()
    assert list(exports.folder.iterdir()) == []


def test_paths_have_one_length_and_are_never_used_twice(root, exports):
    repository = opened(root)
    made = [exports.create(repository, "HEAD") for _ in range(3)]
    later = Exports(exports.folder).create(repository, "HEAD")
    paths = [str(export.path) for export in [*made, later]]
    assert len(set(paths)) == 4
    assert len({len(path) for path in paths}) == 1


def test_a_candidate_is_exported_without_a_commit_or_a_file_written(root, exports):
    repository = opened(root)
    edit = EditedFile(path="app.py", text="x = 2\n", blob=blob_id(b"x = 1\n"))
    new = EditedFile(path="new/more.py", text="z = 3\n", blob="")
    export = exports.create(repository, repository.candidate_tree([edit, new]))
    assert files(export) == {"app.py": b"x = 2\n", "pkg/mod.py": b"y = 2\n", "new/more.py": b"z = 3\n"}
    assert (repository.worktree / "app.py").read_text() == "x = 1\n"
    assert repository.head == repository.base
    assert git(repository.worktree, "status", "--porcelain") == ""


def test_carried_files_are_copied_and_hashed(root, exports):
    put(root, {".git/info/exclude": "made.py\n", "pkg/made.py": "made = 1\n"})
    repository = opened(root)
    carried = {**repository.untracked_or_ignored(["pkg/made.py", "app.py"]), "data/in.bin": b"\0\1"}
    export = exports.create(repository, repository.base, carried)
    assert export.carried == {"pkg/made.py": blob_id(b"made = 1\n"), "data/in.bin": blob_id(b"\0\1")}
    assert export.blobs.items() > export.carried.items()
    assert files(export)["pkg/made.py"] == b"made = 1\n"


@pytest.mark.parametrize("path", ("app.py", "../out.py", ".git/config", "up/out.py"))
def test_a_carried_file_stays_in_the_export_and_off_tracked_files(root, exports, tmp_path, path):
    (root / "up").symlink_to(tmp_path)
    git(root, "add", "--", "up")
    git(root, "commit", "--quiet", "-m", "a link that leads out")
    repository = opened(root)
    with pytest.raises(RepositoryError):
        exports.create(repository, repository.base, {path: b"x"})
    assert not (tmp_path / "out.py").exists()
    assert list(exports.folder.iterdir()) == []


def test_blobs_are_those_of_the_files_where_git_converts_them(root, exports):
    put(root, {".gitattributes": "*.py eol=crlf\n"})
    git(root, "add", "--", ".gitattributes")
    git(root, "commit", "--quiet", "-m", "line ends")
    repository = opened(root)
    put(root, {".gitattributes": "*.py eol=lf\n"})
    export = exports.create(repository, repository.base)
    assert files(export)["app.py"] == b"x = 1\r\n", "attributes come from the tree, not from the checkout"
    assert export.blobs["app.py"] == blob_id(b"x = 1\r\n")


def test_a_sparse_checkout_is_exported_whole(root, exports):
    git(root, "sparse-checkout", "set", "--no-cone", "/app.py")
    assert not (root / "pkg/mod.py").exists()
    repository = opened(root)
    assert "pkg/mod.py" in files(exports.create(repository, repository.base))
    assert (repository.worktree / "pkg/mod.py").exists()


def test_a_link_has_the_blob_of_the_file_it_leads_to_inside_the_export(root, exports, tmp_path):
    (root / "alias.py").symlink_to("app.py")
    (root / "out.py").symlink_to(tmp_path / "secret.py")
    (tmp_path / "secret.py").write_text("s = 1\n")
    git(root, "add", "--", "alias.py", "out.py")
    git(root, "commit", "--quiet", "-m", "links")
    repository = opened(root)
    export = exports.create(repository, repository.base)
    assert export.blobs["alias.py"] == blob_id(b"x = 1\n")
    assert export.blobs["out.py"] != blob_id(b"s = 1\n")


def test_whatever_the_target_leaves_is_removed_and_nothing_it_links_to(root, exports, tmp_path):
    repository = opened(root)
    export = exports.create(repository, repository.base)
    put(tmp_path, {"kept/file.txt": "k"})
    put(export.path, {"closed/inner/file": "f"})
    (export.path / "away").symlink_to(tmp_path / "kept")
    (export.path / "closed/inner").chmod(0)
    (export.path / "closed").chmod(0)
    export.remove()
    assert not export.path.exists()
    assert (tmp_path / "kept/file.txt").exists()


def test_exports_never_lie_in_the_repository(root):
    repository = opened(root)
    with pytest.raises(RepositoryError, match="cannot lie inside the repository"):
        Exports(root / "exports").create(repository, repository.base)


def test_a_carried_file_of_any_size_is_copied_whole(root, exports):
    put(root, {"big.bin": b"\0" * 3_000_000})
    repository = opened(root)
    export = exports.create(repository, repository.base, repository.untracked_or_ignored(["big.bin"]))
    assert (export.path / "big.bin").stat().st_size == 3_000_000
