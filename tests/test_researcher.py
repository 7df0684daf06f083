"""The researcher: what it reads, what it sends, what it drops."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agents.reading import Reading, fresh, newer
from agents.researcher import Researcher
from messaging.bus import Bus
from messaging.contents import Allocation, Candidate, EditedFile, FileModified, Finding, Targets
from messaging.messages import SendMessage
from messaging.text import message
from runtime.config import SessionConfig
from runtime.domain import Profile, Sources
from runtime.errors import LowtideError
from runtime.exchange import read_profile, write_profile
from runtime.measure.reports import ProbeReport
from runtime.repository import Repository
from tests.team import buses, cancelled, git, next_body, repository, settings

FILES = {"a.py": "A = 1\n", "b.py": "B = 1\n", "c.py": "C = 1\n"}


def allocation(name: str) -> Allocation:
    return Allocation(name=f"{name} list", file=f"{name}.py", line=1, size=3.0)


def candidate(name: str, sources: Sources) -> Candidate:
    path = f"{name}.py"
    return Candidate(
        key=f"A01 {path}",
        rule="A01",
        title="early del",
        category="data-structures",
        strategy="allocations",
        mechanism="frees it early",
        level="A",
        file=path,
        line=1,
        function="<module>",
        frees=1,
        shown=[],
        edits=[EditedFile(path=path, blob=sources.files[path], text=(sources.root / path).read_text() + "\n")],
        read={path: sources.files[path]},
    )


class OneRule:
    """A domain that proposes one edit of the target's file, and can be held up."""

    name, metric, unit = "memory", "peak", "MiB"

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go = threading.Event()
        self.go.set()

    def propose(self, target: Allocation, profile: Profile, sources: Sources) -> list[Candidate]:
        self.asked.append(target.name)
        assert self.go.wait(10)
        if target.file == "c.py":
            raise RuntimeError("a rule broke")
        return [candidate(target.file.removesuffix(".py"), sources)]


@pytest.fixture
def config(tmp_path: Path) -> SessionConfig:
    agents = {"router": "", "memory": "", "researcher": ""}
    return settings(tmp_path, repository(tmp_path / "repo", FILES), agents)


def ranking(config: SessionConfig, number: int, *names: str) -> Targets:
    repo = Repository.open(config.repository)
    tree = git(config.repository, "rev-parse", "HEAD^{tree}")
    files = {path: entry.blob for path, entry in repo.checkout.tracked(tree).items()}
    report = ProbeReport(ok=True, python="3.11")
    profile = Profile(tree=tree, calls=report, stages=report, census=None)
    sources = Sources(config.repository, tree, files, lambda path: path != "c.py", True, (3, 9), (3, 11))
    name = write_profile(config.exchange, profile, sources)
    return Targets(ranking=number, targets=[allocation(n) for n in names], tree=tree, profile=name)


@asynccontextmanager
async def running(config: SessionConfig, domain: OneRule) -> AsyncIterator[tuple[Bus, Bus]]:
    from messaging.messages import Roster

    async with buses(config, "router", "memory", "researcher") as (router, memory, own):
        await router.publish("roster", Roster(agents=list(config.agents)))
        task = asyncio.create_task(Researcher(own, config, domain).run())  # type: ignore[arg-type]
        try:
            yield memory, router
        finally:
            domain.go.set()
            await cancelled(task)


async def finding(memory: Bus) -> Finding:
    body, _ = await next_body(memory, SendMessage)
    assert isinstance(body, SendMessage)
    assert isinstance(body.content, Finding)
    return body.content


def test_targets_are_answered_in_order_with_edits_and_a_broken_rule_does_not_end_it(config: SessionConfig) -> None:
    domain = OneRule()

    async def run() -> list[Finding]:
        async with running(config, domain) as (memory, _):
            await memory.send("researcher", message(ranking(config, 1, "b", "c", "a")))
            return [await finding(memory) for _ in range(3)]

    found = asyncio.run(run())

    assert [f.target.name for f in found] == ["b list", "c list", "a list"]
    assert found[0].candidates[0].edits[0].text == "B = 1\n\n"
    assert found[1].candidates == []
    assert found[1].note == "analysis failed: RuntimeError: a rule broke"
    assert found[0].ranking == 1


