"""HANDOFF.md, learnings.md and the final summary say what the specification wants said."""

import pytest

from runtime.experiment.events import SetAside
from runtime.experiment.folding import fold
from runtime.experiment.handoff import render_handoff, render_learnings
from runtime.experiment.journal import Journal, read_journal
from runtime.experiment.ledger import render_results
from runtime.experiment.state import State
from runtime.experiment.summary import render_summary
from runtime.workspace import Workspace, write_atomically
from tests.journals import baseline, experiment, opening, reverted, started, story


def section(text, title):
    """The lines of one `## title` section."""
    assert text.count(f"\n## {title}\n") == 1, title
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0].strip()


def test_keeps_are_numbered_with_mechanism_and_savings():
    # Spec, step 14: "numbered entry, mechanism, and MiB savings"
    kept = section(render_handoff(fold(story())), "Optimizations Kept")
    assert kept.splitlines()[:5] == [
        "1. **free rows before rendering** (experiment 1, commit 0000000000)",
        "   - Mechanism: frees `rows` before `render` allocates",
        "   - Traced peak: 131.4 MiB -> 22.0 MiB (-109.4 MiB, -83 %)",
        "   - Files: `app/job.py`; rule A01, level A",
        "   - Shown: liveness: no read of rows after line 9",
    ]
    assert "   - Stated: slower: 1.25 -> 1.50 s for 83.3 % of the peak (1.2x)" in kept
    assert "2. **slots for Reading**" in kept


def test_discards_are_a_table_with_number_what_and_reason():
    # Spec, step 14: "table with exp#, what, and specific reason"
    assert section(render_handoff(fold(story())), "What Was Tried and Discarded").splitlines() == [
        "| exp# | What | Reason |",
        "|---|---|---|",
        "| 2 | free rows before rendering (target 2) | discard: noise \\| not confirmed at all |",
        "| 4 | free rows before rendering (target 4) | crash: the target was ended by signal 9 |",
        "| 5 | free rows before rendering (target 5) | discard: no improvement |",
    ]


def test_the_plateau_is_documented_in_four_parts():
    # Spec, Plateau Documentation, 1 to 4
    plateau = section(render_handoff(fold(story())), "Plateau")
    assert "| # | Size | Source | Reducible? |" in plateau
    assert "| 2 | 12.9 MiB | numpy (import-time) | NO — framework |" in plateau
    assert "95 % of peak is irreducible (import-time)." in plateau
    assert "- **arena size**: the pool grows beyond it" in plateau
    assert "| 1 | rows in load (app/job.py:7) | 6.8 MiB | data-structures | 0 |" in plateau


def test_the_other_sections_of_a_handoff():
    text = render_handoff(fold(story()), "by hand\n\n## not a section", "Guard: make check")
    assert section(text, "Key Discoveries").splitlines() == [
        "1. PIL close() keeps metadata",
        "2. arenas are never given back",
    ]
    assert "| B | app.job:main | 131.4 | Baseline for iteration |" in section(text, "Cross-Tier Baseline")
    assert "| Traced peak (target_mb) | 131.4 MiB | 13.6 MiB |" in section(text, "Current Results")
    assert section(text, "Proposals for People").startswith("1. **float32 weights**: 8 MiB of float64")
    assert section(text, "Pre-Submit Review Findings") == "- passed: resource ownership: nothing is freed by hand"
    assert "Milestone `codeflash/optimize-v1`" in section(text, "PR Status")
    assert section(text, "Conventions") == "> Guard: make check"
    assert section(text, "Notes") == "> by hand\n>\n> ## not a section"
    environment = section(text, "Environment")
    for fact in ("3.11.7", "isolated", "`src`", "memray 1.17", "app/_generated.py", "uncommitted changes"):
        assert fact in environment


def test_keeps_that_share_a_file_are_one_pull_request():
    # Spec, PR Strategy: "Same function -> one PR. Different files -> separate PRs"
    files = ["a.py", "b.py", "a.py", "c.py"]
    events = opening()
    for number, file in enumerate(files, start=1):
        events += experiment(number, file=file, title=f"fix {number}")
    lines = section(render_handoff(fold(events)), "PR Status").splitlines()
    assert [line.split(" (")[0] for line in lines if line.startswith("- mem")] == [
        "- mem: fix 1; fix 3",
        "- mem: fix 2",
        "- mem: fix 4",
    ]


