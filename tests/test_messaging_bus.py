"""The bus over real brokers of both kinds: what is sent is processed, in order, once in effect, whoever dies."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import pytest

from messaging import outgoing, topics
from messaging.address import Address
from messaging.bus import MAX_PAYLOAD, Bus
from messaging.errors import BadValue, BrokerRefuses, BrokerUnreachable, MailboxError, MessagingError
from messaging.messages import Control, Envelope, Presence, Task, TaskList
from tests.bus_team import (
    NAMES,
    SESSION,
    be_router,
    both_brokers,
    broker,
    eventually,
    kill,
    said,
    say,
    soon,
    take,
    team,
)

WORKER = """
import asyncio, sys
from pathlib import Path
from messaging.address import Address
from messaging.bus import Bus

async def main(url, folder, finish):
    async with Bus("researcher", "s1", Address.parse(url), Path(folder)) as bus:
        async for delivery in bus.inbox():
            print(delivery.envelope.body.message, delivery.attempts, flush=True)
            if finish == "finish":
                await delivery.processed()
            else:
                await asyncio.sleep(3600)

asyncio.run(main(*sys.argv[1:]))
"""


@both_brokers
def test_a_message_is_received_and_then_processed(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, "router", "memory") as (_, [router, memory]):
            sent = await memory.send("router", say("hello"), cause="the-cause")
            assert await soon(memory.wait(sent, "received")) == "received"
            delivery = await soon(anext(router.inbox()))
            assert await memory.state(sent) == "received"
            await delivery.processed()
            assert await soon(memory.wait(sent)) == "processed"
            assert (delivery.envelope.sender, delivery.envelope.cause) == ("memory", "the-cause")
            assert said(delivery.envelope) == "hello"

    asyncio.run(main())


@both_brokers
def test_nothing_is_lost_doubled_or_disordered_when_the_broker_is_killed_in_mid_traffic(
    kind: str, tmp_path: Path
) -> None:
    count = 1500

    async def main() -> None:
        async with team(kind, tmp_path, *NAMES) as (server, [router, memory, researcher]):
            effects: dict[str, list[str]] = {"memory": [], "researcher": []}
            halfway, done = asyncio.Event(), asyncio.Event()

            async def handle() -> None:
                async for delivery in router.inbox():
                    effects[delivery.envelope.sender].append(said(delivery.envelope))
                    await delivery.processed()
                    total = sum(map(len, effects.values()))
                    if total >= count // 2:
                        halfway.set()
                    if total == 2 * count:
                        done.set()

            async def talk(bus: Bus) -> str:
                for number in range(count):
                    last = await bus.send("router", say(str(number)), id=f"{bus.agent}-{number}")
                    if number % 20 == 0:
                        await asyncio.sleep(0.002)
                return last

            handler = asyncio.create_task(handle())
            talkers = [asyncio.create_task(talk(bus)) for bus in (memory, researcher)]
            await soon(halfway.wait(), 30)
            await kill(server)
            await asyncio.sleep(0.2)
            await server.start()
            lasts = [await soon(talker, 60) for talker in talkers]
            await soon(done.wait(), 60)
            for bus, last in zip((memory, researcher), lasts, strict=True):
                assert await soon(bus.wait(last)) == "processed"
            handler.cancel()
            for texts in effects.values():
                assert texts == [str(number) for number in range(count)]

    asyncio.run(main())


@both_brokers
def test_a_recipient_killed_in_its_handler_finds_the_message_again(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, "router", "memory") as (server, [_, memory]):

            async def worker(finish: str) -> asyncio.subprocess.Process:
                arguments = [server.address("researcher").url, str(tmp_path), finish]
                return await asyncio.create_subprocess_exec(
                    sys.executable, "-c", WORKER, *arguments, stdout=asyncio.subprocess.PIPE
                )

            sent = await memory.send("researcher", say("job"))
            first = await worker("hang")
            assert first.stdout is not None
            assert await soon(first.stdout.readline(), 30) == b"job 1\n"
            assert await soon(memory.wait(sent, "received")) == "received"
            os.kill(first.pid, signal.SIGKILL)
            await first.communicate()
            assert await memory.state(sent) == "received"

            second = await worker("finish")
            assert second.stdout is not None
            assert await soon(second.stdout.readline(), 30) == b"job 2\n"
            assert await soon(memory.wait(sent)) == "processed"
            os.kill(second.pid, signal.SIGKILL)
            await second.communicate()

    asyncio.run(main())


@both_brokers
def test_messages_wait_for_a_recipient_that_is_away(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, "router", "memory") as (server, [_, memory]):
            for number in range(5):
                await memory.send("researcher", say(str(number)))
            await asyncio.sleep(0.3)
            async with Bus("researcher", SESSION, server.address("researcher"), tmp_path) as researcher:
                # Well before the first repetition, which is after 1 to 2 s: presence brings them.
                assert await take(researcher, 5, 0.9) == ["0", "1", "2", "3", "4"]

    asyncio.run(main())


@both_brokers
def test_sending_works_while_the_broker_is_away(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, "router", "memory") as (server, [router, memory]):
            await kill(server)
            sent = [await soon(memory.send("router", say(str(number))), 2) for number in range(3)]
            assert {await memory.state(id_) for id_ in sent} == {"queued"}
            await server.start()
            assert await take(router, 3) == ["0", "1", "2"]

    asyncio.run(main())


@both_brokers
def test_a_sender_that_was_away_learns_that_its_message_was_processed(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, "router") as (server, [router]):
            async with Bus("memory", SESSION, server.address("memory"), tmp_path) as memory:
                sent = await memory.send("router", say("job"))
                delivery = await soon(anext(router.inbox()))
                await soon(memory.wait(sent, "received"))
            await delivery.processed()
            await asyncio.sleep(0.1)
            async with Bus("memory", SESSION, server.address("memory"), tmp_path) as memory:
                assert await soon(memory.wait(sent), 5) == "processed"

    asyncio.run(main())


def test_a_message_to_nobody_in_the_roster_is_a_dead_letter_and_blocks_nothing(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (_, [router, memory]):
            sent = await memory.send("nobody", say("lost"))
            assert await soon(memory.wait(sent)) == "dead"
            await memory.send("router", say("found"))
            assert await take(router, 1) == ["found"]
            [letter] = memory.dead_letters()
            assert (letter.id, letter.direction, letter.peer) == (sent, "out", "nobody")
            assert letter.reason == "no agent 'nobody' in this session; these take part: memory, researcher, router"
            assert letter.payload is not None

    asyncio.run(main())


def test_before_the_roster_is_known_messages_wait(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "memory", "researcher") as (server, [memory, researcher]):
            good, bad = await memory.send("researcher", say("1")), await memory.send("nobody", say("2"))
            await asyncio.sleep(0.3)
            assert [await memory.state(good), await memory.state(bad)] == ["queued", "queued"]
            async with Bus("router", SESSION, server.address("router"), tmp_path) as router:
                await be_router(router)
                assert await take(researcher, 1) == ["1"]
                assert await soon(memory.wait(bad)) == "dead"

    asyncio.run(main())


def test_an_account_cannot_publish_as_another_nor_read_anothers_inbox(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (server, [router, memory]):
            account = server.address("researcher")
            forged = Envelope(sender="router", to="memory", session=SESSION, seq=1, body=say("forged"))
            client = aiomqtt.Client(account.host, account.port, username=account.username, password=account.password)
            async with client:
                for topic in (topics.inbox(SESSION, "memory", "router"), topics.stream(SESSION, "roster", "router")):
                    await client.publish(topic, forged.encode(), qos=0)
                codes = await client.subscribe(topics.inbox(SESSION, "memory", "+"), qos=1)
                assert [int(str(getattr(code, "value", code))) for code in codes] == [0x80]
                own = Envelope(sender="researcher", to="memory", session=SESSION, seq=1, body=say("own"))
                await client.publish(topics.inbox(SESSION, "memory", "researcher"), own.encode(), qos=0)
                assert await take(memory, 1) == ["own"]
            await router.send("memory", say("true"))
            assert await take(memory, 1) == ["true"]
            assert memory.roster == frozenset(NAMES)

    asyncio.run(main())


def test_a_bus_with_the_account_of_another_agent_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with broker("nats-server", tmp_path) as server:
            with pytest.raises(BrokerUnreachable, match=r"does not let this account subscribe to .*/inbox/router/\+"):
                await soon(Bus("router", SESSION, server.address("researcher"), tmp_path).__aenter__())

    asyncio.run(main())


def test_a_recipient_that_never_answers_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(outgoing, "_RETRY_FIRST", 0.05)

    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (_, [_, memory]):
            await memory.send("researcher", say("anybody there?"))
            await eventually(lambda: "memory: researcher has not answered for 1 messages" in caplog.messages)

    asyncio.run(main())


@both_brokers
def test_control_overtakes_a_busy_inbox_within_two_seconds(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, "router", "memory") as (_, [router, memory]):
            sent = await asyncio.gather(*(router.send("memory", say("x" * 20_000)) for _ in range(3000)))
            inbox = memory.inbox()
            busy = await soon(anext(inbox))
            pause = await router.send("memory", Control(action="pause"))
            control = await soon(anext(memory.controls()), 2)
            assert isinstance(control.envelope.body, Control)
            await control.processed()
            assert await soon(router.wait(pause), 2) == "processed"
            assert await router.state(sent[-1]) != "processed"
            await busy.processed()

    asyncio.run(main())


@both_brokers
def test_one_message_at_a_time_per_sender_and_other_senders_are_not_held_up(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, *NAMES) as (_, [router, memory, researcher]):
            for text in ("m1", "m2"):
                await memory.send("router", say(text))
            inbox = router.inbox()
            first = await soon(anext(inbox))
            await researcher.send("router", say("r1"))
            other = await soon(anext(inbox))
            assert [said(first.envelope), said(other.envelope)] == ["m1", "r1"]
            waiting = asyncio.ensure_future(anext(inbox))
            await asyncio.sleep(0.3)
            assert not waiting.done()
            await first.processed()
            assert said((await soon(waiting)).envelope) == "m2"

    asyncio.run(main())


def test_a_rejected_message_comes_again_before_its_successor_and_is_dead_after_five(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (_, [router, memory]):
            bad = await memory.send("router", say("bad"))
            await memory.send("router", say("good"))
            texts: list[str] = []
            async with asyncio.timeout(30):
                async for delivery in router.inbox():
                    texts.append(said(delivery.envelope))
                    if texts[-1] == "good":
                        await delivery.processed()
                        break
                    assert delivery.attempts == len(texts)
                    await delivery.reject("cannot")
            assert texts == ["bad"] * 5 + ["good"]
            assert await soon(memory.wait(bad)) == "dead"
            assert [letter.reason for letter in router.dead_letters()] == ["rejected 5 times: cannot"]
            assert [letter.reason for letter in memory.dead_letters()] == ["rejected 5 times: cannot"]

    asyncio.run(main())


def test_a_message_no_handler_takes_is_a_dead_letter_on_both_sides(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (_, [router, memory]):
            sent = await memory.send("router", say("what?"))
            delivery = await soon(anext(router.inbox()))
            await delivery.dead("no handler takes it")
            assert await soon(memory.wait(sent)) == "dead"
            assert [letter.direction for letter in router.dead_letters() + memory.dead_letters()] == ["in", "out"]

    asyncio.run(main())


def test_a_message_that_kills_its_handler_five_times_is_dead(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (server, [_, memory]):
            sent = await memory.send("researcher", say("poison"))
            for attempt in range(1, 6):
                arguments = [server.address("researcher").url, str(tmp_path), "hang"]
                worker = await asyncio.create_subprocess_exec(
                    sys.executable, "-c", WORKER, *arguments, stdout=asyncio.subprocess.PIPE
                )
                assert worker.stdout is not None
                assert await soon(worker.stdout.readline(), 30) == f"poison {attempt}\n".encode()
                os.kill(worker.pid, signal.SIGKILL)
                await worker.communicate()
            async with Bus("researcher", SESSION, server.address("researcher"), tmp_path) as researcher:
                await memory.send("researcher", say("next"))
                assert await take(researcher, 1) == ["next"]
                assert await soon(memory.wait(sent)) == "dead"
                assert "its handler dies of it" in researcher.dead_letters()[0].reason

    asyncio.run(main())


def test_leaving_in_the_middle_of_a_handler_is_not_an_attempt(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (server, [_, memory]):
            await memory.send("researcher", say("job"))
            for _ in range(7):
                async with Bus("researcher", SESSION, server.address("researcher"), tmp_path) as researcher:
                    delivery = await soon(anext(researcher.inbox()))
                    assert delivery.attempts == 1
            await delivery.processed()

    asyncio.run(main())


@both_brokers
def test_malformed_and_forged_payloads_are_dropped_and_the_next_message_arrives(
    kind: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, "router", "memory") as (server, [_, memory]):
            account = server.address("researcher")
            inbox = topics.inbox(SESSION, "memory", "researcher")
            good = Envelope(sender="researcher", to="memory", session=SESSION, seq=1, body=say("good"))
            payloads = [
                b"",
                b"\xff\x00",
                b"{}",
                b"[1]",
                b'{"id":"x"}',
                good.encode()[:-5],
                good.model_copy(update={"session": "other"}).encode(),
                good.model_copy(update={"sender": "router"}).encode(),
                good.model_copy(update={"to": "router"}).encode(),
            ]
            client = aiomqtt.Client(account.host, account.port, username=account.username, password=account.password)
            async with client:
                for payload in payloads:
                    await client.publish(inbox, payload, qos=1)
                for topic in (topics.receipt(SESSION, "memory", "researcher"), topics.presence(SESSION, "researcher")):
                    await client.publish(topic, b"nonsense", qos=1)
                    await client.publish(topic, good.encode(), qos=1)
                await client.publish(inbox, b"nonsense\n" + good.encode(), qos=1)
                assert await take(memory, 1) == ["good"]
            assert memory.connected

    asyncio.run(main())
    assert sum("dropped" in record.message for record in caplog.records) >= 13


def test_the_same_id_twice_is_one_message(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (_, [router, memory]):
            ids = await asyncio.gather(*(memory.send("router", say("once"), id="effect-1") for _ in range(3)))
            await soon(memory.wait("effect-1", "received"))
            assert await memory.send("router", say("once"), id="effect-1") == "effect-1"
            await memory.send("router", say("end"))
            assert ids == ["effect-1"] * 3
            assert await take(router, 2) == ["once", "end"]

    asyncio.run(main())


def test_a_payload_too_large_is_refused_and_one_just_small_enough_arrives(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (_, [router, memory]):
            with pytest.raises(BadValue, match=r"7\.0 MiB to 'router' is more than the 7 MiB the bus takes"):
                await memory.send("router", say("x" * MAX_PAYLOAD))
            await memory.send("router", say("x" * (MAX_PAYLOAD - 1000)))
            [text] = await take(router, 1)
            assert len(text) == MAX_PAYLOAD - 1000

    asyncio.run(main())


def test_a_recipient_that_lost_its_mailbox_says_so_and_goes_on(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (server, [_, memory]):
            async with Bus("researcher", SESSION, server.address("researcher"), tmp_path / "one") as researcher:
                await memory.send("researcher", say("0"))
                assert await take(researcher, 1) == ["0"]
                lost = await memory.send("researcher", say("1"))
                await soon(memory.wait(lost, "received"))
            async with Bus("researcher", SESSION, server.address("researcher"), tmp_path / "two") as researcher:
                assert await soon(memory.wait(lost)) == "dead"
                assert "lost" in memory.dead_letters()[0].reason
                await memory.send("researcher", say("2"))
                assert await take(researcher, 1) == ["2"]

    asyncio.run(main())


def test_a_sender_that_lost_its_mailbox_is_heard_again(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router") as (server, [router]):
            for folder, texts in (("one", ["0", "1", "2"]), ("two", ["3", "4"])):
                async with Bus("memory", SESSION, server.address("memory"), tmp_path / folder) as memory:
                    for text in texts:
                        last = await memory.send("router", say(text))
                    assert await take(router, len(texts)) == texts
                    assert await soon(memory.wait(last)) == "processed"

    asyncio.run(main())


@both_brokers
def test_presence_tells_busy_from_dead(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, "router", "memory") as (server, [router, memory]):
            seen = router.subscribe("presence")

            async def until(wanted: Callable[[Presence, str], bool]) -> Presence:
                async for envelope in seen:
                    assert isinstance(envelope.body, Presence)
                    if wanted(envelope.body, envelope.sender):
                        return envelope.body
                raise AssertionError

            await memory.presence("busy", "profiling")
            busy = await soon(until(lambda body, sender: sender == "memory" and body.state == "busy"))
            assert (busy.doing, busy.pid) == ("profiling", os.getpid())

            worker = await asyncio.create_subprocess_exec(
                sys.executable, "-c", WORKER, server.address("researcher").url, str(tmp_path), "hang"
            )
            await soon(until(lambda body, sender: sender == "researcher" and body.state == "idle"), 30)
            os.kill(worker.pid, signal.SIGKILL)
            await worker.wait()
            dead = await soon(until(lambda body, sender: sender == "researcher" and body.state == "dead"))
            assert dead.doing == "connection lost"

    asyncio.run(main())


def test_who_comes_late_learns_what_the_others_are_doing_and_the_last_task_list(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "router", "memory") as (server, [router, memory]):
            tasks = TaskList(tasks=[Task(id="1", subject="Baseline profiling")])

            async def greet() -> None:
                await router.publish("tasks", tasks)

            router.on_connect = greet
            await memory.presence("busy", "profiling")
            async with Bus("researcher", SESSION, server.address("researcher"), tmp_path) as late:
                async with asyncio.timeout(5):
                    async for envelope in late.subscribe("presence"):
                        if envelope.sender == "memory":
                            assert envelope.body.doing == "profiling"  # type: ignore[union-attr]
                            break
                await asyncio.sleep(0.2)
                assert (await soon(anext(late.subscribe("tasks")))).body == tasks

    asyncio.run(main())


@both_brokers
def test_streams_go_on_after_the_broker_was_away(kind: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with team(kind, tmp_path, "router", "memory") as (server, [router, memory]):
            seen = memory.subscribe("session")
            await asyncio.sleep(0.2)
            await router.publish("session", say("one"))
            assert said(await soon(anext(seen))) == "one"
            await kill(server)
            await router.publish("session", say("dropped"))
            await server.start()
            await eventually(lambda: router.connected and memory.connected)
            await router.publish("session", say("two"))
            assert said(await soon(anext(seen))) == "two"

    asyncio.run(main())


def test_a_second_bus_of_the_same_agent_is_refused(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "memory") as (server, _):
            program = (
                "import asyncio, sys; from pathlib import Path; from messaging.address import Address\n"
                "from messaging.bus import Bus\n"
                "async def main():\n"
                "    async with Bus('memory', 's1', Address.parse(sys.argv[1]), Path(sys.argv[2])): pass\n"
                "asyncio.run(main())"
            )
            second = await asyncio.create_subprocess_exec(
                sys.executable,
                "-c",
                program,
                server.address("memory").url,
                str(tmp_path),
                stderr=asyncio.subprocess.PIPE,
            )
            _, errors = await soon(second.communicate(), 30)
            assert MailboxError.__name__.encode() in errors

    asyncio.run(main())


def test_a_refused_account_is_said_at_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with broker("nats-server", tmp_path) as server:
            right = server.address("memory")
            wrong = Address(right.host, right.port, "memory", "wrong")
            with pytest.raises(BrokerRefuses, match=r"refuses the account 'memory' \(wrong user name or password\)"):
                await soon(Bus("memory", SESSION, wrong, tmp_path).__aenter__(), 5)

    asyncio.run(main())


def test_a_broker_that_is_not_there_is_said_after_the_timeout(tmp_path: Path) -> None:
    async def main() -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = Address("127.0.0.1", unused.getsockname()[1])
            bus = Bus("memory", SESSION, address, tmp_path, connect_timeout=0.5)
            with pytest.raises(BrokerUnreachable, match=r"no MQTT broker answers at 127\.0\.0\.1"):
                await soon(bus.__aenter__(), 5)

    asyncio.run(main())


def test_the_state_of_a_message_never_sent_is_an_error(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "memory") as (_, [memory]):
            with pytest.raises(MessagingError, match="no message 'x'"):
                await memory.wait("x")
            waiting = await memory.send("researcher", say("1"))
            with pytest.raises(TimeoutError):
                await memory.wait(waiting, timeout=0.05)

    asyncio.run(main())


def test_the_socket_has_no_delay(tmp_path: Path) -> None:
    async def main() -> None:
        async with team("nats-server", tmp_path, "memory") as (_, [memory]):
            client = memory._connection._client
            assert client is not None
            plug = client._client.socket()
            assert isinstance(plug, socket.socket)
            assert plug.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0

    asyncio.run(main())


@pytest.mark.parametrize("name", ("", "Memory", "a/b", "+", "#", "a.b", "x" * 65))
def test_a_name_that_cannot_stand_in_a_topic_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="use 1 to 64 of a-z"):
        Bus(name, SESSION, Address("localhost", 1), tmp_path)
