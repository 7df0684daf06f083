"""A real broker of either kind, and buses on it."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from benchmarks.mosquitto import Mosquitto
from messaging.broker import Broker
from messaging.bus import Bus
from messaging.messages import Envelope, Roster, SendMessage

SESSION = "s1"
NAMES = ["router", "memory", "researcher"]
both_brokers = pytest.mark.parametrize("kind", ("nats-server", "mosquitto"))
T = TypeVar("T")


@asynccontextmanager
async def broker(kind: str, folder: Path) -> AsyncIterator[Broker | Mosquitto]:
    """A started broker with accounts for NAMES."""
    server = Broker(folder / "broker", SESSION, NAMES) if kind == "nats-server" else Mosquitto(folder / "broker")
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@asynccontextmanager
async def team(kind: str, folder: Path, *names: str) -> AsyncIterator[tuple[Broker | Mosquitto, list[Bus]]]:
    """A broker and a connected bus for each name; the router, when it is one, has published the roster."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(broker(kind, folder))
        buses = [await stack.enter_async_context(Bus(name, SESSION, server.address(name), folder)) for name in names]
        for bus in buses:
            if bus.agent == "router":
                await be_router(bus)
        yield server, buses


async def be_router(bus: Bus) -> None:
    """Publishes the roster now and whenever somebody appears."""

    async def greet() -> None:
        await bus.publish("roster", Roster(agents=NAMES))

    bus.on_connect = greet
    await greet()


async def kill(server: Broker | Mosquitto) -> None:
    """Kills the broker with SIGKILL and waits for its end."""
    os.kill(server.pid, signal.SIGKILL)
    assert await server.wait() == -signal.SIGKILL


def say(text: str) -> SendMessage:
    """A message without a typed content."""
    return SendMessage(summary="test", message=text)


def said(envelope: Envelope) -> str:
    """Its text."""
    assert isinstance(envelope.body, SendMessage)
    return envelope.body.message


async def take(bus: Bus, count: int, seconds: float = 20.0) -> list[str]:
    """The texts of the next messages, each processed."""
    texts: list[str] = []
    async with asyncio.timeout(seconds):
        async for delivery in bus.inbox():
            texts.append(said(delivery.envelope))
            await delivery.processed()
            if len(texts) == count:
                break
    return texts


async def eventually(holds: Callable[[], bool]) -> None:
    """Waits until something holds that nobody tells about."""
    for _ in range(750):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("15 s were not enough")


async def soon(awaitable: Awaitable[T], seconds: float = 15.0) -> T:
    """Waits, but not for ever."""
    return await asyncio.wait_for(awaitable, seconds)