def test_it_reads_the_tree_of_the_ranking_whatever_lies_in_the_checkout(config: SessionConfig) -> None:
    async def run() -> Finding:
        async with running(config, OneRule()) as (memory, _):
            targets = ranking(config, 1, "b")
            (config.repository / "b.py").write_text("half an experiment")
            await memory.send("researcher", message(targets))
            return await finding(memory)

    assert asyncio.run(run()).candidates[0].edits[0].text == "B = 1\n\n"


def test_a_new_ranking_replaces_the_old_and_work_on_the_old_one_is_dropped(config: SessionConfig) -> None:
    domain = OneRule()
    domain.go.clear()

    async def run() -> Finding:
        async with running(config, domain) as (memory, _):
            await memory.send("researcher", message(ranking(config, 1, "b", "a")))
            while not domain.asked:  # noqa: ASYNC110 - the domain works in a thread
                await asyncio.sleep(0.01)
            newer_one = await memory.send("researcher", message(ranking(config, 2, "a")))
            await memory.wait(newer_one, timeout=10)
            domain.go.set()
            return await finding(memory)

    found = asyncio.run(run())

    assert (found.ranking, found.target.name) == (2, "a list")
    assert domain.asked == ["b list", "a list"]


def test_a_finding_that_rests_on_a_file_changed_meanwhile_is_not_sent(config: SessionConfig) -> None:
    domain = OneRule()
    domain.go.clear()

    async def run() -> list[Finding]:
        async with running(config, domain) as (memory, _):
            await memory.send("researcher", message(ranking(config, 1, "b", "a")))
            while not domain.asked:  # noqa: ASYNC110 - the domain works in a thread
                await asyncio.sleep(0.01)
            modified = await memory.send("researcher", message(FileModified(path="b.py")))
            await memory.wait(modified, timeout=10)
            domain.go.set()
            return [await finding(memory), await finding(memory)]

    stale, good = asyncio.run(run())

    assert (stale.candidates, stale.note) == ([], "changed since the ranking, left out: b.py")
    assert len(good.candidates) == 1


def test_a_killed_researcher_goes_on_where_it_was_and_answers_no_target_twice(config: SessionConfig) -> None:
    async def run() -> list[str]:
        domain = OneRule()
        async with running(config, domain) as (memory, _):
            await memory.send("researcher", message(ranking(config, 1, "b", "a")))
            await finding(memory)
            await finding(memory)
        # It died after its second finding was in the outbox, before it had noted so.
        file = config.folder / "researcher.json"
        file.write_text(Reading.model_validate_json(file.read_text()).model_copy(update={"done": 1}).model_dump_json())
        domain = OneRule()
        async with running(config, domain) as (memory, _):
            await memory.send("researcher", message(ranking(config, 2, "a")))
            found = await finding(memory)
            assert found.ranking == 2
        return domain.asked

    assert asyncio.run(run())[-1] == "a list"


def test_the_newest_ranking_counts_and_the_same_message_changes_nothing() -> None:
    targets = Targets(ranking=1, targets=[allocation("b"), allocation("a")])
    reading = newer(None, "m1", targets).answered().with_modified("x.py")

    assert newer(reading, "m1", targets) is reading
    assert newer(reading, "m2", targets) == Reading(message="m2", targets=targets)
    assert (reading.current.name, reading.number, reading.finished) == ("a list", 3, False)
    assert reading.answered().finished


def test_candidates_are_stale_by_any_file_they_were_read_from(tmp_path: Path) -> None:
    (tmp_path / "b.py").write_text("B = 1\n")
    sources = Sources(tmp_path, "t", {"b.py": "1"}, lambda _: True, False, (3, 9), (3, 11))
    wide = candidate("b", sources).model_copy(update={"read": {"b.py": "1", "other.py": "2"}})

    assert fresh([wide], allocation("b"), ["other.py"]) == ([], ["other.py"])
    assert fresh([wide], allocation("b"), ["unread.py"]) == ([wide], [])


def test_a_profile_reads_back_and_a_name_cannot_lead_out_of_the_exchange(config: SessionConfig) -> None:
    targets = ranking(config, 1, "b")
    file = read_profile(config.exchange, targets.profile)
    sources = file.sources(config.repository)

    assert file.profile.tree == targets.tree
    assert [path for path in FILES if sources.editable(path)] == ["a.py", "b.py"]
    assert (sources.library, sources.requires_python, sources.python) == (True, (3, 9), (3, 11))
    with pytest.raises(LowtideError):
        read_profile(config.exchange, "../../settings/memory.json")
