"""Lossy streams, as local subscribers see them."""

import asyncio
from collections import deque
from weakref import WeakSet

from messaging.messages import Envelope

_LONGEST = 10_000
"""Envelopes a subscriber may lag behind; then the oldest are dropped."""


class Subscription:
    """An endless iterator over the envelopes of one stream."""

    def __init__(self, first: list[Envelope]) -> None:
        self._envelopes = deque(first, maxlen=_LONGEST)
        self._there = asyncio.Event()
        if first:
            self._there.set()

    def __aiter__(self) -> "Subscription":
        return self

    async def __anext__(self) -> Envelope:
        while not self._envelopes:
            self._there.clear()
            await self._there.wait()
        return self._envelopes.popleft()

    def put(self, envelope: Envelope) -> None:
        """Adds an envelope."""
        self._envelopes.append(envelope)
        self._there.set()


class Streams:
    """The subscriptions of one agent. One that nobody holds any more ends by itself."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, WeakSet[Subscription]] = {}

    def subscribe(self, stream: str, first: list[Envelope]) -> Subscription:
        """A new subscription, beginning with `first`."""
        subscription = Subscription(first)
        self._subscriptions.setdefault(stream, WeakSet()).add(subscription)
        return subscription

    def put(self, stream: str, envelope: Envelope) -> None:
        """Gives an envelope to the subscribers of `stream`."""
        for subscription in list(self._subscriptions.get(stream, ())):
            subscription.put(envelope)
