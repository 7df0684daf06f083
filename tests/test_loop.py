"""The experiment loop on a real repository and journal, with a runner and a domain that are plain arithmetic."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from messaging.contents import (
    Allocation,
    Complete,
    ExperimentResult,
    FileModified,
    Finding,
    Progress,
    Reprofile,
    Targets,
)
from runtime.errors import Stopped, TargetFailed
from runtime.experiment.events import CandidateMeasured, Committed, ExperimentStarted
from runtime.experiment.folding import fold
from runtime.experiment.journal import read_journal
from runtime.experiment.loop import Loop
from runtime.experiment.services import Findings
from runtime.experiment.trial import experiment_id, refused
from tests.bench_world import World, program


def session(world, session="s1", **fields):
    """Runs one life of a session to its end."""

    async def life():
        services = world.services(session, **fields)
        try:
            loop = Loop(services)
            await loop.baseline()
            await services.log(await loop.run())
        finally:
            services.record.journal.close()

    asyncio.run(life())
    return state_of(world)


def state_of(world):
    return fold(read_journal(world.repo / ".codeflash/journal.jsonl")[0])


def log(world, *words):
    done = subprocess.run(["git", "log", "--format=%s", *words], cwd=world.repo, capture_output=True, text=True)
    return done.stdout.splitlines()


def test_a_saving_of_five_mib_is_kept_as_its_own_commit_and_profiled_again(tmp_path):
    world = World(tmp_path, edits=[program(60), program(20)]).make(100)
    state = session(world)
    assert [keep.started.title for keep in state.keeps] == ["lower work to PEAK = 60", "lower work to PEAK = 20"]
    assert log(world, "main..codeflash/optimize") == ["mem: lower work to PEAK = 20", "mem: lower work to PEAK = 60"]
    assert [profiled.experiment for profiled in state.profiles] == [0, 1, 2]
    assert len(world.texts(Reprofile)) == 2


def test_the_commit_carries_its_evidence_and_its_experiment(tmp_path):
    world = World(tmp_path, edits=[program(60)]).make(100)
    state = session(world)
    body = log(world, "-1", "--format=%B", "codeflash/optimize")
    assert "Traced peak: 100.0 -> 60.0 MiB" in body
    assert "VmHWM: 110.0 -> 70.0 MiB" in body
    assert f"Lowtide-Experiment: {state.keeps[0].started.id}" in body


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        (program(100), "discard", "no improvement"),
        (program(110), "discard", "no improvement"),
        (program(60, result="other"), "discard", "the observable result changed"),
        (program(60, tests="fail"), "discard", "tests break: tests/test_a.py::test_two"),
        (program(60, crash=True), "crash", "boom"),
    ],
)
def test_what_is_not_kept_leaves_the_branch_as_it_was(tmp_path, text, status, reason):
    world = World(tmp_path, edits=[text]).make(100)
    state = session(world)
    [experiment] = state.experiments
    assert experiment.ended.status == status
    assert reason in experiment.reason
    assert log(world, "main..codeflash/optimize") == []
    assert state.current.traced_peak == state.baseline.figures.traced_peak


def test_a_small_saving_is_measured_again_before_it_is_kept(tmp_path):
    world = World(tmp_path, edits=[program(97)]).make(100)
    state = session(world)
    assert len(state.keeps) == 1
    assert state.keeps[0].measured.confirms == [97 * 2**20]


def test_tests_run_only_for_what_would_be_kept(tmp_path):
    world = World(tmp_path, edits=[program(110)]).make(100)
    session(world)
    assert [job.purpose for job in world.jobs].count("tests") == 1


def test_traced_runs_stay_within_the_limit(tmp_path):
    world = World(tmp_path, edits=[program(97), program(94), program(60), program(200)]).make(100)
    state = session(world)
    assert state.costs.traced_runs <= 6 + 4 * len(state.ended_experiments)


def test_no_measurement_runs_in_the_worktree_or_the_checkout(tmp_path):
    world = World(tmp_path, edits=[program(60)]).make(100)
    session(world)
    assert all(not job.export.startswith(str(world.repo)) for job in world.jobs)
    assert not any((tmp_path / "exports").iterdir())


def test_messages_go_out_as_the_specification_says(tmp_path):
    world = World(tmp_path, edits=[program(80), program(60), program(120), program(40)]).make(100)
    session(world)
    assert [content.result for content in world.texts(ExperimentResult)] == ["KEEP", "KEEP", "DISCARD", "KEEP"]
    [progress] = world.texts(Progress)
    assert (progress.experiments, progress.keeps, progress.discards) == (3, 2, 1)
    assert [to for to, content in world.messages if isinstance(content, FileModified)] == ["researcher"] * 3
    assert world.messages[-1][0] == "router"
    assert isinstance(world.messages[-1][1], Complete)


def test_each_new_ranking_gets_a_higher_number(tmp_path):
    world = World(tmp_path, edits=[program(60)]).make(100)
    world.rank = lambda profile, sources: [target for target in World.rank(world, profile, sources) for _ in range(3)]
    session(world)
    assert [targets.ranking for targets in world.texts(Targets)] == [1, 2]


def test_a_third_keep_is_a_milestone_with_a_tag(tmp_path):
    world = World(tmp_path, edits=[program(80), program(60), program(40)]).make(100)
    session(world)
    tags = subprocess.run(["git", "tag"], cwd=world.repo, capture_output=True, text=True).stdout.split()
    assert tags == ["codeflash/optimize-v1"]


def test_a_target_under_five_mib_is_said_and_nothing_is_tried(tmp_path):
    world = World(tmp_path, edits=[program(1)]).make(4)
    with pytest.raises(TargetFailed, match=r"4\.0 MiB, under 5 MiB: nothing was tried"):
        session(world)
    assert state_of(world).experiments == ()


def test_a_target_that_fails_is_shown_with_its_output(tmp_path):
    world = World(tmp_path).make(100)
    (world.repo / "program.py").write_text(program(100, crash=True))
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@e.invalid", "commit", "-qam", "x"], cwd=world.repo)
    with pytest.raises(TargetFailed) as failed:
        session(world)
    assert failed.value.output == "boom"
    assert failed.value.exit_code == 2


def test_a_stop_ends_at_the_next_step_and_the_next_start_goes_on(tmp_path):
    world = World(tmp_path, edits=[program(60), program(20)]).make(100)

    async def stopped():
        services = world.services()
        loop = Loop(services)
        await loop.baseline()
        world.on_job = lambda job: services.gate.stopped.set() if "PEAK = 20" in _text(job) else None
        assert (await loop.run()).outcome == "stopped"
        services.record.journal.close()

    asyncio.run(stopped())
    assert len(state_of(world).keeps) == 1
    assert not (world.repo / ".codeflash/worktree").exists()
    world.on_job = None
    state = session(world)
    assert len(state.keeps) == 2
    assert state.resumptions == 1
    assert [job.purpose for job in world.jobs].count("digest") == 2  # one baseline, one end: not measured twice


def _text(job):
    return Path(job.export, "program.py").read_text()


@pytest.mark.parametrize("event", [CandidateMeasured, Committed])
def test_a_crash_between_commit_and_journal_is_reconciled(tmp_path, event):
    """The journal is cut right after an event of experiment 2, as `kill -9` would; the effects are there once."""
    world = World(tmp_path, edits=[program(60), program(20)]).make(100)
    session(world)
    journal = world.repo / ".codeflash/journal.jsonl"
    events, _ = read_journal(journal)
    lines = journal.read_bytes().splitlines(keepends=True)
    cut = max(n for n, one in enumerate(events) if isinstance(one, event) and one.number == 2)
    journal.write_bytes(b"".join(lines[: cut + 1]))
    state = session(world)
    assert [keep.number for keep in state.keeps] == [1, 2]
    assert log(world, "main..codeflash/optimize") == ["mem: lower work to PEAK = 20", "mem: lower work to PEAK = 60"]


def test_an_experiment_that_a_crash_interrupted_begins_anew_under_its_number(tmp_path):
    world = World(tmp_path, edits=[program(60), program(20)]).make(100)
    session(world)
    journal = world.repo / ".codeflash/journal.jsonl"
    events, _ = read_journal(journal)
    lines = journal.read_bytes().splitlines(keepends=True)
    cut = max(n for n, one in enumerate(events) if isinstance(one, ExperimentStarted) and one.number == 2)
    journal.write_bytes(b"".join(lines[: cut + 1]) + b'{"type": "candidate_meas')
    subprocess.run(["git", "branch", "-q", "-f", "codeflash/optimize", "codeflash/optimize~1"], cwd=world.repo)
    state = session(world)
    assert [keep.number for keep in state.keeps] == [1, 2]
    assert len(log(world, "main..codeflash/optimize")) == 2
    assert len(state.set_aside) == 1


def test_pause_holds_the_loop_and_stop_frees_it(tmp_path):
    world = World(tmp_path, edits=[program(60)]).make(100)

    async def life():
        services = world.services()
        services.gate.running.clear()
        waiting = asyncio.create_task(services.gate.step())
        await asyncio.sleep(0)
        assert not waiting.done()
        services.gate.stopped.set()
        with pytest.raises(Stopped):
            await waiting
        services.record.journal.close()

    asyncio.run(life())


def test_a_patch_may_not_touch_tests_or_name_the_profiler(tmp_path):
    world = World(tmp_path).make(100)
    services = world.services(protect=("driver.py",))
    before = (world.repo / "program.py").read_bytes()
    named = world.candidate(program(1) + "import tracemalloc\n", before)
    assert "names the profiler" in refused(named, services)
    assert "may not be changed" in refused(world.candidate("x = 1\n", b"", "tests/test_a.py"), services)
    assert "may not be changed" in refused(world.candidate("x = 1\n", b"", "driver.py"), services)
    assert refused(world.candidate(program(1), before), services) == ""
    services.record.journal.close()


def test_the_same_attempt_in_a_session_has_the_same_id():
    assert experiment_id("s", 1, "key") == experiment_id("s", 1, "key") != experiment_id("s", 2, "key")


def test_level_p_is_left_alone_under_only_proven(tmp_path):
    world = World(tmp_path, edits=[program(60)]).make(100)
    made = world.candidate
    world.candidate = lambda *words: made(*words).model_copy(update={"level": "P"})
    assert session(world, only_proven=True).experiments == ()


def test_level_s_is_proposed_to_people_and_never_tried(tmp_path):
    world = World(tmp_path, edits=[program(60)]).make(100)
    made = world.candidate
    world.candidate = lambda *words: made(*words).model_copy(update={"level": "S"})
    state = session(world)
    assert state.experiments == ()
    assert [one.title for one in state.proposed] == ["lower work to PEAK = 60"]


def target(name, line):
    return Allocation(name=name, file="program.py", line=line, function="main", size=1)


def test_a_finding_is_taken_while_the_files_it_rests_on_are_the_ones_it_read(tmp_path):
    world = World(tmp_path, edits=[program(60)]).make(100)
    before = (world.repo / "program.py").read_bytes()
    found = Finding(ranking=3, target=target("work", 1), candidates=[world.candidate(program(60), before)])
    findings = Findings()
    findings.renew(3, [target("work", 1)])
    assert findings.offer("m1", found)
    assert not findings.offer("m0", found.model_copy(update={"ranking": 2}))
    assert findings.take(target("work", 1), {"program.py": found.candidates[0].read["program.py"]}) is not None
    assert findings.take(target("work", 1), {"program.py": "another blob"}) is None
    assert findings.take(target("work", 1), {}) is None


def test_the_optimizer_waits_for_the_researcher_only_where_it_was_asked():
    async def life():
        findings = Findings()
        findings.renew(1, [target("asked", 1)])
        assert await findings.await_answer(target("not asked", 2), 10)
        assert not await findings.await_answer(target("asked", 1), 0.01)
        findings.renew(2, [target("asked", 1)])
        waiting = asyncio.create_task(findings.await_answer(target("asked", 1), 10))
        await asyncio.sleep(0)
        findings.offer("m", Finding(ranking=2, target=target("asked", 1), candidates=[]))
        assert await waiting
        assert findings.take(target("asked", 1), {}) == ("m", [])

    asyncio.run(life())


def test_the_researchers_finding_is_used_and_counted(tmp_path):
    world = World(tmp_path, edits=[program(60)]).make(100)
    world.rank = lambda profile, sources: [target("top", 9), target("second", 1)]
    world.propose = lambda target, profile, sources: []

    async def life():
        services = world.services()
        before = (world.repo / "program.py").read_bytes()
        tell = services.tell

        async def answering(to, content):
            if isinstance(content, Targets) and content.ranking == 1:
                [second] = content.targets
                candidate = world.candidate(program(60), before)
                services.findings.offer("m1", Finding(ranking=1, target=second, candidates=[candidate]))
            await tell(to, content)

        services.tell = answering
        loop = Loop(services)
        await loop.baseline()
        await loop.run()
        services.record.journal.close()

    asyncio.run(life())
    state = state_of(world)
    assert state.keeps[0].started.finding == "m1"
    assert state.costs.findings_used == 1


def test_a_later_session_on_a_branch_that_is_small_by_now_ends_at_the_plateau(tmp_path):
    world = World(tmp_path, edits=[program(1)]).make(100)
    session(world, "s1")
    state = session(world, "s2")
    assert (state.ended.outcome, state.ended.exit_code) == ("plateau", 0)
    assert state.experiments == ()


@pytest.mark.parametrize(
    ("alone", "tried"), [(program(100, result="same"), True), (program(90, result="other"), False)]
)
def test_a_combination_is_tried_only_where_a_part_alone_was_harmless_and_brought_nothing(tmp_path, alone, tried):
    world = World(tmp_path, edits=[alone]).make(100)
    parts = [f"T01:{alone}", "T02"]
    both = world.candidate(program(40), (world.repo / "program.py").read_bytes())
    world.pairs = [both.model_copy(update={"key": "both", "parts": parts})]
    state = session(world)
    assert [one.started.key for one in state.experiments] == [parts[0], *(["both"] if tried else [])]
    assert len(state.keeps) == int(tried)


def test_the_end_measures_no_tree_twice_under_tracing(tmp_path):
    world = World(tmp_path, edits=[program(80), program(60)]).make(100)
    state = session(world)
    assert (state.final.base.traced_peak, state.final.branch.traced_peak) == (100 * 2**20, 60 * 2**20)
    assert state.final.digest_equal
    # The baseline and two candidates: the second cannot be had without the first.
    assert [job.purpose for job in world.jobs].count("traced") == 3


def test_the_end_tells_a_result_that_changes_from_run_to_run(tmp_path):
    world = World(tmp_path, edits=[program(60)]).make(100)

    def unsteady(job):
        text = Path(job.export, "program.py").read_text()
        if job.purpose == "plain" and "PEAK = 60" in text:
            Path(job.export, "program.py").write_text(text.replace("'same'", "'other'"))

    world.on_job = unsteady
    state = session(world)
    assert len(state.keeps) == 1
    assert state.final.digest_equal is False