def test_a_handoff_says_what_is_under_way_and_what_went_wrong():
    events = [*opening(), SetAside(line=7, why="torn"), *experiment(1)[:2], experiment(9)[-1]]
    text = render_handoff(fold([*events, started(seconds=90)]))
    status = section(text, "Status")
    assert "- Resumptions: 1" in status
    assert "- Under way: experiment 1, free rows before rendering" in status
    assert "line 7 of the journal was set aside" in status
    assert "experiment_ended of experiment 9" in status
    assert "Experiment 1 has no verdict yet" in section(text, "Next Steps")


def test_a_change_of_methodology_is_noted():
    text = render_handoff(fold([*opening(), baseline(90, reason="python 3.12")]))
    assert "- Methodology changed, new baseline: python 3.12" in section(text, "Environment")


def test_a_reverted_keep_moves_to_the_discards():
    text = render_handoff(fold([*opening(), *experiment(1), reverted(1)]))
    assert section(text, "Optimizations Kept") == "None."
    assert "reverted by ffffffffff" in section(text, "What Was Tried and Discarded")


def test_learnings_are_those_for_next_time_of_all_sessions():
    text = render_learnings(fold([*story(), started("s2")]))
    assert text == (
        "# Learnings\n\n1. arenas are never given back\n\n## Blocked Approaches\n\n"
        "- **arena size**: the pool grows beyond it\n"
    )


def test_the_final_summary_has_the_four_mandatory_parts():
    # Spec, "Your final summary MUST include"
    text = render_summary(fold(story()))
    profiles = section(text, "Per-stage profiles")
    assert profiles.count("[baseline]") == 1
    assert profiles.count("[re-profile] After fix:") == 2
    assert profiles.count("Delta MB") == 3
    assert [peak in profiles for peak in ("131.4 MB", "22.0 MB", "13.6 MB")] == [True] * 3
    assert section(text, "Key discoveries").startswith("1. PIL close()")
    assert "NO — framework" in section(text, "Current tier breakdown")
    assert "95 % of peak is irreducible" in section(text, "Current tier breakdown")
    assert len(section(text, "What was tried and discarded").splitlines()) == 5


def test_the_final_summary_gives_the_result_and_the_cost():
    text = render_summary(fold(story()))
    for fact in (
        "- Peak: 131.4 MiB -> 13.6 MiB (-117.8 MiB, -90 %), 9.7x lower",
        "- Experiments: 5 (2 kept, 3 discarded)",
        "- Tests: 12 passed, 1 failed at the baseline; after the last tested keep 12 passed (whole suite), none broken",
        "- Session: 50.0 s wall time",
        "- Outside the runner's children: 10 % of it",
        "- Traced runs: 14 (at most 6 + 4 x 5 experiments = 26)",
        "- Researcher's findings used: 1",
        "- 40 times the target's bare run of 1.25 s",
    ):
        assert f"{fact}\n" in text


def test_a_summary_of_a_session_that_measured_nothing_says_so():
    assert "ended before a baseline was measured" in render_summary(State())
    assert "ended before a baseline was measured" in render_summary(fold([started()]))


def test_text_from_the_target_cannot_break_out_of_a_line():
    odd = "x\n## Forged\n| a | b |\x1b[2J"
    text = render_handoff(fold([*opening(), *experiment(1, "discard", title=odd, reason=odd)]))
    assert "\n## Forged" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize("view", ["results", "handoff", "learnings"])
def test_a_view_that_was_deleted_renders_to_the_same_bytes_from_the_journal_on_disk(tmp_path, view):
    # Design, I8
    workspace = Workspace(tmp_path)
    with Journal.open(workspace.journal, workspace.lock) as journal:
        for event in story():
            journal.append(event)
        live = fold(journal.events)
    renderers = {"results": render_results, "handoff": render_handoff, "learnings": render_learnings}
    path = getattr(workspace, view)
    write_atomically(path, renderers[view](live))
    before = path.read_bytes()
    path.unlink()
    write_atomically(path, renderers[view](fold(read_journal(workspace.journal)[0])))
    assert path.read_bytes() == before
