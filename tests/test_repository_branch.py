import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from messaging.contents import EditedFile
from runtime.errors import BadInput, RepositoryError
from runtime.git import blob_id
from runtime.repository import BRANCH, Repository
from tests.checkout import fingerprint, git, make_dirty, make_repository, put

APP = "x = 1\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "project", {"app.py": APP, "pkg/mod.py": "y = 2\n", "run.sh": "echo\n"})


@pytest.fixture
def repository(root: Path) -> Repository:
    repository = Repository.open(root)
    repository.prepare()
    return repository


def edit(path: str, text: str, old: str | None) -> EditedFile:
    return EditedFile(path=path, text=text, blob="" if old is None else blob_id(old.encode()))


def keep(repository: Repository, text: str, experiment: str, old: str = APP) -> str:
    repository.write([edit("app.py", text, old)])
    return repository.commit(["app.py"], "mem: less\n\nEvidence: 5 MiB", experiment)


@pytest.mark.parametrize("dirty", (False, True))
def test_a_whole_session_leaves_the_checkout_as_it_was(root, dirty):
    if dirty:
        make_dirty(root, "app.py")
    before = fingerprint(root)
    repository = Repository.open(root)
    base = repository.prepare()
    tree = repository.candidate_tree([edit("app.py", "x = 2\n", APP)])
    first = keep(repository, "x = 2\n", "s-1")
    assert git(root, "rev-parse", f"{first}^{{tree}}").strip() == tree == repository.head_tree()
    repository.write([edit("pkg/mod.py", "y = 3\n", "y = 2\n"), edit("new.py", "z = 1\n", None)])
    repository.discard(["pkg/mod.py", "new.py"])
    assert git(repository.worktree, "status", "--porcelain") == ""
    repository.tag("codeflash/optimize-v1")
    repository.revert(first)
    assert repository.head_tree() == git(root, "rev-parse", f"{base}^{{tree}}").strip()
    assert len(repository.log(9)) == 3
    repository.remove_worktree()
    assert fingerprint(root) == before
    assert not repository.worktree.exists()
    assert git(root, "worktree", "list").count("\n") == 1
    assert git(root, "rev-parse", BRANCH).strip() == repository.head


def test_the_exclusion_is_appended_once_and_byte_exact(root):
    exclude = root / ".git/info/exclude"
    exclude.write_bytes(b"# mine\r\n*.tmp")
    for _ in range(2):
        Repository.open(root).prepare()
    assert exclude.read_bytes() == b"# mine\r\n*.tmp\n/.codeflash/\n"
    assert git(root, "status", "--porcelain") == ""


def test_a_commit_holds_the_named_files_only_and_its_evidence_and_trailer(repository):
    put(repository.worktree, {"scratch.txt": "mine", "pkg/mod.py": "y = 9\n"})
    sha = keep(repository, "x = 2\n", "s-1")
    commit = repository.log(1)[0]
    assert (commit.sha, commit.subject, commit.files) == (sha, "mem: less", ("app.py",))
    assert commit.message.endswith("Evidence: 5 MiB\n\nLowtide-Experiment: s-1")
    assert repository.changed(repository.base, sha) == ["app.py"]
    assert "-x = 1\n+x = 2" in repository.diff(repository.base, sha)


def test_an_experiment_is_committed_once_even_after_a_crash(root, repository):
    sha = keep(repository, "x = 2\n", "s-1")
    again = Repository.open(root)
    again.prepare(repository.base)
    assert again.commit(["app.py"], "mem: less", "s-1") == sha
    assert (again.find_commit("s-1"), again.find_commit("s-10")) == (sha, None)
    assert len(again.log(9)) == 2


def test_a_commit_of_nothing_is_refused(repository):
    with pytest.raises(RepositoryError, match=r"app\.py changes nothing"):
        repository.commit(["app.py"], "mem: nothing", "s-1")


def test_a_revert_is_done_once_and_leaves_later_work(repository):
    first = keep(repository, "x = 2\n", "s-1")
    repository.write([edit("pkg/mod.py", "y = 3\n", "y = 2\n")])
    repository.commit(["pkg/mod.py"], "mem: more", "s-2")
    sha = repository.revert(first)
    assert repository.revert(first) == sha == repository.head
    assert (repository.read("app.py"), repository.read("pkg/mod.py")) == (APP, "y = 3\n")
    assert repository.log(1)[0].subject == 'Revert "mem: less"'


def test_a_revert_in_the_way_of_later_commits_changes_nothing(repository):
    first = keep(repository, "x = 2\n", "s-1")
    second = keep(repository, "x = 3\n", "s-2", old="x = 2\n")
    with pytest.raises(RepositoryError, match="cannot be reverted"):
        repository.revert(first)
    assert repository.head == second
    assert git(repository.worktree, "status", "--porcelain") == ""


