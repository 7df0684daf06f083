"""Receipts on their way to those whose messages they are for."""

import asyncio
from collections.abc import Iterable

from messaging import topics
from messaging.messages import Receipt
from messaging.outgoing import Publish
from messaging.packets import address_to

_A_PACKET = 500
_PATIENCE = 3
"""Turns of the event loop, not a time."""


class Receipts:
    """Gathers receipts and publishes them, as many as there are at a time.

    They go out at QoS 0: one that is lost, which takes a lost connection, is asked for at the next.
    """

    def __init__(self, agent: str, session: str, publish: Publish) -> None:
        self._agent = agent
        self._session = session
        self._publish = publish
        self._waiting: dict[str, dict[str, Receipt]] = {}
        self._wanted = asyncio.Event()

    def give(self, sender: str, receipts: Iterable[Receipt]) -> None:
        """Tells `sender` what became of its messages, soon. A receipt replaces an earlier one of the same message."""
        self._waiting.setdefault(sender, {}).update((receipt.message, receipt) for receipt in receipts)
        self._wanted.set()

    async def run(self) -> None:
        """Publishes receipts as they are given."""
        while True:
            await self._wanted.wait()
            # A handler that is quick has finished in the meantime: then one receipt says all.
            for _ in range(_PATIENCE):
                await asyncio.sleep(0)
            self._wanted.clear()
            await self.flush()

    async def flush(self) -> None:
        """Publishes what is waiting."""
        waiting, self._waiting = self._waiting, {}
        for sender, receipts in waiting.items():
            topic = topics.receipt(self._session, sender, self._agent)
            envelopes = [address_to(self._agent, sender, self._session, body) for body in receipts.values()]
            for start in range(0, len(envelopes), _A_PACKET):
                packet = b"\n".join(envelope.encode() for envelope in envelopes[start : start + _A_PACKET])
                await self._publish(topic, packet, 0)
