"""Receipts on their way to those whose messages they are for."""

import asyncio
from collections.abc import Iterable

from messaging import topics
from messaging.messages import Receipt
from messaging.outgoing import Publish
from messaging.packets import address_to

_A_PACKET = 500


class Receipts:
    """Gathers receipts and publishes them, as many as there are at a time.

    They go out at QoS 0: one that is lost, which takes a lost connection, is asked for at the next.
    """

    def __init__(self, agent: str, session: str, publish: Publish) -> None:
        self._agent = agent
        self._session = session
        self._publish = publish
        self._waiting: dict[str, list[bytes]] = {}
        self._wanted = asyncio.Event()

    def give(self, sender: str, receipts: Iterable[Receipt]) -> None:
        """Tells `sender` what became of its messages, soon."""
        lines = [address_to(self._agent, sender, self._session, receipt).encode() for receipt in receipts]
        self._waiting.setdefault(sender, []).extend(lines)
        self._wanted.set()

    async def run(self) -> None:
        """Publishes receipts as they are given."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self.flush()

    async def flush(self) -> None:
        """Publishes what is waiting."""
        waiting, self._waiting = self._waiting, {}
        for sender, lines in waiting.items():
            topic = topics.receipt(self._session, sender, self._agent)
            for start in range(0, len(lines), _A_PACKET):
                await self._publish(topic, b"\n".join(lines[start : start + _A_PACKET]), 0)
