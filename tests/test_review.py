"""The pre-submit review finds what reviewers would flag."""

import subprocess

import pytest

from runtime.experiment.events import Committed
from runtime.experiment.folding import fold
from runtime.experiment.ledger import render_results
from runtime.experiment.review import parse_diff, review
from tests.journals import experiment, opening, story

DIFF = """diff --git a/app/job.py b/app/job.py
index 1..2 100644
--- a/app/job.py
+++ b/app/job.py
@@ -7,3 +7,4 @@ def main():
     rows = load()
     table = index(rows)
+    del rows
     return render(table)
"""


def checked(state, diff=DIFF, results=None, protect=()):
    found = review(state, diff=diff, results=render_results(state) if results is None else results, protect=protect)
    return {one.check: one for one in found}


def fold_keep(**more):
    return fold([*opening(), *experiment(1, **more)])


def added(line, path="app/job.py"):
    return f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1,0 +1 @@\n+{line}\n"


def test_a_clean_session_passes_every_check_in_the_specifications_order():
    found = checked(fold_keep())
    assert list(found) == [
        "resource ownership",
        "concurrency safety",
        "claims match measurements",
        "tradeoffs disclosed",
        "tests exercise the change",
        "limits of a patch",
    ]
    assert [one.check for one in found.values() if not one.passed] == []


def test_an_added_del_is_listed_with_the_evidence_that_it_is_dead():
    found = checked(fold_keep())["resource ownership"]
    assert found.finding == "app/job.py:9 `del rows` (liveness: no read of rows after line 9)"


@pytest.mark.parametrize("line", ["del rows", "    image.close()", "    buffer.free()", "    cache.clear()"])
def test_freeing_without_evidence_fails(line):
    found = checked(fold_keep(), added(line, "app/other.py"))["resource ownership"]
    assert not found.passed
    assert "no evidence" in found.finding


@pytest.mark.parametrize("line", ["    global _pool", "@lru_cache(maxsize=None)", "    load.cache_clear()"])
def test_state_shared_between_calls_fails_concurrency_safety(line):
    assert not checked(fold_keep(), added(line))["concurrency safety"].passed


def test_results_that_differ_from_the_journal_fail_and_the_line_is_named():
    state = fold_keep()
    forged = render_results(state).replace("\t90.00\t", "\t9.00\t")
    found = checked(state, results=forged)["claims match measurements"]
    assert (found.passed, found.finding) == (False, "results.tsv differs from the journal at line 3")
    assert not checked(state, results=render_results(state) + "extra\n")["claims match measurements"].passed


def test_a_keep_that_was_never_measured_or_committed_otherwise_fails():
    unmeasured = fold([*opening(), *experiment(1, after=None)])
    assert "kept without a measurement" in checked(unmeasured)["claims match measurements"].finding
    events = [event for event in experiment(1) if not isinstance(event, Committed)]
    assert "kept without a commit" in checked(fold([*opening(), *events]))["claims match measurements"].finding
    events = [e.model_copy(update={"tree": "other"}) if isinstance(e, Committed) else e for e in experiment(1)]
    assert "not the tree measured" in checked(fold([*opening(), *events]))["claims match measurements"].finding


def test_a_slowdown_has_to_stand_in_the_commit_message():
    slow = {"before": 100, "after": 50, "before_more": {"wall_s": 1.0}, "after_more": {"wall_s": 1.5}}
    text = "slower: 1.00 -> 1.50 s for 50.0 % of the peak (1.5x)"
    found = checked(fold_keep(**slow))["tradeoffs disclosed"]
    assert (found.passed, found.finding) == (False, f"experiment 1: the commit does not state: {text}")
    events = [
        event.model_copy(update={"message": f"mem: x\n\nStated: {text}"}) if isinstance(event, Committed) else event
        for event in experiment(1, **slow)
    ]
    assert checked(fold([*opening(), *events]))["tradeoffs disclosed"].passed


def test_a_keep_no_test_reaches_needs_an_equal_digest():
    events = [event for event in experiment(1) if event.type != "tests_measured"]
    found = checked(fold([*opening(), *events]))["tests exercise the change"]
    assert (found.passed, found.finding) == (
        True,
        "0 keeps by tests, 1 by the digest of the target's own result alone",
    )
    events = [e.model_copy(update={"digest_equal": None}) if e.type == "candidate_measured" else e for e in events]
    assert not checked(fold([*opening(), *events]))["tests exercise the change"].passed


def test_a_broken_test_fails():
    events = [
        event.model_copy(update={"broken": ["t::a"]}) if event.type == "tests_measured" else event
        for event in experiment(1)
    ]
    assert "breaks t::a" in checked(fold([*opening(), *events]))["tests exercise the change"].finding


@pytest.mark.parametrize(
    ("diff", "protect", "finding"),
    [
        (added("x = 1", "tests/test_a.py"), (), "tests/test_a.py was changed: it is a test"),
        (added("x = 1", "app/api.py"), ("app/api.py",), "app/api.py was changed: it is protected by 'app/api.py'"),
        (added("import tracemalloc"), (), "app/job.py names the profiler: import tracemalloc"),
        ("diff --git a/app/x.py b/tests/x.py\nsimilarity index 100%\nrename from app/x.py\n", (), "tests/x.py was"),
        ("diff --git a/setup.cfg b/setup.cfg\ndeleted file mode 100644\n", (), "setup.cfg was changed"),
    ],
)
def test_protected_paths_and_forbidden_lines_fail(diff, protect, finding):
    found = checked(fold_keep(), diff, protect=protect)["limits of a patch"]
    assert not found.passed
    assert finding in found.finding


def test_the_whole_story_passes_but_for_its_undisclosed_slowdown():
    assert [c for c, one in checked(fold(story())).items() if not one.passed] == ["tradeoffs disclosed"]


def test_a_real_diff_is_read_line_by_line(tmp_path):
    def git(*words):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout

    (tmp_path / "a b.py").write_text("one\n\n-- two\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten")
    (tmp_path / "gone.py").write_text("++ gone\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "x")
    (tmp_path / "a b.py").write_text("one\n\n++ new\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\n")
    (tmp_path / "gone.py").unlink()
    (tmp_path / "new.py").write_text("new\n")
    git("add", "-A")
    diff = parse_diff(git("diff", "--no-renames", "HEAD"))
    assert diff.files == ("a b.py", "gone.py", "new.py")
    assert [(one.path, one.number, one.text) for one in diff.added] == [
        ("a b.py", 3, "++ new"),
        ("a b.py", 11, "ten"),
        ("a b.py", 12, "eleven"),
        ("new.py", 1, "new"),
    ]
    assert [(one.path, one.number, one.text) for one in diff.removed] == [
        ("a b.py", 3, "-- two"),
        ("a b.py", 11, "ten"),
        ("gone.py", 1, "++ gone"),
    ]
