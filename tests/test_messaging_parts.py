"""The pure parts (topics, permissions, addresses, order) and the embedded broker as a process."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messaging import topics
from messaging.address import Address
from messaging.backoff import backoff
from messaging.broker import Broker, subject
from messaging.errors import BadValue, BrokerUnreachable, NotUnderstood
from messaging.incoming import Arrived, Plan, order
from messaging.messages import Envelope, SendMessage
from tests.bus_team import SESSION, eventually, kill, soon


def matches(topic_filter: str, topic: str) -> bool:
    """MQTT 3.1.1, section 4.7, for filters without #."""
    wanted, parts = topic_filter.split("/"), topic.split("/")
    return len(wanted) == len(parts) and all(one in ("+", other) for one, other in zip(wanted, parts, strict=True))


def test_every_topic_is_parsed_back() -> None:
    assert topics.parse(topics.inbox("s", "a", "b")) == topics.Topic("s", "inbox", "a", "b")
    assert topics.parse(topics.receipt("s", "a", "b")) == topics.Topic("s", "receipt", "a", "b")
    assert topics.parse(topics.presence("s", "a")) == topics.Topic("s", "presence", "", "a")
    assert topics.parse(topics.stream("s", "log", "a")) == topics.Topic("s", "stream", "log", "a")


@pytest.mark.parametrize(
    "topic",
    ("", "lowtide", "lowtide/s", "other/s/presence/a", "lowtide/s/presence/A", "lowtide/s/inbox/a",
     "lowtide/s/inbox/a/b/c", "lowtide/s/stream/+/a", "lowtide//presence/a", "lowtide/s/else/a/b"),
)  # fmt: skip
def test_a_topic_of_others_is_not_understood(topic: str) -> None:
    with pytest.raises(NotUnderstood):
        topics.parse(topic)


def test_an_agent_may_publish_only_as_itself_and_read_only_its_own_messages() -> None:
    everything = [
        build("s", *names)
        for build in (topics.inbox, topics.receipt, topics.stream)
        for names in (("a", "b"), ("b", "a"))
    ] + [topics.presence("s", "a"), topics.presence("s", "b")]
    allowed = topics.permissions("a", "s")

    for topic in everything:
        place = topics.parse(topic)
        assert any(matches(item, topic) for item in allowed.publish) == (place.sender == "a")
        readable = place.channel in ("stream", "presence") or place.name == "a"
        assert any(matches(item, topic) for item in allowed.subscribe) == readable
    assert not any(matches(item, topics.inbox("other", "b", "a")) for item in allowed.publish)


def test_what_every_bus_subscribes_to_is_permitted() -> None:
    allowed = topics.permissions("a", "s").subscribe
    for item in topics.subscriptions("s", "a"):
        assert any(matches(permitted, item) for permitted in allowed)


def test_a_filter_becomes_the_subjects_that_nats_needs() -> None:
    assert subject("lowtide/s/inbox/+/a") == ["lowtide.s.inbox.*.a"]
    assert subject("a/#") == ["a", "a.>"]


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("mqtt://u:p%2Fw%40@h:18", Address("h", 18, "u", "p/w@")),
        ("mqtt://h", Address("h", 1883)),
        ("mqtts://h", Address("h", 8883, tls=True)),
        ("mqtt://u@[::1]:5", Address("::1", 5, "u")),
    ),
)
def test_an_address_is_read_and_written_back(text: str, expected: Address) -> None:
    assert Address.parse(text) == expected
    assert Address.parse(expected.url) == expected


@pytest.mark.parametrize(
    "text",
    ("", "h:1883", "http://h", "mqtt://", "mqtt://h:x", "mqtt://u:secret/x@h:1", "mqtt://h:99999", "mqtt://h/topic"),
)
def test_a_bad_address_is_a_value_error_that_says_what_to_write_and_no_password(text: str) -> None:
    with pytest.raises(ValueError, match="write mqtt://user:password@host:port") as caught:
        Address.parse(text)
    assert isinstance(caught.value, BadValue)
    assert "secret" not in str(caught.value)


def test_a_password_never_shows_in_the_representation() -> None:
    assert "secret" not in repr(Address("h", 1, "u", "secret"))


def test_waiting_grows_up_to_its_limit() -> None:
    for attempt in range(200):
        full = min(8.0, 0.5 * 2**attempt)
        assert full / 2 <= backoff(attempt, 0.5, 8.0) <= full