def test_the_tree_without_a_commit_is_found_and_nothing_is_changed(repository):
    first = keep(repository, "x = 2\n", "s-1")
    repository.write([edit("pkg/mod.py", "y = 3\n", "y = 2\n")])
    second = repository.commit(["pkg/mod.py"], "mem: more", "s-2")
    third = keep(repository, "x = 3\n", "s-3", old="x = 2\n")
    without = repository.tree_without(second)
    assert without is not None
    changed = repository.changed(repository.head_tree(), without)
    assert (changed, repository.tree_without(first)) == (["pkg/mod.py"], None)
    assert repository.head == third
    assert "revert" not in git(repository.worktree, "status")
    assert git(repository.worktree, "status", "--porcelain") == ""


def test_a_tag_never_moves(repository):
    repository.tag("codeflash/optimize-v1")
    repository.tag("codeflash/optimize-v1")
    keep(repository, "x = 2\n", "s-1")
    with pytest.raises(RepositoryError, match="exists already, on another commit"):
        repository.tag("codeflash/optimize-v1")


def test_hooks_signing_and_monitors_of_the_user_are_not_run(root, tmp_path):
    mark = tmp_path / "ran"
    for hook in ("pre-commit", "post-checkout", "post-commit", "commit-msg", "reference-transaction"):
        file = root / ".git/hooks" / hook
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\ntouch {mark}\nexit 1\n")
        file.chmod(0o755)
    git(root, "config", "commit.gpgSign", "true")
    git(root, "config", "gpg.program", "/bin/false")
    repository = Repository.open(root)
    repository.prepare()
    keep(repository, "x = 2\n", "s-1")
    repository.tag("codeflash/optimize-v1")
    assert not mark.exists()


def test_without_an_identity_the_commits_are_ours_and_with_one_the_users(root, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", "/dev/null")
    for name in ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "EMAIL"):
        monkeypatch.delenv(name, raising=False)
    repository = Repository.open(root)
    repository.prepare()
    keep(repository, "x = 2\n", "s-1")
    assert git(root, "log", "-1", "--format=%an <%ae>", BRANCH).strip() == "Lowtide <lowtide@localhost>"
    git(root, "config", "user.name", "Ada")
    again = Repository.open(root)
    again.prepare()
    keep(again, "x = 3\n", "s-2", old="x = 2\n")
    assert git(root, "log", "-1", "--format=%an <%ae>", BRANCH).strip() == "Ada <lowtide@localhost>"
    assert "Lowtide" not in (root / ".git/config").read_text()


def test_the_branch_checked_out_by_the_user_is_refused(root, repository, tmp_path):
    repository.remove_worktree()
    git(root, "checkout", "--quiet", BRANCH)
    with pytest.raises(BadInput, match="check out another branch there first"):
        Repository.open(root).prepare()
    git(root, "checkout", "--quiet", "main")
    git(root, "worktree", "add", "--quiet", str(tmp_path / "theirs"), BRANCH)
    with pytest.raises(BadInput, match="theirs: check out another"):
        Repository.open(root).prepare()
    assert (tmp_path / "theirs/app.py").exists()


def test_a_branch_from_elsewhere_and_a_branch_in_the_way_are_refused(root):
    git(root, "branch", "codeflash")
    with pytest.raises(BadInput, match=r"rename what is in its way"):
        Repository.open(root).prepare()
    git(root, "branch", "-m", "codeflash", "theirs")
    Repository.open(root).prepare()
    git(root, "commit", "--quiet", "--allow-empty", "-m", "later")
    with pytest.raises(BadInput, match="does not come from"):
        Repository.open(root).prepare("main")
    with pytest.raises(BadInput, match="names no commit"):
        Repository.open(root).prepare("nowhere")


def test_a_branch_is_reopened_where_it_left_the_history(root, repository):
    sha = keep(repository, "x = 2\n", "s-1")
    git(root, "commit", "--quiet", "--allow-empty", "-m", "later")
    again = Repository.open(root)
    assert again.prepare() == repository.base
    assert again.head == sha


def test_a_worktree_left_in_any_state_is_made_anew(root, repository, tmp_path):
    other = tmp_path / "other"
    git(root, "worktree", "add", "--quiet", "-b", "other", str(other))
    shutil.rmtree(other)
    (root / ".git/worktrees/worktree/index.lock").write_text("")
    (root / f".git/refs/heads/{BRANCH}.lock").write_text("")
    put(repository.worktree, {"app.py": "half\n", "scratch.txt": "s"})
    Repository.open(root).prepare()
    assert git(repository.worktree, "status", "--porcelain") == ""
    git(root, "worktree", "lock", str(repository.worktree))
    (repository.worktree / ".git").unlink()
    Repository.open(root).prepare()
    shutil.rmtree(repository.worktree)
    Repository.open(root).prepare()
    assert (repository.worktree / "app.py").read_text() == APP
    assert str(other) in git(root, "worktree", "list"), "the user's stale registration is not ours to prune"


