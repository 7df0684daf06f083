import subprocess
from pathlib import Path

import pytest

from runtime.errors import BadInput
from runtime.repository import Repository
from tests.checkout import fingerprint, git, make_dirty, make_repository, put


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "project", {"app.py": "x = 1\n", "pkg/mod.py": "y = 2\n", "data.txt": "d\n"})


def refusal(path: Path) -> str:
    with pytest.raises(BadInput) as caught:
        Repository.open(path)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_folder_that_is_not_there(tmp_path):
    assert "There is no folder" in refusal(tmp_path / "nowhere")


def test_a_folder_that_is_no_repository(tmp_path):
    assert "is not a git repository: run `git init`" in refusal(tmp_path)


def test_a_folder_inside_a_repository_names_the_root(root):
    assert refusal(root / "pkg").endswith(f"give {root}.")


def test_gits_own_folder(root):
    assert "is a folder of git itself" in refusal(root / ".git")


def test_a_repository_without_commits(tmp_path):
    git(tmp_path, "init", "--quiet")
    assert "has no commits: commit its files first" in refusal(tmp_path)


def test_a_bare_repository(root, tmp_path):
    git(root, "clone", "--quiet", "--bare", str(root), str(tmp_path / "bare.git"))
    assert "is a bare repository" in refusal(tmp_path / "bare.git")


def test_a_linked_worktree_names_the_repository(root, tmp_path):
    git(root, "worktree", "add", "--quiet", "-b", "other", str(tmp_path / "linked"))
    assert f"is a linked worktree of {root}" in refusal(tmp_path / "linked")


def test_a_submodule(root, tmp_path):
    outer = make_repository(tmp_path / "outer", {"a.txt": "a"})
    git(outer, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(root), "inner")
    assert f"is a submodule of {outer}" in refusal(outer / "inner")


def test_a_repository_with_sha256_objects(tmp_path):
    subprocess.run(["git", "init", "--quiet", "--object-format=sha256", str(tmp_path)], check=True)
    assert "has SHA-256 objects" in refusal(tmp_path)


def test_an_environment_that_points_git_elsewhere(root, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(root / ".git"))
    assert "sets GIT_DIR" in refusal(root)


def test_facts_of_a_clean_and_of_a_dirty_checkout(root):
    checkout = Repository.open(root).checkout
    head = git(root, "rev-parse", "HEAD").strip()
    assert (checkout.head, checkout.branch, checkout.is_dirty) == (head, "main", False)
    assert sorted(checkout.tracked(head)) == ["app.py", "data.txt", "pkg/mod.py"]
    assert checkout.tracked(head)["app.py"].blob == git(root, "rev-parse", "HEAD:app.py").strip()
    assert checkout.python_files(head) == ["app.py", "pkg/mod.py"]
    make_dirty(root, "app.py")
    before = fingerprint(root)
    assert checkout.is_dirty
    git(root, "checkout", "--quiet", "--detach")
    assert checkout.branch is None
    git(root, "checkout", "--quiet", "main")
    assert fingerprint(root)["status"] == before["status"]


def test_reading_facts_does_not_refresh_the_index(root):
    (root / "app.py").touch()
    before = fingerprint(root)
    assert not Repository.open(root).checkout.is_dirty
    assert fingerprint(root) == before


def test_a_planted_file_system_monitor_is_not_run(root, tmp_path):
    mark = tmp_path / "ran"
    monitor = tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {mark}\n")
    monitor.chmod(0o755)
    git(root, "config", "core.fsmonitor", str(monitor))
    git(root, "status")
    assert mark.exists(), "the trap itself must work"
    mark.unlink()
    repository = Repository.open(root)
    assert not repository.checkout.is_dirty
    repository.prepare()
    assert not mark.exists()


def test_files_beside_the_tracked_ones_are_found_and_nothing_else(root, tmp_path):
    (tmp_path / "outside.txt").write_text("secret")
    put(root, {".gitignore": "*.gen.py\n", "pkg/made.gen.py": "1", "cases/a.bin": "a", "cases/sub/b.bin": "b"})
    put(root, {"pkg/__pycache__/mod.pyc": b"x", "cases/venv/pyvenv.cfg": "", "cases/venv/lib.py": ""})
    (root / "link.txt").symlink_to(tmp_path / "outside.txt")
    (root / "cases/up").symlink_to(tmp_path)
    asked = ["pkg/made.gen.py", "cases", "app.py", "link.txt", "cases/up/outside.txt", "../outside.txt"]
    asked += [str(tmp_path / "outside.txt"), "nowhere.txt", ".git/config", "pkg/__pycache__/mod.pyc", ".", "", "a\0b"]
    found = Repository.open(root).checkout.beside(asked, "HEAD")
    assert found == {path: root / path for path in ("pkg/made.gen.py", "cases/a.bin", "cases/sub/b.bin")}
