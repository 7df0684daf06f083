"""The bus: how one agent sends, receives and listens (design, I1 to I5).

A message is in the sender's durable outbox before it is published, and in the recipient's durable inbox before that
says *received*. It leaves the inbox when its handler has finished; then the sender hears *processed*. Nothing relies
on the broker's memory: what is unacknowledged goes out again on each connect, on the recipient's return, and with
backoff.
A packet is one envelope, or several with a newline between them.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from messaging import topics
from messaging.address import Address
from messaging.errors import BadValue, MailboxError
from messaging.incoming import MAX_ATTEMPTS, Arrived, Delivery, Inbox
from messaging.mailbox import DeadLetter, Mailbox, Mark, Outgoing, OutState
from messaging.messages import Body, Control, Envelope, Inquiry, Presence, Receipt, Roster, new_id
from messaging.outgoing import CONTROL_LANE, ROUTER, Outbox, Wanted
from messaging.packets import EVERYONE, address_to, unpack
from messaging.receipts import Receipts
from messaging.streams import Streams
from messaging.tasks import log_failure
from messaging.wire import Connection, Packet

__all__ = ["MAX_ATTEMPTS", "MAX_PAYLOAD", "Address", "Bus", "DeadLetter", "Delivery"]

MAX_PAYLOAD = 7 * 2**20
"""Bytes of one envelope; the broker takes 8 MB (`max_payload`)."""

_LOG = logging.getLogger(__name__)


class Bus:
    """One agent's place on the bus of a session. Use it as an asynchronous context manager.

    Args:
        agent: our name; topics and permissions derive from it.
        session: the session's name.
        address: the broker.
        folder: where the mailbox file lies; local disk, since SQLite's WAL fails on network mounts.
        connect_timeout: seconds until the first connect counts as failed.

    Raises:
        BadValue: a name that cannot stand in a topic.
        MailboxError: on entering: another process holds the mailbox, or it cannot be written.
        BrokerUnreachable: on entering: no connection within `connect_timeout`, or the account is refused. Later the
            bus reconnects for ever by itself.
    """

    def __init__(
        self, agent: str, session: str, address: Address, folder: Path, *, connect_timeout: float = 10.0
    ) -> None:
        self.agent = topics.check_name(agent)
        self.session = topics.check_name(session, "session")
        self.on_connect: Callable[[], Awaitable[None]] | None = None
        """Called after each connect of ours and after each of another agent's: publish again what they may lack."""
        self.presences: dict[str, Envelope] = {}
        """The last presence of each agent, ourselves included."""
        self.roster: frozenset[str] | None = None
        """Who takes part; None until the router has said so."""
        self._last: dict[str, Envelope] = {}
        """What came last on the streams that publish a whole state each time."""
        self._file = folder / f"{self.session}.{self.agent}.mailbox"
        self._connect_timeout = connect_timeout
        self._presence = Presence(state="idle", since=time.time())
        self._connection_id = ""
        self._streams = Streams()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connection = Connection(
            address,
            identifier=f"{topics.ROOT}-{self.session}-{self.agent}",
            filters=topics.subscriptions(self.session, self.agent),
            will=self._will,
            on_up=self._on_up,
            on_packets=self._on_packets,
        )
        self._receipts = Receipts(self.agent, self.session, self._connection.publish)

    async def __aenter__(self) -> Self:
        self._mailbox = Mailbox(self._file)
        self._inbox = Inbox(self.agent, self._mailbox, self._receipts.give)
        self._outbox = Outbox(self.agent, self.session, self._mailbox, self._connection.publish, lambda: self.connected)
        try:
            self._spawn(self._receipts.run(), "receipts")
            await self._connection.start(self._connect_timeout)
        except BaseException:
            await self._release()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inbox.stop()
        await self._receipts.flush()
        await self._publish_presence(Presence(state="dead", doing="has left", since=time.time()))
        await self._connection.stop()
        await self._release()

    @property
    def connected(self) -> bool:
        """Whether there is a connection to the broker now."""
        return self._connection.up

    async def send(self, to: str, body: Body, *, cause: str | None = None, id: str | None = None) -> str:  # noqa: A002
        """Sends `body` and returns the message's id once it is in the durable outbox, broker or no broker.

        Args:
            to: the recipient. One that is not in the roster makes the message a dead letter.
            body: what to say.
            cause: id of the message that led to this one.
            id: the message's own id: sending the same id twice is one message.

        Raises:
            BadValue: the message is larger than `MAX_PAYLOAD`, or `to` is no name.
            MailboxError: it could not be kept, and is not sent.
        """
        topics.check_name(to)
        envelope = address_to(self.agent, to, self.session, body, id=id or new_id(), cause=cause)
        payload = envelope.model_dump_json(exclude={"seq", "floor"}).encode()
        if len(payload) > MAX_PAYLOAD:
            raise BadValue(
                f"a message of {len(payload) / 2**20:.1f} MiB to {to!r} is more than the"
                f" {MAX_PAYLOAD // 2**20} MiB the bus takes: put it into a file that both can read and send its name"
            )
        lane = CONTROL_LANE if isinstance(body, Control) else 0
        await self._outbox.put(Outgoing(envelope.id, to, lane, payload))
        return envelope.id

    async def publish(self, stream: str, body: Body) -> None:
        """Publishes on a lossy stream: gone when there is no connection. The router's own roster holds at once."""
        envelope = address_to(self.agent, EVERYONE, self.session, body)
        if self.agent == ROUTER and isinstance(body, Roster):
            self._take_roster(envelope, body)
        topic = topics.stream(self.session, topics.check_name(stream, "stream"), self.agent)
        await self._connection.publish(topic, envelope.encode(), 0)

    def subscribe(self, stream: str) -> AsyncIterator[Envelope]:
        """What comes on `stream` from now on; `presence`, `roster` and `tasks` begin with what is known already.

        A subscriber that lags far behind loses the oldest.
        """
        if stream == "presence":
            return self._streams.subscribe(stream, list(self.presences.values()))
        topic = topics.stream(self.session, topics.check_name(stream, "stream"), "+")
        if self._connection.add_filter(topic):
            self._spawn(self._connection.subscribe(topic), f"subscribe to {stream}")
        return self._streams.subscribe(stream, [self._last[stream]] if stream in self._last else [])

    def inbox(self) -> AsyncIterator[Delivery]:
        """What is to be handled: in order and one at a time for each sender, beginning with what a crash left."""
        return self._inbox.deliveries(0)

    def controls(self) -> AsyncIterator[Delivery]:
        """Control bodies, which overtake everything else."""
        return self._inbox.deliveries(CONTROL_LANE)

    async def presence(self, state: Literal["idle", "busy", "blocked"], doing: str = "") -> None:
        """Says what we are doing, now and at each connect."""
        self._presence = Presence(state=state, doing=doing, since=time.time())
        await self._publish_presence(self._presence)

    async def state(self, id: str) -> OutState:  # noqa: A002
        """What became of a message of ours.

        Raises:
            MessagingError: we never sent it.
        """
        return self._outbox.state(id)

    async def wait(self, id: str, state: Wanted = "processed", timeout: float | None = None) -> OutState:  # noqa: A002, ASYNC109
        """Waits until a message of ours is in `state` or beyond; returns its state. `dead` ends the wait too.

        Raises:
            MessagingError: we never sent it.
            TimeoutError: not within `timeout` seconds.
        """
        async with asyncio.timeout(timeout):
            return await self._outbox.wait(id, state)

    def dead_letters(self) -> list[DeadLetter]:
        """Messages of ours that nobody will handle, and messages to us that we did not; oldest first."""
        return self._mailbox.dead_letters()

    # Connection

    async def _on_up(self, connection: str) -> None:
        self._connection_id = connection
        await self._publish_presence(self._presence)
        self._outbox.resend()
        self._call_hook()

    def _will(self, connection: str) -> Packet:
        body = Presence(state="dead", doing="connection lost", since=time.time(), connection=connection)
        return topics.presence(self.session, self.agent), address_to(self.agent, EVERYONE, self.session, body).encode()

    async def _publish_presence(self, presence: Presence) -> None:
        body = presence.model_copy(update={"connection": self._connection_id})
        topic = topics.presence(self.session, self.agent)
        await self._connection.publish(topic, address_to(self.agent, EVERYONE, self.session, body).encode(), 0)

    # What comes

    def _on_packets(self, packets: list[Packet]) -> None:
        arrivals: list[Arrived] = []
        marks: list[Mark] = []
        inquiries: list[tuple[str, Inquiry, int]] = []
        for topic, payload in packets:
            for place, envelope, line in unpack(topic, payload, self.agent, self.session):
                match place.channel, envelope.body:
                    case "inbox", Inquiry() as inquiry:
                        inquiries.append((envelope.sender, inquiry, envelope.floor))
                    case "inbox", _:
                        arrivals.append(Arrived(envelope, line))
                    case "receipt", Receipt() as given:
                        marks.append(Mark(envelope.sender, given.message, given.state, given.reason))
                    case "presence", Presence() as presence:
                        self._take_presence(envelope, presence)
                    case "stream", Roster() as roster if place.name == "roster" and place.sender == ROUTER:
                        self._take_roster(envelope, roster)
                    case "stream", _:
                        if place.name in topics.STATE_STREAMS:
                            self._last[place.name] = envelope
                        self._streams.put(place.name, envelope)
                    case _:
                        _LOG.warning("%s: dropped a %s on %s", self.agent, envelope.body.kind, topic)
        try:
            if marks:
                self._outbox.take_receipts(marks)
            if arrivals:
                self._inbox.take(arrivals)
            for sender, inquiry, floor in inquiries:
                self._inbox.answer(sender, inquiry.messages, CONTROL_LANE if inquiry.control else 0, floor)
        except MailboxError as error:
            # Nothing is lost: what was not kept has no receipt and comes again, receipts are asked for again.
            _LOG.error("%s: %s", self.agent, error)

    def _take_presence(self, envelope: Envelope, presence: Presence) -> None:
        known = self.presences.get(envelope.sender)
        before = known.body if known is not None and isinstance(known.body, Presence) else None
        is_new = before is None or before.connection != presence.connection
        if presence.state == "dead" and is_new and before is not None:
            # The last will of an old connection, come after its successor's presence.
            return
        self.presences[envelope.sender] = envelope
        self._streams.put("presence", envelope)
        if is_new and presence.state != "dead" and envelope.sender != self.agent:
            self._outbox.resend(envelope.sender)
            self._spawn(self._publish_presence(self._presence), "presence")
            self._call_hook()

    def _take_roster(self, envelope: Envelope, roster: Roster) -> None:
        self._last["roster"] = envelope
        self.roster = frozenset(roster.agents)
        self._streams.put("roster", envelope)
        self._outbox.take_roster(roster.agents)

    # Helpers

    def _call_hook(self) -> None:
        if self.on_connect is not None:
            self._spawn(_await(self.on_connect()), "on_connect")

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=f"{self.agent}: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(log_failure)

    async def _release(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._outbox.stop()
        self._mailbox.close()


async def _await(work: Awaitable[None]) -> None:
    await work
