"""The way in: what has come is kept, put in order, and handed out to handlers one at a time per sender."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from messaging.backoff import backoff
from messaging.errors import NotUnderstood
from messaging.mailbox import Incoming, Mailbox
from messaging.messages import Control, Envelope, Receipt
from messaging.outgoing import CONTROL_LANE

GiveReceipts = Callable[[str, Iterable[Receipt]], None]
"""To whom, and what."""

MAX_ATTEMPTS = 5
"""Handler runs after which a message is a dead letter."""

_LOG = logging.getLogger(__name__)
_RETRY_FIRST, _RETRY_LONGEST = 0.2, 5.0


class Arrived(NamedTuple):
    """An envelope that has come, and its wire form."""

    envelope: Envelope
    payload: bytes


class Plan(NamedTuple):
    """What new messages of one sender lead to: the seq awaited next, what waits for a gap, what can be handled now."""

    awaited: int
    held: dict[int, Arrived]
    ready: list[Arrived]


def order(awaited: int, held: dict[int, Arrived], floor: int, new: Iterable[Arrived] = ()) -> Plan:
    """Puts messages of one sender and lane in order. Pure.

    A seq below the awaited one with an id never seen means that the sender began anew. What is below the sender's
    floor and has not come will not come.
    """
    held = dict(held)
    ready: list[Arrived] = []
    for arrived in new:
        seq = arrived.envelope.seq
        if seq < awaited:
            ready += [held[key] for key in sorted(held)]
            held.clear()
            awaited = seq
        held[seq] = arrived
    for seq in sorted(seq for seq in held if seq < floor):
        ready.append(held.pop(seq))
    awaited = max(awaited, floor)
    while awaited in held:
        ready.append(held.pop(awaited))
        awaited += 1
    return Plan(awaited, held, ready)


class _Track:
    """Messages of one sender in one lane."""

    def __init__(self, awaited: int) -> None:
        self.awaited = awaited
        self.held: dict[int, Arrived] = {}
        self.ready: deque[tuple[Arrived, int]] = deque()
        """With each message how often it was handed out before."""
        self.busy = False
        """Whether the first of `ready` is with a handler, or waits to be handed out."""


class Delivery:
    """One message with its handler. Exactly one of `processed`, `reject` and `dead` ends it.

    A handler may run twice for the same message (a worker can die in it): its effects carry `envelope.id`, so that
    running twice has one effect.
    """

    def __init__(self, inbox: "Inbox", track: _Track, envelope: Envelope, attempts: int) -> None:
        self.envelope = envelope
        self.attempts = attempts
        """How often the message has been handed out, this time included."""
        self._inbox = inbox
        self._track = track

    async def processed(self) -> None:
        """The handler has finished."""
        self._inbox.finish(self, self._track, "processed")

    async def dead(self, reason: str) -> None:
        """No handler takes the message: it becomes a dead letter, and what is queued behind it goes on."""
        self._inbox.finish(self, self._track, "dead", reason)

    async def reject(self, reason: str) -> None:
        """The handler failed: the message is handed out again after a while, and is dead after `MAX_ATTEMPTS`."""
        if self.attempts >= MAX_ATTEMPTS:
            self._inbox.finish(self, self._track, "dead", f"rejected {self.attempts} times: {reason}")
        else:
            _LOG.info("%s from %s rejected: %s", self.envelope.id, self.envelope.sender, reason)
            self._inbox.put_back(self, self._track)


class Deliveries:
    """An endless iterator over what can be handled now."""

    def __init__(self, inbox: "Inbox", queue: "asyncio.Queue[_Track]") -> None:
        self._inbox = inbox
        self._queue = queue

    def __aiter__(self) -> "Deliveries":
        return self

    async def __anext__(self) -> Delivery:
        while True:
            delivery = self._inbox.hand_out(await self._queue.get())
            if delivery is not None:
                return delivery


class Inbox:
    """Keeps what comes, and hands it out.

    Args:
        mailbox: where it is kept; what lies in it unfinished is handed out again.
        give_receipts: tells senders what became of their messages.
    """

    def __init__(self, agent: str, mailbox: Mailbox, give_receipts: GiveReceipts) -> None:
        self._agent = agent
        self._mailbox = mailbox
        self._give_receipts = give_receipts
        self._queues: tuple[asyncio.Queue[_Track], asyncio.Queue[_Track]] = (asyncio.Queue(), asyncio.Queue())
        self._tracks = {key: _Track(awaited) for key, awaited in mailbox.awaited().items()}
        self._open: dict[tuple[str, str], Delivery] = {}
        self._timers: set[asyncio.TimerHandle] = set()
        for message in mailbox.open_in():
            self._restore(message)

    def deliveries(self, lane: int) -> Deliveries:
        """What comes in `lane`, beginning with what a former process left."""
        return Deliveries(self, self._queues[lane])

    def take(self, arrivals: Iterable[Arrived]) -> None:
        """Keeps messages (one commit for all), says so to their senders, and hands out what is in order.

        Raises:
            MailboxError: nothing was kept, and no receipt was given: the senders will send again.
        """
        receipts: dict[str, list[Receipt]] = {}
        fresh: dict[tuple[str, int], dict[str, Arrived]] = {}
        for arrived in arrivals:
            envelope = arrived.envelope
            known = self._receipt(envelope.sender, envelope.id)
            if known is None:
                lane = CONTROL_LANE if isinstance(envelope.body, Control) else 0
                fresh.setdefault((envelope.sender, lane), {})[envelope.id] = arrived
                known = Receipt(message=envelope.id, state="received")
            receipts.setdefault(envelope.sender, []).append(known)
        plans: dict[tuple[str, int], Plan] = {}
        for key, new in fresh.items():
            track = self._track(*key)
            floor = max(arrived.envelope.floor for arrived in new.values())
            plans[key] = order(track.awaited, track.held, floor, new.values())
        if fresh:
            self._mailbox.put_in(
                [
                    Incoming(id_, peer, lane, arrived.envelope.seq, arrived.payload)
                    for (peer, lane), new in fresh.items()
                    for id_, arrived in new.items()
                ],
                [(peer, arrived.envelope.id) for (peer, _), plan in plans.items() for arrived in plan.ready],
                {key: plan.awaited for key, plan in plans.items()},
            )
        for sender, given in receipts.items():
            self._give_receipts(sender, given)
        for key, plan in plans.items():
            self._apply(key, plan)

    def answer(self, sender: str, messages: list[str], lane: int, floor: int) -> None:
        """Answers an inquiry, and stops waiting for what is below the sender's floor."""
        lost = "the recipient's mailbox does not know it: it was lost after its receipt"
        self._give_receipts(
            sender,
            [self._receipt(sender, id_) or Receipt(message=id_, state="dead", reason=lost) for id_ in messages],
        )
        track = self._track(sender, lane)
        if floor > track.awaited:
            plan = order(track.awaited, track.held, floor)
            ready = [(sender, arrived.envelope.id) for arrived in plan.ready]
            self._mailbox.put_in([], ready, {(sender, lane): plan.awaited})
            self._apply((sender, lane), plan)

    def hand_out(self, track: _Track) -> Delivery | None:
        """The next message of a track; None when it has been handed out too often."""
        arrived, attempts = track.ready[0]
        envelope = arrived.envelope
        delivery = Delivery(self, track, envelope, attempts + 1)
        if attempts >= MAX_ATTEMPTS:
            reason = f"handed out {attempts} times and never finished: its handler dies of it"
            self._end(track, envelope, "dead", reason)
            return None
        self._mailbox.hand_out(envelope.sender, envelope.id)
        self._open[envelope.sender, envelope.id] = delivery
        return delivery

    def finish(self, delivery: Delivery, track: _Track, state: Literal["processed", "dead"], reason: str = "") -> None:
        """Ends a delivery and tells the sender; of one that has ended already, nothing changes."""
        envelope = delivery.envelope
        if self._open.get((envelope.sender, envelope.id)) is delivery:
            self._end(track, envelope, state, reason)
            del self._open[envelope.sender, envelope.id]

    def put_back(self, delivery: Delivery, track: _Track) -> None:
        """Hands the message out again after a while; order is kept, so the sender's next messages wait."""
        envelope = delivery.envelope
        if self._open.get((envelope.sender, envelope.id)) is not delivery:
            return
        del self._open[envelope.sender, envelope.id]
        self._mailbox.take_back(envelope.sender, envelope.id, counted=True)
        track.ready[0] = (track.ready[0][0], delivery.attempts)

        def again() -> None:
            self._timers.discard(timer)
            self._queue_of(envelope).put_nowait(track)

        delay = backoff(delivery.attempts - 1, _RETRY_FIRST, _RETRY_LONGEST)
        timer = asyncio.get_running_loop().call_later(delay, again)
        self._timers.add(timer)

    def stop(self) -> None:
        """Puts back what handlers hold; being interrupted does not count as an attempt."""
        for timer in self._timers:
            timer.cancel()
        for sender, id_ in self._open:
            self._mailbox.take_back(sender, id_, counted=False)
        self._open.clear()

    def _end(self, track: _Track, envelope: Envelope, state: Literal["processed", "dead"], reason: str) -> None:
        self._mailbox.finish(envelope.sender, envelope.id, state, reason)
        if state == "dead":
            _LOG.warning("%s: dead letter %s from %s: %s", self._agent, envelope.id, envelope.sender, reason)
        self._give_receipts(envelope.sender, [Receipt(message=envelope.id, state=state, reason=reason)])
        track.ready.popleft()
        track.busy = False
        self._offer(track)

    def _restore(self, message: Incoming) -> None:
        try:
            envelope = Envelope.decode(message.payload)
        except NotUnderstood as error:
            # Written by another version of Lowtide: visible, and it does not stop what is behind it.
            _LOG.warning("%s: dead letter %s from %s: %s", self._agent, message.id, message.peer, error)
            self._mailbox.finish(message.peer, message.id, "dead", str(error))
            return
        track = self._track(message.peer, message.lane)
        arrived = Arrived(envelope, message.payload)
        if message.held:
            track.held[message.seq] = arrived
        else:
            track.ready.append((arrived, message.attempts))
            self._offer(track)

    def _receipt(self, sender: str, id_: str) -> Receipt | None:
        known = self._mailbox.state_in(sender, id_)
        match known:
            case None:
                return None
            case ("processed" | "dead") as state, reason:
                return Receipt(message=id_, state=state, reason=reason)
            case _:
                return Receipt(message=id_, state="received")

    def _track(self, peer: str, lane: int) -> _Track:
        return self._tracks.setdefault((peer, lane), _Track(1))

    def _apply(self, key: tuple[str, int], plan: Plan) -> None:
        track = self._tracks[key]
        track.awaited, track.held = plan.awaited, plan.held
        track.ready.extend((arrived, 0) for arrived in plan.ready)
        self._offer(track)

    def _offer(self, track: _Track) -> None:
        if track.ready and not track.busy:
            track.busy = True
            self._queue_of(track.ready[0][0].envelope).put_nowait(track)

    def _queue_of(self, envelope: Envelope) -> "asyncio.Queue[_Track]":
        return self._queues[CONTROL_LANE if isinstance(envelope.body, Control) else 0]
