"""The topic scheme and the permissions derived from it. Pure.

    lowtide/{session}/inbox/{recipient}/{sender}     messages, kept until processed
    lowtide/{session}/receipt/{recipient}/{sender}   what became of them; `recipient` is who sent the message
    lowtide/{session}/presence/{agent}               idle, busy, blocked; dead by last will
    lowtide/{session}/stream/{name}/{sender}         lossy: log, tasks, roster

Every topic ends with its publisher, so that one rule holds for all: an agent may publish only as itself.
"""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from messaging.errors import BadValue, NotUnderstood

ROOT = "lowtide"
NAME = re.compile(r"[a-z0-9_-]{1,64}")

STATE_STREAMS = ("roster", "tasks")
"""Streams that publish a whole state each time: everybody keeps the last."""

Channel = Literal["inbox", "receipt", "presence", "stream"]


class Topic(NamedTuple):
    """A topic taken apart. `name` is the recipient, or the stream's name; empty for presence."""

    session: str
    channel: Channel
    name: str
    sender: str


@dataclass(frozen=True)
class Permissions:
    """What an account may publish and subscribe to, as MQTT topic filters."""

    publish: list[str]
    subscribe: list[str]


def check_name(name: str, what: str = "agent") -> str:
    """Returns `name` when it can stand in a topic and in a file name.

    Raises:
        BadValue: it cannot.
    """
    if not NAME.fullmatch(name):
        raise BadValue(f"{what} name {name!r}: use 1 to 64 of a-z, 0-9, _ and -")
    return name


def inbox(session: str, recipient: str, sender: str) -> str:
    """Topic of messages from `sender` to `recipient`."""
    return f"{ROOT}/{session}/inbox/{recipient}/{sender}"


def receipt(session: str, recipient: str, sender: str) -> str:
    """Topic of the receipts that `sender` gives to `recipient`."""
    return f"{ROOT}/{session}/receipt/{recipient}/{sender}"


def presence(session: str, agent: str) -> str:
    """Topic of an agent's presence."""
    return f"{ROOT}/{session}/presence/{agent}"


def stream(session: str, name: str, sender: str) -> str:
    """Topic of what `sender` publishes on the stream `name`."""
    return f"{ROOT}/{session}/stream/{name}/{sender}"


def parse(topic: str) -> Topic:
    """Takes a topic apart.

    Raises:
        NotUnderstood: it is none of ours.
    """
    parts = topic.split("/")
    if parts[0] == ROOT and all(NAME.fullmatch(part) for part in parts[1:]):
        match parts[1:]:
            case [session, "presence", sender]:
                return Topic(session, "presence", "", sender)
            case [session, ("inbox" | "receipt" | "stream") as channel, name, sender]:
                return Topic(session, channel, name, sender)
    raise NotUnderstood(f"not a topic of ours: {topic!r}")


def subscriptions(session: str, agent: str) -> list[str]:
    """The filters every agent subscribes to; single streams are added as they are asked for."""
    return [
        inbox(session, agent, "+"),
        receipt(session, agent, "+"),
        presence(session, "+"),
        *(stream(session, name, "+") for name in STATE_STREAMS),
    ]


def permissions(agent: str, session: str = "+") -> Permissions:
    """What `agent` may do: publish as itself, read its own inbox and receipts, all presence and all streams."""
    return Permissions(
        publish=[
            inbox(session, "+", agent),
            receipt(session, "+", agent),
            presence(session, agent),
            stream(session, "+", agent),
        ],
        subscribe=[
            inbox(session, agent, "+"),
            receipt(session, agent, "+"),
            presence(session, "+"),
            stream(session, "+", "+"),
        ],
    )
