"""What a packet holds: one envelope, or several with a newline between them."""

import logging
from collections.abc import Iterator
from typing import NamedTuple

from messaging import topics
from messaging.errors import NotUnderstood
from messaging.messages import Body, Envelope

EVERYONE = "*"
"""The recipient of what is published on presence and streams."""

_LOG = logging.getLogger(__name__)


class Piece(NamedTuple):
    """One envelope, where it came, and its wire form."""

    place: topics.Topic
    envelope: Envelope
    line: bytes


def address_to(sender: str, to: str, session: str, body: Body, **more: str | int | None) -> Envelope:
    """A new envelope round `body`."""
    return Envelope.model_validate({"sender": sender, "to": to, "session": session, "body": body, **more})


def unpack(topic: str, payload: bytes, agent: str, session: str) -> Iterator[Piece]:
    """The envelopes of a packet that came to `agent`.

    What is no envelope, or says of itself another sender, recipient or session than its topic, is logged and dropped:
    anybody with an account can publish anything.
    """
    try:
        place = topics.parse(topic)
    except NotUnderstood as error:
        _LOG.warning("%s: dropped a packet: %s", agent, error)
        return
    to = agent if place.channel in ("inbox", "receipt") else EVERYONE
    for line in payload.split(b"\n"):
        try:
            envelope = Envelope.decode(line)
        except NotUnderstood as error:
            _LOG.warning("%s: dropped a message on %s: %s", agent, topic, error)
            continue
        if (envelope.session, envelope.sender, envelope.to) == (session, place.sender, to):
            yield Piece(place, envelope, line)
        else:
            _LOG.warning("%s: dropped a message on %s that says it is another's", agent, topic)
