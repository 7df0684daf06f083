"""The way out: what waits in the outbox, sent in order to each recipient until that says it has it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterable
from itertools import islice
from typing import Literal

from messaging import topics
from messaging.backoff import backoff
from messaging.errors import MessagingError
from messaging.mailbox import RANK, Mailbox, Mark, Outgoing, OutState, Queued
from messaging.messages import Inquiry
from messaging.packets import address_to
from messaging.tasks import log_failure

ROUTER = "router"
"""Publishes the roster, and takes part in every session."""
CONTROL_LANE = 1

Publish = Callable[[str, bytes, int], Awaitable[bool]]
"""Topic, payload, QoS; False when it surely or perhaps did not go out."""
Wanted = Literal["received", "processed"]

_LOG = logging.getLogger(__name__)
_WINDOW = 1000
"""Messages under way to one recipient and not yet received."""
_PACKET_MESSAGES, _PACKET_BYTES = 200, 128 * 1024
"""How much goes into one packet; one message alone may be larger."""
_RETRY_FIRST, _RETRY_LONGEST = 2.0, 60.0
_SILENT_TRIES = 3
"""After so many tries without a receipt the silence is logged: a broker drops a forbidden publish without a word."""


class Line:
    """Messages to one recipient in one lane. `waiting` and `flying` map ids to seqs, in order of seq."""

    def __init__(self, peer: str, lane: int) -> None:
        self.peer = peer
        self.lane = lane
        self.waiting: dict[str, int] = {}
        self.flying: dict[str, int] = {}
        self.received: dict[str, None] = {}
        """Received by the recipient and not yet processed."""
        self.last = 0
        self.wake = asyncio.Event()
        self.asking = False
        """Whether to ask what became of `received`."""
        self.tries = 0
        self.deadline: float | None = None

    @property
    def floor(self) -> int:
        """The lowest seq that is not known to be received; past the last when all are."""
        firsts = [next(iter(ids.values())) for ids in (self.flying, self.waiting) if ids]
        return min(firsts, default=self.last + 1)

    def add(self, message: Queued) -> None:
        """Takes a message that is in the outbox."""
        self.last = max(self.last, message.seq)
        if message.state == "queued":
            self.waiting[message.id] = message.seq
        else:
            self.received[message.id] = None
        self.wake.set()

    def rewind(self) -> None:
        """Everything that is not known to be received goes out once more, and receipts are asked for."""
        self.waiting = {**self.flying, **self.waiting}
        self.flying = {}
        self.asking = bool(self.received)
        self.wake.set()

    def settle(self, id_: str, state: OutState) -> None:
        """Takes note of a new state."""
        before = self.floor
        self.waiting.pop(id_, None)
        self.flying.pop(id_, None)
        self.received.pop(id_, None)
        if state == "received":
            self.received[id_] = None
        if self.floor != before or state != "received":
            self.tries, self.deadline = 0, None
        self.wake.set()


class Outbox:
    """Sends what is in the mailbox's outbox, in order, as long as it takes.

    Args:
        publish: hands a packet to the broker.
        is_up: whether there is a connection.
    """

    def __init__(self, agent: str, session: str, mailbox: Mailbox, publish: Publish, is_up: Callable[[], bool]) -> None:
        self._agent = agent
        self._session = session
        self._mailbox = mailbox
        self._publish = publish
        self._is_up = is_up
        self._roster: frozenset[str] | None = None
        self._lines: dict[tuple[str, int], Line] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._batch: list[tuple[Outgoing, asyncio.Future[None]]] = []
        self._waiters: dict[str, list[tuple[Wanted, asyncio.Future[OutState]]]] = {}
        for message in mailbox.open_out():
            self._line(message.peer, message.lane).add(message)

    async def put(self, message: Outgoing) -> None:
        """Returns once the message is in the durable outbox. All that is put in one turn of the loop is one commit."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self._batch:
            asyncio.get_running_loop().call_soon(self._commit)
        self._batch.append((message, done))
        await done

    def take_receipts(self, marks: Iterable[Mark]) -> None:
        """Takes note of receipts.

        Raises:
            MailboxError: they could not be kept; they will be asked for again.
        """
        for mark in self._mailbox.mark_out(list(marks)):
            self._line(mark.peer, mark.lane).settle(mark.id, mark.state)
            if mark.state == "dead":
                _LOG.warning("%s: dead letter %s to %s: %s", self._agent, mark.id, mark.peer, mark.reason)
            self._tell(mark.id, mark.state)

    def take_roster(self, agents: Collection[str]) -> None:
        """Takes note of who takes part: messages to others are dead, all else can go out."""
        self._roster = frozenset(agents)
        for line in self._lines.values():
            self._bury(line)
            line.wake.set()

    def resend(self, peer: str | None = None) -> None:
        """What is not known to be received goes out again: to `peer`, which is back, or to all, since we are back."""
        for line in self._lines.values():
            if peer in (None, line.peer):
                line.tries, line.deadline = 0, None
                line.rewind()

    def state(self, id_: str) -> OutState:
        """What became of a message.

        Raises:
            MessagingError: no such message was sent.
        """
        return self._mailbox.state_out(id_)

    async def wait(self, id_: str, wanted: Wanted) -> OutState:
        """Waits until a message is in the `wanted` state or beyond, and returns its state; `dead` ends the wait too."""
        state = self._mailbox.state_out(id_)
        if RANK[state] >= RANK[wanted]:
            return state
        told: asyncio.Future[OutState] = asyncio.get_running_loop().create_future()
        entry = (wanted, told)
        self._waiters.setdefault(id_, []).append(entry)
        try:
            return await told
        finally:
            waiters = self._waiters.get(id_, [])
            if entry in waiters:
                waiters.remove(entry)
            if not waiters:
                self._waiters.pop(id_, None)

    async def stop(self) -> None:
        """Stops sending; what is not received stays in the mailbox."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _commit(self) -> None:
        batch, self._batch = self._batch, []
        try:
            kept = self._mailbox.put_out([message for message, _ in batch])
        except MessagingError as error:
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)
        lines = {self._line(message.peer, message.lane): None for message in kept}
        for message in kept:
            self._line(message.peer, message.lane).add(message)
        for line in lines:
            self._bury(line)

    def _line(self, peer: str, lane: int) -> Line:
        line = self._lines.get((peer, lane))
        if line is None:
            line = self._lines[peer, lane] = Line(peer, lane)
            line.last = self._mailbox.last_sent(peer, lane)
            task = asyncio.create_task(self._run(line), name=f"{self._agent}: line to {peer}")
            task.add_done_callback(log_failure)
            self._tasks.append(task)
        return line

    def _bury(self, line: Line) -> None:
        if self._roster is None or line.peer == ROUTER or line.peer in self._roster:
            return
        reason = f"no agent {line.peer!r} in this session; these take part: {', '.join(sorted(self._roster))}"
        unsent = [*line.flying, *line.waiting]
        self.take_receipts([Mark(line.peer, id_, "dead", reason) for id_ in unsent])

    def _tell(self, id_: str, state: OutState) -> None:
        for wanted, told in self._waiters.get(id_, []):
            if RANK[state] >= RANK[wanted] and not told.done():
                told.set_result(state)

    def _ready(self, line: Line) -> bool:
        known = line.peer == ROUTER or (self._roster is not None and line.peer in self._roster)
        return known and self._is_up()

    async def _run(self, line: Line) -> None:
        while True:
            try:
                async with asyncio.timeout_at(line.deadline if self._ready(line) else None):
                    await line.wake.wait()
            except TimeoutError:
                line.tries += 1
                line.deadline = None
                line.rewind()
                if line.tries == _SILENT_TRIES:
                    count = len(line.waiting) + len(line.received)
                    _LOG.warning("%s: %s has not answered for %d messages", self._agent, line.peer, count)
            line.wake.clear()
            if self._ready(line):
                await self._transmit(line)
                if line.asking:
                    await self._ask(line)
                if line.deadline is None and (line.flying or line.received):
                    wait = backoff(line.tries, _RETRY_FIRST, _RETRY_LONGEST)
                    line.deadline = asyncio.get_running_loop().time() + wait

    async def _transmit(self, line: Line) -> None:
        topic = topics.inbox(self._session, line.peer, self._agent)
        while line.waiting and len(line.flying) < _WINDOW:
            payloads = self._mailbox.payloads(islice(line.waiting, _PACKET_MESSAGES))
            floor = line.floor
            packet: list[bytes] = []
            size = 0
            for id_, payload in payloads.items():
                size += len(payload)
                if packet and size > _PACKET_BYTES:
                    break
                seq = line.flying[id_] = line.waiting.pop(id_)
                packet.append(b'{"seq":%d,"floor":%d,' % (seq, floor) + payload[1:])
            if not await self._publish(topic, b"\n".join(packet), 1):
                if self._is_up():
                    _LOG.warning("%s: the broker does not take messages to %s", self._agent, line.peer)
                return

    async def _ask(self, line: Line) -> None:
        line.asking = False
        topic = topics.inbox(self._session, line.peer, self._agent)
        ids = list(line.received)
        for start in range(0, len(ids), _PACKET_MESSAGES):
            body = Inquiry(messages=ids[start : start + _PACKET_MESSAGES], control=line.lane == CONTROL_LANE)
            envelope = address_to(self._agent, line.peer, self._session, body, floor=line.floor)
            await self._publish(topic, envelope.encode(), 0)