def arrived(seq: int, floor: int = 1) -> Arrived:
    return Arrived(
        Envelope(sender="b", to="a", session="s", seq=seq, floor=floor, body=SendMessage(summary="", message="")), b""
    )


def seqs(plan: Plan) -> list[int]:
    return [item.envelope.seq for item in plan.ready]


@settings(deadline=None, derandomize=True, database=None)
@given(st.permutations(range(1, 9)), st.lists(st.integers(1, 4), max_size=8))
def test_whatever_the_order_of_arrival_messages_are_handled_by_seq(arrivals: list[int], sizes: list[int]) -> None:
    awaited, held = 1, dict[int, Arrived]()
    handled: list[int] = []
    while arrivals:
        size = sizes.pop() if sizes else 1
        now, arrivals = arrivals[:size], arrivals[size:]
        plan = order(awaited, held, 1, [arrived(seq) for seq in now])
        awaited, held = plan.awaited, plan.held
        handled += seqs(plan)

    assert handled == list(range(1, 9))
    assert not held


def test_a_message_behind_a_gap_waits_until_the_floor_says_that_the_gap_stays() -> None:
    plan = order(3, {}, 3, [arrived(5)])
    assert (seqs(plan), plan.awaited) == ([], 3)
    plan = order(plan.awaited, plan.held, 5)
    assert (seqs(plan), plan.awaited) == ([5], 6)


def test_a_sender_that_begins_anew_is_heard_at_once() -> None:
    plan = order(8, {9: arrived(9)}, 1, [arrived(1)])
    assert (seqs(plan), plan.awaited) == ([9, 1], 2)


def test_the_broker_keeps_port_passwords_and_privacy_over_a_crash(tmp_path: Path) -> None:
    async def main() -> None:
        broker = Broker(tmp_path, SESSION, ["router", "memory"])
        with pytest.raises(BrokerUnreachable, match="not started"):
            broker.address("router")
        await broker.start()
        before = broker.address("memory"), broker.pid
        await kill(broker)
        await broker.start()
        assert (broker.address("memory"), broker.pid != before[1]) == (before[0], True)
        with pytest.raises(BadValue, match="no account for 'stranger'; there are: memory, router"):
            broker.address("stranger")
        config = tmp_path / "nats-server.json"
        assert config.stat().st_mode & 0o777 == 0o600
        accounts = json.loads(config.read_text())["accounts"]["session"]["users"]
        assert len({account["password"] for account in accounts}) == 2
        await broker.stop()
        assert await broker.wait() >= 0

    asyncio.run(main())


def test_the_broker_listens_on_the_loopback_only(tmp_path: Path) -> None:
    async def main() -> None:
        broker = Broker(tmp_path, SESSION, ["router"])
        await broker.start()
        listening = _listening(broker.pid)
        await broker.stop()
        assert listening == {"0100007F"}

    asyncio.run(main())


def test_a_broker_that_cannot_start_says_its_own_last_words(tmp_path: Path) -> None:
    async def main() -> None:
        (tmp_path / "store").write_text("in the way")
        with pytest.raises(
            BrokerUnreachable, match=r"nats-server did not start: .*storage directory is not a directory"
        ):
            await soon(Broker(tmp_path, SESSION, ["router"]).start())

    asyncio.run(main())


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG is Linux's")
def test_the_broker_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from messaging.broker import Broker\n"
        "async def main():\n"
        "    broker = Broker(Path(sys.argv[1]), 's1', ['router']); await broker.start()\n"
        "    print(broker.pid, flush=True); await asyncio.sleep(3600)\n"
        "asyncio.run(main())"
    )

    async def main() -> None:
        parent = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, str(tmp_path), stdout=asyncio.subprocess.PIPE
        )
        assert parent.stdout is not None
        pid = int(await soon(parent.stdout.readline(), 30))
        os.kill(parent.pid, signal.SIGKILL)
        await parent.communicate()
        await eventually(lambda: not _alive(pid))

    asyncio.run(main())


def _listening(pid: int) -> set[str]:
    links = [entry.readlink().name for entry in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {link.removeprefix("socket:[").rstrip("]") for link in links if link.startswith("socket:")}
    tables = [Path(f"/proc/net/{table}").read_text().splitlines()[1:] for table in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table]
    return {row[1].split(":")[0] for row in rows if row[3] == "0A" and row[9] in inodes}


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    # Where nobody reaps orphans, the dead stay as zombies.
    return state != "Z"