def test_a_repository_that_was_moved_gets_its_worktree_again(root, repository, tmp_path):
    sha = keep(repository, "x = 2\n", "s-1")
    moved = root.rename(tmp_path / "moved")
    again = Repository.open(moved)
    again.prepare()
    assert (again.head, (moved / ".codeflash/worktree/app.py").read_text()) == (sha, "x = 2\n")


def test_a_worktree_that_lost_its_link_never_leads_git_to_the_checkout(root, repository):
    (repository.worktree / ".git").unlink()
    before = fingerprint(root)
    with pytest.raises(RepositoryError):
        repository.discard(["app.py"])
    shutil.rmtree(repository.worktree)
    with pytest.raises(RepositoryError, match="is gone"):
        repository.discard(["app.py"])
    assert fingerprint(root) == before


def test_a_session_killed_while_it_commits_leaves_a_repository_that_goes_on(root, repository):
    program = (
        "import sys\nfrom pathlib import Path\nfrom runtime.repository import Repository\n"
        "from messaging.contents import EditedFile\nfrom runtime.git import blob_id\n"
        "r = Repository.open(Path(sys.argv[1])); r.prepare(); old = 'x = 1\\n'\n"
        "print('go', flush=True)\n"
        "for n in range(1000):\n"
        "    new = f'x = {n + 2}\\n'\n"
        "    r.write([EditedFile(path='app.py', text=new, blob=blob_id(old.encode()))])\n"
        "    r.commit(['app.py'], 'mem: n', f's-{n}'); old = new\n"
    )
    before = fingerprint(root)
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(root)], stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent
    )
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    again = Repository.open(root)
    again.prepare()
    old = again.read("app.py")
    keep(again, "x = 'after'\n", "after", old=old)
    assert again.find_commit("after") == again.head
    again.remove_worktree()
    assert fingerprint(root) == before


def test_an_edit_of_another_text_is_refused(repository):
    for call in (repository.write, repository.candidate_tree):
        with pytest.raises(RepositoryError, match="made on another text"):
            call([edit("app.py", "x = 2\n", "x = 0\n")])


@pytest.mark.parametrize(
    "path", ("../out.py", "/tmp/out.py", ".git/config", "pkg/../../out.py", "", "a/.GIT/x", "a\0b")
)
def test_an_edit_outside_the_worktree_is_refused(repository, path):
    for call in (repository.write, repository.candidate_tree):
        with pytest.raises(RepositoryError):
            call([edit(path, "x = 2\n", None)])


def test_an_edit_through_a_link_is_refused(repository, tmp_path):
    (repository.worktree / "up").symlink_to(tmp_path)
    (repository.worktree / "there.py").symlink_to(tmp_path / "there.py")
    for path in ("up/new.py", "there.py"):
        with pytest.raises(RepositoryError, match="a link"):
            repository.write([edit(path, "x = 2\n", None)])
    assert not (tmp_path / "new.py").exists()


def test_an_executable_stays_one(root):
    git(root, "update-index", "--chmod=+x", "run.sh")
    git(root, "commit", "--quiet", "-m", "executable")
    repository = Repository.open(root)
    repository.prepare()
    change = [edit("run.sh", "echo 2\n", "echo\n")]
    tree = repository.candidate_tree(change)
    repository.write(change)
    repository.commit(["run.sh"], "mem: run", "s-1")
    assert repository.head_tree() == tree
    assert repository.checkout.tracked("codeflash/optimize")["run.sh"].mode == "100755"


def test_a_symlink_where_our_folder_goes_is_refused(root, tmp_path):
    (root / ".codeflash").symlink_to(tmp_path)
    with pytest.raises(BadInput, match="is a symbolic link"):
        Repository.open(root).prepare()


def test_a_branch_that_head_has_passed_begins_at_head_again(root):
    first = Repository.open(root)
    first.prepare()
    first.remove_worktree()
    put(root, {"app.py": "x = 5\n"})
    git(root, "commit", "-qam", "a fix")
    again = Repository.open(root)
    assert again.prepare() == again.checkout.head
    assert again.read("app.py") == "x = 5\n"
    assert again.behind == 0


def test_a_branch_with_keeps_stays_and_says_how_far_head_has_moved(root):
    first = Repository.open(root)
    base = first.prepare()
    kept = keep(first, "x = 2\n", "s-1")
    first.remove_worktree()
    put(root, {"pkg/mod.py": "y = 5\n"})
    git(root, "commit", "-qam", "a fix")
    again = Repository.open(root)
    assert again.prepare() == base
    assert again.head == kept
    assert again.behind == 1


def test_line_ends_are_the_trees_own_whatever_the_user_has_configured(root):
    git(root, "config", "core.autocrlf", "true")
    repository = Repository.open(root)
    repository.prepare()
    assert (repository.worktree / "app.py").read_bytes() == APP.encode()
    keep(repository, "x = 2\n", "s-1")
    assert repository.read("app.py") == "x = 2\n"
