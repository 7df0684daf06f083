"""The message bus beside raw MQTT, on nats-server and on mosquitto, and what it loses when the broker is killed.

    python benchmarks/bus.py [--messages N]

A raw round trip is a QoS 1 publish and a QoS 1 reply over aiomqtt; ours is from `send` until the recipient's
*processed*, with the message on disk at both ends. Then N messages (20,000) go from one agent to another while the
broker is killed with SIGKILL twice. Exit code 1 when one is lost, doubled or out of order.
"""

import argparse
import asyncio
import logging
import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import aiomqtt
from mosquitto import Mosquitto

from messaging import topics
from messaging.address import Address
from messaging.broker import Broker
from messaging.bus import Bus
from messaging.messages import Roster, SendMessage

SESSION = "bench"
ROUND_TRIPS = 400
BURST = 3000
WINDOW = 200
"""Raw messages under way at a time in a burst."""
TEXT = "x" * 400
BODY = SendMessage(summary="bench", message=TEXT)

Server = Broker | Mosquitto


@dataclass
class Speed:
    """Median round trip in milliseconds, and messages a second in a burst."""

    round_trip: float
    rate: float


@dataclass
class Survival:
    """What became of messages while the broker was killed."""

    handled: int
    lost: int
    doubled: int
    disordered: int
    seconds: float
    kills: int


async def timed(trip: Callable[[], Awaitable[object]]) -> float:
    """Median duration of a round trip, ms, after some to warm up."""
    for _ in range(20):
        await trip()
    times: list[float] = []
    for _ in range(ROUND_TRIPS):
        start = time.perf_counter()
        await trip()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


def client(address: Address) -> aiomqtt.Client:
    """A raw client, tuned like ours."""
    made = aiomqtt.Client(
        address.host,
        address.port,
        username=address.username,
        password=address.password,
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        max_inflight_messages=WINDOW,
    )
    made.pending_calls_threshold = WINDOW
    return made


async def raw(server: Server) -> Speed:
    """Round trip and rate of QoS 1 with an echoing client."""
    there, back = topics.inbox(SESSION, "b", "a"), topics.inbox(SESSION, "a", "b")
    async with client(server.address("a")) as a, client(server.address("b")) as b:
        await a.subscribe(back, qos=1)
        await b.subscribe(there, qos=1)

        async def echo() -> None:
            with suppress(aiomqtt.MqttError):
                async for message in b.messages:
                    await b.publish(back, message.payload, qos=1)

        async def trip() -> None:
            await a.publish(there, TEXT, qos=1)
            await anext(a.messages)

        echoing = asyncio.create_task(echo())
        round_trip = await timed(trip)
        window = asyncio.Semaphore(WINDOW)

        async def one() -> None:
            async with window:
                await a.publish(there, TEXT, qos=1)

        start = time.perf_counter()
        publishing = [asyncio.create_task(one()) for _ in range(BURST)]
        for _ in range(BURST):
            await anext(a.messages)
        rate = BURST / (time.perf_counter() - start)
        await asyncio.gather(*publishing)
        echoing.cancel()
        return Speed(round_trip, rate)


async def ours(server: Server, folder: Path) -> Speed:
    """Round trip and rate of `Bus.send` until processed."""
    async with AsyncExitStack() as stack:
        a, b = [await stack.enter_async_context(bus) for bus in await buses(server, folder, stack)]

        async def handle() -> None:
            async for delivery in b.inbox():
                await delivery.processed()

        async def trip() -> None:
            await a.wait(await a.send("b", BODY))

        handling = asyncio.create_task(handle())
        round_trip = await timed(trip)
        start = time.perf_counter()
        sent = await asyncio.gather(*(a.send("b", BODY) for _ in range(BURST)))
        await a.wait(sent[-1])
        rate = BURST / (time.perf_counter() - start)
        handling.cancel()
        return Speed(round_trip, rate)


async def survival(server: Server, folder: Path, count: int) -> Survival:
    """Sends `count` messages while the broker is killed after a third and after two thirds of them."""
    async with AsyncExitStack() as stack:
        a, b = [await stack.enter_async_context(bus) for bus in await buses(server, folder, stack)]
        handled: list[str] = []
        reached = {count // 3: asyncio.Event(), 2 * count // 3: asyncio.Event()}

        async def handle() -> None:
            async for delivery in b.inbox():
                handled.append(delivery.envelope.id)
                await delivery.processed()
                if event := reached.get(len(handled)):
                    event.set()

        async def talk() -> str:
            for number in range(count):
                last = await a.send("b", BODY, id=f"m{number}")
            return last

        start = time.perf_counter()
        handling, talking = asyncio.create_task(handle()), asyncio.create_task(talk())
        kills = 0
        for event in reached.values():
            await event.wait()
            os.kill(server.pid, signal.SIGKILL)
            kills += await server.wait() == -signal.SIGKILL
            await server.start()
        await a.wait(await talking)
        seconds = time.perf_counter() - start
        # Whatever came twice would follow at once.
        await asyncio.sleep(0.5)
        handling.cancel()
    wanted = [f"m{number}" for number in range(count)]
    first_time = list(dict.fromkeys(handled))
    return Survival(
        handled=len(handled),
        lost=len(set(wanted) - set(handled)),
        doubled=len(handled) - len(first_time),
        disordered=sum(one != other for one, other in zip(first_time, wanted, strict=False)),
        seconds=seconds,
        kills=kills,
    )


async def buses(server: Server, folder: Path, stack: AsyncExitStack) -> list[Bus]:
    """Agents a and b, not yet connected, and a connected router that tells them of each other."""
    router = Bus("router", SESSION, server.address("router"), folder)

    async def greet() -> None:
        await router.publish("roster", Roster(agents=["router", "a", "b"]))

    router.on_connect = greet
    await stack.enter_async_context(router)
    return [Bus(name, SESSION, server.address(name), folder) for name in ("a", "b")]


async def measure(name: str, server: Server, folder: Path, count: int) -> bool:
    """Prints everything about one broker; whether nothing was lost, doubled or disordered."""
    await server.start()
    try:
        theirs, mine = await raw(server), await ours(server, folder / "speed")
        trips, rates = mine.round_trip / theirs.round_trip, mine.rate / theirs.rate
        print(
            f"{name:<12} {theirs.round_trip:>8.2f} ms {mine.round_trip:>8.2f} ms {trips:>7.2f}"
            f" {theirs.rate:>10,.0f}/s {mine.rate:>10,.0f}/s {rates:>7.2f}"
        )
        found = await survival(server, folder / "survival", count)
    finally:
        await server.stop()
    print(
        f"{'':<12} {count:,} messages, broker killed {found.kills} times, {found.seconds:.1f} s:"
        f" {found.lost} lost, {found.doubled} doubled, {found.disordered} out of order"
    )
    return (found.lost, found.doubled, found.disordered, found.kills) == (0, 0, 0, 2)


async def main(count: int) -> int:
    """Measures both brokers; the exit code."""
    print(f"{'':<12} {'raw trip':>11} {'ours':>11} {'ratio':>7} {'raw':>12} {'ours':>12} {'ratio':>7}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        servers: dict[str, Server] = {
            "nats-server": Broker(folder / "nats", SESSION, ["router", "a", "b"]),
            "mosquitto": Mosquitto(folder / "mosquitto"),
        }
        good = [await measure(name, server, folder / name, count) for name, server in servers.items()]
    return 0 if all(good) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--messages", type=int, default=20_000, metavar="N")
    logging.disable(logging.CRITICAL)
    sys.exit(asyncio.run(main(parser.parse_args().messages)))
